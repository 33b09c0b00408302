"""Answers, substitutes, another time: who comes to a meeting, on the real database."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction

from backend.access import Actor
from backend.casework import call_list, deliberation, duties, rsvp, view
from backend.errors import ConflictError, InvalidInputError, NotAllowedError
from models.deliberation import Deliberation, PanelMember
from models.outbox import Delivery, Notice, Reached
from models.people import Person, RosterEntry
from models.trail import TrailEntry
from notices.kinds import Kind
from notices.outbox import announce, put_on_call_list
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.backend.steps import NOW, convened, gathered


def member(person: UUID) -> Actor:
    """Somebody on a phone."""
    return Actor(Role.RESIDENT, "委员", person_id=person)


async def with_telephone(person: UUID) -> None:
    """They can be called."""
    someone = await Person.get(id=person)
    someone.phone = "13800000001"
    await someone.save(update_fields=["phone"])


async def on_roster(place: SmallDistrict, capacity: str) -> Person:
    """One more on the roster, not on the panel."""
    someone = await district.person("后补", place.village)
    await district.enter(someone, place.village, capacity)
    return someone


async def seat_of(meeting: Deliberation, person: UUID) -> PanelMember:
    """One seat as it is now."""
    return await PanelMember.get(deliberation_id=meeting.id, person_id=person)


async def test_whoever_answers_has_been_reached_and_no_other_channel_is_tried(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    first, second = place.members[:2]
    await rsvp.answer(meeting.id, member(first), answer="attending", now=NOW)
    assert [row.how for row in await Reached.filter(person_id=first)] == ["answered"]
    assert (await Delivery.get(person_id=first)).status == "cancelled"
    assert (await Delivery.get(person_id=second)).status == "pending"


async def test_what_a_member_says_on_the_telephone_is_their_answer(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town, person = place.actors[Role.TOWN], place.members[0]
    await with_telephone(person)
    notice = await Notice.get(kind=Kind.MEETING_CONVENED.value)
    assert await call_list.record(town, notice.id, person, "leave", now=NOW)
    assert not await call_list.record(town, notice.id, person, "attending", now=NOW), "known already, answered anew"
    assert (await seat_of(meeting, person)).answer == "attending"
    known = await Reached.get(notice_id=notice.id, person_id=person)
    assert (known.how, known.recorded_by) == ("telephoned", town.account_id)
    kept = await TrailEntry.filter(action="notice_answered").order_by("id")
    assert [entry.detail["answer"] for entry in kept] == ["leave", "attending"]
    assert {entry.detail["person"] for entry in kept} == {str(person)}
    with pytest.raises(ConflictError, match="已经开始"):
        await call_list.record(town, notice.id, person, "leave", now=meeting.meets_at)


async def test_an_answer_is_written_down_for_a_meeting_alone_and_a_refused_one_leaves_nothing(
    database: str,
) -> None:
    place = await district.build()
    meeting = await convened(place)
    async with in_transaction():
        await announce(Kind.CASE_DECIDED, "result:1", {"number": "1", "page_id": "1"}, [place.resident.id], now=NOW)
    notice = await Notice.get(kind=Kind.CASE_DECIDED.value)
    with pytest.raises(InvalidInputError, match="不用回复"):
        await call_list.record(place.actors[Role.TOWN], notice.id, place.resident.id, "attending", now=NOW)
    about_meeting = await Notice.get(kind=Kind.MEETING_CONVENED.value)
    await PanelMember.filter(deliberation_id=meeting.id, person_id=place.members[0]).delete()
    with pytest.raises(NotAllowedError, match="名单"):
        await call_list.record(place.actors[Role.TOWN], about_meeting.id, place.members[0], "attending", now=NOW)
    assert await Reached.all().count() == 0
    assert not await TrailEntry.filter(action__in=["notice_answered", "telephoned"]).exists()


async def test_an_answer_that_was_written_down_ends_every_question_about_the_meeting(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town, person = place.actors[Role.TOWN], place.members[0]
    await with_telephone(person)
    async with in_transaction():
        await announce(
            Kind.ANSWER_WANTED, "wanted:1", {"page_id": "1"}, [person], now=NOW, subject=f"deliberation:{meeting.id}"
        )
    notice = await Notice.get(kind=Kind.MEETING_CONVENED.value)
    await call_list.record(town, notice.id, person, "attending", now=NOW)
    assert await Reached.filter(person_id=person, how="telephoned", recorded_by=town.account_id).count() == 2
    waiting = await Delivery.filter(person_id=person, notice__kind="answer_wanted").values_list("status", flat=True)
    assert list(waiting) == ["cancelled"]


async def test_an_answer_to_the_old_time_is_not_written_down_for_the_new_one(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    town, person = place.actors[Role.TOWN], place.members[0]
    notice = await Notice.get(kind=Kind.MEETING_CONVENED.value)
    await deliberation.change(meeting.id, town, meets_at=meeting.meets_at + timedelta(days=1), place="礼堂", now=NOW)
    with pytest.raises(ConflictError, match="改期"):
        await call_list.record(town, notice.id, person, "attending", now=NOW)
    assert (await seat_of(meeting, person)).answer == "unanswered"


async def test_who_has_no_telephone_answers_in_person(database: str) -> None:
    place = await district.build()
    await convened(place)
    person = place.members[0]
    notice = await Notice.get(kind=Kind.MEETING_CONVENED.value)
    await call_list.record(place.actors[Role.TOWN], notice.id, person, "attending", now=NOW)
    assert (await Reached.get(person_id=person)).how == "in_person"
    assert await TrailEntry.filter(action="told_in_person").count() == 1


async def test_a_leave_that_is_confirmed_by_telephone_keeps_who_comes_instead(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    person = place.members[0]
    other = await on_roster(place, (await seat_of(meeting, person)).capacities[0])
    await rsvp.answer(meeting.id, member(person), answer="leave", substitute=other.id, now=NOW)
    notice = await Notice.get(kind=Kind.MEETING_CONVENED.value)
    await call_list.record(place.actors[Role.TOWN], notice.id, person, "leave", now=NOW)
    assert (await seat_of(meeting, person)).substitute_wanted == other.id


async def test_a_form_of_several_calls_and_who_answers_meanwhile_never_wait_for_each_other(
    database: str,
) -> None:
    place = await district.build()
    meeting = await convened(place)
    for row in await Delivery.filter(notice__kind="meeting_convened"):
        await put_on_call_list(row, now=NOW)
    town = place.actors[Role.TOWN]
    rows = sorted(await Delivery.filter(channel="call_list"), key=lambda row: row.id)
    people = [UUID(str(row.person_id)) for row in rows if row.person_id in place.members]
    many = {row.id: ("told" if number % 2 else "attending", "") for number, row in enumerate(rows)}
    async with asyncio.timeout(20):
        await asyncio.gather(
            call_list.record_many(town, many, now=NOW),
            *(rsvp.answer(meeting.id, member(person), answer="leave", now=NOW) for person in people),
        )


async def test_the_call_list_says_who_is_asked_whether_they_come(database: str) -> None:
    place = await district.build()
    await convened(place)
    for row in await Delivery.all():
        await put_on_call_list(row, now=NOW)
    rows = await call_list.to_call(place.actors[Role.TOWN], now=NOW)
    asked = {row.about: row.wants_answer for row in rows}
    assert asked.pop("会议通知")
    assert asked
    assert not any(asked.values())


async def test_an_answer_may_be_another_one_until_the_meeting_and_not_after(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    who = member(place.members[0])
    for answer in ("attending", "leave", "attending"):
        await rsvp.answer(meeting.id, who, answer=answer, now=NOW)
    with pytest.raises(ConflictError, match="已经开始"):
        await rsvp.answer(meeting.id, who, answer="leave", now=meeting.meets_at)
    assert (await seat_of(meeting, place.members[0])).answer == "attending"
    assert await TrailEntry.filter(action="notice_answered").count() == 3
    (row,) = await view.own_meetings(who)
    assert row["answer"] == "attending"
    assert row["answer_until"] == row["meets_at"]
    assert row["calendar"] == f"/api/deliberations/{meeting.id}/meeting.ics"


async def test_who_asks_for_leave_may_name_somebody_who_fills_the_gap_and_nobody_else(database: str) -> None:
    place = await district.build()
    cadre, representative = place.members[5], place.members[-1]
    other_cadre, other = await on_roster(place, "resident_cadre"), await on_roster(place, "village_representative")
    meeting = await convened(place)
    offered = {candidate.person_id for candidate in await rsvp.may_replace_me(meeting.id, member(cadre), now=NOW)}
    assert offered == {other_cadre.id}, "nobody else on the panel is a 驻村干部"
    for unfit in (other.id, place.resident.id, place.members[0]):
        with pytest.raises(InvalidInputError, match="不能替补"):
            await rsvp.answer(meeting.id, member(cadre), answer="leave", substitute=unfit, now=NOW)
    with pytest.raises(InvalidInputError, match="请假才需要"):
        await rsvp.answer(meeting.id, member(cadre), answer="attending", substitute=other_cadre.id, now=NOW)
    assert (await seat_of(meeting, cadre)).answer == "unanswered", "nothing half-done"
    await rsvp.answer(meeting.id, member(cadre), answer="leave", substitute=other_cadre.id, now=NOW)
    assert (await seat_of(meeting, cadre)).substitute_wanted == other_cadre.id
    await rsvp.answer(meeting.id, member(representative), answer="leave", now=NOW)
    with pytest.raises(NotAllowedError):
        await rsvp.may_replace_me(meeting.id, place.actors[Role.WORKER], now=NOW)


async def test_the_town_confirms_the_wish_and_the_substitute_is_told_sits_there_and_counts(database: str) -> None:
    place = await district.build()
    cadre, town = place.members[5], place.actors[Role.TOWN]
    other = await on_roster(place, "resident_cadre")
    meeting = await convened(place)
    await rsvp.answer(meeting.id, member(cadre), answer="leave", substitute=other.id, now=NOW)
    for _ in range(2):
        await rsvp.call_substitute(meeting.id, town, person_id=cadre, now=NOW)
    assert (await seat_of(meeting, cadre)).replaced_by == other.id
    assert (await seat_of(meeting, other.id)).capacities == ["resident_cadre"]
    told = await Delivery.filter(person_id=other.id).select_related("notice")
    assert [row.notice.kind for row in told] == ["meeting_convened"], "pressed twice, told once"
    with pytest.raises(ConflictError, match="替补"):
        await rsvp.answer(meeting.id, member(cadre), answer="attending", now=NOW)
    there = [person for person in [*place.members, other.id, place.supervisor] if person != cadre]
    await gathered(place, meeting, there)
    finding = await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, now=NOW)
    assert finding.counted == 13


async def test_the_town_replaces_nobody_who_comes_and_by_nobody_who_fills_no_gap(database: str) -> None:
    place = await district.build()
    cadre, town = place.members[5], place.actors[Role.TOWN]
    representative = await on_roster(place, "village_representative")
    meeting = await convened(place)

    async def call(person: UUID, substitute: UUID | None = None) -> None:
        await rsvp.call_substitute(meeting.id, town, person_id=person, substitute=substitute, now=NOW)

    with pytest.raises(ConflictError, match="没有请假"):
        await call(cadre, representative.id)
    await rsvp.answer(meeting.id, member(cadre), answer="leave", now=NOW)
    with pytest.raises(InvalidInputError, match="没有写替补"):
        await call(cadre)
    with pytest.raises(InvalidInputError, match="替补不了"):
        await call(cadre, representative.id)
    with pytest.raises(NotAllowedError):
        await rsvp.call_substitute(
            meeting.id, place.actors[Role.WORKER], person_id=cadre, substitute=representative.id, now=NOW
        )
    assert await PanelMember.filter(deliberation_id=meeting.id).count() == 14


async def test_a_supervisor_who_cannot_come_is_replaced_by_another_supervisor(database: str) -> None:
    place = await district.build()
    other, representative = await on_roster(place, "supervisor"), await on_roster(place, "village_representative")
    meeting = await convened(place)
    await rsvp.answer(meeting.id, member(place.supervisor), answer="leave", now=NOW)
    town = place.actors[Role.TOWN]
    with pytest.raises(InvalidInputError):
        await rsvp.call_substitute(meeting.id, town, person_id=place.supervisor, substitute=representative.id, now=NOW)
    await rsvp.call_substitute(meeting.id, town, person_id=place.supervisor, substitute=other.id, now=NOW)
    seat = await seat_of(meeting, other.id)
    assert (seat.duty, seat.capacities) == ("supervisor", [])


async def test_the_forecast_names_the_silent_and_suggests_who_closes_the_gap_to_the_convener_alone(
    database: str,
) -> None:
    place = await district.build()
    cadre, silent = place.members[5], place.members[-1]
    meeting = await convened(place)
    for person in [*place.members[:5], *place.members[6:-1], place.supervisor]:
        await rsvp.answer(meeting.id, member(person), answer="attending", now=NOW)
    other = await on_roster(place, "resident_cadre")
    await on_roster(place, "village_representative")
    await rsvp.answer(meeting.id, member(cadre), answer="leave", substitute=other.id, now=NOW)
    seen = await rsvp.read_forecast(meeting.id, place.actors[Role.TOWN], now=NOW)
    assert "缺驻村干部" in seen["finding"].sentence
    assert [row["person_id"] for row in seen["unanswered"]] == [silent]
    assert [(row["person_id"], row["substitute_wanted"]["person_id"]) for row in seen["away"]] == [(cadre, other.id)]
    assert [(row["person_id"], row["closes"]) for row in seen["substitutes"]] == [(other.id, ["resident_cadre"])]
    for role in (Role.SUPERVISOR, Role.LEADERS):
        seen = await rsvp.read_forecast(meeting.id, place.actors[role], now=NOW)
        assert seen["substitutes"] == []
        assert seen["unanswered"]
        assert seen["away"][0]["substitute_wanted"] is None
    seen = await rsvp.read_forecast(meeting.id, place.actors[Role.VILLAGE], now=NOW)
    assert (seen["unanswered"], seen["away"], seen["substitutes"]) == ([], [], []), "who sits there is not told"


async def test_another_time_asks_everybody_anew_and_takes_the_old_notices_back(database: str) -> None:
    place = await district.build()
    meeting, town = await convened(place), place.actors[Role.TOWN]
    coming, recused = place.members[0], place.members[-1]
    await rsvp.answer(meeting.id, member(coming), answer="attending", now=NOW)
    await rsvp.answer(meeting.id, member(recused), answer="recusal", now=NOW)
    later = meeting.meets_at + timedelta(days=1)
    await deliberation.change(meeting.id, town, meets_at=later, place="新礼堂", now=NOW)
    changed = await Deliberation.get(id=meeting.id)
    assert (changed.meets_at, changed.place, changed.changes, changed.status) == (later, "新礼堂", 1, "convened")
    assert (await seat_of(meeting, coming)).answer == "unanswered"
    assert (await seat_of(meeting, recused)).answer == "recusal", "who must step aside still must"
    old = await Delivery.filter(notice__kind="meeting_convened").values_list("status", flat=True)
    assert set(old) == {"cancelled"}
    new = await Notice.get(kind="meeting_changed")
    assert new.facts["place"] == "新礼堂"
    told = await Delivery.filter(notice_id=new.id).values_list("person_id", flat=True)
    assert set(told) == {*place.members[:-1], place.supervisor}
    assert await TrailEntry.filter(action="ChangeMeeting").count() == 1
    await deliberation.change(meeting.id, town, meets_at=later, place="老礼堂", now=NOW)
    assert await Notice.filter(kind="meeting_changed").count() == 2


async def test_another_time_is_refused_as_convening_at_it_would_be_and_changes_nothing(database: str) -> None:
    place = await district.build()
    meeting, town = await convened(place), place.actors[Role.TOWN]

    async def change(days: int, where: str = "礼堂") -> None:
        await deliberation.change(
            meeting.id, town, meets_at=meeting.meets_at + timedelta(days=days), place=where, now=NOW
        )

    with pytest.raises(InvalidInputError, match="已经过去"):
        await change(-2)
    with pytest.raises(InvalidInputError, match="都没有变"):
        await change(0)
    # Two of thirteen leave office before the new day; two others have stepped aside: eleven are too few.
    for person in place.members[-2:]:
        await rsvp.answer(meeting.id, member(person), answer="recusal", now=NOW)
    with pytest.raises(ConflictError, match="1人"):
        await change(1)
    last = (meeting.meets_at + timedelta(days=1)).date()
    await RosterEntry.filter(person_id=place.members[0]).update(to_day=last)
    with pytest.raises(InvalidInputError, match="名册"):
        await change(3)
    with pytest.raises(NotAllowedError):
        await deliberation.change(
            meeting.id, place.actors[Role.WORKER], meets_at=meeting.meets_at, place="别处", now=NOW
        )
    unchanged = await Deliberation.get(id=meeting.id)
    assert (unchanged.meets_at, unchanged.place, unchanged.changes) == (meeting.meets_at, "礼堂", 0)
    assert await Notice.filter(kind="meeting_changed").count() == 0
    await deliberation.void(meeting.id, town, reason="停电", now=NOW)
    with pytest.raises(ConflictError):
        await change(1)


async def test_a_meeting_at_which_somebody_signed_in_is_not_put_off_any_more(database: str) -> None:
    place = await district.build()
    meeting, town = await convened(place), place.actors[Role.TOWN]
    await deliberation.check_in(meeting.id, town, person_id=place.members[0], now=NOW)
    with pytest.raises(ConflictError, match="已经有人签到"):
        await deliberation.change(
            meeting.id, town, meets_at=meeting.meets_at + timedelta(days=1), place="礼堂", now=NOW
        )


async def test_who_was_replaced_is_not_told_that_the_meeting_is_called_off(database: str) -> None:
    place = await district.build()
    other, absent = await on_roster(place, "village_representative"), place.members[-1]
    meeting, town = await convened(place), place.actors[Role.TOWN]
    await rsvp.answer(meeting.id, member(absent), answer="leave", now=NOW)
    await rsvp.call_substitute(meeting.id, town, person_id=absent, substitute=other.id, now=NOW)
    await deliberation.void(meeting.id, town, reason="停电", now=NOW)
    told = await Delivery.filter(notice__kind="meeting_voided").values_list("person_id", flat=True)
    assert set(told) == {*place.members[:-1], place.supervisor, other.id}


async def test_a_place_that_names_the_applicant_stands_in_no_notice(database: str) -> None:
    place = await district.build()
    case = await place.case("confirmed")
    await deliberation.convene(
        case.id,
        place.actors[Role.TOWN],
        meets_at=NOW + timedelta(days=1),
        place=f"{place.resident.name}家",
        panel=place.members,
        supervisor=place.supervisor,
        now=NOW,
    )
    assert place.resident.name not in str((await Notice.get(kind="meeting_convened")).facts)


async def test_an_answer_of_ones_own_is_not_the_news_that_too_few_will_come(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    both = member(place.members[0])
    about = f"deliberation:{meeting.id}"
    await announce(Kind.QUORUM_AT_RISK, "risk:1", {}, [place.members[0]], now=NOW, subject=about)
    await rsvp.answer(meeting.id, both, answer="attending", now=NOW)
    assert await Reached.filter(person_id=place.members[0]).values_list("notice__kind", flat=True) == [
        "meeting_convened"
    ]


async def test_who_steps_aside_is_neither_asked_to_come_nor_told_that_it_is_off(database: str) -> None:
    place = await district.build()
    case = await place.case("confirmed")
    near, aside = place.members[-1], place.members[-2]
    await duties.declare_relative(case.id, place.actors[Role.TOWN], person_id=near, relation="父母", now=NOW)
    meeting = await deliberation.convene(
        case.id,
        place.actors[Role.TOWN],
        meets_at=NOW + timedelta(days=1),
        place="礼堂",
        panel=place.members,
        supervisor=place.supervisor,
        now=NOW,
    )
    await rsvp.answer(meeting.id, member(aside), answer="recusal", now=NOW)
    await deliberation.void(meeting.id, place.actors[Role.TOWN], reason="停电", now=NOW)
    asked = await Delivery.filter(notice__kind="meeting_convened").values_list("person_id", flat=True)
    off = await Delivery.filter(notice__kind="meeting_voided").values_list("person_id", flat=True)
    assert near not in asked
    assert set(asked) - set(off) == {aside}
