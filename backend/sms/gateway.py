"""What every SMS gateway does for us."""

from collections.abc import Sequence
from typing import Protocol

from notices.delivery import Receipt


class Gateway(Protocol):
    """Sends one approved text to one number. It never raises; it says what happened."""

    async def send(self, phone: str, template: str, params: Sequence[str], *, key: str) -> Receipt:
        """`template`: our key of the text (notices/sms_texts.py). `key`: ours for this sending.

        The receipt's `msgid` is what the gateway's later report names it by. No gateway shows a text once when
        it is sent twice: after UNKNOWN it is not sent again.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
