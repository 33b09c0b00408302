"""Numbers of several people: one asks, another human grants, the file is taken once, each person has an entry."""

import io
from datetime import timedelta
from uuid import uuid4

import openpyxl
import pytest

from backend.access import Actor
from backend.errors import ConflictError, InvalidInputError, NotAllowedError
from backend.privacy import lists
from models.people import Person, StaffAccount
from models.privacy import UnmaskedList
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend.district import SmallDistrict, build, person
from tests.conftest import NOW

ACCOUNT = "6222000000000000008"


async def asked(place: SmallDistrict, role: Role = Role.WORKER) -> UnmaskedList:
    return await lists.ask(
        place.actors[role],
        town_id=place.town.id,
        village_id=None,
        columns=["bank_account", "id_number"],
        kind="发放款项",
        now=NOW,
    )


async def two_helped(place: SmallDistrict) -> list[Person]:
    """Two people with aid in force; one carries a name that a spreadsheet could take for a formula."""
    people = [place.resident, await person("=1+1", place.village)]
    for one in people:
        one.bank_account = ACCOUNT
        await one.save(update_fields=["bank_account"])
        await place.case("in_force", applicant_id=one.id)
    await place.case("rejected", applicant_id=(await person("没有救助", place.village)).id)
    return people


async def test_two_humans_make_a_file_of_texts_that_is_taken_once(database: str) -> None:
    place = await build()
    people = await two_helped(place)
    row = await asked(place)
    assert row.number == 2
    worker, leaders = place.actors[Role.WORKER], place.actors[Role.LEADERS]
    with pytest.raises(ConflictError):
        await lists.take(row.id, worker, now=NOW)
    await lists.grant(row.id, leaders, now=NOW)
    with pytest.raises(NotAllowedError):
        await lists.take(row.id, leaders, now=NOW)
    file = await lists.take(row.id, worker, now=NOW + timedelta(minutes=29))
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert cells[0][2:5] == ["姓名", "身份证号", "银行账号"]
    assert {line[2] for line in cells[1:]} == {"陈安宁", "=1+1"}
    assert [line[4] for line in cells[1:]] == [ACCOUNT, ACCOUNT], "every digit is there"
    for line in sheet.iter_rows():
        assert {cell.data_type for cell in line if cell.value} == {"s"}, "a formula is a text like any other"
        assert all(cell.quotePrefix for cell in line)
    with pytest.raises(ConflictError):
        await lists.take(row.id, worker, now=NOW + timedelta(minutes=29))
    entries = await TrailEntry.filter(action="unmasked_in_list")
    assert {entry.subject for entry in entries} == {f"person:{one.id}" for one in people}
    assert {entry.why for entry in entries} == {"发放款项"}
    steps = await TrailEntry.filter(subject=f"list:{row.id}").order_by("id").values_list("action", flat=True)
    assert steps == ["list_asked", "list_granted", "list_taken"]
    assert (await UnmaskedList.get(id=row.id)).people == []


async def test_the_same_human_with_two_accounts_is_one_human(database: str) -> None:
    place = await build()
    await two_helped(place)
    worker = place.actors[Role.WORKER]
    row = await asked(place)
    second = await StaffAccount.create(
        id=uuid4(), person_id=worker.person_id, login="也是他", password_hash="x", role="leaders", town_id=place.town.id
    )
    himself = Actor(Role.LEADERS, worker.name, worker.person_id, second.id, place.town.id)
    with pytest.raises(NotAllowedError) as caught:
        await lists.grant(row.id, himself, now=NOW)
    assert caught.value.code == "four_eyes"
    assert (await UnmaskedList.get(id=row.id)).status == "asked"


@pytest.mark.parametrize("role", [Role.VILLAGE, Role.LEADERS, Role.ADMIN])
async def test_who_may_not_see_whole_numbers_may_not_ask_for_a_list(database: str, role: Role) -> None:
    place = await build()
    await two_helped(place)
    with pytest.raises(NotAllowedError):
        await asked(place, role)


async def test_another_town_neither_asks_nor_grants(database: str) -> None:
    here, there = await build(), await build("乙")
    await two_helped(here)
    with pytest.raises(NotAllowedError):
        await lists.ask(
            there.actors[Role.TOWN], town_id=here.town.id, village_id=None, columns=["phone"], kind="审计检查", now=NOW
        )
    row = await asked(here)
    with pytest.raises(NotAllowedError):
        await lists.grant(row.id, there.actors[Role.LEADERS], now=NOW)
    assert await lists.listed(there.actors[Role.LEADERS]) == []
    assert [one.id for one in await lists.listed(here.actors[Role.LEADERS])] == [row.id]
    await lists.grant(row.id, there.actors[Role.BUREAU], now=NOW)


async def test_half_an_hour_after_the_grant_it_is_too_late_and_nobody_is_named_any_more(database: str) -> None:
    place = await build()
    await two_helped(place)
    row = await asked(place)
    await lists.grant(row.id, place.actors[Role.LEADERS], now=NOW)
    late = NOW + timedelta(minutes=31)
    with pytest.raises(ConflictError):
        await lists.take(row.id, place.actors[Role.WORKER], now=late)
    assert await lists.lapse(now=late) == 1
    settled = await UnmaskedList.get(id=row.id)
    assert (settled.status, settled.people) == ("lapsed", [])
    assert not await TrailEntry.exists(action="unmasked_in_list")


async def test_a_refused_list_cannot_be_granted_and_an_empty_one_not_asked_for(database: str) -> None:
    place = await build()
    with pytest.raises(InvalidInputError):
        await asked(place)
    await two_helped(place)
    row = await asked(place)
    await lists.refuse(row.id, place.actors[Role.BUREAU], now=NOW)
    with pytest.raises(ConflictError):
        await lists.grant(row.id, place.actors[Role.LEADERS], now=NOW)
