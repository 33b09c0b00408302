"""Every route x every role x own village, own town, elsewhere: what the table says, and what the running service does.

The routes come from the router with their contracts; one whose ids nobody knows how to fill in fails loudly. Agents
(代办) stand in it several times: with an authority, with one that does not reach so far, with none any more.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from pydantic import BaseModel

from backend.access import Action
from backend.api.contract import Bytes, Contract, Entry, Kind
from backend.demo.tour import sample_photo
from models.application import Case, Photo
from models.deliberation import Deliberation
from models.desk import Handover
from models.outbox import Delivery
from models.people import Person
from models.places import Village
from rules.statuses import Role
from tests.contract.table import rows
from tests.fuzz.agents import AGENTS, asked_of_an_agent, may
from tests.fuzz.world import ACTORS, NOBODY, Login, World

PLACES = ("own", "near", "far")
"""The actor's own village, another one of the same town, another town."""
_REGION_CODES = {"not_your_region", "not_your_case"}
_NOT_IN_FORCE = {"no_agency", "agency_not_in_force", "not_for_agents"}
_AGENT_CODES = _NOT_IN_FORCE | {"not_in_scope", "agency_does_not_cover"}
_DENIED_CODES = _REGION_CODES | _AGENT_CODES | {"role_not_allowed", "staff_only"}
_BUREAU_WIDE = {Role.BUREAU.value}
_AT_ONCE = 8
JPEG = sample_photo()
_ANYWHERE: dict[str, list[str]] = {
    "intent": ["validity"],
    "question_id": ["1"],
    "what": [],
    "device_id": ["0" * 32],
    "ticket": ["t" * 30],
    "code": ["c" * 30],
    "alert_id": ["1"],
    "pause_id": ["1"],
}
"""What an address names that lies in no town; without a value: whatever the route's pattern allows."""
_NOT_THERE = {"agency_id", "request_id", "list_id", "invitation_id", "account_id", "consent_id"}
"""Of these the calls name rows that do not exist: who may is told 404, who may not 403 or 404."""


@dataclass(frozen=True, slots=True)
class Call:
    """One cell of the matrix."""

    row: Entry
    actor: str
    place: str
    status: str
    path: str
    body: Any

    @property
    def name(self) -> str:
        """For a failure to be found again."""
        return f"{self.actor} {self.row.method} {self.row.path} [{self.place}, {self.status}]"


def declared(row: Entry) -> Contract:
    """The contract, which every route has."""
    assert row.contract is not None, row.path
    return row.contract


END_EVERY_SESSION = {("DELETE", "/api/me/devices"), ("POST", "/console/devices/close-all")}
"""Not called here: they end the caller's own logins and show nothing (tests/identity)."""


def guarded() -> list[Entry]:
    """Every route that is not for everybody."""
    return [
        row
        for row in rows()
        if not declared(row).is_open
        and declared(row).kind in (Kind.JSON, Kind.PAGE)
        and (row.method, row.path) not in END_EVERY_SESSION
    ]


