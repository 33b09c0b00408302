"""先行救助: report, deliver, tell the bureau, lift, paperwork; money first, never blocked by paper (四(二)b)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.casework import in_office, locks, people
from backend.casework.calendar import load_calendar
from backend.casework.moves import refuse
from backend.casework.numbers import next_number
from backend.casework.readings_in_force import in_force
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from models.places import Village
from models.urgent_relief import UrgentDelivery, UrgentRelief
from notices.kinds import Kind
from notices.outbox import announce, call_off
from rules.deadlines import add_working_days
from rules.figures import URGENT_PAPERWORK_WORKING_DAYS
from rules.process import Refused
from rules.statuses import Role
from rules.urgent import (
    CompletePaperwork,
    Deliver,
    Lift,
    Refuse,
    UrgentCommand,
    UrgentMoved,
    UrgentState,
    UrgentStatus,
    advance_urgent,
    due_at,
)

ON_DUTY = (Role.TOWN, Role.WORKER)
"""Whoever may hand money over in the town, who wrote it down included: each reads it on their own phone."""
_SAME_EVENT_WITHIN = timedelta(days=30)


async def report(
    actor: Actor,
    *,
    village_id: int,
    name: str,
    phone: str | None,
    what_happened: str,
    reported_at: datetime | None = None,
    another_event: str = "",
    now: datetime,
) -> UrgentRelief:
    """An emergency is reported: the 24 natural hours start; the bureau is told at once.

    `reported_at`: the first report, where the village heard of it before the town wrote it down (reading A11).
    5000 元 are for a household and event: while one is open for the same name in the village, another is written down
    only with the reason why it is another (`another_event`). Raises NotFoundError, ConflictError, InvalidInputError.
    """
    reported_at = reported_at or now
    if reported_at > now:
        raise InvalidInputError("report_in_future", "报告时间不能晚于现在, 请改正。")
    async with in_transaction():
        village = await Village.get_or_none(id=village_id).select_related("town")
        if village is None:
            raise NotFoundError("village_not_found", "没有找到这个村(社区), 请重新选择。")
        require(actor, Action.URGENT, Place(village.town_id, village.id))
        await locks.one_at_a_time(f"household:{village.id}")
        running = await _same_event(name, phone, village.id, now)
        person = await people.find_or_write_down(name, phone, village.id, now=now)
        if running is not None and not another_event.strip():
            raise ConflictError(
                "same_event",
                f"{name}已有一件没有了结的紧急事项({running.number}), 是同一件请在那一件里登记; 是另一件请写明理由。",
            )
        relief = await UrgentRelief.create(
            id=uuid4(),
            number=await next_number("急", now),
            village_id=village.id,
            person_id=person.id,
            what_happened=what_happened,
            status=UrgentStatus.REPORTED.value,
            reported_at=reported_at,
            informed_at=now,
            due_at=due_at(reported_at, now, in_force()),
        )
        await _tell(relief, village, "reported", (Role.BUREAU, *ON_DUTY), now)
        why = another_event or None if running else None
        await audit.record(actor, "urgent_reported", f"urgent:{relief.id}", now=now, clause="四(二)b", why=why)
    return relief


async def deliver(
    relief_id: UUID,
    actor: Actor,
    *,
    amount_fen: int,
    form: str,
    delivered_at: datetime,
    late_reason: str,
    now: datetime,
) -> UrgentMoved:
    """Money or goods are in the household's hands; the bureau is told at the same time (四(二)b).

    Raises ConflictError above 5000 元 in all, or after 24 hours without a reason; InvalidInputError for the future.
    """
    if delivered_at > now:
        raise InvalidInputError("delivery_in_future", "送到的时间不能晚于现在, 请改正。")
    async with _open(relief_id, actor) as relief:
        # A decision on the household's cap waits for the money that is being handed over, and the other way round.
        await locks.one_at_a_time(f"household:{relief.village_id}")
        moved = _advance(relief, Deliver(amount_fen, delivered_at, late_reason), actor)
        await UrgentDelivery.create(
            id=uuid4(),
            relief_id=relief.id,
            amount_fen=amount_fen,
            form=form,
            delivered_at=delivered_at,
            worker_id=actor.account_id,
        )
        relief.late_reason = late_reason if moved.late else relief.late_reason
        relief.bureau_told_at = now
        await _store(relief, moved.state, "urgent_delivered", actor, now)
        await _tell(relief, relief.village, f"delivered-{relief.total_fen}", (Role.BUREAU,), now)
    return moved


async def lift(relief_id: UUID, actor: Actor, *, now: datetime) -> UrgentRelief:
    """The urgency is over: the paperwork task begins, with a soft due date (reading A13)."""
    async with _open(relief_id, actor) as relief:
        moved = _advance(relief, Lift(), actor)
        relief.lifted_at = now
        today = local_day(now)
        await locks.together(locks.CALENDAR)
        deadline = add_working_days(today, URGENT_PAPERWORK_WORKING_DAYS, await load_calendar(today))
        relief.paperwork_due_on, relief.paperwork_provisional = deadline.due, deadline.provisional
        await _store(relief, moved.state, "urgent_lifted", actor, now)
    return relief


async def complete_paperwork(relief_id: UUID, actor: Actor, *, now: datetime) -> UrgentRelief:
    """补齐相关手续: forms and signatures are complete."""
    async with _open(relief_id, actor) as relief:
        moved = _advance(relief, CompletePaperwork(), actor)
        relief.paperwork_done_at = now
        await _store(relief, moved.state, "urgent_paperwork_done", actor, now)
    return relief


async def refuse_relief(relief_id: UUID, actor: Actor, *, reason: str, now: datetime) -> UrgentRelief:
    """Not urgent in the sense of the text: with a reason and the way to ordinary aid, never silent."""
    async with _open(relief_id, actor) as relief:
        moved = _advance(relief, Refuse(reason), actor)
        relief.refused_reason = reason
        await _store(relief, moved.state, "urgent_refused", actor, now)
    return relief


async def paperwork_open(town_id: int | None) -> list[UrgentRelief]:
    """The paperwork task list: lifted, not complete, the oldest due date first; `town_id` None: the district."""
    tasks = UrgentRelief.filter(status=UrgentStatus.LIFTED.value)
    if town_id is not None:
        tasks = tasks.filter(village__town_id=town_id)
    return await tasks.order_by("paperwork_due_on").select_related("village")


async def _same_event(name: str, phone: str | None, village_id: int, now: datetime) -> UrgentRelief | None:
    """An event of the village under the same name or telephone that is not over, or was reported within a month."""
    alike = Q(person__name=name)
    if phone:
        alike |= Q(person__phone_index=phone)
    going_on = Q(status__in=[UrgentStatus.REPORTED.value, UrgentStatus.DELIVERED.value, UrgentStatus.LIFTED.value])
    lately = Q(status=UrgentStatus.PAPERWORK_DONE.value, reported_at__gte=now - _SAME_EVENT_WITHIN)
    return await UrgentRelief.filter(alike, going_on | lately, village_id=village_id).first()


@asynccontextmanager
async def _open(relief_id: UUID, actor: Actor) -> AsyncIterator[UrgentRelief]:
    async with in_transaction():
        relief = (
            await UrgentRelief.filter(id=relief_id)
            .select_for_update(of=("urgent_relief",))
            .select_related("village__town")
            .get_or_none()
        )
        if relief is None:
            raise NotFoundError("urgent_not_found", "没有找到这条先行救助记录, 请返回列表重新选择。")
        require(actor, Action.URGENT, Place(relief.village.town_id, relief.village_id))
        yield relief


def _advance(relief: UrgentRelief, command: UrgentCommand, actor: Actor) -> UrgentMoved:
    state = UrgentState(UrgentStatus(relief.status), relief.reported_at, relief.total_fen, relief.due_at)
    moved = advance_urgent(state, command, role=actor.role)
    if isinstance(moved, Refused):
        refuse(moved)
    return moved


async def _store(relief: UrgentRelief, state: UrgentState, action: str, actor: Actor, now: datetime) -> None:
    # Nobody is woken for what is not urgent any more, nor told until when paperwork is due that is complete. Help that
    # is there ends the reminders of its 24 hours alone: the bureau is still to hear of report and delivery.
    goes_on = [kind for kind in Kind if kind is not Kind.URGENT_DUE] if state.status is UrgentStatus.DELIVERED else []
    await call_off(f"urgent:{relief.id}", now=now, but=goes_on)
    relief.status = state.status.value
    relief.total_fen = state.delivered_fen
    await relief.save()
    await audit.record(
        actor,
        action,
        f"urgent:{relief.id}",
        now=now,
        clause="四(二)b",
        detail={"status": relief.status, "total_fen": relief.total_fen},
    )


async def _tell(relief: UrgentRelief, village: Village, what: str, roles: tuple[Role, ...], now: datetime) -> None:
    told = await in_office.people(roles, local_day(now), town_id=village.town_id)
    await announce(
        Kind.URGENT_REPORTED,
        f"urgent:{relief.id}:{what}",
        {"number": relief.number, "town": village.town.name, "page_id": str(relief.id)},
        told,
        now=now,
        subject=f"urgent:{relief.id}",
    )
