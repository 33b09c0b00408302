"""Whatever the database does to a transaction, its connection comes back to the pool and its task goes on."""

import asyncio

import asyncpg
import pytest
from tortoise import connections
from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.transactions import in_transaction

from models.places import Town

POOL = 10


async def test_a_connection_that_cannot_begin_goes_back_to_the_pool(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_self: TransactionWrapper) -> None:
        raise ConnectionError("the database is gone")

    async def try_to_begin() -> None:
        async with asyncio.timeout(5), in_transaction():
            pass

    with monkeypatch.context() as broken:
        broken.setattr(TransactionWrapper, "begin", refuse)
        for _ in range(POOL + 2):
            with pytest.raises(ConnectionError):
                await asyncio.create_task(try_to_begin())  # as requests do: a task each
        with pytest.raises(ConnectionError):
            await try_to_begin()  # as a loop does: in the task that goes on
    assert not isinstance(connections.get("default"), TransactionWrapper)
    await try_to_begin()


async def test_a_task_whose_transaction_was_cut_off_goes_on_with_the_next(database: str, owner_url: str) -> None:
    owner = await asyncpg.connect(owner_url)
    try:
        for _ in range(POOL + 2):
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                await _cut_off(owner)
        async with asyncio.timeout(5), in_transaction():
            await Town.create(code="330302901", name="镇")
        assert await Town.all().count() == 1
    finally:
        await owner.close()


async def _cut_off(owner: asyncpg.Connection) -> None:
    async with in_transaction():
        rows = await connections.get("default").execute_query_dict("SELECT pg_backend_pid() AS pid")
        await owner.execute("SELECT pg_terminate_backend($1, 5000)", rows[0]["pid"])
        await Town.all().count()


async def test_a_connection_that_cannot_be_given_back_does_not_undo_what_was_committed(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: asyncpg.Connection, **_: object) -> None:
        raise ConnectionError("the database is gone")

    with monkeypatch.context() as broken:
        broken.setattr(asyncpg.Connection, "reset", refuse)
        async with in_transaction():
            await Town.create(code="330302901", name="镇")
    async with asyncio.timeout(5), in_transaction():
        assert await Town.all().count() == 1
