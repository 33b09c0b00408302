"""Caps, windows and urgent relief on the real database: what must not be paid is not."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from backend.casework import (
    determination,
    linked_cases,
    urgent_relief,
    view,
)
from backend.casework.readings_in_force import configure
from backend.errors import ConflictError, InvalidInputError
from models.application import Case
from models.outbox import Delivery
from models.trail import TrailEntry
from models.urgent_relief import UrgentRelief
from rules.readings import DEFAULT, Readings, UrgentStart
from rules.statuses import Role
from tests.backend import district
from tests.backend.steps import NOW, confirm


async def test_the_cap_of_temporary_aid_is_hard_and_counts_what_was_given_within_a_year(database: str) -> None:
    place = await district.build()
    await district.standard(100_000)

    def decide(amount_fen: int) -> determination.Decision:
        return determination.Decision("1", "临时救助", amount_fen, date(2026, 9, 28), medical_cost_fen=5_000_000)

    leaders = place.actors[Role.LEADERS]
    first = await place.case("before_leaders", circumstance="C5")
    with pytest.raises(ConflictError, match="35000元"):
        await determination.approve(first.id, leaders, decide(3_500_100), now=NOW)
    await determination.approve(first.id, leaders, decide(3_000_000), now=NOW)
    second = await place.case("before_leaders", circumstance="C5")
    with pytest.raises(ConflictError, match="5000元"):
        await determination.approve(second.id, leaders, decide(500_100), now=NOW)


async def test_without_a_living_standard_the_cap_says_so_and_nothing_is_decided(database: str) -> None:
    place = await district.build()
    case = await place.case("before_leaders", circumstance="C5")
    decision = determination.Decision("1", "临时救助", 100, date(2026, 9, 28))
    with pytest.raises(InvalidInputError, match="标准未配置"):
        await determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW)


async def test_urgent_money_stops_at_5000_over_all_tranches_and_late_needs_a_reason(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    relief = await urgent_relief.report(
        worker, village_id=place.village.id, name="火灾户", phone=None, what_happened="失火", now=NOW
    )
    assert relief.due_at == NOW + timedelta(hours=24)
    told = await Delivery.filter(notice__kind="urgent_reported").values_list("person_id", flat=True)
    on_duty = {place.actors[role].person_id for role in (Role.BUREAU, Role.TOWN, Role.WORKER)}
    assert set(told) == on_duty, "the bureau is told at once, and whoever is on duty in the town"

    async def give(amount_fen: int, after_hours: int, late_reason: str = "") -> object:
        return await urgent_relief.deliver(
            relief.id,
            worker,
            amount_fen=amount_fen,
            form="现金",
            delivered_at=NOW + timedelta(hours=after_hours),
            late_reason=late_reason,
            now=NOW + timedelta(hours=after_hours),
        )

    await give(300_000, 2)
    with pytest.raises(ConflictError, match="2000元"):
        await give(200_001, 3)
    await give(200_000, 25)
    lifted = await urgent_relief.lift(relief.id, worker, now=NOW + timedelta(days=2))
    assert lifted.total_fen == 500_000
    assert [task.id for task in await urgent_relief.paperwork_open(place.town.id)] == [relief.id]
    done = await urgent_relief.complete_paperwork(relief.id, worker, now=NOW + timedelta(days=3))
    assert done.status == "paperwork_done"
    assert await urgent_relief.paperwork_open(None) == []


async def test_the_window_and_the_day_of_the_standard_are_the_districts_choice(database: str) -> None:
    place = await district.build()
    await district.standard(100_000)
    leaders = place.actors[Role.LEADERS]

    def decide(amount_fen: int) -> determination.Decision:
        return determination.Decision("1", "临时救助", amount_fen, date(2027, 6, 1), medical_cost_fen=5_000_000)

    first = await place.case("before_leaders", circumstance="C5")
    before = determination.Decision("1", "临时救助", 3_000_000, date(2026, 9, 28), medical_cost_fen=5_000_000)
    await determination.approve(first.id, leaders, before, now=NOW)
    later = datetime(2027, 6, 1, 1, 0, tzinfo=UTC)
    within = await place.case("before_leaders", circumstance="C5")
    with pytest.raises(ConflictError, match="5000元"):
        await determination.approve(within.id, leaders, decide(3_500_000), now=later)
    shorter = await place.case("before_leaders", circumstance="C5", readings={"cap_window_months": 6})
    assert await determination.approve(shorter.id, leaders, decide(3_500_000), now=later)

    pinned = await place.case(
        "before_leaders",
        circumstance="C5",
        readings={"standard_date": "confirmed", "cap_window_months": 1},
        standard_fen=50_000,
        household_size=1,
    )
    much_later = datetime(2028, 1, 3, 1, 0, tzinfo=UTC)
    over = determination.Decision("1", "临时救助", 1_000_100, date(2028, 1, 3))
    with pytest.raises(ConflictError, match="10000元"):
        await determination.approve(pinned.id, leaders, over, now=much_later)


async def test_urgent_money_before_the_case_counts_in_its_cap_and_another_cause_does_not(database: str) -> None:
    from tests.backend.test_linked_cases import delivered

    place = await district.build()
    await district.standard(100_000)
    leaders, worker = place.actors[Role.LEADERS], place.actors[Role.WORKER]
    relief = await delivered(place, 300_000)
    opened = await linked_cases.continue_after_urgent(relief.id, worker, household_size=1, now=NOW)
    case = await place.case(
        "before_leaders",
        circumstance="C5",
        household_size=1,
        applicant_id=opened.applicant_id,
        after_urgent_id=relief.id,
    )
    decision = determination.Decision("1", "临时救助", 1_700_000, date(2026, 9, 28))
    with pytest.raises(ConflictError, match="17000元"):
        await determination.approve(case.id, leaders, replace(decision, amount_fen=1_700_100), now=NOW)
    cap, grants = await determination.preview_cap(case.id, worker, medical_cost_fen=None, other_causes={}, now=NOW)
    assert cap is not None
    assert cap.lines[-2:] == ("减去同一事由已救助: 3000元", "本次最高: 17000元(舍去角分)")
    assert [(grant.number, grant.amount_fen) for grant in grants] == [(relief.number, 300_000)]

    other = {relief.number: "那次是火灾, 这次是住院"}
    with pytest.raises(InvalidInputError, match="逐笔写明"):
        await determination.approve(case.id, leaders, replace(decision, other_causes={relief.number: " "}), now=NOW)
    with pytest.raises(InvalidInputError, match="请核对编号"):
        await determination.approve(case.id, leaders, replace(decision, other_causes={"急0": "x"}), now=NOW)
    over = replace(decision, amount_fen=2_000_100, other_causes=other)
    with pytest.raises(ConflictError, match="20000元"):
        await determination.approve(case.id, leaders, over, now=NOW)
    row = await determination.approve(
        case.id, leaders, replace(decision, amount_fen=2_000_000, other_causes=other), now=NOW
    )
    assert row.other_causes == other
    seen = await view.read_case(case.id, worker, now=NOW)
    assert seen["cap_lines"] == ["家庭人数上限: 1人×1000元×20=20000元", "本次最高: 20000元(舍去角分)"]


async def test_the_window_of_the_cap_leaves_out_the_same_day_a_year_earlier(database: str) -> None:
    place = await district.build()
    await district.standard(100_000)
    first = await place.case("before_leaders", circumstance="C5", household_size=1)
    decision = determination.Decision("1", "临时救助", 100_000, date(2026, 9, 28))
    await determination.approve(first.id, place.actors[Role.LEADERS], decision, now=NOW)
    case = await place.case("before_leaders", circumstance="C5", household_size=1)
    for day, counted in ((date(2026, 9, 28), True), (date(2027, 9, 27), True), (date(2027, 9, 28), False)):
        assert bool(await determination.grants_in_window(case, day)) is counted, day


async def test_the_first_help_after_24_hours_needs_its_reason_and_the_stored_time_decides(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    relief = await urgent_relief.report(
        worker, village_id=place.village.id, name="户", phone=None, what_happened="水灾", now=NOW
    )
    late = NOW + timedelta(hours=24, seconds=1)

    async def give(late_reason: str) -> object:
        return await urgent_relief.deliver(
            relief.id, worker, amount_fen=100, form="现金", delivered_at=late, late_reason=late_reason, now=late
        )

    configure(Readings(urgent_start=UrgentStart.TOWN_INFORMED))
    try:
        with pytest.raises(ConflictError, match="24小时"):
            await give("")
        await give("山路断了")
    finally:
        configure(DEFAULT)
    assert (await UrgentRelief.get(id=relief.id)).late_reason == "山路断了"


async def test_one_fire_reported_twice_is_one_event_unless_somebody_says_why_not(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]

    async def report(name: str = "陈火", phone: str | None = "13800000001", **more: str) -> UrgentRelief:
        return await urgent_relief.report(
            worker, village_id=place.village.id, name=name, phone=phone, what_happened="失火", now=NOW, **more
        )

    first = await report()
    for phone in ("13800000001", None, "13800000002"):
        with pytest.raises(ConflictError, match="已有一件") as refused:
            await report(phone=phone)
        assert first.number in refused.value.message
    second = await report(another_event="隔天又被水淹")
    assert second.person_id == first.person_id, "the same name and telephone are the same person"
    with pytest.raises(ConflictError, match="已有一件"):
        await report(name="林火的妻子")  # the same telephone
    assert (await report(name="林水", phone=None)).person_id != first.person_id
    assert await UrgentRelief.all().count() == 3
    await urgent_relief.deliver(
        first.id, worker, amount_fen=500_000, form="现金", delivered_at=NOW, late_reason="", now=NOW
    )
    await urgent_relief.lift(first.id, worker, now=NOW)
    await urgent_relief.complete_paperwork(first.id, worker, now=NOW)
    with pytest.raises(ConflictError, match="已有一件"):
        await report()


async def test_one_fire_reported_by_two_at_the_same_moment_is_one_event(database: str) -> None:
    place = await district.build()

    async def report() -> UrgentRelief:
        return await urgent_relief.report(
            place.actors[Role.WORKER], village_id=place.village.id, name="陈火", phone=None, what_happened="火", now=NOW
        )

    outcomes = await asyncio.gather(*(report() for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 4
    assert await UrgentRelief.all().count() == 1


async def test_the_cap_takes_the_household_that_the_town_checked_not_what_was_typed(database: str) -> None:
    place = await district.build()
    await district.standard(100_000)
    case = await place.case("gathering_evidence", circumstance="C5", household_size=9)
    town = place.actors[Role.TOWN]
    await confirm(case.id, town, household_size=2, evidence_waiver="在住院")
    assert (await Case.get(id=case.id)).household_size == 2
    entry = await TrailEntry.get(action="facts_checked")
    assert (entry.detail["before"]["household_size"], entry.detail["after"]["household_size"]) == (9, 2)
    cap, _ = await determination.preview_cap(case.id, town, medical_cost_fen=None, other_causes={}, now=NOW)
    assert cap is not None
    assert cap.allowed_fen == 4_000_000


async def test_urgent_money_to_somebody_of_the_same_name_in_the_village_is_counted_until_it_is_left_out(
    database: str,
) -> None:
    place = await district.build()
    await district.standard(100_000)
    worker, leaders = place.actors[Role.WORKER], place.actors[Role.LEADERS]
    relief = await urgent_relief.report(
        worker, village_id=place.village.id, name=place.resident.name, phone=None, what_happened="失火", now=NOW
    )
    await urgent_relief.deliver(
        relief.id, worker, amount_fen=500_000, form="现金", delivered_at=NOW, late_reason="", now=NOW
    )
    case = await place.case("before_leaders", circumstance="C6", household_size=1)
    decision = determination.Decision("1", "临时救助", 1_600_000, date(2026, 9, 28))
    with pytest.raises(ConflictError, match="15000元"):
        await determination.approve(case.id, leaders, decision, now=NOW)
    other = replace(decision, other_causes={relief.number: "同名的另一户"})
    assert await determination.approve(case.id, leaders, other, now=NOW)


async def test_temporary_aid_is_capped_whatever_the_circumstance_and_c5_is_temporary_aid(database: str) -> None:
    place = await district.build()
    await district.standard(100_000)
    leaders = place.actors[Role.LEADERS]
    case = await place.case("before_leaders", circumstance="C7", household_size=1)
    over = determination.Decision("1", "临时救助", 2_000_100, date(2026, 9, 28))
    with pytest.raises(ConflictError, match="20000元"):
        await determination.approve(case.id, leaders, over, now=NOW)
    fifth = await place.case("before_leaders", circumstance="C5")
    with pytest.raises(InvalidInputError, match="临时救助"):
        await determination.approve(fifth.id, leaders, replace(over, aid_type="低保", amount_fen=100), now=NOW)
    with pytest.raises(InvalidInputError, match="核对年份"):
        await determination.approve(case.id, leaders, replace(over, valid_from=date(2027, 9, 29)), now=NOW)
    with pytest.raises(InvalidInputError, match="不能早于"):
        await determination.approve(case.id, leaders, replace(over, valid_from=date(2026, 9, 27)), now=NOW)


async def test_two_decisions_at_once_for_one_household_stay_within_one_cap(database: str) -> None:
    place = await district.build()
    await district.standard(100_000)
    cases = [await place.case("before_leaders", circumstance="C5", household_size=1) for _ in range(4)]
    decision = determination.Decision("1", "临时救助", 1_500_000, date(2026, 9, 28))
    outcomes = await asyncio.gather(
        *(determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW) for case in cases),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 3
