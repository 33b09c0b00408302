"""The access matrix: the running service answers every cell as the table says."""

import os
from itertools import product

import aiohttp

from rules.statuses import Status
from tests.access import matrix
from tests.conftest import NOW
from tests.contract.table import broken, rows
from tests.fuzz import world
from tests.fuzz.agents import AGENTS, ANYBODYS, EVERY_ACT, asked_of_an_agent, is_anybodys
from tests.fuzz.world import ACTORS
from tests.stack import Stack, connected

EVERY = int(os.environ.get("MATRIX_EVERY", "6"))
"""Each route is called by each role at each place in every sixth status; in every one in `make proof`."""


def test_no_route_is_open_by_oversight() -> None:
    """What anybody may call without a login, by name: a new one is put here on purpose or not at all."""
    found = {f"{row.method} {row.path}" for row in rows() if row.contract is not None and row.contract.is_open}
    guarded = {f"{row.method} {row.path}" for row in matrix.guarded()}
    assert not found & guarded
    inside = {path for path in found if "/cases" in path or "/me" in path or "/console" in path or "/people" in path}
    assert inside == {
        "GET /console/join/{code}",
        "POST /console/join/{code}",
        "GET /console/login",
        "POST /console/login",
        "POST /console/login/code",
        "GET /console/login/next",
        "POST /console/login/setup",
        "POST /console/logout",
        "GET /console/scan",
        "POST /console/scan",
    }


def test_every_route_says_what_it_asks_of_an_agent() -> None:
    """A new one that is anybody's who is logged in is decided on in `ANYBODYS`; for the rest the table decides."""
    anybodys = {(row.method, row.path) for row in rows() if row.contract is not None and is_anybodys(row.contract)}
    assert anybodys == set(ANYBODYS)


def test_every_act_of_an_agent_is_called_with_an_authority_that_covers_it_and_with_one_that_does_not() -> None:
    asked = [asked_of_an_agent(row) for row in matrix.guarded()]
    in_force = [agent for agent in AGENTS.values() if agent.in_force and agent.of_applicant]
    for act in EVERY_ACT:
        assert any(isinstance(acts, frozenset) and act in acts for acts in asked), act
        assert {act in agent.acts for agent in in_force} == {True, False}, act
    assert any(not agent.in_force for agent in AGENTS.values())
    assert any(not agent.of_applicant for agent in AGENTS.values())


async def test_every_route_answers_every_role_in_every_place_as_the_table_says(busy_stack: Stack) -> None:
    stack = busy_stack
    async with connected(stack):
        place = await world.build(NOW, stack.phones)
        ids = matrix.Ids(place)
        statuses = [status.value for status in Status]
        await ids.plant(statuses, many=3)
        await place.plant_agents(place.resident)
        logins = await place.logins(stack.redis)
        actors = tuple(dict.fromkeys([*ACTORS, *AGENTS]))
        found = await matrix.run(stack.base, logins, matrix.calls(ids, actors, statuses, every=EVERY))
    assert sorted(found.wrong) == [], "\n".join(sorted(found.wrong))
    assert found.number > 3000
    assert set(found.done_by_agents) == EVERY_ACT, "within the authority each act comes through"


async def test_an_agent_whose_authority_does_not_reach_so_far_is_refused_as_declared_where_the_door_is_open(
    stack: Stack,
) -> None:
    """The bot answers everybody, and who is logged in as what they are."""
    async with connected(stack):
        place = await world.build(NOW, stack.phones)
        await place.plant_agents(place.resident)
        logins = await place.logins(stack.redis)
    talk = {"conversation": "agent-0001"}
    bodies = {
        "/api/bot/ask": talk | {"text": "我的申请到哪一步了"},
        "/api/bot/rate": talk | {"useful": True},
        "/api/bot/person": talk,
    }
    told: dict[str, set[int]] = {actor: set() for actor in AGENTS}
    async with aiohttp.ClientSession(stack.base) as http:
        for actor, (path, body) in product(AGENTS, bodies.items()):
            async with http.post(path, json=body, headers=logins[actor].headers()) as response:
                assert broken("POST", path, response.status, response.content_type, await response.read()) is None
                told[actor].add(response.status)
    assert all(statuses == {403} for actor, statuses in told.items() if not AGENTS[actor].in_force)
    assert told["agent who reads"] == {200, 201}
    assert told["agent who does not read"] == {200, 201, 403}
