"""The call list of a town: people whom no message reached, and the record that somebody telephoned."""

from datetime import datetime
from uuid import UUID

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.errors import NotFoundError
from models.outbox import Delivery
from notices import reached
from notices.kinds import LABELS, Kind
from notices.outbox import CALL_LIST
from rules.statuses import Role


async def to_call(actor: Actor) -> list[dict[str, object]]:
    """Open rows of the actor's town (the bureau: of the district), the oldest first, at most 200."""
    require(actor, Action.CALL, Place(actor.town_id or 0, actor.village_id or 0))
    rows = Delivery.filter(channel=CALL_LIST, status="pending")
    if actor.role is not Role.BUREAU:
        rows = rows.filter(person__village__town_id=actor.town_id)
    found = await rows.order_by("due_at").limit(200).select_related("notice", "person__village")
    return [
        {
            "id": str(row.id),
            "about": LABELS[Kind(row.notice.kind)],
            "name": row.person.name,
            "phone": row.person.phone,
            "village": row.person.village.name if row.person.village else None,
        }
        for row in found
    ]


async def called(delivery_id: UUID, actor: Actor, *, note: str, now: datetime) -> None:
    """Record the call. Raises NotFoundError for a row that is not there."""
    async with in_transaction():
        row = await Delivery.get_or_none(id=delivery_id, channel=CALL_LIST).select_related("person__village")
        if row is None:
            raise NotFoundError("call_not_found", "没有找到这条电话记录, 请刷新名单。")
        village = row.person.village
        require(actor, Action.CALL, Place(village.town_id if village else 0, village.id if village else 0))
        if row.status == "pending":
            row.note = note or None
            await row.save(update_fields=["note"])
            await reached.mark(row.notice_id, row.person_id, "telephoned", now=now, recorded_by=actor.account_id)
        await audit.record(actor, "telephoned", f"delivery:{delivery_id}", now=now)
