"""Nobody who serves people can change the trail; the owner is stopped by a trigger."""

from uuid import UUID

import asyncpg
import pytest

from backend import audit
from backend.access import Actor
from backend.errors import InvalidInputError, SetupError
from backend.settings import Settings
from backend.trail.rights import require_append_only
from models.migrate import ServiceRoleError, migrate
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend.test_clock import PRODUCTION
from tests.stores import Stores
from tests.trail.acts import AT, sealed

_ID, _OTHER = UUID(int=1), UUID(int=2)
CHANGES = {
    "UPDATE trail_entry": "UPDATE trail_entry SET action = 'x'",
    "DELETE trail_entry": "DELETE FROM trail_entry",
    "TRUNCATE trail_entry": "TRUNCATE trail_entry CASCADE",
    "UPDATE trail_seal": "UPDATE trail_seal SET position = position + 1",
    "DELETE trail_seal": "DELETE FROM trail_seal",
    "TRUNCATE trail_seal": "TRUNCATE trail_seal",
}


@pytest.mark.parametrize("what", CHANGES)
async def test_the_service_lacks_the_right_to_change_the_trail(database: str, what: str) -> None:
    await sealed(2)
    connection = await asyncpg.connect(database)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(CHANGES[what])
        assert await connection.fetchval("SELECT count(*) FROM trail_seal") == 2
    finally:
        await connection.close()


@pytest.mark.parametrize("replica", [False, True])
@pytest.mark.parametrize("what", CHANGES)
async def test_a_trigger_stops_the_owner(database: str, owner_url: str, what: str, replica: bool) -> None:
    await sealed(2)
    connection = await asyncpg.connect(owner_url)
    try:
        if replica:  # how a restore switches ordinary triggers off
            await connection.execute("SET session_replication_role = replica")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="痕迹只能增加"):
            await connection.execute(CHANGES[what])
        assert await connection.fetchval("SELECT count(*) FROM trail_entry") == 2
    finally:
        await connection.close()


async def test_the_service_has_ordinary_rights_on_a_table_that_a_later_migration_makes(
    database: str, owner_url: str
) -> None:
    owner, service = await asyncpg.connect(owner_url), await asyncpg.connect(database)
    try:
        await owner.execute("CREATE TABLE later (id serial PRIMARY KEY, word text)")
        await service.execute("INSERT INTO later (word) VALUES ('a'); UPDATE later SET word = 'b'; DELETE FROM later")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute("CREATE TABLE own (id int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute("ALTER TABLE trail_entry DISABLE TRIGGER ALL")
    finally:
        await owner.close()
        await service.close()


async def test_migrate_refuses_a_role_that_is_missing_or_could_change_the_trail(
    stores: Stores, database: str, owner_url: str
) -> None:
    with pytest.raises(ServiceRoleError, match="没有角色 nobody_here"):
        await migrate(owner_url, service="nobody_here")
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("CREATE ROLE too_strong SUPERUSER")
        with pytest.raises(ServiceRoleError, match="too_strong"):
            await migrate(owner_url, service="too_strong")
    finally:
        await owner.execute("DROP ROLE too_strong")
        await owner.close()


async def test_a_production_process_that_could_change_the_trail_does_not_start(database: str, owner_url: str) -> None:
    await require_append_only(database)
    with pytest.raises(SetupError, match="能修改痕迹"):
        await require_append_only(owner_url)


def test_production_names_two_database_users() -> None:
    Settings(**PRODUCTION, migration_database_url="postgres://owner:p@127.0.0.1:5/x")
    with pytest.raises(ValueError, match="两个不同的数据库用户"):
        Settings(**PRODUCTION, migration_database_url="postgres://u:q@127.0.0.1:5/x")


async def test_an_entry_keeps_who_for_whom_from_where_what_changed_and_why_without_names(database: str) -> None:
    audit.configure(b"k" * 32)
    someone = Actor(Role.AGENT, "代办", person_id=_ID, acting_for=_OTHER, address="10.0.0.7", request_id="r1")
    phone = audit.digest("13800001111")
    await audit.record(
        someone,
        "phone_changed",
        f"person:{_OTHER}",
        now=AT,
        why="  陈安宁书记来电, 号码13800001111, 请核对  ",
        before={"phone": None},
        after={"phone": phone},
    )
    entry = await TrailEntry.get()
    assert (entry.acting_for, entry.address, entry.request_id) == (_OTHER, "10.0.0.7", "r1")
    assert entry.before == {"phone": None}
    assert entry.after == {"phone": phone}
    assert phone.startswith("hmac:")
    assert len(phone) == 29
    assert "13800001111" not in entry.why
    assert "陈安宁" not in entry.why
    assert entry.why.endswith("请核对")
    with pytest.raises(InvalidInputError) as refused:
        await audit.record(someone, "phone_changed", "person:x", now=AT, why="因" * 201)
    assert refused.value.code == "why_too_long"


def test_a_digest_needs_a_key_and_depends_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_key", None)
    with pytest.raises(audit.DigestKeyError, match="audit.configure"):
        audit.digest("x")
    with pytest.raises(audit.DigestKeyError, match="16"):
        audit.configure(b"short")
    audit.configure(b"a" * 16)
    first = audit.digest("x")
    assert first == audit.digest("x") != audit.digest("y")
    audit.configure(b"b" * 16)
    assert audit.digest("x") != first
