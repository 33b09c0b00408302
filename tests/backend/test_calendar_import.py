"""A year of holidays: ours agree with chinesecalendar, a wrong file changes nothing, a new one moves deadlines."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import chinese_calendar
import pytest

from backend.access import SYSTEM
from backend.casework import application, calendar, standard
from backend.errors import ConflictError, InvalidInputError, NotAllowedError
from models.application import CaseClock, Evidence, HomeVisit
from models.outbox import Delivery
from models.reference import CalendarDay
from models.trail import TrailEntry
from rules.process import Role
from tests.backend import district

NOW = datetime(2026, 12, 28, 1, 0, tzinfo=UTC)


def year_2027(**changes: object) -> dict[str, Any]:
    """An invented arrangement of 2027: New Year's Day is a Friday off, Monday 4 January is off too, Sunday 3 works."""
    names = ("春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
    days = [{"name": name, "date": f"2027-{month:02d}-07", "isOffDay": True} for month, name in enumerate(names, 2)]
    days += [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
        {"name": "元旦", "date": "2027-01-03", "isOffDay": False},
        {"name": "元旦", "date": "2027-01-04", "isOffDay": True},
    ]
    return {"year": 2027, "papers": ["演示: 虚构的2027年安排"], "days": days} | changes


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_that_ships_agrees_with_chinesecalendar(year: int) -> None:
    known = calendar.known_days().days
    day = date(year, 1, 1)
    while day.year == year:
        assert known[day] is chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"year": 2028}, "不是2028年"),
        ({"papers": []}, "文件名"),
        ({"papers": ["  "]}, "文件名"),
        ({"days": []}, "元旦"),
        ({"days": year_2027()["days"] + [{"name": "元旦", "date": "2027-01-01", "isOffDay": False}]}, "两次"),
        ({"days": year_2027()["days"] + [{"name": "国庆节", "date": "2027-10-11", "isOffDay": False}]}, "本来就是"),
        ({"days": [{"name": "元旦", "date": "2027-13-01", "isOffDay": True}]}, "看不懂"),
        ({"days": [{"name": "元旦", "date": "2027-01-01"}]}, "看不懂"),
        ({"days": "x"}, "看不懂"),
    ],
)
async def test_a_wrong_file_is_refused_and_changes_nothing(
    database: str, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidInputError, match=says):
        await calendar.import_year(SYSTEM, json.dumps(year_2027(**changes)), now=NOW)
    assert await CalendarDay.all().count() == 0
    assert await TrailEntry.all().count() == 0


@pytest.mark.parametrize("text", ["", "not json", "[]", "null", "{}"])
async def test_what_is_no_calendar_is_said_so(database: str, text: str) -> None:
    with pytest.raises(InvalidInputError, match="看不懂"):
        await calendar.import_year(SYSTEM, text, now=NOW)


async def test_importing_the_new_year_recomputes_open_deadlines_and_tells_the_town(database: str) -> None:
    place = await district.build()
    await calendar.import_year(SYSTEM, calendar.shipped_year(2026), now=NOW)
    case = await place.case("gathering_evidence", circumstance="C6")
    await HomeVisit.create(
        id=case.id,
        case=case,
        visited_at=NOW,
        visitors=2,
        signed=True,
        findings="属实",
        recorded_by_id=place.actors[Role.WORKER].account_id,
    )
    await Evidence.create(id=case.id, case=case, title="说明", recorded_at=NOW)
    await application.confirm(case.id, place.actors[Role.TOWN], evidence_waiver=None, now=NOW)
    clock = await CaseClock.get(case_id=case.id)
    assert (clock.due_on, clock.provisional) == (date(2027, 1, 4), True)

    moved = await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=NOW)

    clock = await CaseClock.get(case_id=case.id)
    assert moved == [(date(2027, 1, 4), date(2027, 1, 5))]
    assert (clock.due_on, clock.provisional, clock.alarm_on) == (date(2027, 1, 5), False, date(2027, 1, 5))
    assert {day["date"]: day["counted"] for day in clock.days}["2027-01-03"] is True
    entry = await TrailEntry.get(action="deadline_recomputed")
    assert (entry.detail["before"], entry.detail["after"]) == ("2027-01-04", "2027-01-05")
    told = await Delivery.filter(notice__kind="deadline_moved").values_list("person_id", flat=True)
    assert list(told) == [place.actors[Role.TOWN].person_id]
    assert await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=NOW) == [], (
        "the same file again moves nothing"
    )


async def test_only_the_bureau_enters_a_year(database: str) -> None:
    place = await district.build()
    with pytest.raises(NotAllowedError):
        await calendar.import_year(place.actors[Role.TOWN], json.dumps(year_2027()), now=NOW)


async def test_from_december_on_a_missing_year_is_said(database: str) -> None:
    assert not await calendar.missing_next_year(date(2026, 11, 30))
    assert await calendar.missing_next_year(date(2026, 12, 1))
    await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=NOW)
    assert not await calendar.missing_next_year(date(2026, 12, 1))


async def test_a_standard_takes_two_people_of_the_bureau_and_the_same_figure_twice(database: str) -> None:
    first, second = await district.build("甲"), await district.build("乙")
    bureau, other = first.actors[Role.BUREAU], second.actors[Role.BUREAU]
    day = date(2026, 1, 1)
    with pytest.raises(NotAllowedError):
        await standard.enter(first.actors[Role.TOWN], monthly_fen=1, effective_from=day, document="x", now=NOW)
    await standard.enter(bureau, monthly_fen=110_000, effective_from=day, document="虚构1号", now=NOW)
    assert await standard.standard_on(date(2026, 6, 1)) is None, "not in force before the second person"
    with pytest.raises(ConflictError, match="两个人"):
        await standard.confirm(bureau, effective_from=day, monthly_fen=110_000, now=NOW)
    with pytest.raises(ConflictError, match="不一样"):
        await standard.confirm(other, effective_from=day, monthly_fen=110_001, now=NOW)
    await standard.confirm(other, effective_from=day, monthly_fen=110_000, now=NOW)
    found = await standard.standard_on(date(2026, 6, 1))
    assert found is not None
    assert found.monthly_fen == 110_000
    assert await standard.standard_on(date(2025, 12, 31)) is None
    with pytest.raises(ConflictError, match="不能改写"):
        await standard.enter(bureau, monthly_fen=1, effective_from=day, document="x", now=NOW)