class Ids:
    """Rows to name in an address, by where they are."""

    def __init__(self, world: World) -> None:
        self.villages = {"own": world.own, "near": world.near, "far": world.far}
        self.world = world
        self.person = world.panel[-1]
        """Whom a body names: nobody who calls, or they would be related to everything after a while."""
        self._cases: dict[tuple[str, str], list[str]] = {}
        self._rest: dict[tuple[str, str], list[str]] = {}
        self._people = {"own": world.resident}

    async def plant(self, statuses: list[str], many: int) -> None:
        """`many` fresh cases a place and status, with what hangs on them."""
        for place, village in self.villages.items():
            if place not in self._people:
                self._people[place] = await Person.create(
                    id=uuid4(), name="邻居", village_id=village.id, created_at=self.world.now
                )
            for status in statuses:
                for _ in range(many):
                    case = await self.world._case(village, self._applicant(place), status, "演示情况")
                    self._cases.setdefault((place, status), []).append(str(case.id))
            for _ in range(many):
                relief = await self.world._relief(village, self._applicant(place), "reported")
                self._rest.setdefault((place, "relief_id"), []).append(str(relief.id))
        await self._read()

    def _applicant(self, place: str) -> Person:
        """Everything in the own village is the resident's, nothing elsewhere."""
        return self._people[place]

    async def _read(self) -> None:
        for place, village in self.villages.items():
            open_meetings = Deliberation.filter(case__village_id=village.id, status="convened")
            self._rest[place, "deliberation_id"] = [
                str(found) for found in await open_meetings.values_list("id", flat=True)
            ]
            self._rest[place, "delivery_id"] = [await self.world._call(self._applicant(place)) for _ in range(40)]
            told = Delivery.filter(id__in=self._rest[place, "delivery_id"])
            self._rest[place, "notice_id"] = [str(found) for found in await told.values_list("notice_id", flat=True)]
            self._rest[place, "handover_id"] = [str((await self._handover(village.town_id)).id) for _ in range(10)]
            photos = []
            for case in await Case.filter(applicant_id=self._applicant(place).id, status="submitted").limit(3):
                photo = await Photo.create(
                    id=uuid4(),
                    case=case,
                    key=f"photos/{uuid4()}.jpg",
                    sha256=uuid4().hex,
                    width=1,
                    height=1,
                    size=1,
                    stored_at=self.world.now,
                )
                photos.append(f"{case.id}/{photo.id}")
            self._rest[place, "photo"] = photos

    async def _handover(self, town_id: int) -> Handover:
        now = self.world.now
        said = [{"who": "asker", "text": "问一句", "at": now.isoformat()}]
        values = {"door": "api", "code_digest": uuid4().hex * 2, "conversation": said, "opened_at": now, "last_at": now}
        return await Handover.create(id=uuid4(), town_id=town_id, **values)

    def fill(self, row: Entry, place: str, status: str, turn: int) -> str:
        """The address with ids put in. Raises KeyError for an id that nobody knows."""
        path = row.path
        if "photo_id" in row.parameters:
            case, photo = self._pick(self._rest[place, "photo"], turn).split("/")
            return path.replace("{case_id}", case).replace("{photo_id}", photo)
        for name, schema in row.parameters.items():
            if name == "person_id":
                among = [str(self._people[place].id)]
            elif name in _NOT_THERE:
                among = [str(uuid4())]
            elif name in _ANYWHERE:
                among = _ANYWHERE[name] or str(schema["pattern"]).strip("^()$").split("|")
            else:
                among = self._cases[place, status] if name == "case_id" else self._rest[place, name]
            path = path.replace(f"{{{name}}}", self._pick(among, turn))
        return path

    def _pick(self, among: list[str], turn: int) -> str:
        return among[turn % len(among)]


def minimal(body: type[BaseModel], *, village: Village, person: str, now: Any) -> dict[str, Any]:
    """The least that the body needs, with a village and a person that exist."""
    schema = body.model_json_schema()
    known = {
        "village_id": village.id,
        "town_id": village.town_id,
        "person_id": person,
        "supervisor": person,
        "meets_at": (now + timedelta(days=2)).isoformat(),
        "visited_at": now.isoformat(),
        "delivered_at": now.isoformat(),
        "relation": "父母",
    }
    return {
        name: known[name] if name in known else _least(schema["properties"][name], schema)
        for name in schema.get("required", ())
    }


def _least(field: dict[str, Any], schema: dict[str, Any]) -> Any:
    if "$ref" in field:
        return _least(schema["$defs"][field["$ref"].rsplit("/", 1)[1]], schema)
    if "enum" in field:
        return field["enum"][0]
    if "const" in field:
        return field["const"]
    if "anyOf" in field:
        return _least(field["anyOf"][0], schema)
    match field.get("type"):
        case "integer":
            return int(field.get("minimum", field.get("exclusiveMinimum", 0) + 1))
        case "boolean":
            return True
        case "array":
            return [_least(field["items"], schema)] * int(field.get("minItems", 0))
        case "object":
            return {name: _least(field["properties"][name], schema) for name in field.get("required", ())}
    return _text(field)


