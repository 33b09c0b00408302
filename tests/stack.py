"""The service as real processes for one test: simulator, web, worker, schedule on a fresh database and Redis."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp
import asyncpg
from redis.asyncio import Redis
from tortoise import Tortoise

from backend import keys
from backend.clock import OFFSET_KEY
from backend.demo import fill
from backend.demo.district import PASSWORD
from backend.demo.tour import Stage
from backend.edge.limits import LIMITS
from backend.embedded import free_port
from backend.settings import DEMO_PHONE, Settings
from models import tortoise_config
from models.keyring import DataKey, Keyring, MasterKey
from tests.stores import MASTER_KEY, Stores, copy_database, drop_database, start, stop, wait_for_port

ROOT = Path(__file__).parent.parent


UNLIMITED = json.dumps(dict.fromkeys(LIMITS, 10**9))
"""For who calls more in a minute than people do."""


class Stack:
    """What a test can do to a running service."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self.stage: Stage
        self.redis: Redis

    @property
    def base(self) -> str:
        """The service's address."""
        return f"http://127.0.0.1:{self.environment['PORT']}"

    @property
    def phones(self) -> str:
        """The simulator's address."""
        return f"http://127.0.0.1:{self.environment['SIMULATOR_PORT']}"

    def start(self, name: str, *argv: str, **environment: str) -> None:
        """Start one part, with some of the environment its own."""
        given = self.environment | environment
        self.parts[name] = start([sys.executable, "-m", *argv], self.folder / f"{name}.log", given)

    def kill(self, name: str) -> None:
        """kill -9 one part."""
        process = self.parts.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    async def fill(self, now: datetime) -> None:
        """The demonstration's district and its phones, as `demo-fill` makes them."""
        with mock.patch.dict(os.environ, self.environment, clear=True):
            settings = Settings()
        async with connected(self):
            await fill.fill(settings, now=now)

    async def move_clock(self, moment: datetime) -> None:
        """Every process now lives at `moment`."""
        await self.redis.set(OFFSET_KEY, (moment - datetime.now(UTC)).total_seconds())

    async def rows(self, query: str, *arguments: object) -> list[Any]:
        """Rows of the service's database."""
        connection = await asyncpg.connect(self.environment["DATABASE_URL"])
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def opened(self, table: str, column: str) -> list[str]:
        """A sealed column of every row, opened with the keys that the service has."""
        master = MasterKey.parse(MASTER_KEY)
        keys = [
            DataKey(
                row["number"],
                row["purpose"],
                row["algorithm"],
                master.unwrap(row["number"], row["purpose"], row["algorithm"], row["wrapped"]),
            )
            for row in await self.rows("SELECT * FROM wrapped_key")
        ]
        ring = Keyring(keys, writing=1)
        rows = await self.rows(f"SELECT id, {column} AS sealed FROM {table} WHERE {column} IS NOT NULL")
        return [ring.open(row["sealed"], f"{table}.{column}:{row['id']}").decode() for row in rows]

    async def until(self, check: Callable[[], Awaitable[Any]], what: str, seconds: float = 30) -> Any:
        """What `check` returns as soon as it is true. Fails the test otherwise."""
        async with asyncio.timeout(seconds):
            while True:
                if found := await check():
                    return found
                await asyncio.sleep(0.05)
        raise AssertionError(what)

    async def ready(self) -> bool:
        """Whether the web process serves."""
        with contextlib.suppress(aiohttp.ClientError):
            async with aiohttp.ClientSession(self.base) as http, http.get("/health/ready") as response:
                return response.status == 200
        return False

    async def platform(self, path: str, body: dict[str, Any]) -> Any:
        """One admin call to the simulator."""
        async with self.stage.platform.post(f"/admin/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()


@contextlib.asynccontextmanager
async def connected(stack: Stack) -> AsyncIterator[None]:
    """The test's own process on the service's database, with its keys."""
    await Tortoise.init(config=tortoise_config(stack.environment["DATABASE_URL"], pool=2))
    try:
        await keys.load(MasterKey.parse(MASTER_KEY))
        yield
    finally:
        await Tortoise.close_connections()


class Console:
    """Somebody at the console's pages, as a browser without JavaScript sends them."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def get(self, path: str) -> str:
        """A page that must be there."""
        async with self._http.get(path) as response:
            assert response.status == 200, (path, response.status)
            return await response.text()

    async def post(self, path: str, *, status: int = 200, **form: str) -> str:
        """A form sent; redirects are followed."""
        async with self._http.post(path, data=form) as response:
            text = await response.text()
            assert response.status == status, (path, response.status, text[:2000])
            return text


@contextlib.asynccontextmanager
async def at_console(stack: Stack, login: str) -> AsyncIterator[Console]:
    """A staff member who has logged in to the console."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(stack.base, cookie_jar=jar, headers={"Origin": stack.base}) as http:
        console = Console(http)
        await console.post("/console/login", login=login, password=PASSWORD)
        yield console


@contextlib.asynccontextmanager
async def running_stack(stores: Stores, folder: Any, now: datetime, **given: str) -> AsyncIterator[Stack]:
    """Started, filled and ready at `now`, with some of the environment `given`; everything is stopped at the end."""
    database_url = await copy_database(stores)
    environment = {
        **os.environ,
        "ENVIRONMENT": "test",
        "CONTACT_PHONE": DEMO_PHONE,
        "DATABASE_URL": database_url,
        "REDIS_URL": stores.redis_url,
        "PORT": str(free_port()),
        "SIMULATOR_PORT": str(free_port()),
        "VAR_DIR": str(folder),
        "MASTER_KEY": MASTER_KEY,
        **given,
    }
    stack = Stack(Path(folder), environment)
    stack.redis = Redis.from_url(stores.redis_url)
    try:
        await stack.redis.flushdb()
        await stack.move_clock(now)
        push_urls = ("--push-url", f"{stack.base}/wechat/push", "--mini-push-url", f"{stack.base}/wechat/mini/push")
        stack.start("simulator", "simulator", "--port", environment["SIMULATOR_PORT"], *push_urls)
        await asyncio.to_thread(wait_for_port, int(environment["SIMULATOR_PORT"]))
        await stack.fill(now)
        for part in ("web", "worker", "schedule"):
            stack.start(part, "backend", part)
        # The port is bound before the process can answer.
        await stack.until(stack.ready, "the service answers", 120)
        async with aiohttp.ClientSession(stack.base) as service, aiohttp.ClientSession(stack.phones) as platform:
            stack.stage = Stage(service, platform)
            yield stack
    finally:
        for process in reversed(stack.parts.values()):
            stop(process)
        await stack.redis.aclose()
        await drop_database(stores, database_url)
