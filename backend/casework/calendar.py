"""The working-day calendar: from its table for the rules, into its table from a year's announcement."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import SYSTEM, Action, Actor, require_district
from backend.casework import in_office, locks
from backend.clock import local_day
from backend.errors import InvalidInputError
from models.application import CaseClock
from models.reference import CalendarAmendment, CalendarDay
from models.urgent_relief import UrgentRelief
from notices.kinds import Kind
from notices.outbox import announce, call_off
from rules.calendar_file import ListedDay, YearDay, read_year
from rules.deadlines import Calendar, add_working_days
from rules.figures import URGENT_PAPERWORK_WORKING_DAYS
from rules.process import CLOCKS
from rules.statuses import Role
from rules.urgent import UrgentStatus

# The longest clock is ten working days; with the Spring Festival in between, 40 days always cover it.
_WINDOW = timedelta(days=40)
SHIPPED = (2025, 2026)
"""Years whose announcement ships with the service."""


async def load_calendar(start: date) -> Calendar:
    """The known days around `start`; unknown days make a deadline provisional (policy-model §1.10.9)."""
    return _calendar(await _known(start, start + _WINDOW))


async def known_calendar() -> Calendar:
    """Every known day: for whoever counts from any day."""
    return _calendar(await _known(date.min, date.max))


def _calendar(known: Mapping[date, tuple[bool, str]]) -> Calendar:
    names = {day: name for day, (_, name) in known.items() if name}
    return Calendar({day: working for day, (working, _) in known.items()}, names)


class DayInFile(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str = Field(min_length=1, max_length=20)
    date: date
    isOffDay: bool  # noqa: N815 (the data set's own spelling)


class YearFile(BaseModel):
    """A year in the form of the holiday-cn data set."""

    model_config = ConfigDict(frozen=True)
    year: int = Field(ge=2000, le=2100)
    papers: list[str]
    days: list[DayInFile] = Field(max_length=366)


@dataclass(frozen=True, slots=True)
class MovedDeadline:
    """One open deadline that an import moves, or confirms where it was provisional."""

    number: str
    clock: str
    before: date
    after: date


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed, or would change: days of the calendar, and deadlines."""

    year: int
    days_changed: int
    moved: list[MovedDeadline]


async def preview_year(actor: Actor, text: str, *, now: datetime) -> Imported:
    """What `import_year` would change; nothing is kept and nobody is told. Raises as it does."""
    found: list[Imported] = []
    try:
        async with in_transaction():
            found.append(await import_year(actor, text, now=now))
            raise _OnlyLookingError
    except _OnlyLookingError:
        return found[0]


class _OnlyLookingError(Exception):
    """Rolls a preview back."""


async def import_year(actor: Actor, text: str, *, now: datetime) -> Imported:
    """Enter or amend a year (holiday-cn's JSON) and recompute every open deadline.

    The owners, the accounts of town and workers, are told of each case whose date moved. Days of the December before
    that the file names are changed too, whichever year is imported first. Raises InvalidInputError, nothing changed.
    """
    require_district(actor, Action.IMPORT_CALENDAR)
    try:
        file = YearFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "文件"
        raise InvalidInputError("calendar_malformed", f"放假安排文件的“{where}”看不懂, 请核对后再导入。") from error
    year = read_year(file.year, file.papers, [ListedDay(day.name, day.date, day.isOffDay) for day in file.days])
    if year.wrong:
        raise InvalidInputError("calendar_contradicts", f"放假安排文件有误: {year.wrong[0]}; 没有导入。", year.wrong)
    source = "; ".join(file.papers)[:80]
    async with in_transaction():
        await locks.one_at_a_time(locks.CALENDAR)
        changed = await _store(file.year, source, year.days)
        await audit.record(
            actor,
            "calendar_imported",
            f"calendar:{file.year}",
            now=now,
            detail={"papers": file.papers, "days_changed": changed},
        )
        return Imported(file.year, changed, await _recompute(actor, now) + await _recompute_paperwork(actor, now))


async def _store(year: int, source: str, days: Sequence[YearDay]) -> int:
    """Write the year's own days and those it sets in the December before; returns how many days are different now."""
    first, last = date(year - 1, 12, 1), date(year, 12, 31)
    before = await _known(first, last)
    own = [day for day in days if day.date.year == year]
    await CalendarDay.filter(day__gte=own[0].date, day__lte=own[-1].date).delete()
    await CalendarDay.bulk_create(
        [CalendarDay(day=day.date, working=day.working, name=day.name, source=source) for day in own]
    )
    await CalendarAmendment.filter(file_year=year).delete()
    await CalendarAmendment.bulk_create(
        [
            CalendarAmendment(day=day.date, working=day.working, name=day.name, source=source, file_year=year)
            for day in days
            if day.date.year != year
        ]
    )
    after = await _known(first, last)
    return sum(before.get(day) != after.get(day) for day in before.keys() | after.keys())


async def _known(first: date, last: date) -> dict[date, tuple[bool, str]]:
    """The known days, an amendment by the next year's notice before the year's own."""
    found: dict[date, tuple[bool, str]] = {}
    for table in (CalendarDay, CalendarAmendment):
        rows = await table.filter(day__gte=first, day__lte=last).values_list("day", "working", "name")
        found |= {day: (working, name) for day, working, name in rows}
    return found


