"""Workers are killed with -9 while they send, and Redis, PostgreSQL and the platform fail: no notice is lost.

`NOTICE_PROOF_KILLS=200` (make proof) kills so often, with ten notices a kill; the ordinary run eight times.
"""

import asyncio
import contextlib
import json
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest_asyncio
from redis.exceptions import RedisError

from notices.claims import LEASE
from notices.kinds import Kind
from notices.records import EVENT_WITHIN_ELSE
from notices.states import FINAL
from tests.killable import OwnPostgres, OwnRedis
from tests.proofs.service import SEND_PATH, arrived, crowd, delivering, tell, template_of, waker
from tests.stack import Stack, connected
from tests.stores import Stores, make_template

KILLS = int(os.environ.get("NOTICE_PROOF_KILLS", "8"))
NOTICES = max(150, KILLS * 10)
WORKERS = ("worker-a", "worker-b", "worker-c")
KINDS = (Kind.MEETING_CONVENED, Kind.CASE_DECIDED)
CREDITS = {template_of(kind): 2 for kind in KINDS}
LATENCY = 0.25
"""Seconds that the platform takes for a message: work is in flight when somebody is killed."""


class Service:
    """The running service and its stores, everything of which a test may kill."""

    def __init__(self, stack: Stack, postgres: OwnPostgres, redis: OwnRedis) -> None:
        self.stack, self.postgres, self.redis = stack, postgres, redis
        self.wake: Callable[[], Awaitable[None]]
        self.died_by_themselves = 0

    async def rows(self, query: str, *arguments: object) -> list[Any]:
        """Rows of the database, as soon as it answers."""
        while True:
            try:
                return await self.stack.rows(query, *arguments)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.1)

    async def holders(self) -> list[str]:
        """The living workers that hold a claimed row at this moment."""
        rows = await self.rows("SELECT DISTINCT claimed_by FROM delivery WHERE status = 'sending'")
        holding = {int(str(row["claimed_by"]).rpartition(":")[2]) for row in rows}
        return [name for name in WORKERS if self.stack.parts[name].pid in holding]

    def revive(self) -> None:
        """Whatever ended by itself is started again, as its supervisor would."""
        for name in (*WORKERS, "web"):
            if self.stack.parts[name].poll() is not None:
                self.died_by_themselves += 1
                self.stack.start(name, "backend", "web" if name == "web" else "worker")

    async def kill_one(self) -> bool:
        """kill -9 one worker of those that hold a row, and start it again; whether it still held one right before."""
        self.revive()
        holding: list[str] = []
        with contextlib.suppress(TimeoutError):
            holding = await self.stack.until(self.holders, "somebody holds a row", 20)
        victim = random.choice(holding or WORKERS)
        struck = victim in await self.holders()
        self.stack.kill(victim)
        self.stack.start(victim, "backend", "worker")
        return struck


@pytest_asyncio.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Three workers, a web process that hears the platform's events, simulator, PostgreSQL and Redis of their own."""
    (tmp_path / "own").mkdir()
    postgres, redis = OwnPostgres(tmp_path / "own"), OwnRedis(tmp_path / "own")
    try:
        stores = Stores(postgres.url, redis.url, await make_template(postgres.url))
        async with delivering(stores, tmp_path, workers=WORKERS, web=True) as stack, connected(stack):
            running = Service(stack, postgres, redis)
            async with waker(stack) as running.wake:
                yield running
    finally:
        redis.stop()
        postgres.stop()


