"""Meetings on the real database: who counts, who is told, what cannot conclude."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.access import Actor
from backend.casework import (
    application,
    deliberation,
    rsvp,
    view,
)
from backend.errors import ConflictError, InvalidInputError, NotAllowedError
from models.application import CaseClock, HomeVisit
from models.deliberation import Deliberation, PanelMember
from models.outbox import Delivery
from models.people import Person
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend import district
from tests.backend.steps import NOW, convened, gathered


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
    await gathered(place, meeting, [*place.members[:11], place.supervisor])
    with pytest.raises(ConflictError, match="缺1人"):
        await deliberation.close(meeting.id, town, agree=11, against=0, abstain=0, now=NOW)
    assert (await Deliberation.get(id=meeting.id)).status == "convened"

    await deliberation.check_in(meeting.id, town, person_id=place.members[11], now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=7, against=4, abstain=1, now=NOW)
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
        await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=12, against=0, abstain=0, now=NOW)
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
        await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, now=NOW)


async def test_only_somebody_on_the_panel_can_answer_and_the_forecast_follows(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    with pytest.raises(NotAllowedError):
        await rsvp.answer(meeting.id, place.actors[Role.WORKER], answer="attending", now=NOW)
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


async def test_somebody_who_left_before_the_close_is_not_counted(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    await gathered(place, meeting, [*place.members[:12], place.supervisor])
    await deliberation.leave(meeting.id, town, person_id=place.members[11], now=NOW + timedelta(minutes=5))
    with pytest.raises(ConflictError, match="缺1人"):
        await deliberation.close(meeting.id, town, agree=11, against=0, abstain=0, now=NOW)


async def test_eleven_may_conclude_when_one_asks_with_a_reason_and_a_leader_agrees(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town, leader = place.actors[Role.TOWN], place.actors[Role.LEADERS]
    await gathered(place, meeting, [*place.members[:11], place.supervisor])

    async def close() -> object:
        return await deliberation.close(meeting.id, town, agree=11, against=0, abstain=0, now=NOW)

    with pytest.raises(ConflictError, match="还没有人申请"):
        await deliberation.agree_to_override(meeting.id, leader, now=NOW)
    await deliberation.ask_override(meeting.id, town, reason="农忙", now=NOW)
    with pytest.raises(ConflictError, match="缺1人"):
        await close()
    with pytest.raises(NotAllowedError):
        await deliberation.agree_to_override(meeting.id, town, now=NOW)
    same_human = replace(leader, person_id=town.person_id)
    with pytest.raises(NotAllowedError, match="两个人"):
        await deliberation.agree_to_override(meeting.id, same_human, now=NOW)
    await deliberation.agree_to_override(meeting.id, leader, now=NOW)
    await deliberation.ask_override(meeting.id, town, reason="农忙, 路又断了", now=NOW)
    with pytest.raises(ConflictError, match="缺1人"):
        await close()
    await deliberation.agree_to_override(meeting.id, leader, now=NOW)
    await close()
    held = await Deliberation.get(id=meeting.id)
    assert (held.counted, held.override_reason, held.override_leader) == (11, "农忙, 路又断了", leader.name)


async def test_an_agreement_that_was_not_needed_leaves_no_trace_of_an_override(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    await deliberation.ask_override(meeting.id, place.actors[Role.TOWN], reason="也许人少", now=NOW)
    await deliberation.agree_to_override(meeting.id, place.actors[Role.LEADERS], now=NOW)
    await gathered(place, meeting, [*place.members[:12], place.supervisor])
    await deliberation.close(meeting.id, place.actors[Role.TOWN], agree=12, against=0, abstain=0, now=NOW)
    held = await Deliberation.get(id=meeting.id)
    assert (held.override_reason, held.override_leader, held.override_agreed_by) == (None, None, None)


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
    await gathered(place, meeting, [*place.members, worker.person_id, place.supervisor])
    with pytest.raises(InvalidInputError, match="票数"):
        await deliberation.close(meeting.id, town, agree=14, against=0, abstain=0, now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, now=NOW)
    assert finding.counted == 13


async def test_a_counted_supervisor_has_no_vote_and_one_too_many_is_a_clear_error(database: str) -> None:
    place = await district.build()
    meeting = await convened(place, readings={"supervisor_counts": True})
    town = place.actors[Role.TOWN]
    await gathered(place, meeting, [*place.members[:11], place.supervisor])
    with pytest.raises(InvalidInputError, match="票数"):
        await deliberation.close(meeting.id, town, agree=12, against=0, abstain=0, now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=11, against=0, abstain=0, now=NOW)
    assert finding.counted == 12


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
    await gathered(place, meeting, [*place.members, place.supervisor], now=late)
    votes = {"agree": 13, "against": 0, "abstain": 0}
    with pytest.raises(ConflictError, match="已过5个工作日"):
        await deliberation.close(meeting.id, town, **votes, now=late)
    await deliberation.close(meeting.id, town, **votes, late_reason="台风停工", now=late)
    clock = await CaseClock.get(case_id=case.id)
    assert (clock.outcome, clock.late_reason) == ("late", "台风停工")


async def test_who_answered_that_they_must_recuse_themselves_counts_nowhere_even_if_they_come(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    shy = Actor(Role.RESIDENT, "委员", person_id=place.members[-1])
    await rsvp.answer(meeting.id, shy, answer="recusal", now=NOW)
    await gathered(place, meeting, [*place.members, place.supervisor])
    with pytest.raises(InvalidInputError, match="票数"):
        await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, now=NOW)
    finding = await deliberation.close(meeting.id, town, agree=12, against=0, abstain=0, now=NOW)
    assert finding.counted == 12


async def test_somebody_who_steps_out_and_comes_back_is_counted_again(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town = place.actors[Role.TOWN]
    await gathered(place, meeting, [*place.members[:12], place.supervisor])
    await deliberation.leave(meeting.id, town, person_id=place.members[11], now=NOW)
    await deliberation.check_in(meeting.id, town, person_id=place.members[11], now=NOW + timedelta(minutes=1))
    finding = await deliberation.close(meeting.id, town, agree=12, against=0, abstain=0, now=NOW)
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
