"""Each act tells whom it concerns, in its own transaction; a newer word takes the place of an older one."""

from datetime import date, timedelta

import pytest

from backend.casework import application, deliberation, determination, disclosure, in_office, urgent_relief
from backend.errors import ConflictError
from models.application import Case
from models.determination import Determination
from models.disclosure import Listing, ListSubscription
from models.outbox import Delivery, Notice
from models.people import StaffAccount
from rules.circumstances import Circumstance
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.backend.steps import NOW, convened


async def kinds_to(person: object, status: str = "pending") -> list[str]:
    """What waits to be told to somebody."""
    rows = Delivery.filter(person_id=person, status=status).order_by("notice__created_at", "notice__kind")
    return await rows.values_list("notice__kind", flat=True)


async def test_the_applicant_hears_of_each_move_that_the_process_tells_them_of_and_the_newest_alone_waits(
    database: str,
) -> None:
    place = await district.build()
    case, worker = await place.case("submitted"), place.actors[Role.WORKER]
    await application.begin_review(case.id, worker, ordinary_case_ref="普通-1", now=NOW)
    await application.refer(case.id, worker, circumstance=Circumstance.C6, reason="解决不了", now=NOW)
    assert await kinds_to(place.resident.id) == ["case_moved"]
    assert await kinds_to(place.resident.id, "cancelled") == ["case_moved"]
    await application.decline(case.id, place.actors[Role.VILLAGE], reason="不属实", now=NOW)
    assert await kinds_to(place.resident.id) == ["case_moved"], "what village and town write each other is not told"
    subjects = await Notice.all().values_list("subject", flat=True)
    assert set(subjects) == {f"case:{case.id}"}


async def test_a_move_that_is_refused_tells_nobody(database: str) -> None:
    place = await district.build()
    case = await place.case("submitted")
    with pytest.raises(ConflictError):
        await application.begin_review(case.id, place.actors[Role.WORKER], ordinary_case_ref=" ", now=NOW)
    assert await Notice.all().count() == 0


async def test_papers_that_come_back_are_told_as_material_that_is_wanted(database: str) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence")
    await application.return_evidence(case.id, place.actors[Role.TOWN], reason="照片看不清", now=NOW)
    assert await kinds_to(place.resident.id) == ["material_wanted"]
    assert "照片" not in str((await Notice.get(kind="material_wanted")).facts)
    before = await place.case("before_leaders")
    leaders = place.actors[Role.LEADERS]
    await determination.send_back(before.id, leaders, reason="补充", deliberate_again=False, now=NOW)
    assert await kinds_to(place.resident.id) == ["material_wanted", "material_wanted"]


async def test_a_result_takes_back_what_was_on_the_way_and_is_told_once(database: str) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence")
    await application.return_evidence(case.id, place.actors[Role.TOWN], reason="照片看不清", now=NOW)
    await Case.filter(id=case.id).update(status="before_leaders", circumstance="C6", confirmed_on=date(2026, 9, 28))
    await determination.reject(case.id, place.actors[Role.LEADERS], meeting_no="1", reason="不符合", now=NOW)
    assert await kinds_to(place.resident.id) == ["case_decided"]


async def test_a_case_that_ends_early_leaves_the_word_that_it_ended_and_nothing_else(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    await application.close(meeting.case_id, place.actors[Role.TOWN], reason="搬到外地了", now=NOW)
    assert await kinds_to(place.resident.id) == ["case_moved"]
    assert await kinds_to(place.members[0]) == ["meeting_voided"]
    assert await kinds_to(place.members[0], "cancelled") == ["meeting_convened"]


async def test_notices_of_a_meeting_are_useless_once_it_has_begun(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    notice = await Notice.get(kind="meeting_convened")
    assert (notice.subject, notice.useless_after) == (f"deliberation:{meeting.id}", meeting.meets_at)
    late = meeting.meets_at + timedelta(hours=1)
    await deliberation.void(meeting.id, place.actors[Role.TOWN], reason="人不够", now=late)
    assert (await Notice.get(kind="meeting_voided")).useless_after is None, "it did not come about: they are told still"


async def listed(place: SmallDistrict) -> Listing:
    """A prepared and published row."""
    case = await place.case("in_force")
    await Determination.create(
        id=case.id,
        case=case,
        meeting_no="1号",
        decided_on=date(2026, 9, 28),
        outcome="approved",
        aid_type="低保",
        amount_fen=98_000,
        valid_from=date(2026, 9, 28),
        valid_to=date(2027, 9, 28),
        recorded_at=NOW,
    )
    await disclosure.prepare(case.id, place.actors[Role.TOWN], now=NOW)
    return await disclosure.publish(case.id, place.actors[Role.LEADERS], now=NOW)


async def test_the_applicant_hears_that_their_case_is_listed_and_subscribers_that_the_list_changed(
    database: str,
) -> None:
    place = await district.build()
    neighbour = await district.person("邻居", place.village)
    await ListSubscription.create(person=neighbour, village_id=place.village.id, since=NOW)
    listing = await listed(place)
    assert await kinds_to(place.resident.id) == ["case_listed"]
    assert await kinds_to(neighbour.id) == ["list_changed"]
    assert (await Notice.get(kind="list_changed")).subject == f"list:{listing.id}", "subscribers stand in no case"


async def test_an_emergency_is_told_to_who_is_on_duty_and_the_bureau_its_delivery_to_the_bureau(database: str) -> None:
    here, _there = await district.build("甲"), await district.build("乙")
    worker = here.actors[Role.WORKER]
    relief = await urgent_relief.report(
        worker, village_id=here.village.id, name="火灾户", phone=None, what_happened="失火", now=NOW
    )
    told = set(await Delivery.all().values_list("person_id", flat=True))
    bureaus = {row.person_id for row in await StaffAccount.filter(role="bureau")}
    assert told == bureaus | {worker.person_id, here.actors[Role.TOWN].person_id}
    await urgent_relief.deliver(
        relief.id, worker, amount_fen=100_00, form="现金", delivered_at=NOW, late_reason="", now=NOW
    )
    again = Delivery.filter(notice__event_key__contains="delivered")
    assert set(await again.values_list("person_id", flat=True)) == bureaus


async def test_only_who_is_in_office_today_and_here_is_told(database: str) -> None:
    here, _there = await district.build("甲"), await district.build("乙")
    today = date(2026, 9, 28)
    town, village = here.actors[Role.TOWN], here.actors[Role.VILLAGE]

    async def found(*roles: Role) -> set[object]:
        people = await in_office.people(roles, today, town_id=here.town.id, village_id=here.village.id)
        return set(people)

    assert await found(Role.TOWN, Role.VILLAGE) == {town.person_id, village.person_id}
    await StaffAccount.filter(id=town.account_id).update(since=today + timedelta(days=1))
    assert await found(Role.TOWN) == set(), "from tomorrow"
    await StaffAccount.filter(id=town.account_id).update(since=None, until=today)
    assert await found(Role.TOWN) == {town.person_id}, "the last day counts"
    await StaffAccount.filter(id=town.account_id).update(until=today - timedelta(days=1))
    assert await found(Role.TOWN) == set()
    assert await found() == set()
