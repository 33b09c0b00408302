"""Whatever a role does, in whatever order, it never reads what the table keeps from it.

Words are planted in every part of cases that stand at several steps, in the household's own particulars too; random
sequences of calls (every route that is not open, with ids that exist) are made by each role in its own place, and by
agents of this very household.
"""

import os
from collections import Counter
from random import Random
from uuid import uuid4

import aiohttp
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from backend.access import ALLOWED, SIGHT, Action, Part
from backend.api.contract import Entry, Kind
from models.application import Application, Case, Evidence, HomeVisit
from models.duties import NearRelative
from models.people import Person
from rules.statuses import Role
from tests.access import matrix
from tests.conftest import NOW
from tests.fuzz import world
from tests.fuzz.agents import AGENTS, Asks, asked_of_an_agent, may
from tests.fuzz.world import World
from tests.stack import Stack, connected

SEQUENCES = int(os.environ.get("SEQUENCES", "6"))
"""By actor; a hundred in `make proof`."""
LONGEST = 14
STATUSES = ["submitted", "gathering_evidence", "confirmed", "scheduled", "before_leaders", "in_force", "closed"]
PLANTED = {
    "植入故事": SIGHT[Part.STORY],
    "植入调查": SIGHT[Part.FINDINGS],
    "91827364": SIGHT[Part.MONEY],
    "植入亲属": SIGHT[Part.RELATIVES] | ALLOWED[Action.CONVENE] | ALLOWED[Action.MANAGE_ROSTER],
    "330302196001010033": ALLOWED[Action.UNMASK],
    "6222020000000000000": ALLOWED[Action.UNMASK],
    "植入路99号": ALLOWED[Action.UNMASK],
    "13977770001": ALLOWED[Action.UNMASK] | ALLOWED[Action.CALL],
}
_ENDS = ("/api/session", "/console/log", "/console/me", "/console/devices", "/api/me/devices", "/api/me/invitation")
"""Routes that end or change the caller's own session: they show nothing of a case."""


async def _plant(place: World) -> Person:
    """Every part of every case of the own village says its word; the household is not the resident of the calls."""
    someone = await Person.create(
        id=uuid4(),
        name="陈安宁",
        village_id=place.own.id,
        phone="13977770001",
        id_number="330302196001010033",
        bank_account="6222020000000000000",
        address="植入路99号",
        created_at=NOW,
    )
    relative = await Person.create(id=uuid4(), name="植入亲属", village_id=place.own.id, created_at=NOW)
    for row in await Case.filter(village_id=place.own.id):
        row.applicant_id, row.deposit_fen = someone.id, 91_827_364
        row.referral_reason = row.evidence_waiver = "植入调查的理由"
        await row.save()
        await NearRelative.create(
            id=uuid4(), case=row, person=relative, relation="父母", declared_by="system", declared_at=NOW
        )
    for application in await Application.filter(case__village_id=place.own.id):
        application.story = "植入故事"
        await application.save()
    for visit in await HomeVisit.filter(case__village_id=place.own.id):
        visit.findings = "植入调查结果"
        await visit.save()
    for number, evidence in enumerate(await Evidence.filter(case__village_id=place.own.id)):
        evidence.title = f"植入调查诊断书{number}"
        await evidence.save()
    return someone


def _may_read(actor: str, row: Entry) -> set[str]:
    """A guardian is told what is kept of the ward as the ward would be (docs/privacy.md); no other agent is."""
    role: str = Role.AGENT if actor in AGENTS else actor
    if actor in AGENTS and asked_of_an_agent(row) is Asks.GUARDIAN and may(AGENTS[actor], row):
        role = Role.RESIDENT
    return {word for word, roles in PLANTED.items() if role in roles}


async def test_no_sequence_of_calls_shows_a_role_what_the_table_keeps_from_it(busy_stack: Stack) -> None:
    stack = busy_stack
    async with connected(stack):
        place = await world.build(NOW, stack.phones)
        ids = matrix.Ids(place)
        await ids.plant(STATUSES, many=2)
        household = await _plant(place)
        ids.person = str(household.id)
        await place.plant_agents(household)
        logins = await place.logins(stack.redis)
    routes = [
        row
        for row in matrix.guarded()
        if matrix.declared(row).kind in (Kind.JSON, Kind.PAGE) and not row.path.startswith(_ENDS)
    ]
    seen: Counter[str] = Counter()
    made = 0

    async def sequence(http: aiohttp.ClientSession, actor: str, draws: list[int]) -> list[str]:
        nonlocal made
        told = []
        for draw in draws:
            random = Random(draw)
            row = routes[draw % len(routes)]
            call = matrix.one_call(ids, row, actor, "own", random.choice(STATUSES), random.randrange(1000))
            text = await matrix.text_of(http, logins, call)
            made += 1
            for word in PLANTED:
                if word in text:
                    seen[word] += 1
                    if word not in _may_read(actor, row):
                        told.append(f"{call.name} shows {word} after {made} calls")
        return told

    drawn = [(actor, draws) for actor in logins for draws in _draw(actor)]
    async with aiohttp.ClientSession(stack.base) as http:
        found = [line for actor, draws in drawn for line in await sequence(http, actor, draws)]
    assert found == []
    assert made > 300
    assert seen, "the words are there to be found: who may read them does"


def _draw(actor: str) -> list[list[int]]:
    """Hypothesis draws the sequences, the same ones at every run."""
    found: list[list[int]] = []

    @seed(sum(actor.encode()))
    @settings(max_examples=SEQUENCES, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, 2**32), min_size=8, max_size=LONGEST))
    def draw(draws: list[int]) -> None:
        found.append(draws)

    draw()
    return found


def test_every_part_of_a_case_has_a_word_to_look_for_or_shows_nothing_secret() -> None:
    plain = {Part.PROGRESS, Part.APPLICANT, Part.CIRCUMSTANCE, Part.MEETINGS, Part.DEADLINES, Part.PHOTOS}
    assert plain | {Part.STORY, Part.FINDINGS, Part.MONEY, Part.RELATIVES} == set(Part)
    assert not any(Role.ADMIN in roles for roles in PLANTED.values())
