"""Our web process and a bare Sanic handler under the same load in turn, so that a slow moment strikes both."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.journeys.test_a_year_of_one_case import at
from tests.stack import UNLIMITED, Stack, running_stack
from tests.stores import Stores, make_template, servers

CONNECTIONS = 16
_JSON = {"Content-Type": "application/json"}

_BARE = """
import sys
from sanic import Sanic
from sanic.response import raw
app = Sanic("bare", configure_logging=False)
page = open(sys.argv[1], "rb").read()
@app.route("/<path:path>", methods=["GET", "POST"])
async def same_bytes(_request, path):
    return raw(page, content_type="text/html; charset=utf-8")
app.run(port=int(sys.argv[2]), single_process=True, access_log=False, motd=False)
"""


@asynccontextmanager
async def stack_on_disk() -> AsyncIterator[tuple[Stack, Path]]:
    """The whole service on fresh stores, and a folder for what the measurement writes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stores").mkdir()
        (folder / "stack").mkdir()
        with servers(folder / "stores") as (server_url, redis_url):
            stores = Stores(server_url, redis_url, await make_template(server_url))
            async with running_stack(stores, folder / "stack", at("2026-09-28 09:00"), LIMITS=UNLIMITED) as stack:
                yield stack, folder


@asynccontextmanager
async def bare_handler(stack: Stack, page: bytes, folder: Path) -> AsyncIterator[str]:
    """A bare Sanic process that answers everything with these bytes; yields its address."""
    (folder / "page").write_bytes(page)
    port = int(stack.environment["PORT"]) + 1
    argv = [sys.executable, "-c", _BARE, str(folder / "page"), str(port)]
    bare = await asyncio.create_subprocess_exec(*argv, stderr=subprocess.DEVNULL)
    try:
        await asyncio.sleep(3)
        yield f"http://127.0.0.1:{port}"
    finally:
        bare.terminate()
        await bare.wait()


async def load(url: str, seconds: float, bodies: Sequence[bytes] = ()) -> tuple[float, float]:
    """(requests a second, 95th percentile in ms) over `seconds` of closed-loop load; `bodies` are posted in turn."""
    times: list[float] = []
    ends, turn = time.monotonic() + seconds, 0

    async def one(http: aiohttp.ClientSession) -> None:
        nonlocal turn
        while time.monotonic() < ends:
            turn += 1
            body = bodies[turn % len(bodies)] if bodies else None
            began = time.monotonic()
            async with http.request("POST" if bodies else "GET", url, data=body, headers=_JSON) as response:
                await response.read()
                assert response.status == 200
            times.append(time.monotonic() - began)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as http:
        await asyncio.gather(*(one(http) for _ in range(CONNECTIONS)))
    return len(times) / seconds, statistics.quantiles(times, n=20)[18] * 1000


async def alternate(
    urls: dict[str, str], seconds: float, rounds: int, bodies: Sequence[bytes] = ()
) -> dict[str, object]:
    """Medians over the rounds and ours : bare as a ratio."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in urls}
    for url in urls.values():
        await load(url, 1, bodies)
    for _ in range(rounds):
        for name, url in urls.items():
            found[name].append(await load(url, seconds, bodies))
    rate = {name: statistics.median(row[0] for row in rows) for name, rows in found.items()}
    late = {name: statistics.median(row[1] for row in rows) for name, rows in found.items()}
    return {
        "requests_a_second": {name: round(value) for name, value in rate.items()},
        "p95_ms": {name: round(value, 2) for name, value in late.items()},
        "ratio": round(rate["ours"] / rate["bare"], 3),
        "cores": os.cpu_count(),
        "connections": CONNECTIONS,
        "seconds": seconds,
    }


async def beside_a_bare_handler(
    path: str, bodies: Sequence[bytes], seconds: float = 5, rounds: int = 5
) -> dict[str, object]:
    """Posts to `path` of our web process beside a bare handler that answers with as many bytes."""
    async with stack_on_disk() as (stack, folder):
        ours = f"{stack.base}{path}"
        async with aiohttp.ClientSession() as http, http.post(ours, data=bodies[0], headers=_JSON) as response:
            page = await response.read()
        async with bare_handler(stack, page, folder) as bare:
            return await alternate({"ours": ours, "bare": f"{bare}{path}"}, seconds, rounds, bodies) | {
                "bytes": len(page)
            }
