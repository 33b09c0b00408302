"""A year of holidays: ours agree with chinesecalendar, a wrong file changes nothing, a new one moves deadlines."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import chinese_calendar
import pytest

from backend.access import SYSTEM
from backend.casework import application, calendar, standard, urgent_relief
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from models.application import CaseClock, Evidence, HomeVisit
from models.outbox import Delivery
from models.reference import CalendarDay
from models.trail import TrailEntry
from models.urgent_relief import UrgentRelief
from rules.statuses import Role
from tests.backend import district

NOW = datetime(2026, 12, 28, 1, 0, tzinfo=UTC)


def year_2027(**changes: object) -> dict[str, Any]:
    """An invented arrangement of 2027: New Year's Day is a Friday off, Monday 4 January is off too, Sunday 3 works."""
    off = {
        "春节": "02-06",
        "清明节": "04-05",
        "劳动节": "05-01",
        "端午节": "06-09",
        "中秋节": "09-15",
        "国庆节": "10-01",
    }
    days = [{"name": name, "date": f"2027-{day}", "isOffDay": True} for name, day in off.items()]
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
        ({"days": year_2027()["days"] + [{"name": "春节", "date": "2027-05-03", "isOffDay": True}]}, "不会是春节"),
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
    await application.confirm(case.id, place.actors[Role.TOWN], household_size=3, evidence_waiver=None, now=NOW)
    clock = await CaseClock.get(case_id=case.id)
    assert (clock.due_on, clock.provisional) == (date(2027, 1, 4), True)

    looked = await calendar.preview_year(SYSTEM, json.dumps(year_2027()), now=NOW)
    assert looked.moved == [calendar.MovedDeadline(case.number, "review", date(2027, 1, 4), date(2027, 1, 5))]
    assert (await CaseClock.get(case_id=case.id)).due_on == date(2027, 1, 4), "a look changes nothing"
    assert await Delivery.filter(notice__kind="deadline_moved").count() == 0
    assert not await CalendarDay.exists(day=date(2027, 1, 1))

    assert await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=NOW) == looked
    assert looked.days_changed == 365

    clock = await CaseClock.get(case_id=case.id)
    assert (clock.due_on, clock.provisional, clock.alarm_on) == (date(2027, 1, 5), False, date(2027, 1, 5))
    assert {day["date"]: day["counted"] for day in clock.days}["2027-01-03"] is True
    entry = await TrailEntry.get(action="deadline_recomputed")
    assert (entry.detail["before"], entry.detail["after"]) == ("2027-01-04", "2027-01-05")
    told = await Delivery.filter(notice__kind="deadline_moved").values_list("person_id", flat=True)
    owners = {place.actors[Role.TOWN].person_id, place.actors[Role.WORKER].person_id}
    assert set(told) == owners
    again = await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=NOW)
    assert (again.days_changed, again.moved) == (0, []), "the same file again moves nothing"


async def test_an_import_recomputes_the_paperwork_of_an_urgent_relief_too(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    await calendar.import_year(SYSTEM, calendar.shipped_year(2026), now=NOW)
    relief = await urgent_relief.report(
        worker, village_id=place.village.id, name="火灾户", phone=None, what_happened="失火", now=NOW
    )
    await urgent_relief.deliver(
        relief.id, worker, amount_fen=100_000, form="现金", delivered_at=NOW, late_reason="", now=NOW
    )
    lifted = await urgent_relief.lift(relief.id, worker, now=NOW)
    assert (lifted.paperwork_due_on, lifted.paperwork_provisional) == (date(2027, 1, 11), True)
    found = await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=NOW)
    assert found.moved == [calendar.MovedDeadline(relief.number, "paperwork", date(2027, 1, 11), date(2027, 1, 12))]
    stored = await UrgentRelief.get(id=relief.id)
    assert (stored.paperwork_due_on, stored.paperwork_provisional) == (date(2027, 1, 12), False)
    assert await Delivery.filter(notice__kind="deadline_moved").count() == 2


