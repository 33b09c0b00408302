"""How any step changes a case: one transaction, one locked row, one call of `rules.process.advance`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NoReturn
from uuid import UUID, uuid4

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.casework.calendar import load_calendar
from backend.casework.readings_in_force import readings_of
from backend.casework.state import state_of
from backend.clock import local_day
from backend.errors import ConflictError, NotFoundError
from models.application import Case, CaseClock
from rules.deadlines import add_working_days
from rules.process import CLOCKS, Command, Moved, Refused, Status, advance


class Work:
    """One step on one locked case inside one transaction."""

    def __init__(self, case: Case, actor: Actor, now: datetime) -> None:
        self.case = case
        self.actor = actor
        self.now = now

    async def move(self, command: Command, **columns: object) -> Moved:
        """Move the case by the process table, storing `columns` with it, its clocks and its trail entry.

        Raises ConflictError with the refusal's reasons; nothing is changed then, the transaction rolls back.
        """
        before = self.case.status
        readings = readings_of(self.case)
        moved = advance(await state_of(self.case), command, role=self.actor.role, now=self.now, readings=readings)
        if isinstance(moved, Refused):
            refuse(moved)
        self.case.update_from_dict(columns)
        self.case.status = moved.status.value
        self.case.version += 1
        self.case.changed_at = self.now
        await self.case.save()
        for name in moved.stops:
            await self.stop_clock(name)
        for name in moved.starts:
            await self._start_clock(name)
        await audit.record(
            self.actor,
            type(command).__name__,
            f"case:{self.case.id}",
            now=self.now,
            clause=moved.clause,
            detail={"from": before, "to": self.case.status},
        )
        return moved

    def require_status(self, status: Status) -> None:
        """Some records belong to one status only. Raises ConflictError elsewhere."""
        if self.case.status != status:
            raise ConflictError("move_not_possible", "这个事项现在不能做这一步, 请刷新后看当前进度。")

    async def _start_clock(self, name: str) -> None:
        if await CaseClock.exists(case_id=self.case.id, name=name, stopped_at=None):
            return  # referred again, for one: the first clock keeps running
        rule = CLOCKS[name]
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

    async def stop_clock(self, name: str) -> None:
        """Stop a running clock, on time or late; one that does not run is left alone."""
        clock = await CaseClock.get_or_none(case_id=self.case.id, name=name, stopped_at=None)
        if clock is not None:
            on_time = local_day(self.now) <= clock.due_on
            await CaseClock.filter(id=clock.id).update(stopped_at=self.now, outcome="on_time" if on_time else "late")


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
        yield Work(case, actor, now)
