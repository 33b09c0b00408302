"""Requests a second of the public list beside a bare Sanic handler that returns the same bytes, in one run.

`python -m benchmarks.public_list [--seconds N] [--rounds N]`. Both servers run as one process each on loopback; the
load is one process with 16 connections; rounds alternate so that a slow moment of the machine strikes both.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parent.parent
CONNECTIONS = 16

_BARE = """
import sys
from sanic import Sanic
from sanic.response import html
app = Sanic("bare", configure_logging=False)
page = open(sys.argv[1]).read()
@app.get("/")
async def same_bytes(_request):
    return html(page)
app.run(port=int(sys.argv[2]), single_process=True, access_log=False, motd=False)
"""


async def load(url: str, seconds: float) -> tuple[float, float]:
    """(requests a second, 95th percentile in ms) over `seconds` of closed-loop load."""
    times: list[float] = []
    ends = time.monotonic() + seconds

    async def one(http: aiohttp.ClientSession) -> None:
        while time.monotonic() < ends:
            began = time.monotonic()
            async with http.get(url) as response:
                await response.read()
                assert response.status == 200
            times.append(time.monotonic() - began)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as http:
        await asyncio.gather(*(one(http) for _ in range(CONNECTIONS)))
    return len(times) / seconds, statistics.quantiles(times, n=20)[18] * 1000


async def measure(seconds: float, rounds: int) -> dict[str, object]:
    """Start both, load them in turn, report medians and the ratio."""
    from tests.browser.test_pages import list_one_case
    from tests.journeys.acts import Household
    from tests.journeys.test_a_year_of_one_case import at
    from tests.stack import running_stack
    from tests.stores import Stores, make_template, servers

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stores").mkdir()
        with servers(folder / "stores") as (server_url, redis_url):
            stores = Stores(server_url, redis_url, await make_template(server_url))
            (folder / "stack").mkdir()
            async with running_stack(stores, folder / "stack", at("2026-09-28 09:00")) as stack:
                house: Household = await list_one_case(stack)
                ours = f"{stack.base}/lists/{house.village_id}"
                async with aiohttp.ClientSession() as http, http.get(ours) as response:
                    page = await response.read()
                (folder / "page.html").write_bytes(page)
                port = int(stack.environment["PORT"]) + 1
                argv = [sys.executable, "-c", _BARE, str(folder / "page.html"), str(port)]
                bare = await asyncio.create_subprocess_exec(*argv, stderr=subprocess.DEVNULL)
                try:
                    await asyncio.sleep(3)
                    results = await _alternate({"ours": ours, "bare": f"http://127.0.0.1:{port}/"}, seconds, rounds)
                finally:
                    bare.terminate()
                    await bare.wait()
    return results | {"bytes": len(page), "cores": os.cpu_count(), "connections": CONNECTIONS, "seconds": seconds}


async def _alternate(urls: dict[str, str], seconds: float, rounds: int) -> dict[str, object]:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in urls}
    for url in urls.values():
        await load(url, 1)
    for _ in range(rounds):
        for name, url in urls.items():
            found[name].append(await load(url, seconds))
    rate = {name: statistics.median(row[0] for row in rows) for name, rows in found.items()}
    late = {name: statistics.median(row[1] for row in rows) for name, rows in found.items()}
    return {
        "requests_a_second": {name: round(value) for name, value in rate.items()},
        "p95_ms": {name: round(value, 2) for name, value in late.items()},
        "ratio": round(rate["ours"] / rate["bare"], 3),
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(json.dumps(asyncio.run(measure(args.seconds, args.rounds)), indent=1))


if __name__ == "__main__":
    main()
