"""痕迹: every write leaves an entry, in the transaction of the write (五(二))."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from backend.access import Actor
from models.trail import TrailEntry

_digest_key = b""


def configure(key: bytes) -> None:
    """The key of this process's digests."""
    global _digest_key  # noqa: PLW0603
    _digest_key = key


def digest(value: str) -> str:
    """What stands in `before` and `after` for a sensitive value: `hmac:` and 24 hexadecimal digits."""
    return f"hmac:{hmac.new(_digest_key, value.encode(), hashlib.sha256).hexdigest()[:24]}"


async def record(
    actor: Actor,
    action: str,
    subject: str,
    *,
    now: datetime,
    clause: str | None = None,
    why: str | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append one entry. `subject` is like `case:<id>`; `detail` carries no name, phone, illness or free text.

    `why`: a staff member's reason for looking or for leaving the ordinary way. `before` and `after`: what was changed.
    """
    told = {"why": why, "before": before and dict(before), "after": after and dict(after)}
    await TrailEntry.create(
        at=now,
        actor=actor.label,
        role=actor.role.value,
        action=action,
        subject=subject,
        clause=clause,
        detail=dict(detail or {}) | {name: value for name, value in told.items() if value},
        request_id=actor.request_id,
    )
