"""Reading the trail: that of one case for those who supervise, one's own actions for everybody on the staff."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.casework.view import deliveries_about
from backend.clock import SHANGHAI
from backend.errors import NotAllowedError, NotFoundError
from backend.trail.words import Names, action_of, told
from models.application import Case
from models.deliberation import Deliberation
from models.outbox import Delivery
from models.trail import TrailEntry

PAGE = 50
MOST = 200


async def subjects_of(case: Case) -> list[str]:
    """What entries about a case stand under: itself, its meetings, the urgent relief before it, its telephone calls."""
    meetings = await Deliberation.filter(case_id=case.id).values_list("id", flat=True)
    deliveries = await Delivery.filter(await deliveries_about(case.id)).values_list("id", flat=True)
    urgent = [f"urgent:{case.after_urgent_id}"] if case.after_urgent_id else []
    return [
        f"case:{case.id}",
        *urgent,
        *(f"deliberation:{meeting}" for meeting in meetings),
        *(f"delivery:{delivery}" for delivery in deliveries),
    ]


async def supervised_case(case_id: UUID, actor: Actor, action: Action) -> Case:
    """The case, where the actor may do this to its trail. Raises NotFoundError, NotAllowedError."""
    case = await Case.get_or_none(id=case_id).select_related("village__town", "applicant")
    if case is None:
        raise NotFoundError("case_not_found", "没有找到这个事项, 请返回列表重新选择。")
    require(actor, action, Place(case.village.town_id, case.village_id))
    return case


async def case_trail(
    case_id: UUID, actor: Actor, *, before: int | None = None, limit: int = PAGE, now: datetime
) -> dict[str, object]:
    """A page of what was done about a case, the newest first. The reading is itself an entry.

    `before`: the `before` of the page that came earlier. Raises NotFoundError, NotAllowedError.
    """
    case = await supervised_case(case_id, actor, Action.READ_TRAIL)
    async with in_transaction():
        page = await _page(TrailEntry.filter(subject__in=await subjects_of(case)), before, limit)
        await audit.record(actor, "trail_read", f"case:{case_id}", now=now, clause="五(二)")
    return page


async def own_trail(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, object]:
    """A page of what this member of the staff did, the newest first. Raises NotAllowedError for anybody else."""
    if actor.account_id is None:
        raise NotAllowedError("staff_only", "这一页由工作人员使用。")
    return await _page(TrailEntry.filter(actor=actor.label), before, limit)


async def _page(query: QuerySet[TrailEntry], before: int | None, limit: int) -> dict[str, object]:
    if before is not None:
        query = query.filter(id__lt=before)
    limit = min(max(limit, 1), MOST)
    entries = await query.order_by("-id").limit(limit + 1).prefetch_related("seal")
    shown = entries[:limit]
    names = await Names.of(shown)
    return {
        "entries": [_seen(entry, names) for entry in shown],
        "before": shown[-1].id if len(entries) > limit else None,
    }


def _seen(entry: TrailEntry, names: Names) -> dict[str, object]:
    return {
        "id": entry.id,
        "position": entry.seal.position if entry.seal else None,
        "at": entry.at.astimezone(SHANGHAI).isoformat(),
        "who": names.who(entry),
        "role": entry.role,
        "action": entry.action,
        "plain": action_of(entry),
        "subject": entry.subject,
        "clause": entry.clause,
        "lines": told(entry),
    }


def in_order(entries: Sequence[TrailEntry]) -> list[TrailEntry]:
    """As it happened."""
    return sorted(entries, key=lambda entry: (entry.at, entry.id))
