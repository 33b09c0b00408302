"""代办: who may act for whom, in what, when; what an agent sees; and that every act shows as one."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from obstore.store import LocalStore
from PIL import Image

from backend.access import Action, Actor
from backend.casework import agents, application, deliberation, determination, my_subscriptions, people, view
from backend.casework.agents import Agent, Terms
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.identity.acting import MOST_ACTS, AgentKind, acting_for
from models.agents import Agency
from models.application import Application, Case, Photo
from models.outbox import Consent
from models.people import Person, RosterEntry, StaffAccount
from models.trail import TrailEntry
from rules.dates import years_after
from rules.statuses import Role, Status
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.backend.steps import convened

NOW = district.AT
TODAY = local_day(NOW)
ALL = {kind: MOST_ACTS[kind] for kind in AgentKind}
ACTS = (Action.READ_OWN, Action.APPLY, Action.ADD_PHOTO, Action.WITHDRAW, Action.DESCRIBE)


def logged_in(person: Person) -> Actor:
    """Somebody on their own phone."""
    return Actor(Role.RESIDENT, person.name, person_id=person.id, village_id=person.village_id)


async def somebody(place: SmallDistrict, kind: AgentKind) -> Person:
    """Who may act in this kind: a cadre holds an office in the village."""
    someone = await district.person("林代办", place.village, born=date(1980, 1, 1))
    if kind is AgentKind.CADRE:
        await district.enter(someone, place.village, "resident_cadre")
    return someone


def terms(kind: AgentKind, acts: frozenset[Action] | None = None, **more: Any) -> Terms:
    return Terms(kind, MOST_ACTS[kind] if acts is None else acts, "户口簿", "本人要求", **more)


async def recorded(
    place: SmallDistrict, kind: AgentKind, acts: frozenset[Action] | None = None, **more: Any
) -> tuple[Person, Agency]:
    agent = await somebody(place, kind)
    worker = place.actors[Role.WORKER]
    agency = await agents.record(worker, place.resident.id, Agent(agent.id), terms(kind, acts, **more), now=NOW)
    return agent, agency


async def acting(agent: Person, principal: Person, day: date = TODAY) -> Actor:
    return await acting_for(logged_in(agent), str(principal.id), today=day)


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return out.getvalue()


async def do(act: Action, actor: Actor, case: Case, folder: Path) -> object:
    """One act on the case, or beside it."""
    match act:
        case Action.READ_OWN:
            return await view.read_case(case.id, actor, now=NOW), await view.own_cases(actor)
        case Action.APPLY:
            return await application.submit(
                actor, submission_key=uuid4().hex, story="代写", household_size=2, facts={}, now=NOW
            )
        case Action.ADD_PHOTO:
            return await application.add_photo(actor, case.id, picture(), store=LocalStore(folder), now=NOW)
        case Action.WITHDRAW:
            return await application.withdraw(case.id, actor, reason="不办了", now=NOW)
        case Action.DESCRIBE:
            return await people.describe(
                actor, name="陈改名", village_id=int(actor.village_id or 0), born_on=district.BORN, phone=None, now=NOW
            )
    raise AssertionError(act)


@pytest.mark.parametrize("kind", AgentKind)
@pytest.mark.parametrize("act", ACTS)
async def test_each_kind_does_what_was_recorded_for_it_and_nothing_else(
    database: str, tmp_path: Path, kind: AgentKind, act: Action
) -> None:
    place = await district.build()
    case = await place.case("submitted")
    if act in MOST_ACTS[kind]:
        agent, agency = await recorded(place, kind, frozenset({act}))
        await do(act, await acting(agent, place.resident), case, tmp_path)
        for other in set(ACTS) - {act}:
            with pytest.raises(NotAllowedError) as refused:
                await do(other, await acting(agent, place.resident), case, tmp_path)
            assert refused.value.code == "not_in_scope", other
        await agents.end(logged_in(agent), agency.id, why="不用了", now=NOW)
    rest = MOST_ACTS[kind] - {act}
    other_agent, _ = await recorded(place, kind, rest)
    with pytest.raises(NotAllowedError):
        await do(act, await acting(other_agent, place.resident), case, tmp_path)
    with pytest.raises(InvalidInputError) as too_much:
        await recorded(place, kind, frozenset({Action.URGENT}))
    assert too_much.value.code == "acts_not_possible"
    if act not in MOST_ACTS[kind]:
        with pytest.raises(InvalidInputError):
            await recorded(place, kind, MOST_ACTS[kind] | {act})


@pytest.mark.parametrize("kind", AgentKind)
async def test_an_agent_touches_nobodys_case_but_the_principals(database: str, tmp_path: Path, kind: AgentKind) -> None:
    place = await district.build()
    neighbour = await district.person("邻居", place.village)
    theirs = await place.case("submitted", applicant_id=neighbour.id)
    agent, _ = await recorded(place, kind)
    agents_own = await place.case("submitted", applicant_id=agent.id)
    actor = await acting(agent, place.resident)
    for case in (theirs, agents_own):
        for act in (Action.READ_OWN, Action.ADD_PHOTO, Action.WITHDRAW):
            with pytest.raises(NotAllowedError) as refused:
                await do(act, actor, case, tmp_path)
            assert refused.value.code in ("not_your_case", "role_not_allowed")
    with pytest.raises(NotAllowedError):
        await acting(agent, neighbour)
    # Without saying for whom, the agent is a resident with a case of their own.
    assert [row["id"] for row in await view.own_cases(logged_in(agent))] == [str(agents_own.id)]
    with pytest.raises(NotAllowedError):
        await view.read_case(theirs.id, logged_in(agent), now=NOW)


@pytest.mark.parametrize("kind", AgentKind)
async def test_an_agency_holds_from_its_first_to_its_last_day_and_until_it_is_ended(
    database: str, kind: AgentKind
) -> None:
    place = await district.build()
    first, last = TODAY + timedelta(days=2), TODAY + timedelta(days=9)
    agent, agency = await recorded(place, kind, from_day=first, to_day=last)
    for day, holds in (
        (first - timedelta(days=1), False),
        (first, True),
        (last, True),
        (last + timedelta(days=1), False),
    ):
        if holds:
            assert (await acting(agent, place.resident, day)).acting_as == kind
        else:
            with pytest.raises(NotAllowedError) as refused:
                await acting(agent, place.resident, day)
            assert refused.value.code == "agency_not_in_force"
    await agents.end(logged_in(place.resident), agency.id, why="自己能办了", now=NOW)
    with pytest.raises(NotAllowedError) as over:
        await acting(agent, place.resident, first)
    assert over.value.code == "no_agency"
    with pytest.raises(ConflictError):
        await agents.end(logged_in(agent), agency.id, why="再结束", now=NOW)


async def test_what_an_agent_sends_is_the_principals_and_shows_as_done_for_them(database: str, tmp_path: Path) -> None:
    place = await district.build()
    agent, _ = await recorded(place, AgentKind.RELATIVE)
    actor = await acting(agent, place.resident)
    sent = await application.submit(
        actor, submission_key="by-agent-1", story="替母亲写", household_size=2, facts={}, now=NOW
    )
    again = await application.submit(
        logged_in(place.resident), submission_key="by-agent-1", story="替母亲写", household_size=2, facts={}, now=NOW
    )
    assert (again.again, again.case.id) == (True, sent.case.id), "the same submission, whoever sends it again"
    assert sent.case.applicant_id == place.resident.id
    assert await Application.filter(person_id=place.resident.id).count() == 1
    await do(Action.ADD_PHOTO, actor, sent.case, tmp_path)
    await do(Action.READ_OWN, actor, sent.case, tmp_path)
    await do(Action.WITHDRAW, actor, sent.case, tmp_path)
    entries = await TrailEntry.filter(subject=f"case:{sent.case.id}", role="agent").order_by("id")
    assert [row.action for row in entries] == ["application_submitted", "photo_added", "case_read", "Withdraw"]
    for row in entries:
        assert (row.actor, row.acting_for) == (f"person:{agent.id}", place.resident.id)
        assert agent.name not in str(row.detail)
    for reader in (logged_in(place.resident), place.actors[Role.WORKER], place.actors[Role.SUPERVISOR]):
        shown = await view.read_case(sent.case.id, reader, now=NOW)
        assert [(row["what"], row["who"]) for row in shown["by_agents"]] == [
            ("提交申请", "由林代办代办"),
            ("上传照片", "由林代办代办"),
            ("撤回申请", "由林代办代办"),
        ]
    assert "by_agents" not in await view.read_case(sent.case.id, actor, now=NOW)


async def test_what_the_person_does_themself_names_no_agent(database: str) -> None:
    place = await district.build()
    own = logged_in(place.resident)
    sent = await application.submit(
        own, submission_key="own-key-1", story="自己写", household_size=1, facts={}, now=NOW
    )
    assert (await view.read_case(sent.case.id, own, now=NOW))["by_agents"] == []
    assert (await TrailEntry.get(subject=f"case:{sent.case.id}")).acting_for is None


SECRETS = {
    "id_number": "330302196001011234",
    "phone": "13800001234",
    "bank_account": "6222000011112222",
    "address": "甲路5号",
}


@pytest.mark.parametrize("kind", AgentKind)
async def test_an_agent_reads_status_and_result_and_none_of_what_is_kept_of_the_person(
    database: str, kind: AgentKind
) -> None:
    place = await district.build()
    for name, value in SECRETS.items():
        setattr(place.resident, name, value)
    await place.resident.save()
    worker = place.actors[Role.WORKER]
    found = await application.submit_for(
        worker,
        village_id=place.village.id,
        name="陈安宁",
        phone=SECRETS["phone"],
        born_on=None,
        household_size=2,
        story="尿毒症, 每周透析三次",
        submission_key="lead-key-1",
        now=NOW,
    )
    assert found.case.applicant_id == place.resident.id
    await application.begin_review(found.case.id, worker, ordinary_case_ref="普通-1", now=NOW)
    case = await place.case("before_leaders")
    decision = determination.Decision("1号", "低保", 98_000, TODAY)
    await determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW)
    refused = await place.case("before_leaders")
    await determination.reject(refused.id, place.actors[Role.LEADERS], meeting_no="1", reason="存款超过规定", now=NOW)
    agent, _ = await recorded(place, kind)
    actor = await acting(agent, place.resident)
    read = {item.id: await view.read_case(item.id, actor, now=NOW) for item in (found.case, case, refused)}
    said = str([read, await view.own_cases(actor), await agents.own(logged_in(agent), now=NOW)])
    for secret in (*SECRETS.values(), "透析", "尿毒症"):
        assert secret not in said
    for key in ("application", "deliberations", "readings", "circumstance", "household_size", "clocks", "applicant"):
        assert key not in read[case.id]
    assert read[case.id]["result"]["outcome"] == "approved"
    assert read[case.id]["plain"] == "有结果: 同意救助"
    if kind is AgentKind.CADRE:
        assert "98000" not in said
        assert "存款超过规定" not in said
    else:
        assert read[case.id]["result"]["amount_fen"] == 98_000
        assert read[refused.id]["reason"] == "存款超过规定"
    for message in (
        view.told(case.id, actor, now=NOW),
        application.begin_review(case.id, actor, ordinary_case_ref="1", now=NOW),
    ):
        with pytest.raises(NotAllowedError):
            await message


async def test_a_button_is_shown_only_for_what_the_agent_may_do(database: str) -> None:
    place = await district.build()
    case = await place.case("submitted")
    for kind in AgentKind:
        agent, _ = await recorded(place, kind)
        shown = await view.read_case(case.id, await acting(agent, place.resident), now=NOW)
        assert shown["can_do"] == (() if kind is AgentKind.CADRE else ("Withdraw",))


@pytest.mark.parametrize(
    ("born_on", "kinds"),
    [
        (years_after(TODAY, -14) + timedelta(days=1), {AgentKind.GUARDIAN}),
        (years_after(TODAY, -14), set(AgentKind)),
        (date(1940, 1, 1), set(AgentKind)),
        (None, {AgentKind.GUARDIAN}),
    ],
)
async def test_a_child_under_fourteen_is_spoken_for_by_a_guardian_alone(
    database: str, born_on: date | None, kinds: set[AgentKind]
) -> None:
    place = await district.build()
    place.resident.born_on = born_on
    await place.resident.save()
    for kind in AgentKind:
        if kind in kinds:
            await recorded(place, kind)
        else:
            with pytest.raises(InvalidInputError, match="出生日期" if born_on is None else "监护人"):
                await recorded(place, kind)


async def test_a_birthday_that_is_corrected_afterwards_ends_what_it_forbids(database: str) -> None:
    place = await district.build()
    agent, _ = await recorded(place, AgentKind.RELATIVE)
    await Person.filter(id=place.resident.id).update(born_on=date(2015, 1, 1))
    with pytest.raises(NotAllowedError, match="监护人"):
        await acting(agent, place.resident)


async def test_the_birthday_that_was_missing_is_written_down_with_the_agency(database: str) -> None:
    place = await district.build()
    place.resident.born_on = None
    await place.resident.save()
    agent = await somebody(place, AgentKind.RELATIVE)
    worker = place.actors[Role.WORKER]
    await agents.record(
        worker,
        place.resident.id,
        Agent(agent.id),
        terms(AgentKind.RELATIVE),
        born_on=date(1950, 5, 1),
        now=NOW,
    )
    assert (await Person.get(id=place.resident.id)).born_on == date(1950, 5, 1)


DECIDING = (Role.WORKER, Role.TOWN, Role.LEADERS, Role.SUPERVISOR, Role.BUREAU, Role.ADMIN)


@pytest.mark.parametrize("role", DECIDING)
@pytest.mark.parametrize("kind", [AgentKind.GUARDIAN, AgentKind.RELATIVE, AgentKind.CADRE])
async def test_who_decides_or_works_on_the_case_never_acts_for_it(database: str, role: Role, kind: AgentKind) -> None:
    place = await district.build()
    official = await Person.get(id=place.actors[role].person_id)
    if kind is AgentKind.CADRE:
        await district.enter(official, place.village, "resident_cadre")
    recorder = place.actors[Role.VILLAGE if role is Role.WORKER else Role.WORKER]
    with pytest.raises(InvalidInputError, match="参与办理或评议"):
        await agents.record(recorder, place.resident.id, Agent(official.id), terms(kind), now=NOW)
    with pytest.raises(NotAllowedError):
        await acting_for(place.actors[role], str(place.resident.id), today=TODAY)


async def test_who_takes_such_an_office_later_acts_no_more_and_acts_again_afterwards(database: str) -> None:
    place = await district.build()
    agent, _ = await recorded(place, AgentKind.RELATIVE)
    account = await StaffAccount.create(
        id=uuid4(), person=agent, login="new", password_hash="x", role="leaders", town_id=place.town.id
    )
    with pytest.raises(NotAllowedError, match="参与办理或评议"):
        await acting(agent, place.resident)
    account.ended_at = NOW
    await account.save()
    await acting(agent, place.resident)


async def test_an_official_of_another_town_may_act_for_their_mother(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    official = await Person.get(id=there.actors[Role.TOWN].person_id)
    await agents.record(
        here.actors[Role.WORKER], here.resident.id, Agent(official.id), terms(AgentKind.RELATIVE), now=NOW
    )
    await acting(official, here.resident)


async def test_nobody_sits_on_the_panel_of_a_case_and_acts_for_it(database: str) -> None:
    place = await district.build()
    member = await Person.get(id=place.members[3])
    worker = place.actors[Role.WORKER]
    await agents.record(worker, place.resident.id, Agent(member.id), terms(AgentKind.CADRE), now=NOW)
    with pytest.raises(InvalidInputError) as refused:
        await convened(place)
    assert refused.value.code == "agent_on_panel"
    agency = await Agency.get(agent_id=member.id)
    await agents.end(worker, agency.id, why="要参加评议", now=NOW)
    await convened(place)
    with pytest.raises(InvalidInputError, match="参与办理或评议"):
        await agents.record(worker, place.resident.id, Agent(member.id), terms(AgentKind.CADRE), now=NOW)


async def test_a_supervisor_who_acts_for_the_applicant_does_not_supervise(database: str) -> None:
    place = await district.build()
    watcher = await district.person("监督", place.village)
    await district.enter(watcher, place.village, "supervisor")
    worker = place.actors[Role.WORKER]
    await agents.record(worker, place.resident.id, Agent(watcher.id), terms(AgentKind.RELATIVE), now=NOW)
    case = await place.case("confirmed")
    with pytest.raises(InvalidInputError) as refused:
        await deliberation.convene(
            case.id,
            place.actors[Role.TOWN],
            meets_at=NOW + timedelta(days=1),
            place="礼堂",
            panel=place.members,
            supervisor=watcher.id,
            now=NOW,
        )
    assert refused.value.code == "agent_on_panel"


async def test_a_cadre_acts_for_the_own_village_and_only_while_in_office(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    cadre = await somebody(there, AgentKind.CADRE)
    with pytest.raises(InvalidInputError, match="本村"):
        await agents.record(
            here.actors[Role.WORKER], here.resident.id, Agent(cadre.id), terms(AgentKind.CADRE), now=NOW
        )
    own, _ = await recorded(here, AgentKind.CADRE)
    await acting(own, here.resident)
    await RosterEntry.filter(person_id=own.id).update(to_day=TODAY)
    await acting(own, here.resident)
    with pytest.raises(NotAllowedError, match="本村"):
        await acting(own, here.resident, TODAY + timedelta(days=1))
    clerk = await Person.get(id=here.actors[Role.VILLAGE].person_id)
    await agents.record(here.actors[Role.WORKER], here.resident.id, Agent(clerk.id), terms(AgentKind.CADRE), now=NOW)
    await acting(clerk, here.resident)
    representative = await Person.get(id=here.members[-1])
    with pytest.raises(InvalidInputError, match="本村"):
        await agents.record(
            here.actors[Role.WORKER], here.resident.id, Agent(representative.id), terms(AgentKind.CADRE), now=NOW
        )


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.AGENT, Role.SYSTEM)])
async def test_an_agency_is_recorded_by_the_village_or_a_worker_of_the_region_alone(database: str, role: Role) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    agent = await somebody(here, AgentKind.RELATIVE)

    async def record(actor: Actor) -> Agency:
        return await agents.record(actor, here.resident.id, Agent(agent.id), terms(AgentKind.RELATIVE), now=NOW)

    with pytest.raises(NotAllowedError):
        await record(there.actors[role])
    if role in (Role.VILLAGE, Role.WORKER):
        agency = await record(here.actors[role])
        assert (agency.confirmed_by_id, agency.to_day) == (here.actors[role].account_id, TODAY + agents.LONGEST)
        entry = await TrailEntry.get(action="agency_recorded")
        assert "本人要求" not in str(entry.detail)
        with pytest.raises(ConflictError):
            await record(here.actors[role])
        with pytest.raises(NotAllowedError):
            await agents.end(there.actors[role], agency.id, why="x", now=NOW)
    else:
        with pytest.raises(NotAllowedError):
            await record(here.actors[role])
        with pytest.raises(NotAllowedError):
            await agents.listed(here.actors[role], now=NOW)


async def test_nobody_records_or_confirms_themself_as_an_agent(database: str) -> None:
    place = await district.build()
    clerk = place.actors[Role.VILLAGE]
    with pytest.raises(NotAllowedError, match="自己"):
        await agents.record(clerk, place.resident.id, Agent(clerk.person_id), terms(AgentKind.CADRE), now=NOW)
    own = logged_in(place.resident)
    named = await agents.name_relative(
        own, Agent(name="王某", phone="13900000000"), frozenset({Action.READ_OWN}), wish="让他看", now=NOW
    )
    await Agency.filter(id=named.id).update(agent_id=clerk.person_id)
    with pytest.raises(NotAllowedError, match="自己"):
        await agents.confirm(clerk, named.id, authority="x", now=NOW)


async def test_a_relative_named_on_the_phone_acts_once_staff_have_confirmed_it(database: str) -> None:
    place = await district.build()
    own = logged_in(place.resident)
    named = await agents.name_relative(
        own, Agent(name="陈小宁", phone="139 0000 0000"), frozenset({Action.READ_OWN}), wish="让女儿看", now=NOW
    )
    daughter = await Person.get(id=named.agent_id)
    assert daughter.openid is None
    with pytest.raises(NotAllowedError) as early:
        await acting(daughter, place.resident)
    assert early.value.code == "no_agency"
    (row,) = await agents.listed(place.actors[Role.VILLAGE], now=NOW)
    assert (row["confirmed"], row["in_force"], row["agent"]) == (False, False, "陈小宁")
    assert "139" not in str(row)
    with pytest.raises(NotAllowedError):
        await agents.confirm(own, named.id, authority="x", now=NOW)
    await agents.confirm(place.actors[Role.VILLAGE], named.id, authority="电话问过本人, 看过户口簿", now=NOW)
    assert (await acting(daughter, place.resident)).acts == {Action.READ_OWN}
    with pytest.raises(ConflictError):
        await agents.confirm(place.actors[Role.WORKER], named.id, authority="x", now=NOW)
    mine = await agents.own(own, now=NOW)
    assert [(item["agent"], item["in_force"]) for item in mine["act_for_me"]] == [("陈小宁", True)]
    hers = await agents.own(logged_in(daughter), now=NOW)
    assert [(item["principal"], item["principal_id"]) for item in hers["i_act_for"]] == [
        (place.resident.name, str(place.resident.id))
    ]


async def test_a_name_and_telephone_that_somebody_typed_about_themself_make_nobody_an_agent(database: str) -> None:
    """Else whoever knows both would describe themself so, and wait to be recorded."""
    place = await district.build()
    impostor = await district.person("陈小宁", place.village, openid="o-impostor")
    impostor.phone = "13900000000"
    await impostor.save()
    agency = await agents.record(
        place.actors[Role.WORKER],
        place.resident.id,
        Agent(name="陈小宁", phone="13900000000"),
        terms(AgentKind.RELATIVE),
        now=NOW,
    )
    assert agency.agent_id != impostor.id
    with pytest.raises(NotAllowedError):
        await acting(impostor, place.resident)


async def test_one_names_at_most_three_people_who_are_not_confirmed(database: str) -> None:
    place = await district.build()
    own = logged_in(place.resident)
    for number in range(3):
        agent = Agent(name=f"亲{number}", phone=f"1390000000{number}")
        await agents.name_relative(own, agent, frozenset({Action.READ_OWN}), wish="看", now=NOW)
    with pytest.raises(ConflictError):
        await agents.name_relative(
            own, Agent(name="亲4", phone="13900000009"), frozenset({Action.READ_OWN}), wish="看", now=NOW
        )


async def test_an_agent_names_no_further_agent_and_keeps_what_is_their_own(database: str) -> None:
    place = await district.build()
    guardian, agency = await recorded(place, AgentKind.GUARDIAN)
    actor = await acting(guardian, place.resident)
    with pytest.raises(NotAllowedError):
        await agents.name_relative(
            actor, Agent(name="人", phone="13900000000"), frozenset({Action.READ_OWN}), wish="看", now=NOW
        )
    with pytest.raises(NotFoundError):
        await agents.end(actor, agency.id, why="x", now=NOW)
    await my_subscriptions.answered(actor, uuid4(), {"tmpl-meeting": "accept"}, {}, now=NOW)
    assert (await Consent.get()).person_id == guardian.id, "the message comes to the phone that accepted it"


async def test_a_guardian_who_describes_a_child_keeps_the_telephone_that_they_cannot_see(database: str) -> None:
    place = await district.build()
    place.resident.phone = "13800001234"
    await place.resident.save()
    guardian, _ = await recorded(place, AgentKind.GUARDIAN)
    await people.describe(
        await acting(guardian, place.resident),
        name="陈安宁",
        village_id=place.village.id,
        born_on=date(2016, 1, 1),
        phone=None,
        now=NOW,
    )
    after = await Person.get(id=place.resident.id)
    assert (after.phone, after.born_on) == ("13800001234", date(2016, 1, 1))
    assert (await Person.get(id=guardian.id)).born_on == date(1980, 1, 1)


async def test_a_guardians_agency_may_be_open_and_no_other_lasts_longer_than_a_year(database: str) -> None:
    place = await district.build()
    _, agency = await recorded(place, AgentKind.GUARDIAN)
    assert agency.to_day is None
    for days in ({"to_day": TODAY + timedelta(days=367)}, {"from_day": TODAY, "to_day": TODAY - timedelta(days=1)}):
        with pytest.raises(InvalidInputError) as refused:
            await recorded(place, AgentKind.RELATIVE, **days)
        assert refused.value.code == "term_not_possible"


async def test_after_a_year_the_same_two_are_recorded_again(database: str) -> None:
    place = await district.build()
    agent, first = await recorded(place, AgentKind.RELATIVE)
    later: datetime = NOW + timedelta(days=400)
    worker = place.actors[Role.WORKER]
    await agents.record(worker, place.resident.id, Agent(agent.id), terms(AgentKind.RELATIVE), now=later)
    assert (await Agency.get(id=first.id)).ended_by == "person:system"
    await acting(agent, place.resident, local_day(later))


async def test_the_paper_it_rests_on_is_a_photo_of_the_principals_own_case(database: str, tmp_path: Path) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    photos: dict[str, Photo] = {}
    for name, place in (("own", here), ("other", there)):
        case = await place.case("submitted")
        worker = place.actors[Role.WORKER]
        photos[name] = await application.add_photo(worker, case.id, picture(), store=LocalStore(tmp_path), now=NOW)
    with pytest.raises(NotFoundError):
        await recorded(here, AgentKind.ENTRUSTED, photo_id=photos["other"].id)
    _, agency = await recorded(here, AgentKind.ENTRUSTED, photo_id=photos["own"].id)
    assert agency.photo_id == photos["own"].id


async def test_a_minor_acts_for_nobody(database: str) -> None:
    place = await district.build()
    child = await district.person("小孩", place.village, born=date(2012, 1, 1))
    with pytest.raises(InvalidInputError, match="18"):
        await agents.record(
            place.actors[Role.WORKER], place.resident.id, Agent(child.id), terms(AgentKind.RELATIVE), now=NOW
        )


@pytest.mark.parametrize("sent", ["", "nonsense", str(UUID(int=0))])
async def test_a_phone_that_names_nobody_acts_for_nobody(database: str, sent: str) -> None:
    place = await district.build()
    with pytest.raises((NotAllowedError, InvalidInputError)):
        await acting_for(logged_in(place.resident), sent, today=TODAY)


async def test_the_process_knows_who_withdrew(database: str) -> None:
    place = await district.build()
    case = await place.case("submitted")
    agent, _ = await recorded(place, AgentKind.ENTRUSTED)
    await application.withdraw(case.id, await acting(agent, place.resident), reason="病好了", now=NOW)
    assert (await Case.get(id=case.id)).status == Status.WITHDRAWN
    unscoped = replace(await acting(agent, place.resident), acts=frozenset())
    with pytest.raises(NotAllowedError):
        await view.own_cases(unscoped)
