"""The working-day calendar: from its table for the rules, into its table from a year's announcement."""

import json
from datetime import date, datetime, timedelta
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, require_district
from backend.errors import InvalidInputError
from models.application import CaseClock
from models.people import StaffAccount
from models.reference import CalendarDay
from notices.kinds import Kind
from notices.outbox import announce
from rules.calendar_file import ListedDay, read_year
from rules.deadlines import Calendar, add_working_days
from rules.process import CLOCKS

# The longest clock is ten working days; with the Spring Festival in between, 40 days always cover it.
_WINDOW = timedelta(days=40)


async def load_calendar(start: date) -> Calendar:
    """The known days around `start`; unknown days make a deadline provisional (policy-model §1.10.9)."""
    rows = await CalendarDay.filter(day__gte=start, day__lte=start + _WINDOW).values_list("day", "working", "name")
    return Calendar({day: working for day, working, _ in rows}, {day: name for day, _, name in rows if name})


class _Day(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str = Field(min_length=1, max_length=20)
    date: date
    isOffDay: bool  # noqa: N815 (the data set's own spelling)


class _Year(BaseModel):
    model_config = ConfigDict(frozen=True)
    year: int = Field(ge=2000, le=2100)
    papers: list[str]
    days: list[_Day] = Field(max_length=366)


async def import_year(actor: Actor, text: str, *, now: datetime) -> list[tuple[date, date]]:
    """Enter or amend a year (holiday-cn's JSON); recompute every open clock; returns (old, new) due dates that moved.

    The owners, the town's accounts, are told of each case whose date moved. Raises InvalidInputError with nothing
    changed.
    """
    require_district(actor, Action.IMPORT_CALENDAR)
    try:
        file = _Year.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "文件"
        raise InvalidInputError("calendar_malformed", f"放假安排文件的“{where}”看不懂, 请核对后再导入。") from error
    year = read_year(file.year, file.papers, [ListedDay(day.name, day.date, day.isOffDay) for day in file.days])
    if year.wrong:
        raise InvalidInputError("calendar_contradicts", f"放假安排文件有误: {year.wrong[0]}; 没有导入。", year.wrong)
    source = "; ".join(file.papers)[:80]
    async with in_transaction():
        await CalendarDay.filter(day__gte=date(file.year, 1, 1), day__lte=date(file.year, 12, 31)).delete()
        await CalendarDay.bulk_create(
            [CalendarDay(day=day.date, working=day.working, name=day.name, source=source) for day in year.days]
        )
        await audit.record(actor, "calendar_imported", f"calendar:{file.year}", now=now, detail={"papers": file.papers})
        return await _recompute(actor, now)


def shipped_year(year: int) -> str:
    """The announcement of a year that ships with the service (2025 and 2026)."""
    return files("backend.reference").joinpath(f"calendar-{year}.json").read_text("utf-8")


async def missing_next_year(today: date) -> bool:
    """From 1 December on: is next year still unknown?"""
    return today.month == 12 and not await CalendarDay.exists(day=date(today.year + 1, 1, 1))


async def _recompute(actor: Actor, now: datetime) -> list[tuple[date, date]]:
    moved: list[tuple[date, date]] = []
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
            moved.append((before, deadline.due))
            await _tell_owners(clock, now)
    return moved


async def _tell_owners(clock: CaseClock, now: datetime) -> None:
    owners = await StaffAccount.filter(town_id=clock.case.village.town_id, role="town", ended_at=None).values_list(
        "person_id", flat=True
    )
    await announce(
        Kind.DEADLINE_MOVED,
        f"deadline:{clock.id}:{clock.due_on}",
        {"number": clock.case.number, "due_on": clock.due_on.isoformat(), "page_id": str(clock.case_id)},
        list(owners),
        now=now,
    )


def known_days(years: tuple[int, ...] = (2025, 2026)) -> Calendar:
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
