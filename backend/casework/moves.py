"""How any step changes a case: one transaction, one locked row, one call of `rules.process.advance`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NoReturn
from uuid import UUID, uuid4

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.casework import duties, locks, telling
from backend.casework.calendar import load_calendar
from backend.casework.meetings import call_off_open
from backend.casework.readings_in_force import readings_of
from backend.casework.state import state_of
from backend.clock import local_day
from backend.errors import ConflictError, NotFoundError
from models.application import Case, CaseClock
from notices.outbox import call_off
from rules.commands import Command
from rules.deadlines import add_working_days
from rules.process import CLOCKS, Moved, Refused, advance
from rules.statuses import Status

_ENDED_EARLY = (Status.WITHDRAWN, Status.CLOSED, Status.TERMINATED)


class Work:
    """One step on one locked case inside one transaction."""

    def __init__(self, case: Case, actor: Actor, now: datetime) -> None:
        self.case = case
        self.actor = actor
        self.now = now

    async def move(self, command: Command, *, late_reason: str = "", **columns: object) -> Moved:
        """Move the case by the process table, storing `columns` with it, its reason, its clocks and its trail entry.

        A case that ends early calls its meeting off. Raises ConflictError with the refusal's reasons; nothing is
        changed then, the transaction rolls back.
        """
        before = self.case.status
        readings = readings_of(self.case)
        state = await state_of(self.case, local_day(self.now))
        moved = advance(state, command, role=self.actor.role, now=self.now, readings=readings)
        if isinstance(moved, Refused):
            refuse(moved)
        reason = getattr(command, "reason", None)
        if reason is not None:
            self.case.reason = reason
        self.case.update_from_dict(columns)
        self.case.status = moved.status.value
        self.case.version += 1
        self.case.changed_at = self.now
        await self.case.save()
        if moved.status in _ENDED_EARLY:
            await call_off_open(self.case, reason=reason or "", now=self.now)
        for name in moved.stops:
            await self.stop_clock(name, late_reason, moot=moved.status in _ENDED_EARLY)
        for name in moved.starts:
            await self.start_clock(name)
        await telling.tell_move(self.case, moved, now=self.now)
        await audit.record(
            self.actor,
            type(command).__name__,
            f"case:{self.case.id}",
            now=self.now,
            clause=moved.clause,
            detail={"from": before, "to": self.case.status, "event": moved.event, "tells": moved.tells},
        )
        return moved

    def require_status(self, *statuses: Status) -> None:
        """Some records belong to certain statuses only. Raises ConflictError elsewhere."""
        if self.case.status not in statuses:
            raise ConflictError("move_not_possible", "这个事项现在不能做这一步, 请刷新后看当前进度。")

    async def start_clock(self, name: str) -> None:
        """Start a clock with its due date and every day on the way; one that runs already goes on."""
        if await CaseClock.exists(case_id=self.case.id, name=name, stopped_at=None):
            return  # referred again, for one: the first clock keeps running
        rule = CLOCKS[name]
        await locks.together(locks.CALENDAR)  # an import waits, and then finds this clock to recompute
        started_on = local_day(self.now)
        deadline = add_working_days(started_on, rule.working_days, await load_calendar(started_on))
        await CaseClock.create(
            id=uuid4(),
            case=self.case,
            name=name,
            clause=rule.clause,
            started_on=started_on,
            due_on=deadline.due,
            alarm_on=deadline.alarm_on,
            provisional=deadline.provisional,
            days=deadline.as_json(),
        )

    async def stop_clock(self, name: str, late_reason: str = "", *, moot: bool = False) -> None:
        """Stop a running clock, on time or late; one that does not run is left alone.

        `moot`: the case ended before what the clock waited for. Raises ConflictError for late without a reason.
        """
        clock = await CaseClock.get_or_none(case_id=self.case.id, name=name, stopped_at=None)
        if clock is None:
            return
        late = not moot and local_day(self.now) > clock.due_on
        if late and not late_reason.strip():
            raise ConflictError("late_without_reason", f"已过期限({clock.due_on}), 请写明原因后再登记。")
        outcome = "moot" if moot else "late" if late else "on_time"
        clock.stopped_at, clock.outcome = self.now, outcome
        clock.late_reason = late_reason.strip() if late else None
        await clock.save(update_fields=["stopped_at", "outcome", "late_reason"])
        await call_off(telling.about_clock(clock.id), now=self.now)


def refuse(refusal: Refused) -> NoReturn:
    """Turn a refusal of the rules into the error that the caller is told."""
    raise ConflictError(refusal.code, refusal.message, refusal.reasons)


@asynccontextmanager
async def step(case_id: UUID, actor: Actor, action: Action, now: datetime) -> AsyncIterator[Work]:
    """Open the transaction, lock the case, check that the actor may do this here.

    Two steps on one case wait for each other; what the second finds is what the first left.
    Raises NotFoundError, NotAllowedError.
    """
    async with in_transaction():
        case = (
            await Case.filter(id=case_id).select_for_update(of=("case",)).select_related("village__town").get_or_none()
        )
        if case is None:
            raise NotFoundError("case_not_found", "没有找到这个事项, 请返回列表重新选择。")
        require(actor, action, Place(case.village.town_id, case.village_id), owner_id=case.applicant_id)
        await duties.check(case, actor, action)
        yield Work(case, actor, now)
