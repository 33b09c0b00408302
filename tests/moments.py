"""Moments as people write them."""

from datetime import datetime

from backend.clock import SHANGHAI


def at(text: str) -> datetime:
    """A moment in Wenzhou."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
