"""The link on a cadre's card: an answer for one person to one meeting, and nothing else of anybody."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tortoise.transactions import in_transaction

from backend.casework import by_link, deliberation
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from models.deliberation import Deliberation, PanelMember
from models.outbox import Delivery, Notice, Reached
from models.people import Person
from models.trail import TrailEntry
from notices.kinds import Channel, Kind
from notices.outbox import announce
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.backend.steps import NOW, convened


async def sent(person: UUID, kind: Kind = Kind.MEETING_CONVENED, channel: Channel = Channel.WECOM) -> UUID:
    """What went to somebody's WeCom; the link's number."""
    notice = await Notice.get(kind=kind.value)
    row = await Delivery.create(
        id=uuid4(), notice_id=notice.id, person_id=person, channel=channel.value, status="sent", lane=1, due_at=NOW
    )
    return row.id


async def answer(link: UUID, said: str, substitute: str = "", now: object = NOW, changes: str = "0") -> None:
    """A form sent from the page."""
    await by_link.answer(
        link,
        answer=said,
        substitute=substitute,
        changes=changes,
        address="127.0.0.1",
        request_id="r1",
        now=now,  # type: ignore[arg-type]
    )


async def seat(meeting: Deliberation, person: UUID) -> PanelMember:
    """Their seat as it is now."""
    return await PanelMember.get(deliberation_id=meeting.id, person_id=person)


async def asked_by_link(place: SmallDistrict) -> tuple[Deliberation, UUID, UUID]:
    """A meeting, one of its members, the link that this member was sent."""
    meeting = await convened(place)
    return meeting, place.members[0], await sent(place.members[0])


async def test_who_was_sent_the_link_sees_time_and_place_and_answers(database: str) -> None:
    place = await district.build()
    meeting, person, link = await asked_by_link(place)
    about = await by_link.asked(link, now=NOW)
    assert about is not None
    assert (about.place, about.meets_at, about.answer, about.closed) == ("礼堂", meeting.meets_at, None, "")
    assert not await Reached.exists(), "a link is fetched by machines too: opening it says nothing"
    await answer(link, "attending")
    about = await by_link.asked(link, now=NOW)
    assert about is not None
    assert about.answer == "参加"
    assert [(row.person_id, row.how) for row in await Reached.all()] == [(person, "answered")]
    entry = await TrailEntry.get(action="notice_answered")
    assert (entry.actor, entry.detail["through"]) == (f"person:{person}", "link")


async def test_leave_names_who_comes_instead_by_typing_the_name(database: str) -> None:
    place = await district.build()
    meeting, person, link = await asked_by_link(place)
    capacity = (await seat(meeting, person)).capacities[0]
    other = await district.person("后补甲", place.village)
    await district.enter(other, place.village, capacity)
    with pytest.raises(InvalidInputError, match="核对名字"):
        await answer(link, "leave", "不在名册上的人")
    assert (await seat(meeting, person)).answer == "unanswered"
    await answer(link, "leave", "后补甲")
    mine = await seat(meeting, person)
    assert (mine.answer, mine.substitute_wanted) == ("leave", other.id)
    await answer(link, "attending", "后补甲")
    mine = await seat(meeting, person)
    assert (mine.answer, mine.substitute_wanted) == ("attending", None)


async def test_two_of_one_name_are_not_guessed_between(database: str) -> None:
    place = await district.build()
    meeting, person, link = await asked_by_link(place)
    for _ in range(2):
        other = await district.person("同名", place.village)
        await district.enter(other, place.village, (await seat(meeting, person)).capacities[0])
    with pytest.raises(InvalidInputError, match="几个人叫这个名字"):
        await answer(link, "leave", "同名")


async def test_whoever_fits_may_be_named_however_many_there_are(database: str) -> None:
    place = await district.build()
    meeting, person, link = await asked_by_link(place)
    capacity = (await seat(meeting, person)).capacities[0]
    for number in range(25):
        await district.enter(await district.person(f"人{number:02d}", place.village), place.village, capacity)
    await answer(link, "leave", "人24")
    about = await by_link.asked(link, now=NOW)
    assert about is not None
    assert about.substitute == "人24"


async def test_an_answer_to_what_was_changed_meanwhile_is_not_taken_for_the_new_time(database: str) -> None:
    place = await district.build()
    meeting, person, link = await asked_by_link(place)
    await deliberation.change(
        meeting.id, place.actors[Role.TOWN], meets_at=meeting.meets_at + timedelta(days=1), place="礼堂", now=NOW
    )
    for seen in ("0", "", "x"):
        with pytest.raises(ConflictError, match="刚刚改了"):
            await answer(link, "attending", changes=seen)
    assert (await seat(meeting, person)).answer == "unanswered"
    await answer(link, "attending", changes="1")


async def test_the_same_answer_again_writes_nothing(database: str) -> None:
    place = await district.build()
    _, _, link = await asked_by_link(place)
    for _ in range(3):
        await answer(link, "attending")
    assert await TrailEntry.filter(action="notice_answered").count() == 1


@pytest.mark.parametrize("said", ["", "unanswered", "yes"])
async def test_what_is_no_answer_changes_nothing(database: str, said: str) -> None:
    place = await district.build()
    meeting, person, link = await asked_by_link(place)
    with pytest.raises(InvalidInputError, match="选一个"):
        await answer(link, said)
    assert (await seat(meeting, person)).answer == "unanswered"


async def test_a_link_is_closed_when_the_meeting_begins_or_is_called_off(database: str) -> None:
    place = await district.build()
    meeting, _, link = await asked_by_link(place)
    late = meeting.meets_at + timedelta(seconds=1)
    about = await by_link.asked(link, now=late)
    assert about is not None
    assert "已经到了" in about.closed
    with pytest.raises(ConflictError):
        await answer(link, "attending", now=late)
    await deliberation.void(meeting.id, place.actors[Role.TOWN], reason="停电", now=NOW)
    about = await by_link.asked(link, now=NOW)
    assert about is not None
    assert "取消" in about.closed
    with pytest.raises(ConflictError):
        await answer(link, "attending")


async def test_every_other_number_opens_nothing(database: str) -> None:
    place = await district.build()
    await convened(place)
    async with in_transaction():
        await announce(Kind.CASE_DECIDED, "result:1", {"number": "1", "page_id": "1"}, [place.resident.id], now=NOW)
    of_a_result = await sent(place.resident.id, Kind.CASE_DECIDED)
    on_the_phone = (await Delivery.get(person_id=place.members[1])).id
    for number in (uuid4(), of_a_result, on_the_phone):
        assert await by_link.asked(number, now=NOW) is None
        with pytest.raises(NotFoundError):
            await answer(number, "attending")


async def test_a_place_that_names_the_applicant_is_not_told(database: str) -> None:
    place = await district.build()
    meeting, _, link = await asked_by_link(place)
    name = (await Person.get(id=place.resident.id)).name
    await Deliberation.filter(id=meeting.id).update(place=f"{name}家")
    about = await by_link.asked(link, now=NOW)
    assert about is not None
    assert about.place == ""
