"""Changing the keys: every value and photo is sealed anew, stopped anywhere it goes on, and plain rows are sealed."""

import io
from uuid import UUID, uuid4

import obstore
import pytest
from obstore.store import LocalStore
from PIL import Image
from tortoise import Tortoise, connections

from backend import keys, photos, rotation
from models.application import Photo
from models.keyring import DamagedError, MasterKey, held, key_number
from models.keys import WrappedKey
from models.people import Person
from models.sealing import SealedModel
from tests.backend import district
from tests.backend.district import AT
from tests.stores import MASTER_KEY

MASTER = MasterKey.parse(MASTER_KEY)


@pytest.fixture
def store(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> LocalStore:
    """A photo store; nobody else has to learn of a new key here."""
    monkeypatch.setattr(rotation, "SETTLE_SECONDS", 0)
    return photos.open_store(f"file://{tmp_path}/photos")


async def _filled(store: LocalStore, people: int = 250) -> Photo:
    place = await district.build()
    case = await place.case("submitted", reason="家里困难")
    await Person.bulk_create(
        [Person(id=uuid4(), name="甲", phone=f"1380000{number:04d}", created_at=AT) for number in range(people)]
    )
    picture = io.BytesIO()
    Image.effect_noise((120, 80), 90).convert("RGB").save(picture, "JPEG")
    clean = await photos.clean(picture.getvalue())
    photo = await Photo.create(
        id=uuid4(), case=case, key="photos/a.jpg", sha256=clean.sha256, width=1, height=1, size=1, stored_at=AT
    )
    await photos.store(store, photo.key, clean)
    return photo


async def _numbers() -> set[int | None]:
    """With which keys the values of the whole database are sealed."""
    found: set[int | None] = set()
    for model in Tortoise.apps["models"].values():
        if issubclass(model, SealedModel):
            for column in model.sealed_columns():
                query = f'SELECT "{column}" AS stored FROM "{model._meta.db_table}" WHERE "{column}" IS NOT NULL'
                rows = await connections.get("default").execute_query_dict(query)
                found |= {key_number(row["stored"]) for row in rows}
    return found


async def test_every_value_and_photo_is_sealed_with_the_new_key_and_the_old_one_is_retired(
    database: str, store: LocalStore
) -> None:
    photo = await _filled(store)
    said: list[str] = []
    sealed = await rotation.rotate(MASTER, "sm4-gcm", store, database_url=database, now=AT, say=said.append)
    assert sealed >= 250
    assert any("person: 还有" in line for line in said)
    assert await _numbers() == {3}
    assert await photos.key_number_of(store, photo.key) == 3
    assert (await photos.read(store, photo.key))[:2] == b"\xff\xd8"
    assert [row.state for row in await WrappedKey.all().order_by("number")] == ["retired", "writing", "writing"]
    assert (await Person.get(phone_index="13800000007")).phone == "13800000007", "the index key stays"


async def test_a_rotation_that_was_stopped_half_way_goes_on_with_the_key_it_began_with(
    database: str, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _filled(store)

    batch, calls = rotation._Table._batch, 0

    async def dies(table: rotation._Table) -> int:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise ConnectionResetError
        return await batch(table)

    monkeypatch.setattr(rotation._Table, "_batch", dies)
    with pytest.raises(ConnectionResetError):
        await rotation.rotate(MASTER, "aes-256-gcm", store, database_url=database, now=AT, say=lambda _: None)
    assert await _numbers() == {1, 3}
    monkeypatch.setattr(rotation._Table, "_batch", batch)
    said: list[str] = []
    await rotation.rotate(MASTER, "aes-256-gcm", store, database_url=database, now=AT, say=said.append)
    assert said[0] == "接着上次没有做完的更换"
    assert await _numbers() == {3}
    assert await WrappedKey.all().count() == 3


async def test_two_rotations_at_once_are_one(database: str, store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "SETTLE_SECONDS", 0.3)
    import asyncio

    first, second = await asyncio.gather(
        *(
            rotation.rotate(MASTER, "aes-256-gcm", store, database_url=database, now=AT, say=lambda _: None)
            for _ in range(2)
        ),
        return_exceptions=True,
    )
    assert isinstance(first, rotation.AlreadyRunningError) ^ isinstance(second, rotation.AlreadyRunningError)


async def test_what_an_earlier_version_wrote_plainly_is_sealed_and_found_again(
    database: str, store: LocalStore
) -> None:
    someone: UUID = (await Person.create(id=uuid4(), name="甲", created_at=AT)).id
    await connections.get("default").execute_query(
        "UPDATE person SET phone = convert_to('138 0013 8000', 'UTF8') WHERE id = $1", [someone]
    )
    await obstore.put_async(store, "photos/old.jpg", b"\xff\xd8" + b"plain" * 40)
    case = await (await district.build()).case("submitted")
    await Photo.create(id=uuid4(), case=case, key="photos/old.jpg", sha256="x", width=1, height=1, size=1, stored_at=AT)
    assert (await rotation.reseal(store, say=lambda _: None))[0] >= 2
    assert (await Person.get(phone_index="13800138000")).id == someone
    assert (await photos.read(store, "photos/old.jpg")).startswith(b"\xff\xd8plain")
    assert await rotation.reseal(store, say=lambda _: None) == (0, 0)


async def test_a_photo_under_another_name_does_not_open(database: str, store: LocalStore) -> None:
    photo = await _filled(store, people=1)
    await obstore.copy_async(store, photo.key, "photos/b.jpg")
    with pytest.raises(DamagedError):
        await photos.read(store, "photos/b.jpg")


async def test_a_new_master_key_wraps_the_same_data_keys(database: str) -> None:
    before = held().seal(b"x", "here")
    new = MasterKey.parse(MasterKey.generate())
    assert await rotation.rewrap(MASTER, new, now=AT) == 2
    with pytest.raises(keys.KeysUnusableError, match="主密钥不对"):
        await keys.load(MASTER)
    assert (await keys.load(new)).open(before, "here") == b"x"


async def test_a_damaged_value_is_named_and_left_and_does_not_stop_the_others(database: str, store: LocalStore) -> None:
    await _filled(store)
    broken = await Person.filter(phone_index="13800000003").first()
    assert broken is not None
    await connections.get("default").execute_query(
        "UPDATE person SET phone = set_byte(phone, 20, get_byte(phone, 20) # 1) WHERE id = $1", [broken.id]
    )
    said: list[str] = []
    with pytest.raises(rotation.DamagedLeftError):
        await rotation.rotate(MASTER, "aes-256-gcm", store, database_url=database, now=AT, say=said.append)
    assert f"读不出来, 没有改动: person.phone:{broken.id}" in said
    assert await _numbers() == {1, 3}
    assert [row.state for row in await WrappedKey.all().order_by("number")] == ["reading", "writing", "writing"]
    assert (await Person.get(phone_index="13800000004")).phone == "13800000004"
