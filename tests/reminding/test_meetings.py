"""A meeting's notices as a calendar: who is told when, and never twice."""

from datetime import timedelta
from uuid import UUID

import pytest

from backend.access import Actor
from backend.casework import deliberation, rsvp
from backend.clock import SHANGHAI
from backend.reminding import remind
from models.deliberation import Deliberation, PanelMember
from models.outbox import Delivery, Notice
from models.people import StaffAccount
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.moments import at


async def meeting_on(place: SmallDistrict, meets_at: str, *, asked: str) -> Deliberation:
    """A meeting, convened at a moment."""
    case = await place.case("confirmed")
    return await deliberation.convene(
        case.id,
        place.actors[Role.TOWN],
        meets_at=at(meets_at),
        place="礼堂",
        panel=place.members,
        supervisor=place.supervisor,
        now=at(asked),
    )


async def says(place: SmallDistrict, meeting: Deliberation, people: list[UUID], answer: str, now: str) -> None:
    """These people answer."""
    for person in people:
        await rsvp.answer(meeting.id, Actor(Role.RESIDENT, "委员", person_id=person), answer=answer, now=at(now))


async def told(kind: str) -> dict[str, set[UUID]]:
    """Who was told, by the moment at which it was announced."""
    found: dict[str, set[UUID]] = {}
    for row in await Delivery.filter(notice__kind=kind).select_related("notice"):
        moment = f"{row.notice.created_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        found.setdefault(moment, set()).add(UUID(str(row.person_id)))
    return found


async def live_through(*moments: str) -> None:
    """The worker looks at each of these moments, twice."""
    for moment in moments:
        await remind(at(moment))
        assert await remind(at(moment)) == 0, "what was announced is not announced again"


# Asked on Thursday 2026-10-08 at 09:00 for a meeting on Monday 2026-10-12 at 14:00.
CALENDAR = [
    # (when the worker looks, reminders then, answers wanted then)
    ("2026-10-09 08:59", 0, 0),  # Friday
    ("2026-10-09 09:00", 0, 4),  # Friday, 24 hours after being asked
    ("2026-10-10 13:59", 0, 0),  # Saturday
    ("2026-10-10 14:00", 12, 0),  # Saturday, 48 hours before
    ("2026-10-11 13:59", 0, 0),  # Sunday
    ("2026-10-11 14:00", 8, 4),  # Sunday, 24 hours before: whoever has not answered is asked, the others are reminded
    ("2026-10-12 11:59", 0, 0),  # Monday
    ("2026-10-12 12:00", 12, 0),  # Monday, 2 hours before
    ("2026-10-12 14:00", 0, 0),  # Monday, it begins
    ("2026-10-13 14:00", 0, 0),  # Tuesday
]


async def test_a_meeting_is_reminded_of_by_the_calendar_and_missing_answers_are_asked_for(database: str) -> None:
    place = await district.build()
    meeting = await meeting_on(place, "2026-10-12 14:00", asked="2026-10-08 09:00")
    coming, away = [*place.members[:7], place.supervisor], place.members[7:9]
    await says(place, meeting, coming, "attending", "2026-10-08 10:00")
    await says(place, meeting, away[:1], "leave", "2026-10-08 10:00")
    await says(place, meeting, away[1:], "recusal", "2026-10-08 10:00")
    silent = set(place.members[9:])
    await live_through(*(moment for moment, _, _ in CALENDAR))
    reminders, wanted = await told("meeting_reminder"), await told("answer_wanted")
    assert {moment: len(people) for moment, people in reminders.items()} == {m: n for m, n, _ in CALENDAR if n}
    assert {moment: len(people) for moment, people in wanted.items()} == {m: n for m, _, n in CALENDAR if n}
    assert all(people == silent for people in wanted.values())
    assert not set(away) & set().union(*reminders.values()), "who asked for leave or steps aside is left in peace"


async def test_a_worker_that_was_down_asks_who_was_silent_and_does_not_remind_them_besides(database: str) -> None:
    place = await district.build()
    meeting = await meeting_on(place, "2026-10-12 14:00", asked="2026-10-08 09:00")
    await says(place, meeting, place.members[:6], "attending", "2026-10-08 10:00")
    await live_through("2026-10-10 14:30")  # Saturday: an answer should have been asked for on Friday
    wanted, reminded = await told("answer_wanted"), await told("meeting_reminder")
    assert wanted == {"2026-10-10 14:30": {*place.members[6:], place.supervisor}}
    assert reminded == {"2026-10-10 14:30": set(place.members[:6])}


@pytest.mark.parametrize(
    ("back_at", "reminded"),
    [
        ("2026-10-11 15:00", 14),  # Sunday: that of 48 hours is over, that of 24 is given
        ("2026-10-12 13:30", 14),  # Monday: that of 2 hours alone
        ("2026-10-12 14:30", 0),  # Monday: it has begun
    ],
)
async def test_a_worker_that_was_down_catches_up_with_the_latest_alone(
    database: str, back_at: str, reminded: int
) -> None:
    place = await district.build()
    meeting = await meeting_on(place, "2026-10-12 14:00", asked="2026-10-08 09:00")
    await says(place, meeting, [*place.members, place.supervisor], "attending", "2026-10-08 10:00")
    await live_through(back_at)
    people = await told("meeting_reminder")
    assert [len(who) for who in people.values()] == ([reminded] if reminded else [])


