"""What lies in the database, and what becomes of it when somebody moves or changes it there."""

import base64
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise import connections
from tortoise.exceptions import IntegrityError

from models.application import Application, Case, Evidence
from models.keyring import (
    DamagedError,
    DataKey,
    Keyring,
    KeyUnknownError,
    MasterKey,
    NotSealedError,
    held,
    key_number,
)
from models.people import Person
from tests.backend import district
from tests.backend.district import AT

INDEX = DataKey(2, "index", "aes-256-gcm", b"i" * 32)
BOTH = [DataKey(1, "rows", "aes-256-gcm", b"a" * 32), DataKey(3, "rows", "sm4-gcm", b"s" * 16), INDEX]


@given(text=st.text(), algorithm=st.sampled_from([1, 3]))
def test_whatever_is_sealed_comes_back_and_does_not_stand_in_the_ciphertext(text: str, algorithm: int) -> None:
    ring = Keyring(BOTH, writing=algorithm)
    sealed = ring.seal(text.encode(), "person.phone:1")
    assert ring.open(sealed, "person.phone:1").decode() == text
    assert key_number(sealed) == algorithm
    assert len(text.encode()) < 4 or text.encode() not in sealed
    assert sealed != ring.seal(text.encode(), "person.phone:1"), "the same value twice looks different"


@given(text=st.text(min_size=1), byte=st.integers(min_value=0), algorithm=st.sampled_from([1, 3]))
def test_a_changed_byte_anywhere_is_noticed(text: str, byte: int, algorithm: int) -> None:
    ring = Keyring(BOTH, writing=algorithm)
    sealed = bytearray(ring.seal(text.encode(), "here"))
    sealed[byte % len(sealed)] ^= 1
    with pytest.raises((DamagedError, NotSealedError, KeyUnknownError)):
        ring.open(bytes(sealed), "here")


@pytest.mark.parametrize("elsewhere", ["person.phone:2", "person.address:1", "village.phone:1", ""])
def test_a_value_opens_only_where_it_was_sealed(elsewhere: str) -> None:
    ring = Keyring(BOTH, writing=1)
    with pytest.raises(DamagedError):
        ring.open(ring.seal(b"13800138000", "person.phone:1"), elsewhere)


def test_a_process_without_the_key_says_so_and_a_plain_value_is_never_shown() -> None:
    sealed = Keyring(BOTH, writing=3).seal(b"x", "here")
    with pytest.raises(KeyUnknownError):
        Keyring([BOTH[0], INDEX], writing=1).open(sealed, "here")
    with pytest.raises(NotSealedError):
        held().open("家里困难".encode(), "here")


def test_another_master_key_or_a_data_key_under_another_number_does_not_unwrap() -> None:
    master, other = MasterKey.parse(MasterKey.generate()), MasterKey.parse(MasterKey.generate())
    wrapped = master.wrap(1, "rows", "sm4-gcm", b"k" * 16)
    assert master.unwrap(1, "rows", "sm4-gcm", wrapped) == b"k" * 16
    for key, number, purpose in ((other, 1, "rows"), (master, 2, "rows"), (master, 1, "index")):
        with pytest.raises(DamagedError):
            key.unwrap(number, purpose, "sm4-gcm", wrapped)


@pytest.mark.parametrize("text", ["", "kurz", base64.b64encode(b"k" * 31).decode(), "二" * 44])
def test_what_is_no_key_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="主密钥要是32字节的Base64"):
        MasterKey.parse(text)


async def _someone(phone: str) -> Person:
    return await Person.create(id=uuid4(), name="甲", phone=phone, address="某村某号", created_at=AT)


async def _raw(query: str, *values: object) -> list[dict[str, object]]:
    return await connections.get("default").execute_query_dict(query, list(values))


async def test_ciphertext_copied_to_another_row_or_column_does_not_open(database: str) -> None:
    mine, theirs = await _someone("13800138001"), await _someone("13800138002")
    await _raw("UPDATE person SET phone = (SELECT phone FROM person WHERE id = $1) WHERE id = $2", mine.id, theirs.id)
    with pytest.raises(DamagedError, match="person.phone"):
        await Person.get(id=theirs.id)
    await _raw("UPDATE person SET phone = NULL, address = phone WHERE id = $1", mine.id)
    with pytest.raises(DamagedError, match="person.address"):
        await Person.get(id=mine.id)


async def test_people_are_found_by_their_exact_number_however_it_is_written(database: str) -> None:
    someone = await _someone("138-0013-8000")
    for written in ("13800138000", "１３８００１３８０００", "138 0013 8000", "+86 138 0013 8000"):
        assert await Person.filter(phone_index=written).values_list("id", flat=True) == [someone.id]
    assert not await Person.filter(phone_index="13800138001").exists()
    someone.phone = "13900139000"
    await someone.save(update_fields=["phone"])
    assert not await Person.filter(phone_index="13800138000").exists()
    assert (await Person.get(phone_index="13900139000")).phone == "13900139000"


async def test_a_sealed_column_is_neither_searched_nor_changed_in_bulk(database: str) -> None:
    await _someone("13800138000")
    with pytest.raises(TypeError, match="sealed"):
        await Person.filter(phone="13800138000")
    with pytest.raises(TypeError, match="sealed"):
        await Person.all().update(phone="13800138000")


async def test_rows_loaded_beside_another_row_are_opened_too(database: str) -> None:
    place = await district.build()
    place.resident.phone = "13800138000"
    await place.resident.save()
    case = await place.case("submitted", reason="家里困难", deposit_fen=5000)
    await Application.create(
        id=uuid4(),
        person=place.resident,
        case=case,
        submission_key="k" * 8,
        story="病",
        facts={"甲": 1},
        submitted_at=AT,
    )
    loaded = await Case.get(id=case.id).select_related("applicant").prefetch_related("application")
    assert (loaded.reason, loaded.deposit_fen, loaded.applicant.phone) == ("家里困难", 5000, "13800138000")
    assert (loaded.application.story, loaded.application.facts) == ("病", {"甲": 1})
    await loaded.refresh_from_db()
    assert loaded.reason == "家里困难"
    (partly,) = await Case.filter(id=case.id).only("id", "reason")
    assert partly.reason == "家里困难"


async def test_the_same_evidence_twice_is_still_noticed_by_the_database(database: str) -> None:
    case = await (await district.build()).case("gathering_evidence")
    await Evidence.create(id=uuid4(), case=case, title="诊断证明", recorded_at=AT)
    with pytest.raises(IntegrityError):
        await Evidence.create(id=uuid4(), case=case, title="诊断证明", recorded_at=AT)
