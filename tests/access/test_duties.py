"""Who did one thing, or is related, leaves the other to somebody else."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from backend.access import Actor
from backend.casework import application, deliberation, determination, disclosure, duties, view
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from models.application import HomeVisit
from models.duties import NearRelative
from models.trail import TrailEntry
from rules.circumstances import Circumstance
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.backend.steps import NOW, convened, gathered

DECISION = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))


def _as(role: Role, place: SmallDistrict, person: Actor) -> Actor:
    """The same human with another account."""
    return replace(place.actors[role], person_id=person.person_id)


async def test_who_visited_the_household_does_not_decide_and_does_not_supervise(database: str) -> None:
    place = await district.build()
    case = await place.case("before_leaders")
    worker = place.actors[Role.WORKER]
    values = {"visited_at": NOW, "visitors": 2, "signed": True, "findings": "x", "recorded_by_id": worker.account_id}
    await HomeVisit.create(id=uuid4(), case=case, visitor_ids=[str(place.members[5])], **values)
    for human in (worker, Actor(Role.TOWN, "同行", person_id=place.members[5], account_id=worker.account_id)):
        with pytest.raises(NotAllowedError, match="入户调查过"):
            await determination.approve(case.id, _as(Role.LEADERS, place, human), DECISION, now=NOW)
    assert await determination.approve(case.id, place.actors[Role.LEADERS], DECISION, now=NOW)


async def test_who_tallied_does_not_decide(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    await gathered(place, meeting, [*place.members, place.supervisor])
    town = place.actors[Role.TOWN]
    await deliberation.close(meeting.id, town, agree=13, against=0, abstain=0, now=NOW)
    await determination.submit_to_leaders(meeting.case_id, town, now=NOW)
    with pytest.raises(NotAllowedError, match="评议票数"):
        await determination.approve(meeting.case_id, _as(Role.LEADERS, place, town), DECISION, now=NOW)
    assert await determination.approve(meeting.case_id, place.actors[Role.LEADERS], DECISION, now=NOW)


@pytest.mark.parametrize("role", [Role.WORKER, Role.VILLAGE, Role.TOWN, Role.LEADERS])
async def test_a_near_relative_does_nothing_on_the_case_and_is_on_record_for_everybody_who_may_open_it(
    database: str, role: Role
) -> None:
    place = await district.build()
    case = await place.case("submitted")
    mine = place.actors[role]
    await duties.declare_relative(case.id, mine, person_id=mine.person_id, relation="兄弟姐妹", now=NOW)
    await duties.declare_relative(case.id, mine, person_id=mine.person_id, relation="兄弟姐妹", now=NOW)
    assert await NearRelative.all().count() == 1
    assert await TrailEntry.filter(action="near_relative_declared").count() == 1
    acts = {
        Role.WORKER: lambda: application.refer(case.id, mine, circumstance=Circumstance.C6, reason="x", now=NOW),
        Role.VILLAGE: lambda: application.initiate(case.id, mine, now=NOW),
        Role.TOWN: lambda: application.close(case.id, mine, reason="x", now=NOW),
        Role.LEADERS: lambda: determination.approve(case.id, mine, DECISION, now=NOW),
    }
    with pytest.raises(NotAllowedError, match="近亲属"):
        await acts[role]()
    seen = await view.read_case(case.id, place.actors[Role.SUPERVISOR], now=NOW)
    assert seen["near_relatives"] == [{"name": mine.name, "relation": "兄弟姐妹"}]


async def test_nobody_handles_what_they_applied_for_themselves(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    case = await place.case("submitted", applicant_id=worker.person_id)
    with pytest.raises(NotAllowedError, match="本人的事项"):
        await application.begin_review(case.id, worker, ordinary_case_ref="1", now=NOW)


async def test_only_a_near_relative_of_this_town_can_be_declared(database: str) -> None:
    place, other = await district.build(), await district.build("乙")
    case = await place.case("submitted")
    town = place.actors[Role.TOWN]
    with pytest.raises(InvalidInputError, match="近亲属"):
        await duties.declare_relative(case.id, town, person_id=place.members[0], relation="邻居", now=NOW)
    with pytest.raises(NotFoundError):
        await duties.declare_relative(case.id, town, person_id=uuid4(), relation="父母", now=NOW)
    with pytest.raises(NotAllowedError):
        await duties.declare_relative(
            case.id, other.actors[Role.TOWN], person_id=place.members[0], relation="父母", now=NOW
        )


async def test_a_supervisor_who_is_a_relative_is_not_convened(database: str) -> None:
    place = await district.build()
    case = await place.case("confirmed")
    town = place.actors[Role.TOWN]
    await duties.declare_relative(case.id, town, person_id=place.supervisor, relation="父母", now=NOW)
    values = {"place": "礼堂", "panel": place.members, "supervisor": place.supervisor, "now": NOW}
    with pytest.raises(InvalidInputError, match="换一位"):
        await deliberation.convene(case.id, town, meets_at=NOW + timedelta(days=1), **values)


async def test_a_list_row_is_prepared_by_one_and_published_by_another(database: str) -> None:
    place = await district.build()
    case = await place.case("before_leaders")
    town, leaders = place.actors[Role.TOWN], place.actors[Role.LEADERS]
    await determination.approve(case.id, leaders, DECISION, now=NOW)
    with pytest.raises(ConflictError, match="先由经办人准备"):
        await disclosure.publish(case.id, leaders, now=NOW)
    await disclosure.prepare(case.id, town, now=NOW)
    _, rows = await disclosure.public_rows(place.village.id, date(2026, 9, 28))
    assert rows == [], "prepared is not public"
    index = await disclosure.public_index(date(2026, 9, 28))
    assert [village.rows for _, villages in index for village in villages] == [0]
    for same in (town, _as(Role.LEADERS, place, town)):
        with pytest.raises(NotAllowedError, match="两个人"):
            await disclosure.publish(case.id, same, now=NOW)
    place.resident.name = "欧阳安宁"
    await place.resident.save()
    with pytest.raises(ConflictError, match="重新准备"):
        await disclosure.publish(case.id, leaders, now=NOW)
    await disclosure.prepare(case.id, town, now=NOW)
    await disclosure.publish(case.id, leaders, now=NOW)
    _, rows = await disclosure.public_rows(place.village.id, date(2026, 9, 28))
    assert [row.masked_name for row in rows] == ["欧阳**"]
    with pytest.raises(ConflictError, match="已经公布"):
        await disclosure.prepare(case.id, town, now=NOW)
