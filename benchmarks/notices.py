"""Notices a second through real workers, beside a bare aiohttp loop that posts the same bodies to the same simulator.

`python -m benchmarks.notices [--messages N] [--rounds N]`. Rounds alternate, so that a slow moment of the machine
strikes both; medians. Ours counts from the commit of the notice to the last receipt written. The bare loop is one
process with 64 connections; ours is one worker with 64 messages in the air, then two with 32 each. The rate limit is
out of the way but for the list that is pushed to a village.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from notices.claims import Terms, claim
from notices.kinds import LIST, Channel, Kind, Lane
from notices.outbox import announce
from notices.quiet import QuietHours
from notices.wording import compose
from tests.proofs.service import FACTS, NO_LIMIT, SEND_PATH, crowd, delivering, tell, waker
from tests.stack import Stack, connected
from tests.stores import Stores, make_template, servers

CONNECTIONS = 64
_CREDITS = 1_000_000
_VILLAGERS = 5000
_LATENCIES = {"50_ms": 0.05, "0_ms": 0.0}
_BARE = """
import asyncio, json, sys, time, aiohttp, uvloop
async def main(base, path, file, connections):
    bodies = open(file, "rb").read().splitlines()
    turn = iter(bodies)
    async with aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(limit=connections)) as http:
        ask = {"grant_type": "client_credential", "appid": "wx0000demo0000mini", "secret": "demo-mini-secret"}
        async with http.post("/cgi-bin/stable_token", json=ask) as response:
            token = json.loads(await response.read())["access_token"]
        async def one():
            for body in turn:
                async with http.post(path, params={"access_token": token}, data=body) as response:
                    answer = json.loads(await response.read())
                    assert answer["errcode"] == 0, answer
        began = time.monotonic()
        await asyncio.gather(*(one() for _ in range(connections)))
        print(len(bodies) / (time.monotonic() - began))
