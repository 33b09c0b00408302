"""Where a case begins: from a lead, from an earlier case whose year ends, from an urgent relief (§1.10.3)."""

from datetime import datetime
from uuid import UUID, uuid4

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.casework.numbers import next_number
from backend.errors import ConflictError, NotFoundError
from models.application import Case, Evidence
from models.people import Person
from models.urgent_relief import UrgentRelief
from rules.statuses import STARTS, Origin, Status
from rules.urgent import UrgentStatus

_CAME_TO_NOTHING = [status.value for status in (Status.REJECTED, Status.WITHDRAWN, Status.CLOSED, Status.RESOLVED)]


async def open_case(
    origin: Origin, *, person: Person, village_id: int, household_size: int, now: datetime, **links: UUID
) -> Case:
    """A new case at the status that its origin gives it. Call inside a transaction."""
    return await Case.create(
        id=uuid4(),
        number=await next_number("个案", now),
        village_id=village_id,
        applicant_id=person.id,
        household_size=household_size,
        status=STARTS[origin].value,
        created_at=now,
        changed_at=now,
        **links,
    )


async def renew(earlier: Case, *, household_size: int, now: datetime) -> Case:
    """A new case for the year after, its evidence carried over (四(四)a). Call inside a transaction.

    Raises ConflictError where there is nothing to renew, or the renewal is under way.
    """
    earlier = await Case.filter(id=earlier.id).select_for_update().get()
    if earlier.status not in (Status.IN_FORCE, Status.EXPIRED):
        raise ConflictError("nothing_to_renew", "只有正在救助或一年已满的事项才能续办, 其他困难请重新提交。")
    if await Case.filter(renewal_of_id=earlier.id).exclude(status__in=_CAME_TO_NOTHING).exists():
        raise ConflictError("renewal_under_way", "这一件已经续办过, 请在“我的进度”里查看。")
    person = await Person.get(id=earlier.applicant_id)
    case = await open_case(
        Origin.RENEWAL,
        person=person,
        village_id=person.village_id or earlier.village_id,
        household_size=household_size,
        now=now,
        renewal_of_id=earlier.id,
    )
    carried = await Evidence.filter(case_id=earlier.id).order_by("recorded_at")
    await Evidence.bulk_create(
        [
            Evidence(id=uuid4(), case_id=case.id, title=row.title, recorded_at=row.recorded_at, carried_over=True)
            for row in carried
        ]
    )
    return case


async def renew_for(case_id: UUID, actor: Actor, *, household_size: int, now: datetime) -> Case:
    """A worker renews for somebody who has no phone. Raises NotFoundError, ConflictError."""
    async with in_transaction():
        earlier = await Case.get_or_none(id=case_id).select_related("village")
        if earlier is None:
            raise NotFoundError("case_not_found", "没有找到这个事项, 请返回列表重新选择。")
        require(actor, Action.RENEW, Place(earlier.village.town_id, earlier.village_id))
        case = await renew(earlier, household_size=household_size, now=now)
        await audit.record(
            actor, "renewed", f"case:{case.id}", now=now, clause="四(四)a", detail={"renewal_of": str(earlier.id)}
        )
    return case


async def continue_after_urgent(relief_id: UUID, actor: Actor, *, household_size: int, now: datetime) -> Case:
    """Lasting help is wanted after money in an emergency: a linked case in ordinary review (§1.2 E5).

    Raises NotFoundError; ConflictError before anything was delivered, or where there is such a case already.
    """
    async with in_transaction():
        relief = (
            await UrgentRelief.filter(id=relief_id)
            .select_for_update(of=("urgent_relief",))
            .select_related("village", "person")
            .get_or_none()
        )
        if relief is None:
            raise NotFoundError("urgent_not_found", "没有找到这条先行救助记录, 请返回列表重新选择。")
        require(actor, Action.RENEW, Place(relief.village.town_id, relief.village_id))
        if relief.status == UrgentStatus.REPORTED:
            raise ConflictError("not_delivered", "先把钱物送到, 再办长期救助。")
        if await Case.filter(after_urgent_id=relief.id).exclude(status__in=_CAME_TO_NOTHING).exists():
            raise ConflictError("case_under_way", "这次紧急情况已经转了一件事项, 请在列表里查看。")
        case = await open_case(
            Origin.AFTER_URGENT,
            person=relief.person,
            village_id=relief.village_id,
            household_size=household_size,
            now=now,
            after_urgent_id=relief.id,
        )
        await audit.record(
            actor,
            "continued_after_urgent",
            f"case:{case.id}",
            now=now,
            clause="四(二)b",
            detail={"after_urgent": str(relief.id)},
        )
    return case