def _text(field: dict[str, Any]) -> str:
    match field.get("format"):
        case "uuid":
            return str(uuid4())
        case "date":
            return "2026-10-12"
        case "date-time":
            return "2026-10-12T01:00:00Z"
    if "pattern" in field:
        return "13800138000"
    return "理由写明" * max(1, -(-int(field.get("minLength", 0)) // 4))


def expected(row: Entry, actor: str, place: str) -> bool | None:
    """Whether the table lets this actor do this here; None where the table does not decide alone."""
    roles = declared(row).roles
    if actor == NOBODY:
        return False
    if actor in AGENTS:
        return _agent_may(row, actor, place)
    if roles is None:
        return None
    if actor not in roles:
        return False
    if not _has_place(row) or actor in _BUREAU_WIDE:
        return True
    if actor in (Role.RESIDENT.value, Role.VILLAGE.value):
        return place == "own"
    return place in ("own", "near")


def _agent_may(row: Entry, actor: str, place: str) -> bool | None:
    """What the authority covers, of the principal's: everything in the own village is the applicant's, nothing else."""
    allowed = may(AGENTS[actor], row)
    return allowed and (not _names_a_row(row) or (place == "own" and AGENTS[actor].of_applicant))


def _names_a_row(row: Entry) -> bool:
    return bool(set(row.parameters) - set(_ANYWHERE) - _NOT_THERE)


def _has_place(row: Entry) -> bool:
    body = declared(row).body
    named = isinstance(body, type) and {"village_id", "town_id"} & set(body.model_fields)
    return _names_a_row(row) or bool(named)


def verdict(call: Call, http_status: int, code: str) -> str | None:
    """What is wrong with an answer; None for what the table says."""
    allowed = expected(call.row, call.actor, call.place)
    if http_status >= 500 and http_status != 503:
        return f"{http_status}"
    if call.actor == NOBODY:
        return None if http_status in (401, 303) else f"{http_status} for nobody"
    if allowed is None:
        return None
    refused = (http_status == 403 and code in _DENIED_CODES) or code == "not_logged_in"
    # A page answers 401 to a wrong password, and 303 to who is not logged in.
    if allowed and (refused or (http_status == 401 and declared(call.row).kind is Kind.JSON)):
        return f"{http_status} {code} for who may"
    if not allowed and http_status not in (403, 404):
        return f"{http_status} {code} for who may not"
    agent = AGENTS.get(call.actor)
    if agent and not agent.in_force and declared(call.row).kind is Kind.JSON and code not in _NOT_IN_FORCE:
        return f"{http_status} {code} for an agent who is none any more"
    return None


def one_call(ids: Ids, row: Entry, actor: str, place: str, status: str, turn: int) -> Call:
    """One cell, with ids and the least body filled in."""
    body = declared(row).body
    sent: Any = None
    if isinstance(body, type):
        sent = minimal(body, village=ids.villages[place], person=ids.person, now=ids.world.now)
    elif isinstance(body, Bytes):
        sent = JPEG
    return Call(row, actor, place, status, ids.fill(row, place, status, turn), sent)


def calls(ids: Ids, actors: tuple[str, ...], statuses: list[str], *, every: int) -> Iterator[Call]:
    """The cells: each route by each actor at each place; a route of a case at each status, `every`-th of them.

    Where no agent may do anything, one goes through all cells and the others through one.
    """
    turn = 0
    for row in guarded():
        at = statuses if "case_id" in row.parameters and "photo_id" not in row.parameters else ["submitted"]
        for number, actor in enumerate(actors):
            once = actor in AGENTS and actor not in ACTORS and not asked_of_an_agent(row)
            for place in PLACES if _has_place(row) and not once else ("own",):
                chosen = (at[(turn + number) % every :: every] or at[:1]) if len(at) > 1 else at
                chosen = chosen[:1] if once else chosen
                for status in chosen:
                    turn += 1
                    yield one_call(ids, row, actor, place, status, turn)


@dataclass
class Outcome:
    """How many calls were made, what was wrong, and by which acts agents got something done."""

    number: int = 0
    wrong: list[str] = field(default_factory=list)
    done_by_agents: Counter[Action] = field(default_factory=Counter)


async def run(base: str, logins: dict[str, Login], found: Iterator[Call]) -> Outcome:
    """Make the calls."""
    outcome = Outcome()
    async with aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(limit=_AT_ONCE)) as http:
        waiting = asyncio.Semaphore(_AT_ONCE)

        async def one(call: Call) -> None:
            async with waiting:
                status, code, _ = await _send(http, logins, call)
            if why := verdict(call, status, code):
                outcome.wrong.append(f"{call.name}: {why}")
            asked = asked_of_an_agent(call.row)
            if call.actor in AGENTS and status < 300 and isinstance(asked, frozenset):
                outcome.done_by_agents.update(asked)

        async with asyncio.TaskGroup() as group:
            for call in found:
                outcome.number += 1
                group.create_task(one(call))
    return outcome


async def text_of(http: aiohttp.ClientSession, logins: dict[str, Login], call: Call) -> str:
    """The answer as text."""
    _, _, text = await _send(http, logins, call)
    return text


async def _send(http: aiohttp.ClientSession, logins: dict[str, Login], call: Call) -> tuple[int, str, str]:
    """(status, the code of a refusal, the body)."""
    login = logins.get(call.actor)
    page = declared(call.row).kind is Kind.PAGE
    headers = login.headers(page=page) if login else {}
    if page:
        headers["Sec-Fetch-Site"] = "same-origin"
    options: dict[str, Any] = {"allow_redirects": False, "headers": headers}
    if isinstance(call.body, bytes):
        options["data"] = call.body
    elif call.body is not None:
        options["json"] = call.body
    async with http.request(call.row.method, call.path, **options) as response:
        text = (await response.read()).decode(errors="replace")
        if response.content_type == "application/json":
            code = str(json.loads(text).get("code", "")) if response.status >= 400 else ""
        elif response.headers.get("Location") == "/console/login":
            code = "not_logged_in"
        else:
            code = "role_not_allowed" if response.status == 403 else ""
        return response.status, code, text
