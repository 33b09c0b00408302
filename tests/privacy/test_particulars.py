"""Numbers are written by whom it concerns, seen masked, and whole only for a reason that stays on record."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.edge.limits import LIMITS
from backend.errors import InvalidInputError, NotAllowedError, NotFoundError, TooManyError
from backend.privacy import particulars
from models.people import Person
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend.district import SmallDistrict, build
from tests.conftest import NOW
from tests.privacy.people import id_number

NUMBER = id_number()
WIDE = NUMBER.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
VALUES = {
    "id_number": NUMBER,
    "phone": "13812345678",
    "bank_account": "6222000000000000008",
    "address": "青禾9组34号",
}


async def written(place: SmallDistrict) -> Person:
    await particulars.write(place.actors[Role.WORKER], place.resident.id, VALUES, sure=True, now=NOW)
    return await Person.get(id=place.resident.id)


async def trail() -> str:
    """All that the trail says, as one text."""
    rows = await TrailEntry.all()
    return json.dumps(
        [[row.action, row.subject, row.detail, row.before, row.after, row.why] for row in rows], ensure_ascii=False
    )


async def test_what_a_worker_writes_is_sealed_searchable_and_only_a_digest_in_the_trail(database: str) -> None:
    place = await build()
    person = await written(place)
    assert {name: getattr(person, name) for name in VALUES} == VALUES
    raw = (await Person.filter(id=person.id).values(*VALUES))[0]
    assert all(VALUES[name].encode() not in bytes(stored) for name, stored in raw.items())
    said = await trail()
    assert not any(value in said for value in VALUES.values())
    first = await TrailEntry.get(action="particulars_written")
    assert set(first.after) == set(VALUES)
    assert all(first.after[name].startswith("hmac:") for name in VALUES)
    assert first.before == dict.fromkeys(VALUES)
    again = await particulars.write(place.actors[Role.WORKER], person.id, VALUES, sure=True, now=NOW)
    assert again.changed == ()
    assert await TrailEntry.filter(action="particulars_written").count() == 1, "nothing changed, nothing written"


@pytest.mark.parametrize("role", [Role.VILLAGE, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU, Role.ADMIN])
async def test_only_worker_and_town_write(database: str, role: Role) -> None:
    place = await build()
    with pytest.raises(NotAllowedError):
        await particulars.write(place.actors[role], place.resident.id, VALUES, sure=True, now=NOW)
    assert (await Person.get(id=place.resident.id)).id_number is None


async def test_another_town_neither_writes_nor_reads_nor_sees_whole(database: str, redis: Redis) -> None:
    here, there = await build(), await build("乙")
    person = await written(here)
    worker = there.actors[Role.WORKER]
    with pytest.raises(NotAllowedError):
        await particulars.write(worker, person.id, {"address": "别处"}, now=NOW)
    with pytest.raises(NotAllowedError):
        await particulars.read(worker, person.id, now=NOW)
    with pytest.raises(NotAllowedError):
        await particulars.unmask(redis, worker, person.id, "phone", kind="核对身份", now=NOW)
    # A case in that town makes it that town's affair too.
    await there.case("submitted", applicant_id=person.id)
    assert (await particulars.read(worker, person.id, now=NOW))["phone"] == "138****5678"


async def test_a_wrong_number_says_why_and_changes_nothing(database: str) -> None:
    place = await build()
    worker = place.actors[Role.WORKER]
    for changes, code in (
        ({"id_number": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")}, "id_number_invalid"),
        ({"bank_account": "123"}, "bank_account_invalid"),
        ({"phone": "13812345678", "address": " " * 3, "bank_account": "6222000000000001"}, "needs_confirmation"),
        ({"name": "别人"}, "field_unknown"),
    ):
        with pytest.raises(InvalidInputError) as caught:
            await particulars.write(worker, place.resident.id, changes, now=NOW)
        assert caught.value.code == code
    person = await Person.get(id=place.resident.id)
    assert (person.phone, person.id_number) == (None, None)


async def test_the_birthday_on_record_and_the_one_in_the_number_must_agree_or_be_settled(database: str) -> None:
    place = await build()
    worker, other = place.actors[Role.WORKER], id_number(born="19610203")
    with pytest.raises(InvalidInputError) as caught:
        await particulars.write(worker, place.resident.id, {"id_number": other}, now=NOW)
    assert caught.value.code == "birthday_differs"
    await particulars.write(worker, place.resident.id, {"id_number": other}, take_birthday=True, now=NOW)
    assert (await Person.get(id=place.resident.id)).born_on == date(1961, 2, 3)


async def test_a_number_that_another_row_has_is_pointed_out(database: str) -> None:
    place = await build()
    await written(place)
    second = await Person.create(id="0" * 32, name="陈安宁", village=place.village, created_at=NOW)
    result = await particulars.write(place.actors[Role.TOWN], second.id, {"id_number": NUMBER}, now=NOW)
    assert "登记了两次" in result.warnings[0]


async def test_everybody_in_the_region_reads_masked_and_the_look_is_on_record(database: str) -> None:
    place = await build()
    person = await written(place)
    for role in (Role.VILLAGE, Role.WORKER, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU):
        seen = await particulars.read(place.actors[role], person.id, now=NOW)
        assert seen["id_number"] == f"{NUMBER[:3]}***********{NUMBER[-4:]}"
        assert seen["bank_account"] == "************0008"
        assert seen["address"] == "甲镇甲村***"
        assert not any(value in str(seen) for value in VALUES.values())
    assert await TrailEntry.filter(action="particulars_read", subject=f"person:{person.id}").count() == 6
    with pytest.raises(NotAllowedError):
        await particulars.read(place.actors[Role.ADMIN], person.id, now=NOW)


async def test_one_number_is_shown_whole_for_a_reason_and_the_trail_has_the_reason(database: str, redis: Redis) -> None:
    place = await build()
    person = await written(place)
    town = place.actors[Role.TOWN]
    assert await particulars.unmask(redis, town, person.id, "id_number", kind="核对身份", now=NOW) == NUMBER
    entry = await TrailEntry.get(action="unmasked")
    assert (entry.subject, entry.why, entry.detail) == (f"person:{person.id}", "核对身份", {"field": "id_number"})
    for kind, text in (("", ""), ("随便看看", ""), ("其他", ""), ("其他", "看看"), ("其他", "看" * 101)):
        with pytest.raises(InvalidInputError):
            await particulars.unmask(redis, town, person.id, "phone", kind=kind, text=text, now=NOW)
    await particulars.unmask(redis, town, person.id, "phone", kind="其他", text="送达书面决定", now=NOW)
    with pytest.raises(NotAllowedError):
        await particulars.unmask(redis, place.actors[Role.VILLAGE], person.id, "phone", kind="联系本人", now=NOW)
    await particulars.write(town, person.id, {"address": ""}, now=NOW)
    with pytest.raises(NotFoundError):
        await particulars.unmask(redis, town, person.id, "address", kind="联系本人", now=NOW)
    said = await trail()
    assert not any(value in said for value in VALUES.values())


async def test_the_thirty_first_look_in_an_hour_is_refused_for_that_human_alone(database: str, redis: Redis) -> None:
    place = await build()
    person = await written(place)
    for _ in range(LIMITS["unmasked"].most):
        await particulars.unmask(redis, place.actors[Role.TOWN], person.id, "phone", kind="联系本人", now=NOW)
    with pytest.raises(TooManyError):
        await particulars.unmask(redis, place.actors[Role.TOWN], person.id, "phone", kind="联系本人", now=NOW)
    assert await TrailEntry.filter(action="unmasked").count() == LIMITS["unmasked"].most
    assert await particulars.unmask(redis, place.actors[Role.WORKER], person.id, "phone", kind="联系本人", now=NOW)


async def test_without_redis_nothing_is_shown_whole_and_nobody_is_searched(database: str) -> None:
    place = await build()
    person = await written(place)
    away = Redis(host="127.0.0.1", port=1)
    with pytest.raises(RedisError):
        await particulars.unmask(away, place.actors[Role.TOWN], person.id, "phone", kind="联系本人", now=NOW)
    with pytest.raises(RedisError):
        await particulars.search(away, place.actors[Role.TOWN], "phone", "13812345678", now=NOW)
    assert not await TrailEntry.exists(action="unmasked")
    await away.aclose()


async def test_a_person_is_found_by_the_exact_number_in_the_region_alone(database: str, redis: Redis) -> None:
    here, there = await build(), await build("乙")
    person = await written(here)
    for text in (NUMBER, f" {NUMBER[:6]} {NUMBER[6:]}", WIDE):
        found = await particulars.search(redis, here.actors[Role.VILLAGE], "id_number", text, now=NOW)
        assert [row["id"] for row in found] == [str(person.id)]
    assert await particulars.search(redis, here.actors[Role.TOWN], "id_number", NUMBER[:-1], now=NOW) == []
    assert await particulars.search(redis, there.actors[Role.TOWN], "phone", "13812345678", now=NOW) == []
    assert len(await particulars.search(redis, there.actors[Role.BUREAU], "phone", "+86 138 1234 5678", now=NOW)) == 1
    with pytest.raises(NotAllowedError):
        await particulars.search(redis, here.actors[Role.ADMIN], "phone", "13812345678", now=NOW)
    entries = await TrailEntry.filter(action="person_searched").order_by("id")
    assert [entry.detail["found"] for entry in entries] == [1, 1, 1, 0, 0, 1]
    assert len({entry.detail["number"] for entry in entries[:3]}) == 1, "the same number, the same digest"
    said = await trail()
    assert not any(value in said for value in VALUES.values())


async def test_searches_are_counted(database: str, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    place = await build()
    monkeypatch.setitem(LIMITS, "people_found", replace(LIMITS["people_found"], most=2))
    for _ in range(2):
        await particulars.search(redis, place.actors[Role.TOWN], "phone", "1", now=NOW)
    with pytest.raises(TooManyError):
        await particulars.search(redis, place.actors[Role.TOWN], "phone", "1", now=NOW + timedelta(minutes=1))


# -- the account at WeCom


async def test_an_account_is_written_changed_and_cleared_with_a_digest_in_the_trail(database: str) -> None:
    place = await build()
    worker, whom = place.actors[Role.TOWN], place.resident.id
    assert await particulars.write_wecom(worker, whom, " Zhang.San ", now=NOW)
    assert (await Person.get(id=whom)).wecom_userid == "zhang.san"
    assert not await particulars.write_wecom(worker, whom, "ZHANG.SAN", now=NOW)
    assert await particulars.write_wecom(worker, whom, "", now=NOW)
    assert (await Person.get(id=whom)).wecom_userid is None
    assert await TrailEntry.filter(action="particulars_written").count() == 2
    assert "zhang" not in await trail()


@pytest.mark.parametrize("text", ["张三", "-zhang", "a b/", "z" * 65])
async def test_what_is_no_account_is_refused(database: str, text: str) -> None:
    place = await build()
    with pytest.raises(InvalidInputError) as refused:
        await particulars.write_wecom(place.actors[Role.TOWN], place.resident.id, text, now=NOW)
    assert refused.value.code == "wecom_invalid"
    assert (await Person.get(id=place.resident.id)).wecom_userid is None


async def test_somebody_elses_account_and_anothers_town_are_refused(database: str) -> None:
    here, there = await build(), await build("乙")
    await particulars.write_wecom(there.actors[Role.TOWN], there.resident.id, "zhang", now=NOW)
    with pytest.raises(InvalidInputError) as refused:
        await particulars.write_wecom(here.actors[Role.TOWN], here.resident.id, "zhang", now=NOW)
    assert refused.value.code == "wecom_taken"
    with pytest.raises(NotAllowedError):
        await particulars.write_wecom(here.actors[Role.TOWN], there.resident.id, "other", now=NOW)
    with pytest.raises(NotAllowedError):
        await particulars.write_wecom(here.actors[Role.VILLAGE], here.resident.id, "other", now=NOW)
    assert await Person.filter(wecom_userid__not_isnull=True).count() == 1
