"""A transaction that is cancelled at any moment leaves no connection behind."""

import asyncio

import pytest
from tortoise import Tortoise, connections
from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.transactions import in_transaction

from models import tortoise_config
from models.places import Town


async def test_a_transaction_cancelled_while_it_begins_gives_its_connection_back(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Tortoise.close_connections()
    await Tortoise.init(config=tortoise_config(database, pool=1))

    async def hangs(_self: TransactionWrapper) -> None:
        await asyncio.sleep(60)

    async def work() -> None:
        async with in_transaction():
            raise AssertionError("it never begins")

    with monkeypatch.context() as patched:
        patched.setattr(TransactionWrapper, "begin", hangs)
        task = asyncio.create_task(work())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with asyncio.timeout(3), in_transaction():
        await Town.create(code="330302901", name="甲镇")
    assert await Town.all().count() == 1
    assert not isinstance(connections.get("default"), TransactionWrapper)