async def test_new_years_day_takes_days_of_the_december_before_until_an_amended_notice_gives_them_back(
    database: str,
) -> None:
    async def works(day: date) -> bool:
        return (await calendar.load_calendar(date(2026, 12, 20))).days[day]

    eve = date(2026, 12, 31)
    await calendar.import_year(SYSTEM, calendar.shipped_year(2026), now=NOW)
    assert await works(eve)
    days = [*year_2027()["days"], {"name": "元旦", "date": "2026-12-31", "isOffDay": True}]
    found = await calendar.import_year(SYSTEM, json.dumps(year_2027(days=days)), now=NOW)
    assert found.days_changed == 366
    assert not await works(eve)
    again = await calendar.import_year(SYSTEM, calendar.shipped_year(2026), now=NOW)
    assert again.days_changed == 0
    assert not await works(eve), "the notice of 2027 stands, whichever was imported last"
    amended = await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=NOW)
    assert amended.days_changed == 1
    assert await works(eve)


async def test_the_shipped_years_are_entered_once_and_an_amended_one_is_left_alone(database: str) -> None:
    assert await calendar.seed_shipped(now=NOW) == [2025, 2026]
    await CalendarDay.filter(day=date(2026, 3, 2)).update(working=False, name="演示更正")
    assert await calendar.seed_shipped(now=NOW) == []
    assert not (await CalendarDay.get(day=date(2026, 3, 2))).working


async def test_only_the_bureau_enters_a_year(database: str) -> None:
    place = await district.build()
    with pytest.raises(NotAllowedError):
        await calendar.import_year(place.actors[Role.TOWN], json.dumps(year_2027()), now=NOW)


async def test_from_december_on_a_missing_year_is_said_and_goes_on_being_said(database: str) -> None:
    await calendar.import_year(SYSTEM, calendar.shipped_year(2026), now=NOW)
    assert await calendar.missing_years(date(2026, 11, 30)) == []
    assert await calendar.missing_years(date(2026, 12, 1)) == [2027]
    assert await calendar.missing_years(date(2027, 2, 1)) == [2027], "in the new year it is worse, not better"
    await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=NOW)
    assert await calendar.missing_years(date(2026, 12, 1)) == []
    assert await calendar.missing_years(date(2027, 12, 1)) == [2028]


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


async def test_a_wrong_standard_is_corrected_by_two_people_and_stays_on_record(database: str) -> None:
    first, second = await district.build("甲"), await district.build("乙")
    bureau, other = first.actors[Role.BUREAU], second.actors[Role.BUREAU]
    day = date(2026, 1, 1)
    await standard.enter(bureau, monthly_fen=1_100_000, effective_from=day, document="虚构1号", now=NOW)
    await standard.confirm(other, effective_from=day, monthly_fen=1_100_000, now=NOW)
    await standard.enter(other, monthly_fen=1, effective_from=day, document="手滑", now=NOW)
    await standard.enter(other, monthly_fen=110_000, effective_from=day, document="虚构1号更正", now=NOW)
    found = await standard.standard_on(day)
    assert found is not None
    assert found.monthly_fen == 1_100_000, "the first stays in force until the correction is confirmed"
    await standard.confirm(bureau, effective_from=day, monthly_fen=110_000, now=NOW)
    found = await standard.standard_on(day)
    assert found is not None
    assert found.monthly_fen == 110_000
    assert [row.monthly_fen for row in await standard.history()] == [110_000, 1_100_000]
    with pytest.raises(NotFoundError):
        await standard.confirm(bureau, effective_from=day, monthly_fen=110_000, now=NOW)


async def test_two_accounts_of_one_person_are_one_person(database: str) -> None:
    place = await district.build()
    bureau = place.actors[Role.BUREAU]
    second_account = replace(bureau, account_id=uuid4())
    day = date(2026, 1, 1)
    await standard.enter(bureau, monthly_fen=110_000, effective_from=day, document="虚构1号", now=NOW)
    with pytest.raises(ConflictError, match="两个人"):
        await standard.confirm(second_account, effective_from=day, monthly_fen=110_000, now=NOW)
