"""What trail and encryption cost: a request with and without them, in turn; entries chained and verified a second.

`python -m benchmarks.trail [--entries N] [--seconds N] [--rounds N]`. The request is POST /api/me (a row updated with a
sealed telephone and its blind index, one entry) by sixteen people at once, sent to four web processes on the same
database, of which one records nothing, one seals nothing, and one does neither: rounds alternate, so that a slow moment
of the machine strikes all. Each process has people of its own. Further rounds take the same command without HTTP.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import aiohttp
import asyncpg
from tortoise import Tortoise

from backend import audit, keys
from backend.access import Actor
from backend.casework import people
from backend.embedded import free_port
from backend.identity.sessions import open_session
from backend.trail import seal
from backend.trail.verify import verify
from benchmarks.side_by_side import CONNECTIONS, stack_on_disk
from models import tortoise_config
from models.keyring import MasterKey
from models.people import Person
from models.places import Village
from rules.statuses import Role
from tests.stack import Stack, start, stop
from tests.stores import MASTER_KEY, wait_for_port

AT = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
_SILENT = "import backend.audit\nasync def nothing(*_, **__): pass\nbackend.audit.record = nothing\n"
_PLAIN = (
    "import models.keyring\n"
    "sealed = models.keyring.Keyring.open\n"
    "plain = lambda ring, kept, at: kept if models.keyring.key_number(kept) is None else sealed(ring, kept, at)\n"
    "models.keyring.Keyring.seal = lambda _, text, __: text\n"
    "models.keyring.Keyring.open = plain\n"
    "models.keyring.Keyring.blind = lambda _, __, text: text[:32]\n"
)
_WEB = "import sys; sys.argv = ['backend', 'web']\nfrom backend.cli import main; main()"
_WITHOUT = {"without_trail": _SILENT, "without_sealing": _PLAIN, "without_both": _SILENT + _PLAIN}
_FILL = (
    "INSERT INTO trail_entry (at, actor, role, action, subject, clause, detail, address, request_id)"
    " SELECT timestamptz '2026-09-28 01:00Z' + n * interval '1 second', 'account:' || gen_random_uuid(), 'worker',"
    " 'Confirm', 'case:' || gen_random_uuid(), '四(二)a',"
    """ jsonb_build_object('from', 'gathering_evidence', 'to', 'confirmed', 'number', n),"""
    " '127.0.0.1', gen_random_uuid()::text FROM generate_series(1, {entries}) n"
)


async def _nothing(*_: object, **__: object) -> None:
    return None


async def _people(stack: Stack) -> tuple[list[Actor], list[str], int]:
    village = await Village.first()
    assert village is not None
    actors, tokens = [], []
    for _ in range(CONNECTIONS):
        person = await Person.create(id=uuid4(), name="测量", village_id=village.id, created_at=AT)
        actors.append(Actor(Role.RESIDENT, person.name, person.id, village_id=village.id, address="127.0.0.1"))
        tokens.append(await open_session(stack.redis, person_id=person.id))
    return actors, tokens, village.id


@contextlib.asynccontextmanager
async def _web_with(stack: Stack, changed: str) -> AsyncIterator[str]:
    """A further web process on the same stores, with something taken out of it; yields its address."""
    port = free_port()
    environment = stack.environment | {"PORT": str(port)}
    process = start([sys.executable, "-c", changed + _WEB], stack.folder / f"web-{port}.log", environment)
    try:
        await asyncio.to_thread(wait_for_port, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


async def _requests(base: str, tokens: list[str], village_id: int, seconds: float) -> list[float]:
    times: list[float] = []
    ends = time.monotonic() + seconds
    body = {"name": "测量", "village_id": village_id, "phone": "138 0013 8000"}

    async def one(http: aiohttp.ClientSession, token: str) -> None:
        while time.monotonic() < ends:
            began = time.monotonic()
            async with http.post(f"{base}/api/me", json=body, headers={"Authorization": f"Bearer {token}"}) as response:
                await response.read()
                assert response.status == 200
            times.append(time.monotonic() - began)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as http:
        await asyncio.gather(*(one(http, token) for token in tokens))
    return times


async def _commands(actors: list[Actor], village_id: int, seconds: float) -> list[float]:
    times: list[float] = []
    ends = time.monotonic() + seconds
    actor = actors[0]
    while time.monotonic() < ends:
        began = time.monotonic()
        await people.describe(actor, name="测量", village_id=village_id, born_on=None, phone="13800138000", now=AT)
        times.append(time.monotonic() - began)
    return times


async def _in_turn(
    sides: dict[str, Callable[[], Awaitable[list[float]]]], seconds: float, rounds: int
) -> dict[str, object]:
    """Medians over the rounds; a ratio is of rates, with everything : without something, of each round's pair."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    medians: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name in sorted(sides, reverse=bool(number % 2)):
            times = await sides[name]()
            if number:  # the first round warms up
                rates[name].append(len(times) / seconds)
                medians[name].append(statistics.median(times) * 1000)
    ratios = {
        name: sorted(mine / other for mine, other in zip(rates["with"], found, strict=True))
        for name, found in rates.items()
        if name != "with"
    }
    return {
        "a_second": {name: round(statistics.median(found), 1) for name, found in rates.items()},
        "median_ms": {name: round(statistics.median(found), 3) for name, found in medians.items()},
        "ratio": {name: round(statistics.median(found), 3) for name, found in ratios.items()},
        "ratios_of_rounds": {name: [round(pair, 3) for pair in found] for name, found in ratios.items()},
    }