def shipped_year(year: int) -> str:
    """The announcement of a year that ships with the service."""
    return files("backend.reference").joinpath(f"calendar-{year}.json").read_text("utf-8")


async def missing_years(today: date) -> list[int]:
    """Years that must be known by now and are not: this one always, the next from 1 December on."""
    wanted = [today.year, today.year + 1] if today.month == 12 else [today.year]
    known = await CalendarDay.filter(day__in=[date(year, 6, 1) for year in wanted]).values_list("day", flat=True)
    return [year for year in wanted if date(year, 6, 1) not in known]


async def known_years() -> list[int]:
    """The years that are entered, in order."""
    days = await CalendarDay.filter(day__month=6, day__day=1).values_list("day", flat=True)
    return sorted(day.year for day in days)


async def seed_shipped(*, now: datetime) -> list[int]:
    """Enter the shipped years that are not known yet; returns them. Years that somebody imported stay as they are."""
    entered = []
    for year in SHIPPED:
        if not await CalendarDay.exists(day=date(year, 6, 1)):
            await import_year(SYSTEM, shipped_year(year), now=now)
            entered.append(year)
    return entered


async def _recompute(actor: Actor, now: datetime) -> list[MovedDeadline]:
    moved: list[MovedDeadline] = []
    clocks = CaseClock.filter(stopped_at=None).select_for_update(of=("case_clock",))
    for clock in await clocks.select_related("case__village"):
        deadline = add_working_days(
            clock.started_on, CLOCKS[clock.name].working_days, await load_calendar(clock.started_on)
        )
        unchanged = (deadline.due, deadline.provisional, deadline.alarm_on)
        if unchanged == (clock.due_on, clock.provisional, clock.alarm_on):
            continue
        before = clock.due_on
        clock.due_on, clock.provisional, clock.alarm_on = deadline.due, deadline.provisional, deadline.alarm_on
        clock.days = deadline.as_json()
        await clock.save()
        await audit.record(
            actor,
            "deadline_recomputed",
            f"case:{clock.case_id}",
            now=now,
            clause=clock.clause,
            detail={"clock": clock.name, "before": before.isoformat(), "after": deadline.due.isoformat()},
        )
        if before != deadline.due:
            moved.append(MovedDeadline(clock.case.number, clock.name, before, deadline.due))
            facts = {"number": clock.case.number, "due_on": clock.due_on.isoformat(), "page_id": str(clock.case_id)}
            # The old date is not told any more, nor that it is near.
            await call_off(f"clock:{clock.id}", now=now)
            event_key = f"deadline:{clock.id}:{clock.due_on}"
            await _tell_owners(clock.case.village.town_id, f"clock:{clock.id}", event_key, facts, now)
    return moved


async def _recompute_paperwork(actor: Actor, now: datetime) -> list[MovedDeadline]:
    moved: list[MovedDeadline] = []
    waiting = UrgentRelief.filter(status=UrgentStatus.LIFTED.value).select_for_update(of=("urgent_relief",))
    for relief in await waiting.select_related("village"):
        lifted_on, before = local_day(relief.lifted_at), relief.paperwork_due_on
        deadline = add_working_days(lifted_on, URGENT_PAPERWORK_WORKING_DAYS, await load_calendar(lifted_on))
        if (deadline.due, deadline.provisional) == (before, relief.paperwork_provisional):
            continue
        relief.paperwork_due_on, relief.paperwork_provisional = deadline.due, deadline.provisional
        await relief.save()
        await audit.record(
            actor,
            "deadline_recomputed",
            f"urgent:{relief.id}",
            now=now,
            clause="四(二)b",
            detail={"clock": "paperwork", "before": before.isoformat(), "after": deadline.due.isoformat()},
        )
        if before != deadline.due:
            moved.append(MovedDeadline(relief.number, "paperwork", before, deadline.due))
            facts = {"number": relief.number, "due_on": deadline.due.isoformat(), "page_id": str(relief.id)}
            # The old date is not told any more, nor that it is near.
            await call_off(f"urgent:{relief.id}", now=now)
            event_key = f"paperwork:{relief.id}:{deadline.due}"
            await _tell_owners(relief.village.town_id, f"urgent:{relief.id}", event_key, facts, now)
    return moved


async def _tell_owners(town_id: int, subject: str, event_key: str, facts: dict[str, str], now: datetime) -> None:
    owners = await in_office.people((Role.TOWN, Role.WORKER), local_day(now), town_id=town_id)
    await announce(Kind.DEADLINE_MOVED, event_key, facts, owners, now=now, subject=subject)


def known_days(years: tuple[int, ...] = SHIPPED) -> Calendar:
    """The shipped years as a calendar, without a database: for checks at a desk."""
    days: dict[date, bool] = {}
    names: dict[date, str] = {}
    for number in years:
        raw = json.loads(shipped_year(number))
        listed = [ListedDay(day["name"], date.fromisoformat(day["date"]), day["isOffDay"]) for day in raw["days"]]
        for day in read_year(number, raw["papers"], listed).days:
            days[day.date] = day.working
            if day.name and not day.working:
                names[day.date] = day.name
    return Calendar(days, names)
