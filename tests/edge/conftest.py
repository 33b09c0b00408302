"""One web process on a fresh database: what comes in over real sockets, without worker, schedule and simulator."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from tortoise import Tortoise

from backend import keys
from backend.embedded import free_port
from backend.identity.sessions import open_session
from models import tortoise_config
from models.keyring import MasterKey
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.stores import MASTER_KEY, Stores, copy_database, drop_database, start, stop

Process = subprocess.Popen[bytes]

# Outside production every request asks Redis for the moved clock first: what an installation does is tried as one.
PRODUCTION = {
    "ENVIRONMENT": "production",
    "PUBLIC_LIST": "true",
    "WECHAT_MINI_SECRET": "a",
    "WECHAT_SERVICE_SECRET": "b",
    "WECHAT_PUSH_TOKEN": "c",
    "WECHAT_MINI_PUSH_TOKEN": "d",
    "WECHAT_PUSH_AES_KEY": "C" * 43,
    "WECHAT_MINI_PUSH_AES_KEY": "D" * 43,
    "WECHAT_API_BASE": "http://127.0.0.1:1",
}


@dataclass
class Web:
    """A running web process, its district, and who is logged in."""

    port: int
    log: Path
    redis: Redis
    place: SmallDistrict
    process: Process
    tokens: dict[Role, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    def bearer(self, role: Role) -> dict[str, str]:
        """The header of somebody who is logged in."""
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def own_form(self, role: Role | None = None) -> dict[str, str]:
        """The headers with which a browser posts a form of our own page."""
        own = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        return own | ({"Cookie": f"console={self.tokens[role]}"} if role else {})

    async def call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of one request; redirects are not followed."""
        async with (
            aiohttp.ClientSession(self.base) as http,
            http.request(method, path, headers=headers, allow_redirects=False, **more) as response,
        ):
            return response.status, dict(response.headers), await response.read()

    async def raw(self, *pieces: bytes, pause: float = 0.0, seconds: float = 10) -> bytes:
        """What comes back for bytes on a socket, sent piece by piece, until the service closes or goes quiet."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answer = b""
        try:
            for piece in pieces:
                with contextlib.suppress(ConnectionError):
                    writer.write(piece)
                    await writer.drain()
                await asyncio.sleep(pause)
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(seconds):
                    while part := await reader.read(65536):
                        answer += part
        finally:
            writer.close()
        return answer


def start_web(database: str, redis_url: str, folder: Path, **settings: str) -> tuple[Process, int, Path]:
    """(process, port, log) of a web process that listens."""
    port = free_port()
    environment = {
        **os.environ,
        "ENVIRONMENT": "test",
        "DATABASE_URL": database,
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "VAR_DIR": str(folder),
        "MASTER_KEY": MASTER_KEY,
        **settings,
    }
    log = folder / f"web-{port}.log"
    process = start([sys.executable, "-m", "backend", "web"], log, environment)
    deadline = time.monotonic() + 120
    while not _is_alive(port):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return process, port, log


def _is_alive(port: int) -> bool:
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2) as found,
    ):
        return found.status == 200
    return False


@contextlib.asynccontextmanager
async def running_web(
    database: str, redis_url: str, folder: Path, place: SmallDistrict, **settings: str
) -> AsyncIterator[Web]:
    """A web process with settings of its own, and everybody of the district logged in."""
    process, port, log = await asyncio.to_thread(start_web, database, redis_url, folder, **settings)
    redis = Redis.from_url(redis_url)
    try:
        web = Web(port, log, redis, place, process)
        await log_everybody_in(web)
        yield web
    finally:
        stop(process, signal.SIGTERM)
        await redis.aclose()


async def log_everybody_in(web: Web) -> None:
    """A session for every actor of the district."""
    for role, actor in web.place.actors.items():
        assert actor.person_id
        web.tokens[role] = await open_session(web.redis, person_id=actor.person_id, account_id=actor.account_id)


@dataclass(frozen=True)
class Shared:
    """A web process that several tests use in turn, and its database."""

    url: str
    owner_url: str
    process: Process
    port: int
    log: Path


@contextlib.contextmanager
def web_process(stores: Stores, folder: Path, **settings: str) -> Iterator[Shared]:
    """Started on a database of its own; starting takes seconds."""
    url = asyncio.run(copy_database(stores))
    process, port, log = start_web(url, settings.pop("REDIS_URL", stores.redis_url), folder, **settings)
    try:
        yield Shared(url, stores.owner_url(url), process, port, log)
    finally:
        stop(process, signal.SIGTERM)
        asyncio.run(drop_database(stores, url))


@contextlib.asynccontextmanager
async def emptied(shared: Shared, redis: Redis) -> AsyncIterator[Web]:
    """Empty tables, a small district, everybody logged in."""
    await Tortoise.init(config=tortoise_config(shared.url, pool=5))
    await keys.load(MasterKey.parse(MASTER_KEY))
    # The trail is emptied as nobody but the owner of a test can, and the keys are what everything else is sealed with.
    tables = {model._meta.db_table for model in Tortoise.apps["models"].values()} - {"wrapped_key"}
    names = ", ".join(f'"{table}"' for table in sorted(tables) if not table.startswith("trail_"))
    owner = await asyncpg.connect(shared.owner_url)
    await owner.execute(f"TRUNCATE {names} CASCADE")
    for table in ("trail_seal", "trail_entry"):
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await owner.execute("TRUNCATE trail_entry, trail_seal, trail_unsealed CASCADE")
    for table in ("trail_seal", "trail_entry"):
        await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    await owner.close()
    web = Web(shared.port, shared.log, redis, await district.build(), shared.process)
    await log_everybody_in(web)
    yield web
    assert shared.process.poll() is None, "the process died"
    await Tortoise.close_connections()


@pytest.fixture(scope="session")
def shared_web(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """With short times: headers two seconds, an answer three; list pages without end."""
    settings = {"HEADER_SECONDS": "2", "ANSWER_SECONDS": "3", "LIMITS": '{"public_pages": 1000000}'}
    with web_process(stores, tmp_path_factory.mktemp("edge"), **settings) as running:
        yield running


@pytest_asyncio.fixture
async def web(shared_web: Shared, redis: Redis) -> AsyncIterator[Web]:
    """The shared process, empty."""
    async with emptied(shared_web, redis) as running:
        yield running


@pytest_asyncio.fixture
async def place(database: str) -> SmallDistrict:
    """A small district in a database of its own."""
    return await district.build()
