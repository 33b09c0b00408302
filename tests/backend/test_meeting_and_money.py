"""Meetings, caps, listing and urgent relief on the real database: what must not happen does not."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.access import SYSTEM, Actor
from backend.casework import (
    application,
    deliberation,
    determination,
    disclosure,
    follow_up,
    linked_cases,
    urgent_relief,
    view,
)
from backend.casework.readings_in_force import configure
from backend.errors import ConflictError, InvalidInputError, NotAllowedError
from models.application import Case, CaseClock, Evidence, HomeVisit
from models.deliberation import Deliberation, PanelMember
from models.disclosure import Listing
from models.outbox import Delivery
from models.people import Person
from models.trail import TrailEntry
from models.urgent_relief import UrgentRelief
from rules.circumstances import Circumstance
from rules.readings import DEFAULT, Readings, ReviewStart, UrgentStart
from rules.statuses import Recipient, Role
from tests.backend import district
from tests.backend.district import SmallDistrict

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


async def confirm(case_id: UUID, town: Actor, **facts: object) -> Case:
    """The town confirms a household of three."""
    return await application.confirm(case_id, town, **{"household_size": 3, "now": NOW} | facts)


async def convened(place: SmallDistrict, **columns: object) -> Deliberation:
    """A scheduled meeting."""
    case = await place.case("confirmed", **columns)
    return await deliberation.convene(
        case.id,
        place.actors[Role.TOWN],
        meets_at=NOW + timedelta(days=1),
        place="礼堂",
        panel=place.members,
        supervisor=place.supervisor,
        now=NOW,
    )


async def test_eleven_on_the_list_cannot_be_convened(database: str) -> None:
    place = await district.build()
    case = await place.case("confirmed")
    with pytest.raises(ConflictError, match="1人") as refused:
        await deliberation.convene(
            case.id,
            place.actors[Role.TOWN],
            meets_at=NOW + timedelta(days=1),
            place="礼堂",
            panel=place.members[:1] + place.members[2:-1],
            supervisor=place.supervisor,
            now=NOW,
        )
    assert refused.value.code == "not_ready"
    assert await Delivery.all().count() == 0, "nobody is told of a meeting that is not"


async def test_somebody_from_no_roster_and_the_applicant_cannot_sit_on_the_panel(database: str) -> None:
    place = await district.build()
    case = await place.case("confirmed")
    stranger = await district.person("路人", place.village)
    await district.enter(place.resident, place.village, "village_representative")
    for someone in (stranger, place.resident):
        with pytest.raises(InvalidInputError):
            await deliberation.convene(
                case.id,
                place.actors[Role.TOWN],
                meets_at=NOW + timedelta(days=1),
                place="礼堂",
                panel=[*place.members, someone.id],
                supervisor=place.supervisor,
                now=NOW,
            )


async def test_those_who_signed_in_count_not_those_who_were_invited(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    for person in [*place.members[:11], place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=NOW)
    with pytest.raises(ConflictError, match="缺1人"):
        await deliberation.close(meeting.id, town, agree=11, against=0, abstain=0, override_reason=None, now=NOW)
    assert (await Deliberation.get(id=meeting.id)).status == "convened"

    await deliberation.check_in(meeting.id, town, person_id=place.members[11], now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=7, against=4, abstain=1, override_reason=None, now=NOW)
    assert finding.counted == 12
    assert finding.passed is True


async def test_a_recused_member_does_not_count_and_votes_beyond_the_room_are_refused(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    for person in [*place.members, place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    await deliberation.recuse(meeting.id, town, person_id=place.members[-1], reason="近亲属", now=NOW)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=NOW)
    with pytest.raises(InvalidInputError, match="票数"):
        await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, override_reason=None, now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=12, against=0, abstain=0, override_reason=None, now=NOW)
    assert finding.counted == 12


async def test_without_the_supervisors_opinion_no_meeting_is_closed(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    for person in place.members:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    with pytest.raises(NotAllowedError):
        await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="没到会", now=NOW)
    with pytest.raises(ConflictError, match="监督意见"):
        await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, override_reason=None, now=NOW)


async def test_only_somebody_on_the_panel_can_answer_and_the_forecast_follows(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    with pytest.raises(NotAllowedError):
        await deliberation.answer_notice(meeting.id, place.actors[Role.WORKER], answer="attending", now=NOW)
    members = await PanelMember.filter(deliberation_id=meeting.id)
    assert len(members) == 14
    forecast = await deliberation.forecast(meeting.id)
    assert forecast.counted == 0
    assert "缺纪(工)委" in forecast.sentence


async def test_a_void_meeting_tells_everybody_and_can_be_convened_again_under_the_old_clock(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    await deliberation.void(meeting.id, place.actors[Role.TOWN], reason="人不够", now=NOW)
    assert await Delivery.filter(notice__kind="meeting_voided").count() == 14
    again = await deliberation.convene(
        meeting.case_id,
        place.actors[Role.TOWN],
        meets_at=NOW + timedelta(days=2),
        place="礼堂",
        panel=place.members,
        supervisor=place.supervisor,
        now=NOW,
    )
    assert again.id != meeting.id


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


@pytest.mark.parametrize(
    ("born", "households", "online"),
    [
        (date(1960, 1, 1), 300, True),
        (date(2008, 9, 28), 300, True),  # 18 on the day itself
        (date(2008, 9, 29), 300, False),
        (None, 300, False),
        (date(1960, 1, 1), 9, False),
        (date(1960, 1, 1), 10, True),
    ],
)
async def test_the_online_list_leaves_out_minors_unknown_ages_and_villages_too_small(
    database: str, born: date | None, households: int, online: bool
) -> None:
    place = await district.build(households=households)
    await Person.filter(id=place.resident.id).update(born_on=born)
    case = await place.case("before_leaders")
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW)
    listing = await disclosure.publish(case.id, place.actors[Role.TOWN], now=NOW)
    _, rows = await disclosure.public_rows(place.village.id, date(2026, 9, 28))
    assert listing.online is online
    assert [row.masked_name for row in rows] == (["陈**"] if online else [])
    assert (listing.offline_reason is None) is online
    with pytest.raises(ConflictError, match="已经公布"):
        await disclosure.publish(case.id, place.actors[Role.TOWN], now=NOW)
    assert await Listing.all().count() == 1


async def test_urgent_money_stops_at_5000_over_all_tranches_and_late_needs_a_reason(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    relief = await urgent_relief.report(
        worker, village_id=place.village.id, name="火灾户", phone=None, what_happened="失火", now=NOW
    )
    assert relief.due_at == NOW + timedelta(hours=24)
    assert await Delivery.all().count() == 1, "the bureau is told at once"

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


async def test_somebody_who_left_before_the_close_is_not_counted(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    for person in [*place.members[:12], place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=NOW)
    await deliberation.leave(meeting.id, town, person_id=place.members[11], now=NOW + timedelta(minutes=5))
    with pytest.raises(ConflictError, match="缺1人"):
        await deliberation.close(meeting.id, town, agree=11, against=0, abstain=0, override_reason=None, now=NOW)


async def test_readings_and_standard_are_pinned_at_confirmation(database: str) -> None:

    place = await district.build()
    await district.standard(100_000)
    case = await place.case("gathering_evidence", circumstance="C4")
    town = place.actors[Role.TOWN]
    for deposit, says in ((None, "银行存款"), (4_800_000, "4倍"), (12_000_000, "10倍")):
        with pytest.raises(ConflictError, match=says):
            await application.confirm(
                case.id, town, household_size=3, evidence_waiver="在住院", deposit_fen=deposit, now=NOW
            )
    await application.confirm(case.id, town, household_size=3, evidence_waiver="在住院", deposit_fen=4_800_001, now=NOW)
    pinned = await Case.get(id=case.id)
    assert pinned.standard_fen == 100_000
    assert pinned.readings["pass_rule"] == "more_than_half"


async def test_a_standard_that_changed_between_confirmation_and_decision_is_shown(database: str) -> None:
    place = await district.build()
    await district.standard(110_000)
    case = await place.case("before_leaders", standard_fen=100_000)
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW)
    seen = await view.read_case(case.id, place.actors[Role.TOWN], now=NOW)
    assert seen["standards"] == {"confirmed_fen": 100_000, "decided_fen": 110_000, "differ": True}


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


async def test_eleven_may_conclude_with_a_reason_and_a_named_leader_and_both_are_kept(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    for person in [*place.members[:11], place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=NOW)

    async def close(**more: str | None) -> object:
        votes = {"agree": 11, "against": 0, "abstain": 0}
        return await deliberation.close(meeting.id, town, **votes, **{"override_reason": "农忙"} | more, now=NOW)

    with pytest.raises(InvalidInputError, match="领导姓名"):
        await close()
    with pytest.raises(ConflictError, match="缺1人"):
        await close(override_leader=" ")
    await close(override_leader="演示镇长")
    held = await Deliberation.get(id=meeting.id)
    assert (held.counted, held.override_reason, held.override_leader) == (11, "农忙", "演示镇长")


async def test_who_investigated_the_case_sits_there_and_neither_counts_nor_votes(database: str) -> None:
    place = await district.build()
    case = await place.case("confirmed")
    worker = place.actors[Role.WORKER]
    await district.enter(await Person.get(id=worker.person_id), place.village, "town_staff")
    await HomeVisit.create(
        id=case.id, case=case, visited_at=NOW, visitors=2, signed=True, findings="x", recorded_by_id=worker.account_id
    )
    meeting = await deliberation.convene(
        case.id,
        place.actors[Role.TOWN],
        meets_at=NOW + timedelta(days=1),
        place="礼堂",
        panel=[*place.members, worker.person_id],
        supervisor=place.supervisor,
        now=NOW,
    )
    seat = await PanelMember.get(deliberation_id=meeting.id, person_id=worker.person_id)
    assert seat.duty == "investigator"
    town = place.actors[Role.TOWN]
    for person in [*place.members, worker.person_id, place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=NOW)
    with pytest.raises(InvalidInputError, match="票数"):
        await deliberation.close(meeting.id, town, agree=14, against=0, abstain=0, override_reason=None, now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, override_reason=None, now=NOW)
    assert finding.counted == 13


async def test_a_counted_supervisor_has_no_vote_and_one_too_many_is_a_clear_error(database: str) -> None:
    place = await district.build()
    meeting = await convened(place, readings={"supervisor_counts": True})
    town = place.actors[Role.TOWN]
    for person in [*place.members[:11], place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=NOW)
    with pytest.raises(InvalidInputError, match="票数"):
        await deliberation.close(meeting.id, town, agree=12, against=0, abstain=0, override_reason=None, now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=11, against=0, abstain=0, override_reason=None, now=NOW)
    assert finding.counted == 12


async def test_what_is_late_is_recorded_with_its_reason_and_seen_by_the_supervisor(database: str) -> None:
    place = await district.build()
    town, leaders = place.actors[Role.TOWN], place.actors[Role.LEADERS]
    case = await place.case("before_leaders")
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(case.id, leaders, decision, now=NOW)
    late = NOW + timedelta(days=30)

    async def tell(recipient: Recipient, **more: str) -> bool:
        return await determination.tell_result(
            case.id, town, recipient=recipient, channel="当面", note="", **more, now=late
        )

    assert not await tell(Recipient.APPLICANT)
    assert not await tell(Recipient.DISCIPLINE)
    with pytest.raises(ConflictError, match="请写明原因"):
        await tell(Recipient.BUREAU)
    assert await tell(Recipient.BUREAU, late_reason="系统停机")
    with pytest.raises(ConflictError, match="请写明原因"):
        await disclosure.publish(case.id, town, now=late)
    await disclosure.publish(case.id, town, late_reason="台风", now=late)
    seen = await view.read_case(case.id, place.actors[Role.SUPERVISOR], now=late)
    reasons = {clock["name"]: (clock["outcome"], clock["late_reason"]) for clock in seen["clocks"]}
    assert reasons == {"result": ("late", "系统停机"), "listing": ("late", "台风")}


async def test_a_deliberation_after_its_five_days_needs_the_reason(database: str) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence", circumstance="C6")
    town = place.actors[Role.TOWN]
    await application.confirm(case.id, town, household_size=3, evidence_waiver="在住院", now=NOW)
    late = NOW + timedelta(days=30)
    meeting = await deliberation.convene(
        case.id,
        town,
        meets_at=late + timedelta(hours=1),
        place="礼堂",
        panel=place.members,
        supervisor=place.supervisor,
        now=late,
    )
    for person in [*place.members, place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=late)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=late)
    votes = {"agree": 13, "against": 0, "abstain": 0, "override_reason": None}
    with pytest.raises(ConflictError, match="已过5个工作日"):
        await deliberation.close(meeting.id, town, **votes, now=late)
    await deliberation.close(meeting.id, town, **votes, late_reason="台风停工", now=late)
    clock = await CaseClock.get(case_id=case.id)
    assert (clock.outcome, clock.late_reason) == ("late", "台风停工")


async def test_a_case_that_ends_early_leaves_its_clock_moot_not_on_time(database: str) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence", circumstance="C6")
    town = place.actors[Role.TOWN]
    await application.confirm(case.id, town, household_size=3, evidence_waiver="在住院", now=NOW)
    await application.withdraw(case.id, place.actors[Role.RESIDENT], reason="不办了", now=NOW)
    assert (await CaseClock.get(case_id=case.id)).outcome == "moot"
    approved = await place.case("before_leaders")
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(approved.id, place.actors[Role.LEADERS], decision, now=NOW)
    await follow_up.terminate(approved.id, town, reason="去世", now=NOW)
    outcomes = dict(await CaseClock.filter(case_id=approved.id).values_list("name", "outcome"))
    assert outcomes == {"listing": "moot", "result": None}, "the result is still owed to three"


async def test_a_reading_that_changed_between_referral_and_confirmation_leaves_no_case_without_a_clock(
    database: str,
) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence", circumstance="C6")
    configure(Readings(review_start=ReviewStart.INITIATED))
    try:
        await application.confirm(case.id, place.actors[Role.TOWN], household_size=3, evidence_waiver="在住院", now=NOW)
    finally:
        configure(DEFAULT)
    assert await CaseClock.filter(case_id=case.id, name="review", stopped_at=None).count() == 1


async def test_the_tail_of_the_list_and_the_smallest_village_are_the_districts_choice(database: str) -> None:
    place = await district.build(households=9)
    case = await place.case("before_leaders")
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW)
    configure(Readings(small_village_households=9, listing_tail_days=3))
    try:
        assert (await disclosure.publish(case.id, place.actors[Role.TOWN], now=NOW)).online
        last = date(2027, 9, 28)
        for day, shown in ((last, 1), (last + timedelta(days=3), 1), (last + timedelta(days=4), 0)):
            _, rows = await disclosure.public_rows(place.village.id, day)
            assert len(rows) == shown, day
    finally:
        configure(DEFAULT)
    assert (await disclosure.public_rows(place.village.id, last))[1] == [], "under the default the village is too small"


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


async def test_a_circumstance_that_does_not_fit_is_changed_at_confirmation_with_a_reason(database: str) -> None:
    place = await district.build()
    await district.standard(100_000)
    case = await place.case("gathering_evidence", circumstance="C4")
    town = place.actors[Role.TOWN]
    with pytest.raises(ConflictError, match="10倍"):
        await confirm(case.id, town, evidence_waiver="在住院", deposit_fen=12_000_000)
    other = {"evidence_waiver": "在住院", "circumstance": Circumstance.C7}
    with pytest.raises(ConflictError, match="请写明理由"):
        await confirm(case.id, town, **other)
    await confirm(case.id, town, **other, change_reason="存款超过10倍, 另有困难")
    assert (await Case.get(id=case.id)).circumstance == "C7"
    visitless = await place.case("gathering_evidence", circumstance="C6")
    with pytest.raises(ConflictError, match="入户调查"):
        await confirm(
            visitless.id, town, evidence_waiver="在住院", circumstance=Circumstance.C1, change_reason="是失联"
        )


async def test_a_paper_renewed_under_its_old_title_and_a_new_visit_close_the_supplement(database: str) -> None:
    place = await district.build()
    town, worker, leaders = (place.actors[role] for role in (Role.TOWN, Role.WORKER, Role.LEADERS))
    for how in ("paper", "visit"):
        case = await place.case("before_leaders")
        await Evidence.create(id=uuid4(), case=case, title="收入证明", recorded_at=NOW - timedelta(days=9))
        await determination.send_back(case.id, leaders, reason="收入证明请更新", deliberate_again=False, now=NOW)
        later = NOW + timedelta(hours=1)
        if how == "paper":
            await application.add_evidence(case.id, worker, title="收入证明", now=later)
            assert (await Evidence.get(case_id=case.id)).recorded_at == later
        else:
            await application.record_visit(
                case.id, worker, visited_at=later, visitors=2, signed=True, findings="属实", now=later
            )
        await determination.submit_to_leaders(case.id, town, now=later)


async def test_a_worker_writes_down_a_lead_for_somebody_without_a_phone_once(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]

    async def write(key: str = "window-0001") -> application.Submitted:
        return await application.submit_for(
            worker,
            village_id=place.village.id,
            name="林阿公",
            phone=None,
            born_on=date(1940, 1, 1),
            household_size=1,
            story="一个人过",
            submission_key=key,
            now=NOW,
        )

    sent = await asyncio.gather(*(write() for _ in range(4)))
    assert len({submitted.case.id for submitted in sent}) == 1
    assert sent[0].case.status == "submitted"
    stranger = (await district.build("乙")).actors[Role.WORKER]
    with pytest.raises(NotAllowedError):
        await application.submit_for(
            stranger,
            village_id=place.village.id,
            name="x",
            phone=None,
            born_on=None,
            household_size=1,
            story="x",
            submission_key="window-0002",
            now=NOW,
        )


async def test_a_clock_that_starts_while_a_year_is_imported_is_recomputed_with_it(database: str) -> None:
    from backend.casework import calendar
    from tests.backend.test_calendar_import import year_2027

    place = await district.build()
    late = datetime(2026, 12, 28, 1, 0, tzinfo=UTC)
    await calendar.import_year(SYSTEM, calendar.shipped_year(2026), now=late)
    cases = [await place.case("gathering_evidence", circumstance="C6") for _ in range(6)]
    await asyncio.gather(
        calendar.import_year(SYSTEM, json.dumps(year_2027()), now=late),
        *(confirm(case.id, place.actors[Role.TOWN], evidence_waiver="在住院", now=late) for case in cases),
    )
    due = set(await CaseClock.all().values_list("due_on", "provisional"))
    assert due == {(date(2027, 1, 5), False)}


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


async def test_who_answered_that_they_must_recuse_themselves_counts_nowhere_even_if_they_come(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    shy = Actor(Role.RESIDENT, "委员", person_id=place.members[-1])
    await deliberation.answer_notice(meeting.id, shy, answer="recusal", now=NOW)
    for person in [*place.members, place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=NOW)
    with pytest.raises(InvalidInputError, match="票数"):
        await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, override_reason=None, now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=12, against=0, abstain=0, override_reason=None, now=NOW)
    assert finding.counted == 12


async def test_somebody_who_steps_out_and_comes_back_is_counted_again(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    for person in [*place.members[:12], place.supervisor]:
        await deliberation.check_in(meeting.id, town, person_id=person, now=NOW)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=NOW)
    await deliberation.leave(meeting.id, town, person_id=place.members[11], now=NOW)
    await deliberation.check_in(meeting.id, town, person_id=place.members[11], now=NOW + timedelta(minutes=1))
    finding = await deliberation.close(meeting.id, town, agree=12, against=0, abstain=0, override_reason=None, now=NOW)
    assert finding.counted == 12
    assert await TrailEntry.filter(action="came_back").count() == 1


@pytest.mark.parametrize("how", ["withdraw", "close"])
async def test_a_case_that_ends_calls_its_meeting_off_and_tells_everybody_and_why(database: str, how: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    if how == "withdraw":
        await application.withdraw(meeting.case_id, place.actors[Role.RESIDENT], reason="不办了", now=NOW)
    else:
        await application.close(meeting.case_id, place.actors[Role.TOWN], reason="搬到外地了", now=NOW)
    assert (await Deliberation.get(id=meeting.id)).status == "void"
    assert await Delivery.filter(notice__kind="meeting_voided").count() == 14
    with pytest.raises(ConflictError, match="结束或改期"):
        await deliberation.check_in(meeting.id, place.actors[Role.TOWN], person_id=place.members[0], now=NOW)
    seen = await view.read_case(meeting.case_id, place.actors[Role.RESIDENT], now=NOW)
    assert seen["reason"] == ("不办了" if how == "withdraw" else "搬到外地了")


async def test_what_staff_write_to_one_another_is_not_shown_to_the_applicant(database: str) -> None:
    place = await district.build()
    case = await place.case("referred")
    await application.decline(case.id, place.actors[Role.VILLAGE], reason="村里有不同说法", now=NOW)
    assert (await view.read_case(case.id, place.actors[Role.RESIDENT], now=NOW))["reason"] is None
    assert (await view.read_case(case.id, place.actors[Role.TOWN], now=NOW))["reason"] == "村里有不同说法"


async def test_a_wanted_supplement_is_added_before_the_packet_goes_back_to_the_leaders(database: str) -> None:
    place = await district.build()
    case = await place.case("before_leaders")
    town, worker, leaders = (place.actors[role] for role in (Role.TOWN, Role.WORKER, Role.LEADERS))
    await determination.send_back(case.id, leaders, reason="补医疗单据", deliberate_again=False, now=NOW)
    with pytest.raises(ConflictError, match="先登记补充的材料"):
        await determination.submit_to_leaders(case.id, town, now=NOW)
    await application.add_evidence(case.id, worker, title="住院结算单", now=NOW + timedelta(hours=1))
    await determination.submit_to_leaders(case.id, town, now=NOW + timedelta(hours=2))


async def test_a_signed_visit_of_two_counts_even_after_an_unsigned_one_of_three(database: str) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence", circumstance="C1")
    worker, town = place.actors[Role.WORKER], place.actors[Role.TOWN]
    for visitors, signed in ((3, False), (2, False), (2, True)):
        await application.record_visit(
            case.id, worker, visited_at=NOW, visitors=visitors, signed=signed, findings="属实", now=NOW
        )
    await application.add_evidence(case.id, worker, title="声明", now=NOW)
    assert (
        await application.confirm(case.id, town, household_size=3, evidence_waiver=None, now=NOW)
    ).status == "confirmed"


async def test_a_named_second_visitor_sits_there_as_investigator_and_an_unknown_one_is_said(database: str) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence", circumstance="C6")
    worker, town = place.actors[Role.WORKER], place.actors[Role.TOWN]

    async def visit(*people: UUID) -> object:
        return await application.record_visit(
            case.id, worker, visited_at=NOW, visitors=1, signed=True, findings="属实", visitor_ids=people, now=NOW
        )

    with pytest.raises(InvalidInputError, match="不在系统里"):
        await visit(uuid4())
    await visit(place.members[0], place.members[1])
    await application.confirm(case.id, town, household_size=3, evidence_waiver="在住院", now=NOW)
    with pytest.raises(ConflictError, match="1人"):
        await deliberation.convene(
            case.id,
            town,
            meets_at=NOW + timedelta(days=1),
            place="礼堂",
            panel=place.members,
            supervisor=place.supervisor,
            now=NOW,
        )


async def test_the_applicant_cannot_supervise_either(database: str) -> None:
    place = await district.build()
    case = await place.case("confirmed")
    await district.enter(place.resident, place.village, "supervisor")
    with pytest.raises(InvalidInputError, match="不能评议或监督"):
        await deliberation.convene(
            case.id,
            place.actors[Role.TOWN],
            meets_at=NOW + timedelta(days=1),
            place="礼堂",
            panel=place.members,
            supervisor=place.resident.id,
            now=NOW,
        )


@pytest.mark.parametrize(
    ("circumstance", "born", "warned"),
    [
        ("C3", date(1966, 9, 28), False),
        ("C3", date(1966, 9, 29), True),
        ("C2", date(2008, 9, 28), True),
        ("C2", date(2008, 9, 29), False),
        ("C6", date(2020, 1, 1), False),
        ("C3", None, False),
    ],
)
def test_a_birthday_that_does_not_fit_the_circumstance_is_a_warning_for_staff(
    circumstance: str, born: date | None, warned: bool
) -> None:
    assert bool(view.age_warnings(circumstance, born, date(2026, 9, 28))) is warned
    assert view.age_warnings(circumstance, born, None) == []
