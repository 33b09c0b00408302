"""A year that ends and deadlines that run out, as a calendar."""

from datetime import date, datetime
from uuid import UUID, uuid4

import pytest

from backend.casework import application, calendar, determination, follow_up
from backend.clock import SHANGHAI
from backend.reminding import deadlines, remind
from models.application import Case, CaseClock
from models.determination import Determination
from models.outbox import Delivery, Notice
from rules.statuses import Recipient, Role, Status
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.moments import at
from tests.reminding.racing import one_comes_second


async def helped(place: SmallDistrict, last_day: date) -> Case:
    """A case that is in force to a last day."""
    case = await place.case("in_force")
    await Determination.create(
        id=uuid4(),
        case=case,
        meeting_no="1号",
        decided_on=date(2026, 10, 12),
        outcome="approved",
        aid_type="低保",
        amount_fen=98_000,
        valid_from=date(last_day.year - 1, last_day.month, last_day.day),
        valid_to=last_day,
        recorded_at=at("2026-10-12 15:00"),
    )
    return case


async def told(*kinds: str) -> dict[str, set[UUID]]:
    """Who was told of these kinds, by the day on which it was announced."""
    found: dict[str, set[UUID]] = {}
    for row in await Delivery.filter(notice__kind__in=kinds).select_related("notice"):
        day = f"{row.notice.created_at.astimezone(SHANGHAI):%Y-%m-%d}"
        found.setdefault(day, set()).add(UUID(str(row.person_id)))
    return found


async def live_through(*days: str) -> None:
    """The worker looks on each of these days, twice."""
    for day in days:
        await remind(at(f"{day} 00:00"))
        assert await remind(at(f"{day} 00:10")) == 0, "what was announced is not announced again"


