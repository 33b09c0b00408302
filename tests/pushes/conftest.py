"""Two web processes on one database behind the platform's push addresses; each try of a push goes to the next."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from redis.asyncio import Redis

from backend.embedded import free_port
from simulator.platform import Platform
from tests.edge.conftest import Process, emptied, start_web, web_process
from tests.simulator.platform import serving
from tests.stores import Stores, stop

# What tests.simulator.platform gives its two accounts.
ACCOUNTS = {
    "WECHAT_MINI_APPID": "wxtest",
    "WECHAT_MINI_SECRET": "s",
    "WECHAT_MINI_PUSH_TOKEN": "mini-t",
    "WECHAT_MINI_PUSH_AES_KEY": "B" * 43,
    "WECHAT_SERVICE_APPID": "wxservice",
    "WECHAT_SERVICE_SECRET": "ss",
    "WECHAT_PUSH_TOKEN": "t",
    "WECHAT_PUSH_AES_KEY": "A" * 43,
}


@dataclass
class Doorkeeper:
    """Hands each push on to the next of the processes, or to the one that a test names."""

    ports: tuple[int, ...]
    taken: list[int] = field(default_factory=list)
    """Places of the processes that pushes were handed to, in their order."""
    only: int | None = None
    lose_answers: int = 0
    """So many answers never get back to the platform."""

    def __post_init__(self) -> None:
        self._turns = itertools.cycle(range(len(self.ports)))

    async def take(self, request: web.Request) -> web.Response:
        """One try."""
        place = self.only if self.only is not None else next(self._turns)
        self.taken.append(place)
        address = f"http://127.0.0.1:{self.ports[place]}{request.path_qs}"
        body = await request.read()
        async with (
            aiohttp.ClientSession() as http,
            http.post(address, data=body, headers={"Content-Type": request.content_type}) as response,
        ):
            text = await response.text()
        if self.lose_answers:
            self.lose_answers -= 1
            return web.Response(status=502)
        return web.Response(status=response.status, text=text)


@dataclass
class Line:
    """The platform, the processes behind it, and the phone `o1`."""

    platform: Platform
    base_url: str
    door: Doorkeeper
    processes: tuple[Process, ...]
    owner_url: str
    http: aiohttp.ClientSession

    async def admin(self, path: str, body: dict[str, Any]) -> Any:
        """One admin call to the simulator that works."""
        async with self.http.post(f"{self.base_url}/admin/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def pushed(self) -> list[dict[str, Any]]:
        """What was pushed, once nothing waits."""
        async with self.http.get(f"{self.base_url}/admin/pushes", params={"settled": "1"}) as response:
            return await response.json()

    def answers(self, account: str) -> list[str]:
        """What the account has said in its chat on the phone."""
        lines = self.platform.users["o1"].chat_with(account)
        return [str(line["text"]) for line in lines if line["from"] == "account"]

    async def until_answered(self, account: str, seconds: float = 40) -> list[str]:
        """The answers as soon as there is one, and a second later, when another one would have come too."""
        async with asyncio.timeout(seconds):
            while not self.answers(account):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        return self.answers(account)

    async def until_the_next_second(self) -> None:
        """The platform counts in seconds: what happens from now on has another CreateTime."""
        await asyncio.sleep(1.05 - time.time() % 1)

    def stop(self, place: int) -> None:
        """The process stands still: it takes connections and does nothing."""
        os.killpg(self.processes[place].pid, signal.SIGSTOP)

    def go_on(self, place: int) -> None:
        """The process goes on."""
        os.killpg(self.processes[place].pid, signal.SIGCONT)


@pytest.fixture(scope="package")
def ports() -> tuple[int, int]:
    """The simulator's, known before anything starts; and the doorkeeper's."""
    return free_port(), free_port()


@pytest.fixture(scope="package")
def two_webs(
    stores: Stores, ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Process, int]]:
    """Two web processes on one database: what the first is known by, the second and its port."""
    folder = tmp_path_factory.mktemp("wechat")
    given = ACCOUNTS | {"WECHAT_API_BASE": f"http://127.0.0.1:{ports[0]}"}
    with web_process(stores, folder, **given) as first:
        second, port, _ = start_web(first.url, stores.redis_url, folder, **given)
        try:
            yield first, second, port
        finally:
            stop(second, signal.SIGTERM)


@asynccontextmanager
async def _doorkeeper(port: int, targets: tuple[int, ...]) -> AsyncIterator[Doorkeeper]:
    door = Doorkeeper(targets)
    app = web.Application()
    app.router.add_post("/wechat/push", door.take)
    app.router.add_post("/wechat/mini/push", door.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield door
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture
async def line(two_webs: tuple[Any, Process, int], ports: tuple[int, int], redis: Redis) -> AsyncIterator[Line]:
    """A fresh platform and an empty database for one test."""
    first, second, second_port = two_webs
    address = f"http://127.0.0.1:{ports[1]}"
    async with (
        emptied(first, redis),
        _doorkeeper(ports[1], (first.port, second_port)) as door,
        serving(f"{address}/wechat/push", f"{address}/wechat/mini/push", port=ports[0]) as (platform, base_url),
        aiohttp.ClientSession() as http,
    ):
        yield Line(platform, base_url, door, (first.process, second), first.owner_url, http)