async def test_nothing_is_lost_and_next_to_nothing_is_told_twice(service: Service) -> None:
    openids = await crowd(service.stack, NOTICES // len(KINDS), CREDITS)
    await service.stack.platform("faults", {"latency": LATENCY})
    began = time.monotonic()
    struck = await announce_and_kill(service, list(openids))
    took = time.monotonic() - began
    await come_to_rest(service)
    found = await look(service, openids)
    found |= {"kills": KILLS, "struck_while_holding": struck, "seconds": round(took)}
    print(json.dumps(found, indent=1))
    assert found["notices"] == NOTICES
    assert struck >= KILLS * 3 // 4
    assert found["lost"] == 0
    assert found["not_final"] == 0
    assert found["twice_for_another_reason"] == 0
    assert found["twice"] < NOTICES / 200
    assert found["credits_that_do_not_add_up"] == 0


async def announce_and_kill(service: Service, persons: Sequence[UUID]) -> int:
    """All notices, a few before every kill; how many kills struck a worker that held a row."""
    struck = told = 0
    for kill in range(1, KILLS + 1):
        await fail_somehow(service, kill)
        while told < NOTICES * kill // KILLS:
            turn, number = divmod(told, len(persons))
            await announced(KINDS[turn], f"proof:{told}", persons[number])
            told += 1
            await service.wake()
            # At the kill some have arrived, some are on their way out, some on their way back.
            await asyncio.sleep(random.uniform(0, LATENCY))
        struck += await service.kill_one()
    return struck


async def announced(kind: Kind, key: str, person: UUID) -> None:
    """Announced once, however often PostgreSQL dies meanwhile."""
    while True:
        try:
            return await tell(kind, key, [person])
        except Exception:  # whoever announces tries again: the key makes the notice one
            await asyncio.sleep(0.2)


async def fail_somehow(service: Service, kill: int) -> None:
    """Beside the kills: cut connections before and after the platform has taken a message; stores that die."""
    if kill % 3:
        how = "before" if kill % 3 == 1 else "after"
        await service.stack.platform("faults", {"path": SEND_PATH, "reset": how, "latency": LATENCY, "times": 1})
    part = max(2, KILLS // 8)
    if kill % part:
        return
    match kill // part % 4:
        case 1:
            await asyncio.to_thread(service.redis.kill_and_restart, away_seconds=1.0)
        case 2:
            await asyncio.to_thread(service.postgres.kill_and_restart)
        case 3:
            with contextlib.suppress(RedisError):
                await service.stack.redis.flushall()


async def come_to_rest(service: Service) -> None:
    """No more faults; then time passes: leases end, and the platform's events are waited for no longer."""
    await service.stack.platform("faults", {})
    service.revive()
    living = [service.stack.parts[name].pid for name in WORKERS]
    await service.wake()
    await nothing_left(
        service,
        "status = 'pending' OR (status = 'sending' AND substring(claimed_by FROM ':(\\d+)$')::int = ANY($1::int[]))",
        living,
    )
    await settled(service)
    moved = LEASE + timedelta(seconds=5)
    await service.stack.move_clock(datetime.now(UTC) + moved)
    await nothing_left(service, "status = 'sending'")
    moved += EVENT_WITHIN_ELSE + timedelta(seconds=5)
    await service.stack.move_clock(datetime.now(UTC) + moved)
    await nothing_left(service, "status IN ('pending', 'sending', 'uncertain')")


async def nothing_left(service: Service, condition: str, *arguments: object) -> None:
    """Until the workers have left no row of a phone's channel in this condition."""

    async def is_so() -> bool:
        query = f"SELECT count(*) AS n FROM delivery WHERE channel <> 'call_list' AND ({condition})"
        return (await service.rows(query, *arguments))[0]["n"] == 0

    await service.stack.until(is_so, condition, 90)


async def settled(service: Service) -> None:
    """Until the platform has told all that it has to tell."""
    async with service.stack.stage.platform.get("/admin/pushes", params={"settled": "1"}) as response:
        assert response.status == 200


async def look(service: Service, openids: dict[UUID, str]) -> dict[str, Any]:
    """What became of every notice, from the phones and from the rows."""
    inbox = await arrived(service.stack, openids.values())
    rows = await service.rows("SELECT * FROM delivery")
    sent_to = {(openids[row["person_id"]], row["notice_id"]): row for row in rows if row["channel"] != "call_list"}
    calls = {(openids[row["person_id"]], row["notice_id"]) for row in rows if row["channel"] == "call_list"}
    twice = [key for key in inbox if inbox[key] > 1 or key in calls]
    # Whether a message had arrived was known of none of these when somebody else was asked to tell it.
    unknown = [key for key in twice if sent_to[key]["status"] == "unconfirmed"]
    pushes = await told_of(service)
    left = await service.rows("SELECT sum(credits) AS n FROM consent")
    paid = sum(row["paid"] for row in sent_to.values())
    given = sum(CREDITS.values()) * len(openids)
    arrived_unpaid = sum(not sent_to[key]["paid"] for key in inbox)
    states: dict[str, int] = {}
    for row in sent_to.values():
        states[row["status"]] = states.get(row["status"], 0) + 1
    return {
        "notices": len(sent_to),
        "arrived": sum(inbox.values()),
        "to_be_telephoned": len(calls),
        "states": states,
        "lost": sum(key not in inbox and key not in calls for key in sent_to),
        "not_final": sum(row["status"] not in FINAL for row in sent_to.values()),
        "twice_in_an_inbox": sum(times > 1 for times in inbox.values()),
        "twice": len(twice),
        "twice_for_another_reason": len(twice) - len(unknown),
        "twice_though_we_were_told": sum(pushes.get(openid, False) for openid, _ in twice),
        "paid_and_never_arrived": paid - len(inbox) + arrived_unpaid,
        "credits_that_do_not_add_up": abs(given - left[0]["n"] - paid) + arrived_unpaid,
        "died_by_themselves": service.died_by_themselves,
    }


async def told_of(service: Service) -> dict[str, bool]:
    """openid -> whether every event about it was heard: the platform gives up after three tries."""
    heard: dict[str, bool] = {}
    async with service.stack.stage.platform.get("/admin/pushes") as response:
        for each in await response.json():
            heard[each["openid"]] = heard.get(each["openid"], True) and each["answer"] is not None
    return heard
