"""What becomes of a message after the platform took it, as the platform reports it later."""

from datetime import datetime


async def sms_report(sid: str, ok: bool, *, now: datetime) -> bool:
    """The gateway says whether the SMS `sid` (Receipt.message_id) reached the phone; whether we know that message."""
    return False