async def test_a_worker_that_comes_second_takes_back_nothing_of_what_the_first_has_said(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await district.build()
    await confirmed(place, at("2026-09-30 16:00"))
    await one_comes_second(monkeypatch, deadlines, "_RUNNING", "WHERE k.", moment=at("2026-10-14 09:00"))
    assert set(await Delivery.filter(notice__kind="clock_overdue").values_list("status", flat=True)) == {"pending"}


async def test_the_end_of_a_term_is_told_60_30_and_7_days_before_to_the_applicant_and_the_staff_there(
    database: str,
) -> None:
    place, _other = await district.build("甲"), await district.build("乙")
    await helped(place, date(2027, 10, 13))  # a Wednesday
    # Friday, Saturday; Sunday, Monday; Tuesday, Wednesday; Wednesday, Thursday
    await live_through("2027-08-13", "2027-08-14", "2027-09-12", "2027-09-13", "2027-10-05", "2027-10-06")
    await live_through("2027-10-13", "2027-10-14")
    days = {"2027-08-14", "2027-09-13", "2027-10-06"}
    assert await told("term_ending") == {day: {place.resident.id} for day in days}
    staff = {place.actors[Role.VILLAGE].person_id, place.actors[Role.TOWN].person_id}
    assert await told("term_ending_here") == {day: staff for day in days}, "and nobody of the other town"
    facts = await Notice.filter(kind="term_ending").order_by("created_at").values_list("facts", flat=True)
    assert [fact["days"] for fact in facts] == ["60", "30", "7"]


async def test_what_was_missed_is_caught_up_with_the_latest_alone_and_says_how_many_days_are_left(
    database: str,
) -> None:
    place = await district.build()
    await helped(place, date(2027, 10, 13))
    await live_through("2027-10-03")  # Sunday: both that of 60 and that of 30 days were missed
    (notice,) = await Notice.filter(kind="term_ending")
    assert notice.facts["days"] == "10"


async def test_who_has_begun_to_renew_is_not_told_and_who_is_not_helped_any_more_neither(database: str) -> None:
    place = await district.build()
    renewing, ended = await helped(place, date(2027, 10, 13)), await helped(place, date(2027, 10, 13))
    await place.case("under_review", renewal_of_id=renewing.id)
    await follow_up.terminate(ended.id, place.actors[Role.TOWN], reason="搬走了", now=at("2027-08-01 09:00"))
    await live_through("2027-08-14", "2027-10-06")
    assert await told("term_ending", "term_ending_here") == {}


async def test_help_that_ends_early_takes_back_what_waits(database: str) -> None:
    place = await district.build()
    case = await helped(place, date(2027, 10, 13))
    await live_through("2027-08-14")
    await follow_up.terminate(case.id, place.actors[Role.TOWN], reason="搬走了", now=at("2027-08-14 09:00"))
    statuses = await Delivery.filter(notice__kind="term_ending").values_list("status", flat=True)
    assert set(statuses) == {"cancelled"}


async def confirmed(place: SmallDistrict, now: datetime) -> Case:
    """A case whose five days run."""
    await calendar.seed_shipped(now=now)
    case = await place.case("gathering_evidence", circumstance="C6")
    await application.confirm(case.id, place.actors[Role.TOWN], household_size=3, evidence_waiver="在住院", now=now)
    return case


async def test_a_deadline_is_near_from_the_working_day_before_its_last_and_over_from_the_day_after(
    database: str,
) -> None:
    place = await district.build()
    await confirmed(place, at("2026-09-30 16:00"))  # Wednesday before the break; the last day is Tuesday 2026-10-13
    # Friday, Saturday 10 October works, Sunday, Monday, Tuesday, Wednesday
    await live_through("2026-10-09", "2026-10-10", "2026-10-11", "2026-10-12", "2026-10-13", "2026-10-14")
    town = place.actors[Role.TOWN].person_id
    assert await told("clock_at_risk") == {"2026-10-12": {town}}
    assert await told("clock_overdue") == {"2026-10-14": {town}}
    assert (await Notice.get(kind="clock_overdue")).facts["due_on"] == "2026-10-13"
    near = await Delivery.filter(notice__kind="clock_at_risk").values_list("status", flat=True)
    assert set(near) == {"cancelled"}, "that it is near is not said any more when it is over"


async def test_a_worker_that_was_down_says_that_it_is_over_and_not_that_it_was_near(database: str) -> None:
    place = await district.build()
    await confirmed(place, at("2026-09-30 16:00"))
    await live_through("2026-10-20")
    assert await told("clock_at_risk") == {}
    assert list(await told("clock_overdue")) == ["2026-10-20"]


async def test_a_clock_that_stops_takes_back_its_own_notices_and_not_those_of_another(database: str) -> None:
    place = await district.build()
    await calendar.seed_shipped(now=at("2026-10-12 15:00"))
    case, town = await place.case("before_leaders"), place.actors[Role.TOWN]
    await determination.approve(
        case.id,
        place.actors[Role.LEADERS],
        determination.Decision("1号", "低保", 98_000, date(2026, 10, 13)),
        now=at("2026-10-12 15:00"),  # Monday
    )
    await live_through("2026-10-16")  # Friday; result and listing both end on Monday
    assert await Notice.filter(kind="clock_at_risk").count() == 2
    for recipient in Recipient:
        await determination.tell_result(
            case.id, town, recipient=recipient, channel="当面", note="", now=at("2026-10-16 09:00")
        )
    stopped, running = await CaseClock.get(name="result"), await CaseClock.get(name="listing")
    of_stopped = await Delivery.filter(notice__subject=f"clock:{stopped.id}").values_list("status", flat=True)
    of_running = await Delivery.filter(notice__subject=f"clock:{running.id}").values_list("status", flat=True)
    assert set(of_stopped) == {"cancelled"}
    assert set(of_running) == {"pending"}


@pytest.mark.parametrize(
    ("clock", "status", "roles"),
    [
        ("review", Status.REFERRED, {Role.VILLAGE}),
        ("review", Status.DECLINED, {Role.TOWN}),
        ("review", Status.INITIATED, {Role.WORKER}),
        ("review", Status.GATHERING_EVIDENCE, {Role.TOWN}),
        ("review", Status.CONFIRMED, {Role.TOWN}),
        ("review", Status.SCHEDULED, {Role.TOWN}),
        ("result", Status.APPROVED, {Role.TOWN}),
        ("result", Status.REJECTED, {Role.TOWN}),
        ("listing", Status.IN_FORCE, {Role.TOWN}),
    ],
)
def test_whose_turn_it_is_while_a_clock_runs(clock: str, status: Status, roles: set[Role]) -> None:
    assert deadlines.next_roles(clock, status) == roles


async def test_the_village_is_told_when_the_next_step_is_its_own(database: str) -> None:
    place, _neighbour = await district.build("甲"), await district.build("乙")
    case = await place.case("referred")
    await CaseClock.create(
        id=uuid4(),
        case=case,
        name="review",
        clause="四(二)a",
        started_on=date(2026, 10, 9),
        due_on=date(2026, 10, 16),
        alarm_on=date(2026, 10, 14),
        provisional=True,
        days=[{"date": f"2026-10-{day}", "counted": True, "reason": ""} for day in (12, 13, 14, 15, 16)],
    )
    await live_through("2026-10-12", "2026-10-13", "2026-10-16")  # Monday, Tuesday, Friday
    assert await told("clock_at_risk") == {"2026-10-13": {place.actors[Role.VILLAGE].person_id}}, "暂定: earlier"
    await live_through("2026-10-17")
    assert (await told("clock_overdue"))["2026-10-17"] == {
        place.actors[Role.VILLAGE].person_id,
        place.actors[Role.TOWN].person_id,
    }


async def test_nothing_is_due_in_an_empty_district(database: str) -> None:
    assert await remind(at("2026-10-12 09:00")) == 0
