"""So many calls over every published operation by every actor, each answer held to the contract."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from redis.asyncio import Redis

from backend.identity import sessions
from rules.statuses import Role
from tests.contract.table import broken, row_of
from tests.fuzz import inputs
from tests.fuzz.agents import AGENTS, Acting, may
from tests.fuzz.world import ACTORS, NOBODY, Login, World

LEFT_OUT = {
    "devices_close_all": "ends every session of the caller, those of the other calls too (tests/identity)",
    "demo_move_clock": "moves the clock of every process, forward only: the district would end up in the year 2100",
}
"""Operations that are not called, with the reason."""
LOGS_OUT = ("session_log_out", "devices_renew")
"""After these the token is another or none: each call has a login of its own."""
_COUNTERS = (b"limit:",)
_NO_PRINCIPAL = ("x", "9" * 400, "\u00ff", "00000000-0000-0000-0000-000000000000")
_OTHER_AGENTS = 0.4
"""How often an agent's call is that of one who may less than the authority can give, or names nobody to act for."""
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
    done_by: Counter[str] = field(default_factory=Counter)
    """Answers below 300, by actor."""
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
            "done_by_actor": dict(sorted(self.done_by.items())),
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
            logins = await world.logins(redis)
            ends = each if _name(operation) in LOGS_OUT else 0
            spare = [await sessions.open_session(redis, person_id=world.resident.id) for _ in range(ends)]
            caller = _Caller(base, http, world, logins, spare, report, number)
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
    logins: dict[str, Login]
    spare: list[str]
    report: Report
    number: int
    turns: int = 0
    everybodys: int = 0
    """The turns that go round: counted by themselves, or ten actors and each fourth call would share a rhythm."""

    def call(self, case: schemathesis.Case, draw: int) -> None:
        """One call by the actor whose turn it is."""
        report = self.report
        random = Random(draw)
        actor, fitting = self._turn(case)
        inputs.put_in(case, self.world, random, fitting=fitting)
        who, login, agent = actor, self.logins.get(actor), AGENTS.get(actor)
        if agent and not fitting and random.random() < _OTHER_AGENTS:
            who, login, agent = self._other_agent(random)
        if login and self.spare:
            login = replace(login, token=self.spare.pop())
        headers = login.headers() if login else {}
        case.headers.pop("Authorization", None)
        answer = case.call(base_url=self.base, session=self.http, headers=headers, timeout=20)
        report.calls += 1
        report.by_actor[actor] += 1
        report.by_status[str(answer.status_code)] += 1
        name = _name(case.operation)
        report.done[name] += answer.status_code < 300
        report.done_by[actor] += answer.status_code < 300
        path = answer.request.path_url
        for why in self._wrong(case, actor, agent, answer):
            sent = answer.request.body
            text = sent.decode(errors="replace") if isinstance(sent, bytes) else str(sent)
            known = report.failures.setdefault(
                (name, str(answer.status_code), why[:60]),
                Failure(name, who, answer.status_code, why[:600], path, text[:600], 0),
            )
            known.times += 1

    def _turn(self, case: schemathesis.Case) -> tuple[str, bool]:
        """Everybody in turn; each fourth call (True) is left to those who may, so that something is done."""
        self.turns += 1
        declared = row_of(case.operation.method.upper(), case.operation.path).contract
        roles = sorted(role.value for role in declared.roles or () if role.value in ACTORS) if declared else []
        if self.turns % 4 == 0 and roles:
            return roles[self.turns // 4 % len(roles)], True
        self.everybodys += 1
        return ACTORS[(self.everybodys + self.number) % len(ACTORS)], False

    def _other_agent(self, random: Random) -> tuple[str, Login, Acting]:
        """One of those whose authority ends somewhere; or one who names nobody whom they could act for."""
        who = random.choice(tuple(AGENTS))
        login, agent = self.logins[who], AGENTS[who]
        if who == Role.AGENT.value:
            login = replace(login, acting_for=random.choice(_NO_PRINCIPAL))
            return "agent of nobody", login, replace(agent, ended=True)
        return who, login, agent

    def _wrong(self, case: schemathesis.Case, actor: str, agent: Acting | None, answer: Any) -> list[str]:
        found: list[str] = []
        status, body = answer.status_code, answer.content
        if status >= 500 and status != 503:
            found.append("server error")
        kind = (answer.headers.get("content-type") or [""])[0]
        method, template = case.operation.method.upper(), case.operation.path
        if status not in (404, 405) or json.loads(body).get("code") not in ("not_found", "method_not_allowed"):
            wrong = broken(method, template, status, kind, body)
            found += [wrong.why] if wrong else []
        row = row_of(method, template)
        declared = row.contract
        roles = declared.roles if declared else None
        if status < 300 and roles is not None and actor not in roles:
            found.append("done for somebody who may not")
        if status < 300 and agent and declared and not declared.is_open and may(agent, row) is False:
            found.append("done for an agent who may not")
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
