"""How long the answers of commands are kept."""

from datetime import datetime, timedelta

from models.edge import IdempotencyKey

KEPT = timedelta(hours=24)


async def forget_old(now: datetime) -> int:
    """Delete what is older than a day; returns how many. A phone that repeats its command later does it anew."""
    return await IdempotencyKey.filter(made_at__lt=now - KEPT).delete()