uvloop.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
"""


class Village:
    """Villagers with phones, workers, and the file of bodies that the bare loop posts."""

    def __init__(self, stack: Stack, people: dict[UUID, str], bodies: Path) -> None:
        self.stack, self.people, self.bodies = stack, people, bodies
        self._numbers = itertools.count()

    async def ours(self, wakes: int) -> float:
        """Messages a second of a list pushed to everybody."""
        key = f"list:{next(self._numbers)}"
        async with waker(self.stack) as wake:
            await tell(Kind.LIST_CHANGED, key, list(self.people))
            began = datetime.now(UTC)
            for _ in range(wakes):
                await wake()
            ended = await self._all_handed_over(key)
        return len(self.people) / (ended - began).total_seconds()

    async def _all_handed_over(self, key: str) -> datetime:
        while True:
            await asyncio.sleep(0.25)
            (row,) = await self.stack.rows(
                "SELECT count(*) FILTER (WHERE d.status <> 'sent') AS left, max(d.sent_at) AS at FROM delivery d "
                "JOIN notice n ON n.id = d.notice_id WHERE n.event_key = $1",
                key,
            )
            if not row["left"]:
                return row["at"]

    async def bare(self) -> float:
        """Messages a second of the bare loop with the same bodies."""
        argv = [sys.executable, "-c", _BARE, self.stack.phones, SEND_PATH, str(self.bodies), str(CONNECTIONS)]
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        return float(output)

    def memory(self, field: str) -> float:
        """MB of each worker: VmRSS now, VmHWM at the peak; the largest."""
        pids = [part.pid for name, part in self.stack.parts.items() if name.startswith("worker")]
        lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
        return max(round(int(line.split()[1]) / 1024, 1) for line in lines if line.startswith(f"{field}:"))


@asynccontextmanager
async def village(stores: Stores, folder: Path, workers: int, count: int, **given: str) -> AsyncIterator[Village]:
    """A fresh village; the workers have started and rest."""
    names = [f"worker-{number}" for number in range(workers)]
    given |= {"NOTICE_SLOTS": str(CONNECTIONS // workers)}
    async with delivering(stores, folder, workers=names, **given) as stack, connected(stack):
        people = await crowd(stack, count, {LIST.key: _CREDITS})
        bodies = folder / "bodies"
        bodies.write_bytes(b"\n".join(_body(openid) for openid in people.values()))
        made = Village(stack, people, bodies)
        await tell(Kind.LIST_CHANGED, "first", list(people)[:100])
        await made._all_handed_over("first")
        await asyncio.sleep(6)
        yield made


def _body(openid: str) -> bytes:
    message = compose(Kind.LIST_CHANGED, FACTS[Kind.LIST_CHANGED])
    body = {
        "touser": openid,
        "template_id": message.template,
        "data": {name: {"value": value} for name, value in message.fields.items()},
        "page": f"{message.page}&n={UUID(int=0)}",
        "miniprogram_state": "formal",
        "lang": "zh_CN",
    }
    return json.dumps(body, ensure_ascii=False).encode()


async def _beside(stores: Stores, folder: Path, workers: int, messages: int, rounds: int) -> dict[str, object]:
    """Both sides in turn at each latency, and what the workers weigh."""
    found: dict[str, object] = {"slots_each": CONNECTIONS // workers}
    async with village(stores, folder, workers, messages, NOTICE_RATES=json.dumps(NO_LIMIT)) as made:
        found["memory_mb_at_rest"] = made.memory("VmRSS")
        for name, latency in _LATENCIES.items():
            await made.stack.platform("faults", {"latency": latency} if latency else {})
            sides: dict[str, list[float]] = {"ours": [], "bare": []}
            for number in range(rounds):
                for side in sorted(sides, reverse=bool(number % 2)):
                    sides[side].append(await (made.ours(workers * 4) if side == "ours" else made.bare()))
            rates = {side: statistics.median(each) for side, each in sides.items()}
            found[name] = {
                "messages_a_second": {side: round(rate) for side, rate in rates.items()},
                "ratio": round(rates["ours"] / rates["bare"], 3),
                "rounds": {side: [round(rate) for rate in each] for side, each in sides.items()},
            }
        found["memory_mb_at_the_peak"] = made.memory("VmHWM")
    return found


async def _list_to_a_village(stores: Stores, folder: Path, rounds: int) -> dict[str, object]:
    """Seconds until a list is handed over to 5,000 villagers, with our own rate limit, by one worker."""
    async with village(stores, folder, 1, _VILLAGERS) as made:
        await made.stack.platform("faults", {"latency": _LATENCIES["50_ms"]})
        seconds = [round(_VILLAGERS / await made.ours(1), 1) for _ in range(rounds)]
    return {"villagers": _VILLAGERS, "seconds": statistics.median(seconds), "rounds": seconds}


async def _claims(stores: Stores, folder: Path, rows: int) -> dict[str, object]:
    """Rows claimed a second, with consents reserved, by batch; nothing is sent."""
    found: dict[str, object] = {"waiting": rows}
    async with delivering(stores, folder, workers=()) as stack, connected(stack):
        people = list(await crowd(stack, rows, {LIST.key: _CREDITS}))
        terms = Terms("benchmark:1", QuietHours.parse(""), frozenset({Channel.SUBSCRIBE_MESSAGE}))
        for batch in (64, 200):
            now = datetime.now(UTC)
            await announce(Kind.LIST_CHANGED, f"list:{batch}", FACTS[Kind.LIST_CHANGED], people, now=now)
            began, claimed = time.monotonic(), 0
            while taken := await claim(Channel.SUBSCRIBE_MESSAGE, (Lane.CASE, Lane.LIST), batch, terms, now=now):
                claimed += len(taken.letters)
            assert claimed == rows
            found[f"rows_a_second_by_{batch}"] = round(rows / (time.monotonic() - began))
    return found


async def measure(messages: int, rounds: int, claims: int, parts: Sequence[str]) -> dict[str, object]:
    """Everything, as one JSON object."""
    found: dict[str, object] = {"cores": os.cpu_count(), "connections": CONNECTIONS, "messages_a_round": messages}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("stores", *parts):
            (folder / part).mkdir()
        with servers(folder / "stores") as (server_url, redis_url):
            stores = Stores(server_url, redis_url, await make_template(server_url))
            if "one" in parts:
                found["one_worker"] = await _beside(stores, folder / "one", 1, messages, rounds)
            if "two" in parts:
                found["two_workers"] = await _beside(stores, folder / "two", 2, messages, rounds)
            if "list" in parts:
                found["list_to_a_village"] = await _list_to_a_village(stores, folder / "list", rounds)
            if "claims" in parts:
                found["claims"] = await _claims(stores, folder / "claims", claims)
    return found


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--parts", nargs="+", default=["one", "two", "list", "claims"])
    args = parser.parse_args()
    print(json.dumps(asyncio.run(measure(args.messages, args.rounds, args.claims, args.parts)), indent=1))


if __name__ == "__main__":
    main()
