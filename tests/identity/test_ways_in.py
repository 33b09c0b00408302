"""Ways in: WeChat's login and telephone, a code from the village, and staff for who has neither."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from backend.access import Actor
from backend.casework import (
    agents,
    application,
    deliberation,
    determination,
    disclosure,
    invitations,
    urgent_relief,
    view,
)
from backend.casework.agents import Agent, Terms
from backend.clock import local_day
from backend.demo.district import RESIDENT_OPENID
from backend.edge.limits import LIMITS
from backend.errors import CaseworkError, ConflictError, NotAllowedError, NotFoundError, TooManyError
from backend.identity import platforms, residents
from backend.identity.acting import MOST_ACTS, AgentKind, acting_for
from backend.wechat.client import WeChatClient
from backend.wechat.errors import WeChatError
from models.application import Case
from models.disclosure import ListSubscription
from models.identities import Invitation, PlatformIdentity
from models.outbox import Consent, Delivery
from models.people import Person
from notices import consent
from notices.claims import Letter
from notices.delivery import Receipt
from notices.events import SubscriptionEvent
from notices.kinds import TEMPLATES
from notices.outbox import CALL_LIST
from rules.circumstances import Circumstance
from rules.statuses import Recipient, Role, Status
from simulator.platform import Faults, Platform
from tests.backend import district, steps
from tests.backend.district import SmallDistrict
from tests.delivering import deliver
from tests.simulator.platform import serving
from tests.stack import Stack, at_console

NOW = district.AT
TODAY = local_day(NOW)


@pytest_asyncio.fixture
async def wechat(database: str, redis: Redis) -> AsyncIterator[tuple[WeChatClient, Platform]]:
    async with serving() as (platform, base_url):
        client = WeChatClient(appid="wxtest", secret="s", base_url=base_url, redis=redis)
        yield client, platform
        await client.close()


def on_phone(person: Person, address: str = "10.0.0.1") -> Actor:
    return Actor(Role.RESIDENT, person.name, person_id=person.id, village_id=person.village_id, address=address)


async def login(openid: str = "o-new", **more: object) -> Person:
    """Somebody who opened the mini-program for the first time."""
    person = await Person.create(
        id=uuid4(), name="微信用户", openid=openid, unionid=f"u-{openid}", created_at=NOW, **more
    )
    await PlatformIdentity.create(
        id=uuid4(), person=person, account="mini_program", openid=openid, unionid=f"u-{openid}", since=NOW
    )
    return person


async def written_down(place: SmallDistrict, name: str = "陈大娘", phone: str | None = None) -> Case:
    lead = await application.submit_for(
        place.actors[Role.WORKER],
        village_id=place.village.id,
        name=name,
        phone=phone,
        born_on=date(1944, 4, 4),
        household_size=1,
        story="没有手机",
        submission_key=f"lead-{name}",
        now=NOW,
    )
    return lead.case


# -- logging in


async def test_each_way_in_which_wechat_refuses_a_code_is_told_apart(
    redis: Redis, wechat: tuple[WeChatClient, Platform]
) -> None:
    client, platform = wechat
    used = platform.login_code("o1")
    await residents.log_in_with_wechat(redis, client, code=used, now=NOW)
    late = platform.login_code("o1")
    platform.offset += 301
    for code, fault, errcode in (
        (used, None, 40163),
        (late, None, 40029),
        ("made-up", None, 40029),
        (platform.login_code("o1"), Faults(errcode=40226, times=1), 40226),
        (platform.login_code("o1"), Faults(errcode=45011, times=1), 45011),
        (platform.login_code("o1"), Faults(errcode=-1, times=1), -1),
    ):
        platform.faults = fault or Faults()
        with pytest.raises(WeChatError) as refused:
            await residents.log_in_with_wechat(redis, client, code=code, now=NOW)
        assert refused.value.errcode == errcode
    assert await Person.all().count() == 1
    assert len(await redis.keys("device:*")) == 1


# -- the telephone


async def test_the_telephone_that_somebody_gives_is_kept_sealed_and_shown_masked(
    wechat: tuple[WeChatClient, Platform],
) -> None:
    client, platform = wechat
    person = await login("o1")
    platform.users["o1"].phone = "10012345678"
    assert await residents.take_phone(on_phone(person), client, code=platform.phone_code("o1"), now=NOW) == (
        "100****5678"
    )
    assert (await Person.get(phone_index="100 1234 5678")).id == person.id
    platform.users["o1"].country_code, platform.users["o1"].phone = "852", "10012345"
    await residents.take_phone(on_phone(person), client, code=platform.phone_code("o1"), now=NOW)
    assert (await Person.get(id=person.id)).phone == "+852 10012345"


async def test_a_code_of_the_telephone_works_once_for_five_minutes_and_is_not_the_logins(
    wechat: tuple[WeChatClient, Platform],
) -> None:
    client, platform = wechat
    actor = on_phone(await login("o1"))
    used = platform.phone_code("o1")
    await client.phone_number(used)
    late = platform.phone_code("o1")
    platform.offset += 301
    for code in (used, late, platform.login_code("o1"), "made-up"):
        with pytest.raises(WeChatError) as refused:
            await residents.take_phone(actor, client, code=code, now=NOW)
        assert refused.value.errcode == 40029
    with pytest.raises(WeChatError):
        await client.code_to_session(platform.phone_code("o1"))
    assert (await Person.get(id=actor.person_id)).phone is None


async def test_staff_accounts_have_no_telephone_of_wechats(wechat: tuple[WeChatClient, Platform]) -> None:
    client, platform = wechat
    place = await district.build()
    with pytest.raises(NotAllowedError):
        await residents.take_phone(place.actors[Role.WORKER], client, code=platform.phone_code("o1"), now=NOW)
    assert platform.calls["/wxa/business/getuserphonenumber"] == 0


# -- a code from the village


async def test_a_code_from_the_village_shows_a_written_down_persons_case_on_the_phone(
    database: str, redis: Redis
) -> None:
    place = await district.build()
    case = await written_down(place)
    code, ends_at = await invitations.invite(place.actors[Role.VILLAGE], case.applicant_id, now=NOW)
    assert (len(code), code.isdecimal(), ends_at) == (8, True, NOW + timedelta(days=7))
    assert invitations.spoken(code) == f"{code[:4]} {code[4:]}"
    person = await login()
    assert await view.own_cases(on_phone(person)) == []
    joined = await invitations.accept(redis, on_phone(person), invitations.spoken(code), now=NOW)
    assert (joined.moved, joined.person.id, joined.person.name) == (True, case.applicant_id, "陈大娘")
    assert [row["number"] for row in await view.own_cases(on_phone(joined.person))] == [case.number]
    assert (await platforms.enter("o-new", "u-o-new", now=NOW)).id == case.applicant_id, "the next login too"
    assert (await Person.get(id=person.id)).openid is None


async def test_what_hangs_on_the_phone_comes_along(database: str, redis: Redis) -> None:
    place = await district.build()
    case = await written_down(place)
    code, _ = await invitations.invite(place.actors[Role.WORKER], case.applicant_id, now=NOW)
    person = await login(phone="13800001234")
    template = TEMPLATES[0].key
    for someone, times in ((person.id, 2), (case.applicant_id, 1)):
        for _ in range(times):
            await consent.accept(someone, template)
    for someone in (person.id, case.applicant_id):
        await ListSubscription.create(person_id=someone, village_id=place.village.id, since=NOW)
    joined = await invitations.accept(redis, on_phone(person), code, now=NOW)
    assert joined.person.phone == "13800001234"
    assert joined.person.born_on == date(1944, 4, 4)
    assert await consent.balance(case.applicant_id, template) == 3
    assert await Consent.filter(person_id=person.id).count() == 0
    assert await ListSubscription.filter(person_id=case.applicant_id).count() == 1
    assert (await Person.get(id=case.applicant_id)).unionid == "u-o-new"


async def test_a_code_works_once_even_when_two_phones_enter_it_at_once(database: str, redis: Redis) -> None:
    place = await district.build()
    case = await written_down(place)
    code, _ = await invitations.invite(place.actors[Role.VILLAGE], case.applicant_id, now=NOW)
    phones = [await login(f"o-{number}") for number in range(3)]
    came = await asyncio.gather(
        *(invitations.accept(redis, on_phone(phone), code, now=NOW) for phone in phones), return_exceptions=True
    )
    assert sum(isinstance(item, invitations.Joined) for item in came) == 1
    assert sum(isinstance(item, NotFoundError) for item in came) == 2
    with pytest.raises(NotFoundError):
        await invitations.accept(redis, on_phone(phones[0]), code, now=NOW)


async def test_a_code_ends_after_seven_days_and_when_a_new_one_is_given(database: str, redis: Redis) -> None:
    place = await district.build()
    case = await written_down(place)
    person, village = await login(), place.actors[Role.VILLAGE]
    first, _ = await invitations.invite(village, case.applicant_id, now=NOW)
    second, _ = await invitations.invite(village, case.applicant_id, now=NOW)
    for code, moment in ((first, NOW), (second, NOW + timedelta(days=7))):
        with pytest.raises(NotFoundError):
            await invitations.accept(redis, on_phone(person), code, now=moment)
    await invitations.accept(redis, on_phone(person), second, now=NOW + timedelta(days=7, seconds=-1))


async def test_a_popup_that_the_platform_tells_of_after_the_code_counts_once(database: str, redis: Redis) -> None:
    place = await district.build()
    case = await written_down(place)
    code, _ = await invitations.invite(place.actors[Role.VILLAGE], case.applicant_id, now=NOW)
    person = await login()
    template = TEMPLATES[0].key
    await consent.accept(person.id, template, source="phone", key="phone:1", at=NOW)
    await invitations.accept(redis, on_phone(person), code, now=NOW)
    event = SubscriptionEvent("o-new", template, "accept", None, None, NOW + timedelta(seconds=2), "platform:1")
    await consent.popup_event(event, now=NOW)
    assert await consent.balance(case.applicant_id, template) == 1


async def test_the_database_keeps_a_keyed_digest_of_the_code_alone(database: str) -> None:
    place = await district.build()
    case = await written_down(place)
    code, _ = await invitations.invite(place.actors[Role.VILLAGE], case.applicant_id, now=NOW)
    row = await Invitation.get()
    assert code not in str(dict(row))
    assert row.code_digest not in hashlib.sha256(code.encode()).hexdigest()


async def test_codes_cannot_be_tried_out_by_one_person_or_from_one_address(database: str, redis: Redis) -> None:
    place = await district.build()
    case = await written_down(place)
    code, _ = await invitations.invite(place.actors[Role.VILLAGE], case.applicant_id, now=NOW)
    guesser = on_phone(await login())
    came = await asyncio.gather(
        *(invitations.accept(redis, guesser, f"0000000{n % 10}", now=NOW) for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(item, NotFoundError) for item in came) == LIMITS["invitation_tries"].most
    with pytest.raises(TooManyError, match="一小时") as refused:
        await invitations.accept(redis, guesser, code, now=NOW)
    assert 0 < refused.value.retry_after <= 3600
    others = [on_phone(await login(f"o-{number}"), "10.0.0.2") for number in range(8)]
    tried = [(other, f"1111111{n}") for other in others for n in range(5)]
    came = [await _tried(redis, other, wrong) for other, wrong in tried]
    assert came.count("invitation_not_found") == LIMITS["invitation_tries_here"].most
    elsewhere = on_phone(await login("o-elsewhere"), "10.0.0.3")
    assert (await invitations.accept(redis, elsewhere, code, now=NOW)).moved


async def _tried(redis: Redis, actor: Actor, code: str) -> str:
    try:
        await invitations.accept(redis, actor, code, now=NOW)
    except CaseworkError as error:
        return error.code
    return "joined"


async def test_a_phone_with_cases_of_its_own_keeps_them_and_is_told_what_to_do(database: str, redis: Redis) -> None:
    place = await district.build()
    theirs = await written_down(place)
    code, _ = await invitations.invite(place.actors[Role.VILLAGE], theirs.applicant_id, now=NOW)
    person = await login(village_id=place.village.id)
    own = await application.submit(
        on_phone(person), submission_key="own-key-1", story="自己的", household_size=1, facts={}, now=NOW
    )
    with pytest.raises(ConflictError, match="代办人") as refused:
        await invitations.accept(redis, on_phone(person), code, now=NOW)
    assert refused.value.code == "both_have_cases"
    assert [row["number"] for row in await view.own_cases(on_phone(person))] == [own.case.number]
    assert (await Case.get(id=theirs.id)).applicant_id == theirs.applicant_id
    # What the sentence says works: recorded as an agent, the phone shows both.
    await agents.record(
        place.actors[Role.WORKER],
        theirs.applicant_id,
        Agent(person.id),
        Terms(AgentKind.RELATIVE, MOST_ACTS[AgentKind.RELATIVE], "户口簿", "本人要求"),
        now=NOW,
    )
    actor = await acting_for(on_phone(person), str(theirs.applicant_id), today=TODAY)
    assert [row["number"] for row in await view.own_cases(actor)] == [theirs.number]
    with pytest.raises(ConflictError) as agent_too:
        await invitations.accept(redis, on_phone(person), code, now=NOW)
    assert agent_too.value.code == "is_agent"
    # The code was not used up by any of this.
    assert (await invitations.accept(redis, on_phone(await login("o-2")), code, now=NOW)).moved


async def test_an_agent_who_was_written_down_comes_in_with_a_code_whatever_they_have(
    database: str, redis: Redis
) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    for number, has_own in enumerate((False, True)):
        agency = await agents.record(
            worker,
            place.resident.id,
            Agent(name=f"陈小宁{number}", phone="13900000000"),
            Terms(AgentKind.RELATIVE, MOST_ACTS[AgentKind.RELATIVE], "户口簿", "本人要求"),
            now=NOW,
        )
        code, _ = await invitations.invite(worker, agency.agent_id, now=NOW)
        phone = await login(f"o-{number}", village_id=place.village.id)
        if has_own:
            await application.submit(
                on_phone(phone), submission_key="own-key-1", story="自己的", household_size=1, facts={}, now=NOW
            )
        joined = await invitations.accept(redis, on_phone(phone), code, now=NOW)
        assert joined.moved is not has_own
        assert len(await view.own_cases(on_phone(joined.person))) == has_own
        actor = await acting_for(on_phone(joined.person), str(place.resident.id), today=TODAY)
        assert actor.acting_for == place.resident.id


async def test_a_roster_member_is_invited_and_sees_the_meetings_asked_to(database: str, redis: Redis) -> None:
    place = await district.build()
    await steps.convened(place)
    code, _ = await invitations.invite(place.actors[Role.VILLAGE], place.members[-1], now=NOW)
    joined = await invitations.accept(redis, on_phone(await login()), code, now=NOW)
    assert [row["place"] for row in await view.own_meetings(on_phone(joined.person))] == ["礼堂"]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.AGENT, Role.SYSTEM)])
async def test_the_village_and_a_worker_of_the_region_invite_and_nobody_else(database: str, role: Role) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    case = await written_down(here)
    with pytest.raises(NotAllowedError):
        await invitations.invite(there.actors[role], case.applicant_id, now=NOW)
    if role in (Role.VILLAGE, Role.WORKER):
        await invitations.invite(here.actors[role], case.applicant_id, now=NOW)
    else:
        with pytest.raises(NotAllowedError):
            await invitations.invite(here.actors[role], case.applicant_id, now=NOW)


async def test_nobody_is_invited_to_be_somebody_who_has_a_login_or_is_nobody(database: str, redis: Redis) -> None:
    place = await district.build()
    case = await written_down(place)
    worker = place.actors[Role.WORKER]
    code, _ = await invitations.invite(worker, case.applicant_id, now=NOW)
    for staff in (worker, place.actors[Role.VILLAGE]):
        with pytest.raises(NotAllowedError):
            await invitations.accept(redis, staff, code, now=NOW)
    await invitations.accept(redis, on_phone(await login()), code, now=NOW)
    with pytest.raises(ConflictError):
        await invitations.invite(worker, case.applicant_id, now=NOW)
    nobody = await district.person("路人", place.village)
    for person_id in (nobody.id, uuid4()):
        with pytest.raises(NotFoundError):
            await invitations.invite(worker, person_id, now=NOW)


# -- staff, for who has no telephone and no WeChat


async def test_nothing_of_the_procedure_asks_for_a_telephone_or_a_wechat(database: str) -> None:
    place = await district.build()
    by = place.actors
    case = await written_down(place)
    await application.begin_review(case.id, by[Role.WORKER], ordinary_case_ref="普通-1", now=NOW)
    await application.refer(case.id, by[Role.WORKER], circumstance=Circumstance.C6, reason="解决不了", now=NOW)
    await application.initiate(case.id, by[Role.VILLAGE], now=NOW)
    await application.gather_evidence(case.id, by[Role.WORKER], now=NOW)
    await application.record_visit(
        case.id, by[Role.WORKER], visited_at=NOW, visitors=2, signed=True, findings="属实", now=NOW
    )
    await application.add_evidence(case.id, by[Role.WORKER], title="证明", now=NOW)
    await steps.confirm(case.id, by[Role.TOWN], evidence_waiver=None)
    meeting = await deliberation.convene(
        case.id,
        by[Role.TOWN],
        meets_at=NOW + timedelta(days=1),
        place="礼堂",
        panel=place.members,
        supervisor=place.supervisor,
        now=NOW,
    )
    later = NOW + timedelta(days=1)
    await steps.gathered(place, meeting, [*place.members, place.supervisor], now=later)
    await deliberation.close(meeting.id, by[Role.TOWN], agree=13, against=0, abstain=0, now=later)
    await determination.submit_to_leaders(case.id, by[Role.TOWN], now=later)
    decision = determination.Decision("1号", "低保", 98_000, local_day(later))
    await determination.approve(case.id, by[Role.LEADERS], decision, now=later)
    await disclosure.prepare(case.id, by[Role.TOWN], now=later)
    await disclosure.publish(case.id, by[Role.LEADERS], now=later)
    await determination.tell_result(
        case.id, by[Role.TOWN], recipient=Recipient.APPLICANT, channel="上门", note="当面说明", now=later
    )
    await urgent_relief.report(
        by[Role.TOWN], village_id=place.village.id, name="陈大娘", phone=None, what_happened="火", now=later
    )
    person = await Person.get(id=case.applicant_id)
    assert (person.phone, person.openid) == (None, None)
    assert (await Case.get(id=case.id)).status == Status.APPROVED
    while await deliver(_NoPhone(), now=later):
        pass
    (told,) = await Delivery.filter(person_id=person.id, notice__kind="case_decided", channel=CALL_LIST)
    assert told.status == "pending", "whoever telephones or visits tells it"


class _NoPhone:
    """Nobody is sent a message."""

    async def send(self, letter: Letter) -> Receipt:
        raise AssertionError("there is no phone")


# -- over HTTP


async def test_a_phone_over_http_is_told_each_refusal_renews_lists_and_leaves_its_devices(stack: Stack) -> None:
    call, stage = stack.stage.call, stack.stage

    async def refused(who: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str, str]:
        token = {"Authorization": f"Bearer {stage.tokens[who]}"} if who in stage.tokens else {}
        async with stage.service.request(method, path, json=body, headers=token | headers) as response:
            answer = await response.json()
            return response.status, answer["code"], answer["message"]

    async def code() -> str:
        return str((await stack.platform("login", {"openid": RESIDENT_OPENID}))["code"])

    for errcode, sentence in ((40226, "打电话或到窗口"), (45011, "过一分钟再试"), (-1, "微信暂时连不上")):
        await stack.platform("faults", {"errcode": errcode, "times": 1})
        said = await refused("", "POST", "/api/session/wechat", {"code": await code()})
        assert said[:2] == (401, f"wechat_{errcode}")
        assert sentence in said[2]
    used = await code()
    await call("", "POST", "/api/session/wechat", {"code": used})
    assert (await refused("", "POST", "/api/session/wechat", {"code": used}))[1] == "wechat_40163"
    assert (await refused("", "POST", "/api/session/wechat", {"code": "made-up"}))[1] == "wechat_40029"

    answers: list[str] = []
    await stage.phone("手机", RESIDENT_OPENID)
    key = (await stack.platform("secrets", {"openid": RESIDENT_OPENID}))["session_key"]
    assert len(key) == 24
    me = await call("手机", "GET", "/api/me")
    assert (me["role"], me["renew"], me["acting_for"]) == ("resident", False, None)
    old = stage.tokens["手机"]
    stage.tokens["旧"] = old
    stage.tokens["手机"] = (await call("手机", "POST", "/api/session/renew"))["token"]
    assert stage.tokens["手机"] != old
    await call("旧", "GET", "/api/me")
    devices = await call("手机", "GET", "/api/me/devices")
    assert [device["current"] for device in devices].count(True) == 1
    assert len(devices) == 2
    answers.append(json.dumps([me, devices]))
    other = next(device["id"] for device in devices if not device["current"])
    await call("手机", "DELETE", f"/api/me/devices/{other}")
    assert (await refused("手机", "DELETE", f"/api/me/devices/{other}"))[1] == "device_not_found"
    assert (await refused("手机", "GET", "/api/me", **{"X-Acting-For": me["person_id"]}))[1] == "no_agency"

    phone = (await stack.platform("phone_code", {"openid": RESIDENT_OPENID}))["code"]
    answers.append(json.dumps(await call("手机", "POST", "/api/me/phone", {"code": phone})))
    assert "****" in answers[-1]
    said = await refused("手机", "POST", "/api/me/phone", {"code": phone})
    assert said[:2] == (422, "wechat_40029")
    assert "不给手机号也能办" in said[2]

    assert await call("手机", "DELETE", "/api/me/devices") == {"closed": 1}
    assert (await refused("手机", "GET", "/api/me"))[0] == 401

    # WeChat's session_key reached nothing of ours: no answer, no log, no row, no key of Redis.
    kept = "".join(answers) + "".join(path.read_text(errors="replace") for path in stack.folder.glob("*.log"))
    for name in await stack.redis.keys("*"):
        kept += f"{name!r}{await stack.redis.dump(name)!r}"
    tables = await stack.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in tables:
        kept += str(await stack.rows(f'SELECT "{table["tablename"]}"::text AS row FROM "{table["tablename"]}"'))
    assert RESIDENT_OPENID in kept, "the search looks where the login left its traces"
    assert key not in kept


async def test_staff_see_and_leave_their_devices_without_a_script(stack: Stack) -> None:
    async with at_console(stack, "tengqiao-worker") as here, at_console(stack, "tengqiao-worker") as there:
        page = await here.get("/console/devices")
        assert "您正在用的这台" in page
        assert "<script" not in page
        ids = set(re.findall(r"/console/devices/([0-9a-f]{32})/close", page))
        assert len(ids) == 2
        mine = re.search(r"您正在用的这台.*?/console/devices/([0-9a-f]{32})/close", page, re.DOTALL)
        (other,) = ids - {mine[1]}
        page = await here.post(f"/console/devices/{other}/close")
        assert other not in page
        assert "工作人员登录" in await there.get("/console/devices")
        await here.post(f"/console/devices/{other}/close", status=404)
        assert "工作人员登录" in await here.post("/console/devices/close-all")
        assert "工作人员登录" in await here.get("/console/devices")


async def test_an_agent_acts_over_http_and_the_service_account_knows_who_writes(stack: Stack) -> None:
    call, stage = stack.stage.call, stack.stage
    await stage.staff("tengqiao-worker")
    await stage.phone("居民", RESIDENT_OPENID)
    await stack.platform("users", {"users": [{"name": "女儿", "openid": "oDaughter"}]})
    await stage.phone("女儿", "oDaughter")
    principal = (await call("居民", "GET", "/api/me"))["person_id"]
    agent = (await call("女儿", "GET", "/api/me"))["person_id"]
    body = {
        "principal_id": principal,
        "agent_id": agent,
        "kind": "relative",
        "acts": ["read_own", "apply"],
        "authority": "户口簿",
        "wish": "本人要求",
    }
    agency = await call("tengqiao-worker", "POST", "/api/agencies", body)
    (row,) = (await call("女儿", "GET", "/api/me/agencies"))["i_act_for"]
    assert (row["principal_id"], row["in_force"]) == (principal, True)
    stage.service.headers["X-Acting-For"] = principal
    try:
        assert (await call("女儿", "GET", "/api/me"))["acting_for"] == principal
        sent = {"submission_key": "agent-http-1", "story": "替母亲写", "household_size": 1}
        case = await call("女儿", "POST", "/api/applications", sent)
        assert [found["id"] for found in await call("女儿", "GET", "/api/me/cases")] == [case["id"]]
    finally:
        del stage.service.headers["X-Acting-For"]
    assert await call("女儿", "GET", "/api/me/cases") == []
    (done,) = (await call("居民", "GET", f"/api/cases/{case['id']}"))["by_agents"]
    assert done["what"] == "提交申请"
    await call("居民", "POST", f"/api/agencies/{agency['id']}/end", {"why": "自己办"})

    await stack.platform("say", {"openid": RESIDENT_OPENID, "text": "管几年"})

    async def known() -> list[object]:
        return await stack.rows("SELECT person_id FROM platform_identity WHERE account = 'service_account'")

    (identity,) = await stack.until(known, "the service account's openid is not known")
    assert str(identity["person_id"]) == principal
