"""Agents, platform identities and near relatives: what a guardian may do, and that they all go when a person goes."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from obstore.store import MemoryStore

from backend.access import Actor
from backend.casework import agents, application
from backend.casework.agents import Agent, Terms
from backend.clock import local_day
from backend.errors import ConflictError, NotAllowedError
from backend.identity.acting import MOST_ACTS, AgentKind, acting_for
from backend.privacy import consents, corrections, own_data, particulars, persons, retention, texts
from backend.privacy.consents import Giver
from backend.privacy.due import preview
from models.agents import Agency
from models.desk import Handover
from models.duties import NearRelative
from models.identities import Invitation, PlatformIdentity
from models.outbox import RetiredAddress
from models.people import Person
from models.privacy import GivenConsent
from rules.retention import periods
from rules.statuses import Role
from tests.backend.district import SmallDistrict, build, person
from tests.conftest import NOW
from tests.privacy.people import STORY, full_case, id_number
from tests.privacy.test_retention import DAY_AFTER, ENDED, SET, granted


async def acting(place: SmallDistrict, principal: Person, kind: AgentKind) -> Actor:
    """Somebody with an agency of this kind, who acts."""
    agent = await person("林代办", place.village, born=date(1980, 1, 1))
    terms = Terms(kind, MOST_ACTS[kind], "户口簿", "本人要求")
    await agents.record(place.actors[Role.WORKER], principal.id, Agent(agent.id), terms, now=NOW)
    himself = Actor(Role.RESIDENT, agent.name, agent.id, village_id=place.village.id)
    return await acting_for(himself, str(principal.id), today=local_day(NOW))


async def test_a_guardian_agrees_for_the_child_on_the_phone_and_then_applies(database: str) -> None:
    place = await build()
    child = await person("小安", place.village, born=date(2016, 1, 1))
    guardian = await acting(place, child, AgentKind.GUARDIAN)

    async def apply() -> application.Submitted:
        return await application.submit(
            guardian, submission_key=uuid4().hex, story=STORY, household_size=2, facts={}, now=NOW
        )

    with pytest.raises(ConflictError) as caught:
        await apply()
    assert caught.value.code == "guardian_consent_needed"
    version = texts.current("child_under_14").version
    await consents.give(guardian, "child_under_14", version, Giver(), now=NOW)
    given = await GivenConsent.get(person_id=child.id)
    assert (given.given_by, given.giver_id, given.giver_name) == ("guardian", guardian.person_id, "林代办")
    assert (await apply()).case.applicant_id == child.id
    assert (await consents.standing(persons.subject_of(guardian)))["consents"][0]["purpose"] == "child_under_14"


async def test_a_guardian_reads_the_childs_data_masked_and_another_agent_none_of_it(database: str) -> None:
    place = await build()
    child = await person("小安", place.village, born=date(2016, 1, 1))
    number = id_number(born="20160101")
    await particulars.write(place.actors[Role.WORKER], child.id, {"id_number": number}, now=NOW)
    document = await own_data.own(await acting(place, child, AgentKind.GUARDIAN), now=NOW)
    said = json.dumps(document, ensure_ascii=False)
    assert document["本人"]["姓名"] == "小安"
    assert document["谁能替您办"][0]["身份"] == "监护人"
    assert number not in said
    relative = await acting(place, place.resident, AgentKind.RELATIVE)
    for attempt in (
        own_data.own(relative, now=NOW),
        corrections.own(relative),
        corrections.ask(relative, field="name", wanted="陈", why="错", answer_days=None, now=NOW),
        consents.acknowledge(relative, texts.current(texts.NOTICE).version, now=NOW),
        consents.give(relative, "property_check", texts.current("property_check").version, Giver(), now=NOW),
    ):
        with pytest.raises(NotAllowedError) as caught:
            await attempt
        assert caught.value.code == "agency_does_not_cover"


async def test_a_person_known_to_the_platform_and_acted_for_goes_with_all_of_it(database: str) -> None:
    place, store = await build(), MemoryStore()
    one, agent = await person("独一件", place.village, openid="oOne"), await person("林代办", place.village)
    cadre = await Person.get(id=place.members[0])
    case = await full_case(place, store, "expired", person=one, ended=ENDED)
    await NearRelative.create(
        id=uuid4(), case=case, person=cadre, relation="sibling", declared_by="account:x", declared_at=ENDED
    )
    for account, openid in (("mini_program", "oOne"), ("service_account", "oService")):
        await PlatformIdentity.create(id=uuid4(), person=one, account=account, openid=openid, since=ENDED)
    worker = place.actors[Role.WORKER]
    await Invitation.create(
        id=uuid4(),
        person=one,
        code_digest="d",
        made_by_id=worker.account_id,
        made_at=ENDED,
        ends_at=ENDED + timedelta(days=7),
    )
    await Agency.create(
        id=uuid4(),
        principal=one,
        agent=agent,
        kind="relative",
        acts=[],
        authority="户口簿",
        wish="本人要求",
        from_day=ENDED.date(),
        to_day=ENDED.date() + timedelta(days=365),
        recorded_at=ENDED,
    )
    # Begun at the service account before anybody knew whose phone it was.
    await Handover.create(
        id=uuid4(),
        door="service_account",
        openid="oService",
        status="closed",
        conversation=[],
        opened_at=ENDED,
        last_at=ENDED,
        closed_at=ENDED,
    )
    for openid in ("oOne", "oService"):
        await RetiredAddress.create(address=openid, at=ENDED)
    await granted(place, DAY_AFTER)
    assert await retention.run(store, periods=SET, now=DAY_AFTER) == 1
    assert not await Person.exists(id=one.id)
    for model in (PlatformIdentity, Invitation, Agency, NearRelative, Handover, RetiredAddress):
        assert not await model.exists(), model.__name__
    assert await Person.exists(id=agent.id)
    assert await Person.exists(id=cadre.id)


async def test_whom_somebody_may_act_for_today_and_who_acts_for_others_are_kept(database: str) -> None:
    place, store = await build(), MemoryStore()
    ward, guardian = await person("受监护", place.village), await person("监护人", place.village)
    await full_case(place, store, "expired", person=ward, ended=ENDED)
    await Agency.create(
        id=uuid4(),
        principal=ward,
        agent=guardian,
        kind="guardian",
        acts=[],
        authority="法院",
        wish="监护",
        from_day=ENDED.date(),
        recorded_at=ENDED,
    )
    await granted(place, DAY_AFTER)
    await retention.run(store, periods=SET, now=DAY_AFTER)
    assert await Person.exists(id=ward.id)
    chosen = periods({"person": "P1Y"})
    due = {row.id for row in (await preview(DAY_AFTER, chosen))["person"]}
    assert due.isdisjoint({str(ward.id), str(guardian.id)})