async def _cost(stack: Stack, seconds: float, rounds: int) -> dict[str, object]:
    actors, tokens, village_id = await _people(stack)

    async def silent_command() -> list[float]:
        recorded, audit.record = audit.record, _nothing
        try:
            return await _commands(actors, village_id, seconds)
        finally:
            audit.record = recorded

    async with contextlib.AsyncExitStack() as running:
        sides = {"with": partial(_requests, stack.base, tokens, village_id, seconds)}
        for name, changed in _WITHOUT.items():
            base = await running.enter_async_context(_web_with(stack, changed))
            _, own, _ = await _people(stack)
            sides[name] = partial(_requests, base, own, village_id, seconds)
        over_http = await _in_turn(sides, seconds, rounds)
    command = await _in_turn(
        {"with": lambda: _commands(actors, village_id, seconds), "without_trail": silent_command}, seconds, rounds
    )
    return {"request": over_http, "command": command}


async def _chain(stack: Stack, owner_url: str, entries: int) -> dict[str, object]:
    stack.kill("worker")
    await seal.seal_waiting()
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute(_FILL.replace("{entries}", str(entries)))
        await owner.execute("ANALYZE trail_entry; ANALYZE trail_unsealed")
    finally:
        await owner.close()
    began = time.monotonic()
    sealed = await seal.seal_waiting()
    sealing = time.monotonic() - began
    connection = await asyncpg.connect(stack.environment["DATABASE_URL"])
    try:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.monotonic()
        found = await verify(connection, None)
        verifying = time.monotonic() - began
        grew = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    finally:
        await connection.close()
    assert found.broken is None
    assert found.links >= entries
    idle = []
    for _ in range(50):
        began = time.monotonic()
        await seal.seal_waiting()
        idle.append(time.monotonic() - began)
    return {
        "entries": found.links,
        "sealed_a_second": round(sealed / sealing),
        "verified_a_second": round(found.links / verifying),
        "verify_seconds": round(verifying, 1),
        "verify_peak_memory_grew_mb": round(grew / 1024, 1),
        "a_round_with_nothing_to_seal_ms": round(statistics.median(idle) * 1000, 2),
    }


async def measure(entries: int, seconds: float, rounds: int) -> dict[str, object]:
    """Everything, as one JSON object."""
    async with stack_on_disk() as (stack, folder):
        database = stack.environment["DATABASE_URL"]
        password = (folder / "stores" / "postgres.password").read_text()
        owner_url = f"postgres://yishiyiyi:{password}@{database.rpartition('@')[2]}"
        await Tortoise.init(config=tortoise_config(database, pool=2))
        try:
            await keys.load(MasterKey.parse(MASTER_KEY))
            cost = await _cost(stack, seconds, rounds)
            chain = await _chain(stack, owner_url, entries)
        finally:
            await Tortoise.close_connections()
        return cost | {"chain": chain, "cores": os.cpu_count(), "connections": CONNECTIONS, "seconds": seconds}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(json.dumps(asyncio.run(measure(args.entries, args.seconds, args.rounds)), indent=1))


if __name__ == "__main__":
    main()
