"""痕迹: every write leaves an entry, in the transaction of the write (五(二))."""

from collections.abc import Mapping
from datetime import datetime

from backend.access import Actor
from models.trail import TrailEntry


async def record(
    actor: Actor,
    action: str,
    subject: str,
    *,
    now: datetime,
    clause: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append one entry. `subject` is like `case:<id>`; `detail` carries no name, phone, illness or free text."""
    await TrailEntry.create(
        at=now,
        actor=actor.label,
        role=actor.role.value,
        action=action,
        subject=subject,
        clause=clause,
        detail=dict(detail or {}),
        request_id=actor.request_id,
    )
