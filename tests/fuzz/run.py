"""So many calls over every published operation by every actor, each answer held to the contract."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from redis.asyncio import Redis

from backend.identity import sessions
from tests.contract.table import broken, row_of
from tests.fuzz import inputs
from tests.fuzz.world import ACTORS, NOBODY, World

LEFT_OUT = {
    "devices_close_all": "ends every session of the caller, those of the other calls too (tests/identity)",
    "demo_move_clock": "moves the clock of every process, forward only: the district would end up in the year 2100",
}
"""Operations that are not called, with the reason."""
LOGS_OUT = ("session_log_out", "devices_renew")
"""After these the token is another or none: each call has a login of its own."""
_COUNTERS = (b"limit:",)
_STAY = "not_logged_in"


@dataclass
class Failure:
    """One answer that broke something, with what to send to see it again."""

    operation: str
    actor: str
    status: int
    why: str
    path: str
    body: str
    times: int = 1


@dataclass
class Report:
    """What was called and what came back."""

    seed: int
    calls: int = 0
    seconds: float = 0.0
    by_actor: Counter[str] = field(default_factory=Counter)
    by_status: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    """Answers below 300, by operation."""
    operations: list[str] = field(default_factory=list)
    read_by_right: Counter[str] = field(default_factory=Counter)
    """How often marked words were read by who may: what is looked for can be found."""
    failures: dict[tuple[str, ...], Failure] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    """What the service wrote down of its own failures."""

    def as_json(self) -> dict[str, Any]:
        """For docs/proof."""
        return {
            "seed": self.seed,
            "calls": self.calls,
            "seconds": round(self.seconds, 1),
            "operations": len(self.operations),
            "operations_done": sum(1 for name in self.operations if self.done[name]),
            "never_done": sorted(name for name in self.operations if not self.done[name]),
            "left_out": LEFT_OUT,
            "calls_by_actor": dict(sorted(self.by_actor.items())),
            "calls_by_status": dict(sorted(self.by_status.items())),
            "marked_words_read_by_right": dict(sorted(self.read_by_right.items())),
            "failures": [asdict(failure) for failure in self.failures.values()],
            "log": self.log,
        }


async def run(base: str, document: dict[str, Any], world: World, redis: Redis, *, calls: int, seed: int) -> Report:
    """Call the service at `base` at least `calls` times. Nothing is raised: what broke is in the report."""
    inputs.know_photos()
    # Tokens are ours to give: what schemathesis would make up for the header is what nobody sends.
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_dict(document, config=config)
    operations = [found.ok() for found in schema.get_all_operations()]
    operations = [operation for operation in operations if _name(operation) not in LEFT_OUT]
    report = Report(seed, operations=[_name(operation) for operation in operations])
    each = -(-calls // len(operations))
    started = time.monotonic()
    with requests.Session() as http:
        for number, operation in enumerate(operations):
            await _make_ready(operation, world, redis, each)
            tokens = await world.tokens(redis)
            ends = each if _name(operation) in LOGS_OUT else 0
            spare = [await sessions.open_session(redis, person_id=world.resident.id) for _ in range(ends)]
            caller = _Caller(base, http, world, tokens, spare, report, number)
            await asyncio.to_thread(_call_all, operation, caller, each, seed + number)
    report.seconds = time.monotonic() - started
    return report


async def _make_ready(operation: schemathesis.APIOperation, world: World, redis: Redis, each: int) -> None:
    """Rows to work on, and no counter of tries left over from the operation before."""
    last, many = operation.path.rsplit("/", 1)[-1], max(3, each // 12)
    if "{case_id}" in operation.path:
        await world.plant(inputs.STATUS.get(last, "submitted"), many)
    if "{deliberation_id}" in operation.path:
        await world.plant("scheduled", many)
    if "{relief_id}" in operation.path:
        await world.plant_reliefs(inputs.RELIEFS.get(last, "reported"), many)
    if "{delivery_id}" in operation.path:
        await world.plant_calls(many)
    if operation.path in inputs.LOOK_UP:
        await world.plant_numbers(redis, many)
    if operation.path == "/api/session/wechat":
        await world.plant_codes(many)
    if operation.path == "/api/reference/standard/confirm":
        await world.plant_standards(many)
    keys = [key async for key in redis.scan_iter(count=2000) if key.startswith(_COUNTERS)]
    if keys:
        await redis.delete(*keys)


@dataclass
class _Caller:
    base: str
    http: requests.Session
    world: World
    tokens: dict[str, str]
    spare: list[str]
    report: Report
    number: int
    turns: int = 0

    def call(self, case: schemathesis.Case, draw: int) -> None:
        """One call by the actor whose turn it is."""
        report = self.report
        actor, may = self._turn(case)
        inputs.put_in(case, self.world, Random(draw), fitting=may)
        headers = {}
        if actor != NOBODY:
            token = self.spare.pop() if self.spare else self.tokens[actor]
            headers["Authorization"] = f"Bearer {token}"
        case.headers.pop("Authorization", None)
        answer = case.call(base_url=self.base, session=self.http, headers=headers, timeout=20)
        report.calls += 1
        report.by_actor[actor] += 1
        report.by_status[str(answer.status_code)] += 1
        name = _name(case.operation)
        report.done[name] += answer.status_code < 300
        path = answer.request.path_url
        for why in self._wrong(case, actor, answer):
            sent = answer.request.body
            text = sent.decode(errors="replace") if isinstance(sent, bytes) else str(sent)
            known = report.failures.setdefault(
                (name, str(answer.status_code), why[:60]),
                Failure(name, actor, answer.status_code, why[:600], path, text[:600], 0),
            )
            known.times += 1

    def _turn(self, case: schemathesis.Case) -> tuple[str, bool]:
        """Everybody in turn; each fourth call (True) is left to those who may, so that something is done."""
        self.turns += 1
        declared = row_of(case.operation.method.upper(), case.operation.path).contract
        roles = sorted(role.value for role in declared.roles or () if role.value in ACTORS) if declared else []
        if self.turns % 4 == 0 and roles:
            return roles[self.turns // 4 % len(roles)], True
        return ACTORS[(self.turns + self.number) % len(ACTORS)], False

    def _wrong(self, case: schemathesis.Case, actor: str, answer: Any) -> list[str]:
        found: list[str] = []
        status, body = answer.status_code, answer.content
        if status >= 500 and status != 503:
            found.append("server error")
        kind = (answer.headers.get("content-type") or [""])[0]
        method, template = case.operation.method.upper(), case.operation.path
        if status not in (404, 405) or json.loads(body).get("code") not in ("not_found", "method_not_allowed"):
            wrong = broken(method, template, status, kind, body)
            found += [wrong.why] if wrong else []
        declared = row_of(method, template).contract
        roles = declared.roles if declared else None
        if status < 300 and roles is not None and actor not in roles:
            found.append("done for somebody who may not")
        if status < 300 and declared and not declared.is_open and actor == NOBODY:
            found.append("done for nobody")
        text = body.decode(errors="replace")
        if _STAY in text and actor != NOBODY and not self.spare:
            found.append("the session is gone")
        for marked in self.world.marked:
            if marked.words in text and actor in marked.readers:
                self.report.read_by_right[marked.what] += 1
            elif marked.words in text:
                found.append(f"leaks a {marked.what}")
        return found


def _call_all(operation: schemathesis.APIOperation, caller: _Caller, many: int, seed: int) -> None:
    before = caller.report.calls
    random = Random(seed)
    if operation.body or operation.query:
        for case in inputs.boundaries(operation, many // 3):
            caller.call(case, random.getrandbits(32))
    rest = many - (caller.report.calls - before)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=rest,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=inputs.strategy_of(operation), draw=st.integers(0, 2**32 - 1))
    def generated(case: schemathesis.Case, draw: int) -> None:
        caller.call(case, draw)

    generated()


def _name(operation: schemathesis.APIOperation) -> str:
    return str(operation.definition.raw["operationId"])
