"""Fixtures for everything that needs a database, Redis, or the running service."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from hypothesis import settings
from redis.asyncio import Redis
from tortoise import Tortoise

from backend import keys, talk
from backend.desk.ledger import Ledger
from backend.redis_pool import open_redis
from backend.talk import Talk
from models import tortoise_config
from models.keyring import DataKey, Keyring, MasterKey, hold
from tests.stack import UNLIMITED, Stack, running_stack
from tests.stores import (
    MASTER_KEY,
    Stores,
    copy_database,
    drop_database,
    drop_template,
    in_memory,
    make_template,
    servers,
)
from tests.talking import SHIPPED

# `make test` draws the default hundred examples a property, `make proof` two thousand.
settings.register_profile("proof", max_examples=2000, deadline=None)
settings.register_profile("default", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Tests that touch Redis alone seal with these; a database brings its own.
hold(Keyring([DataKey(1, "rows", "aes-256-gcm", b"r" * 32), DataKey(2, "index", "aes-256-gcm", b"i" * 32)], writing=1))

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """The servers of this session."""
    folder = tmp_path_factory.mktemp("stores")
    with in_memory(folder) as data, servers(folder, data) as (server_url, redis_url):
        made = Stores(server_url, redis_url, asyncio.run(make_template(server_url)))
        yield made
        asyncio.run(drop_template(made))


@pytest_asyncio.fixture
async def database(stores: Stores) -> AsyncIterator[str]:
    """A fresh migrated database with Tortoise connected to it as the service is; yields the service's URL."""
    url = await copy_database(stores)
    await Tortoise.init(config=tortoise_config(url, pool=10))
    await keys.load(MasterKey.parse(MASTER_KEY))
    yield url
    await Tortoise.close_connections()
    await drop_database(stores, url)


@pytest.fixture
def owner_url(stores: Stores, database: str) -> str:
    """The URL of `database` for the owner of its tables: what migrations, and insiders, connect as."""
    return stores.owner_url(database)


@pytest_asyncio.fixture
async def redis(stores: Stores) -> AsyncIterator[Redis]:
    """Redis, emptied."""
    client = open_redis(stores.redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def the(redis: Redis) -> Talk:
    """What a conversation needs, over the shipped entries; nothing is remembered of another test's standard."""
    talk._recent.clear()
    return Talk(SHIPPED, redis, Ledger())


@pytest.fixture
def now() -> datetime:
    """Monday 2026-09-28, 9 o'clock in Wenzhou."""
    return NOW


@pytest_asyncio.fixture
async def stack(stores: Stores, tmp_path: object) -> AsyncIterator[Stack]:
    """The whole service as processes on a fresh database: simulator, web, worker, schedule, demonstration district."""
    async with running_stack(stores, tmp_path, NOW) as running:
        yield running


@pytest_asyncio.fixture
async def busy_stack(stores: Stores, tmp_path: object) -> AsyncIterator[Stack]:
    """The same, for tests that call more in a minute than people do: no limit is ever reached."""
    async with running_stack(stores, tmp_path, NOW, LIMITS=UNLIMITED) as running:
        yield running
