"""个案卡片: for whom, when, and what is not on it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.access import Actor
from backend.casework import application, card, deliberation, rsvp
from backend.casework.readings_in_force import configure
from backend.errors import NotAllowedError
from models.application import Evidence, HomeVisit
from models.deliberation import Deliberation
from models.people import Person
from models.trail import TrailEntry
from rules.readings import DEFAULT, Readings
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.backend.steps import NOW, convened, gathered

DAY = timedelta(days=1)
SECRETS = {
    "phone": "13911112222",
    "id_number": "330302196001011234",
    "bank_account": "6222020000000000000",
    "address": "植入路99号",
}


def _member(place: SmallDistrict, number: int = 0) -> Actor:
    return Actor(Role.RESIDENT, "委员", person_id=place.members[number], village_id=place.village.id)


async def _meeting(place: SmallDistrict) -> Deliberation:
    await Person.get(id=place.resident.id)
    for name, value in SECRETS.items():
        setattr(place.resident, name, value)
    await place.resident.save()
    meeting = await convened(place, reason="植入的理由", deposit_fen=777_700)
    worker = place.actors[Role.WORKER].account_id
    values = {"visited_at": NOW, "visitors": 2, "signed": True, "findings": "植入的病情", "recorded_by_id": worker}
    await HomeVisit.create(id=meeting.id, case_id=meeting.case_id, **values)
    await Evidence.create(id=meeting.id, case_id=meeting.case_id, title="植入诊断证明", recorded_at=NOW)
    return meeting


async def test_a_member_reads_one_page_and_none_of_the_papers(database: str) -> None:
    place = await district.build()
    meeting = await _meeting(place)
    seen = await card.read_card(meeting.id, _member(place), now=NOW)
    assert seen["about"] == "家里有人重残重病等特殊困难"
    assert (seen["applicant"], seen["household_size"], seen["visitors"], seen["evidence_count"]) == ("陈安宁", 3, 2, 1)
    text = str(seen)
    for secret in (*SECRETS.values(), "植入", "7777"):
        assert secret not in text
    assert await TrailEntry.filter(action="card_read", actor=f"person:{place.members[0]}").count() == 1


@pytest.mark.parametrize(
    ("when", "is_open"),
    [(timedelta(0), True), (DAY, True), (4 * DAY, True), (4 * DAY + timedelta(seconds=1), False), (30 * DAY, False)],
)
async def test_the_card_is_open_from_the_notice_to_three_days_after_the_meeting(
    database: str, when: timedelta, is_open: bool
) -> None:
    place = await district.build()
    meeting = await _meeting(place)  # meets one day from NOW
    if is_open:
        assert await card.read_card(meeting.id, _member(place), now=NOW + when)
    else:
        with pytest.raises(NotAllowedError, match="收回"):
            await card.read_card(meeting.id, _member(place), now=NOW + when)


async def test_the_days_are_the_districts_choice_and_a_meeting_called_off_shuts_the_card(database: str) -> None:
    place = await district.build()
    meeting = await _meeting(place)
    configure(Readings(card_days=0))
    try:
        with pytest.raises(NotAllowedError, match="收回"):
            await card.read_card(meeting.id, _member(place), now=NOW + DAY + timedelta(seconds=1))
    finally:
        configure(DEFAULT)
    await deliberation.void(meeting.id, place.actors[Role.TOWN], reason="台风", now=NOW)
    with pytest.raises(NotAllowedError, match="收回"):
        await card.read_card(meeting.id, _member(place), now=NOW)


async def test_the_recused_strangers_and_other_towns_do_not_read_it(database: str) -> None:
    place, other = await district.build(), await district.build("乙")
    meeting = await _meeting(place)
    await rsvp.answer(meeting.id, _member(place, 1), answer="recusal", now=NOW)
    await gathered(place, meeting, [place.members[2], place.supervisor])
    await deliberation.recuse(
        meeting.id, place.actors[Role.TOWN], person_id=place.members[2], reason="兄弟姐妹", now=NOW
    )
    for who in (
        _member(place, 1),
        _member(place, 2),
        _member(other),
        place.actors[Role.RESIDENT],
        other.actors[Role.TOWN],
        place.actors[Role.ADMIN],
        place.actors[Role.VILLAGE],
    ):
        with pytest.raises(NotAllowedError):
            await card.read_card(meeting.id, who, now=NOW)
    assert await card.read_card(meeting.id, place.actors[Role.TOWN], now=NOW), "the town prints it"


async def test_a_near_relative_on_record_is_recused_from_the_start(database: str) -> None:
    from backend.casework import duties

    place = await district.build()
    case = await place.case("confirmed")
    town = place.actors[Role.TOWN]
    await duties.declare_relative(case.id, town, person_id=place.members[0], relation="子女", now=NOW)
    values = {"place": "礼堂", "panel": place.members, "supervisor": place.supervisor, "now": NOW}
    meeting = await deliberation.convene(case.id, town, meets_at=NOW + DAY, **values)
    with pytest.raises(NotAllowedError, match="回避"):
        await card.read_card(meeting.id, _member(place), now=NOW)
    forecast = await deliberation.forecast(meeting.id)
    assert forecast.counted == 0
    await application.withdraw(case.id, replace(place.actors[Role.RESIDENT]), reason="不办了", now=NOW)