async def test_whoever_was_just_asked_to_come_is_not_reminded_within_the_hour(database: str) -> None:
    place = await district.build()
    meeting = await meeting_on(place, "2026-10-12 14:00", asked="2026-10-12 11:30")  # Monday, for the same day
    await live_through("2026-10-12 12:00", "2026-10-12 12:40")
    assert await told("meeting_reminder") == {}
    assert (await Deliberation.get(id=meeting.id)).changes == 0


async def test_a_meeting_that_is_changed_or_called_off_is_reminded_of_by_its_new_time_or_not_at_all(
    database: str,
) -> None:
    place = await district.build()
    town = place.actors[Role.TOWN]
    meeting = await meeting_on(place, "2026-10-12 14:00", asked="2026-10-08 09:00")
    await live_through("2026-10-09 09:00", "2026-10-10 14:00")  # Friday: asked; Saturday: reminded
    await deliberation.change(
        meeting.id, town, meets_at=at("2026-10-14 14:00"), place="礼堂", now=at("2026-10-10 15:00")
    )
    await live_through("2026-10-11 14:00", "2026-10-12 12:00", "2026-10-12 14:00")  # Sunday, Monday
    moments = set(await told("meeting_reminder"))
    assert moments == {"2026-10-10 14:00", "2026-10-12 14:00"}, "48 hours before the new time"
    await deliberation.void(meeting.id, town, reason="停电", now=at("2026-10-13 09:00"))
    await live_through("2026-10-13 14:00", "2026-10-14 12:00")
    assert set(await told("meeting_reminder")) == moments
    waiting = await Delivery.filter(status="pending").values_list("notice__kind", flat=True)
    assert set(waiting) & {"meeting_convened", "meeting_changed", "meeting_reminder", "answer_wanted"} == set()


async def test_the_convener_is_told_in_time_that_too_few_will_come_and_the_town_when_they_have_left(
    database: str,
) -> None:
    place = await district.build()
    town = place.actors[Role.TOWN]
    meeting = await meeting_on(place, "2026-10-12 14:00", asked="2026-10-08 09:00")
    await says(place, meeting, place.members[:11], "attending", "2026-10-08 10:00")
    await live_through("2026-10-10 13:59", "2026-10-10 14:00")  # Saturday
    assert await told("quorum_at_risk") == {"2026-10-10 14:00": {town.person_id}}
    notice = await Notice.get(kind="quorum_at_risk")
    assert notice.facts["page_id"] == str(meeting.case_id)

    successor = await district.person("接任", None)
    await StaffAccount.filter(id=town.account_id).update(ended_at=at("2026-10-11 09:00"))
    await StaffAccount.create(
        id=UUID(int=7), person=successor, login="next", password_hash="x", role="town", town_id=place.town.id
    )
    await live_through("2026-10-11 14:00")  # Sunday
    assert (await told("quorum_at_risk"))["2026-10-11 14:00"] == {successor.id}

    await says(place, meeting, [*place.members[11:], place.supervisor], "attending", "2026-10-11 20:00")
    await live_through("2026-10-12 10:00")  # Monday, four hours before: enough now
    assert len(await told("quorum_at_risk")) == 2
    await says(place, meeting, place.members[:2], "leave", "2026-10-12 11:00")
    await live_through("2026-10-12 11:01")
    assert "2026-10-12 11:01" in await told("quorum_at_risk"), "as soon as it becomes short, not at the next window"


async def test_a_substitute_who_is_called_late_is_asked_once_and_the_one_replaced_is_left_alone(database: str) -> None:
    place = await district.build()
    extra = await district.person("替补", place.village)
    await district.enter(extra, place.village, "village_representative")
    meeting = await meeting_on(place, "2026-10-12 14:00", asked="2026-10-08 09:00")
    absent = place.members[-1]
    await says(place, meeting, [absent], "leave", "2026-10-11 13:30")
    await rsvp.call_substitute(
        meeting.id, place.actors[Role.TOWN], person_id=absent, substitute=extra.id, now=at("2026-10-11 13:40")
    )
    await live_through("2026-10-11 14:00")  # Sunday, 24 hours before
    everybody = (await told("answer_wanted"))["2026-10-11 14:00"]
    assert extra.id not in everybody, "asked twenty minutes ago"
    assert absent not in everybody
    await live_through("2026-10-12 12:00")
    assert extra.id in (await told("meeting_reminder"))["2026-10-12 12:00"]
    assert (await PanelMember.get(person_id=absent, deliberation_id=meeting.id)).replaced_by == extra.id


async def test_two_workers_who_look_at_once_announce_once(database: str) -> None:
    import asyncio

    place = await district.build()
    await meeting_on(place, "2026-10-12 14:00", asked="2026-10-08 09:00")
    await live_through("2026-10-09 09:00")  # Friday: asked for an answer
    moment = at("2026-10-10 14:00") + timedelta(seconds=3)
    await asyncio.gather(*(remind(moment) for _ in range(4)))
    assert await Notice.filter(kind="meeting_reminder").count() == 1
    assert await Delivery.filter(notice__kind="meeting_reminder").count() == 14
