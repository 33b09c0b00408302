"""痕迹: every write leaves an entry, in the transaction of the write (五(二))."""

from collections.abc import Mapping
from datetime import datetime

from backend.access import Actor
from models.trail import TrailEntry

_digest_key = b""


def configure(key: bytes) -> None:
    """The key of this process's digests."""
    global _digest_key  # noqa: PLW0603
    _digest_key = key


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
    What an agent does carries the id of the person it was done for (代办).
    """
    acting_for = str(actor.acting_for) if actor.acting_for else None
    told = {"acting_for": acting_for, "why": why, "before": before and dict(before), "after": after and dict(after)}
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
