"""Who sees which notice, who was reached, and what came of calling: on the real database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis

from backend.access import Actor
from backend.casework import call_list, notice_alerts, notice_board
from backend.casework.notice_board import Filter
from backend.casework.notice_words import CODES, advice, place_of_alert, reason
from backend.clients import make_wechat
from backend.errors import CaseworkError, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.settings import Settings
from backend.sms import tencent
from backend.sms.codes import FOR_THE_OPERATOR, OUTCOMES
from backend.wechat import wecom
from backend.wechat.errors import MEANINGS, Meaning
from models.outbox import ChannelPause, Delivery, Notice, OperatorAlert, Reached
from models.people import Person
from models.places import Village
from models.trail import TrailEntry
from notices import alerts, consent, reached
from notices.kinds import Kind, Lane
from notices.outbox import announce, call_off
from notices.verdicts import BY_CODE, Outcome, Receipt
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.delivering import Told, deliver
from tests.simulator.platform import serving

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
MEETS_AT = datetime(2026, 10, 10, 6, 0, tzinfo=UTC)
MEETING = {"town": "甲镇", "place": "礼堂", "meets_at": "2026-10-10T14:00:00+08:00", "page_id": "1"}
RESULT = {"number": "一事一议-1", "page_id": "1"}
READERS = (Role.WORKER, Role.VILLAGE, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU)
CALLERS = (Role.WORKER, Role.TOWN, Role.BUREAU)


async def told(people: list[UUID], kind: Kind, facts: dict[str, str], key: str, **more: object) -> Notice:
    """Announced to people without WeChat, so that they stand on the call list."""
    await announce(kind, key, facts, people, now=NOW, **more)  # type: ignore[arg-type]
    await deliver(Told(), now=NOW)
    return await Notice.get(event_key=key)


async def result(place: SmallDistrict, key: str = "result:1", **more: object) -> Notice:
    """The resident is to be told of a result."""
    return await told([place.resident.id], Kind.CASE_DECIDED, RESULT, key, **more)


async def seen(actor: Actor, wanted: Filter | None = None) -> list[str]:
    """What the list shows."""
    rows, _ = await notice_board.listed(actor, wanted or Filter(), page=1, now=NOW)
    return [row.about for row in rows]


async def refused(call: object) -> str:
    """The code of a refusal; empty where it was let through."""
    try:
        await call  # type: ignore[misc]
    except CaseworkError as error:
        return error.code
    return ""


# -- who sees it


async def test_a_result_is_seen_where_the_resident_lives_and_by_the_bureau_alone(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    notice = await result(here)
    for role in Role:
        if role not in here.actors or role is Role.RESIDENT:
            continue
        expected = "" if role in READERS else "role_not_allowed"
        assert await refused(notice_board.opened(here.actors[role], notice.id, page=1, now=NOW)) == expected, role
        elsewhere = "" if role is Role.BUREAU else "notice_not_found" if role in READERS else "role_not_allowed"
        assert await refused(notice_board.opened(there.actors[role], notice.id, page=1, now=NOW)) == elsewhere, role
    assert await seen(there.actors[Role.TOWN]) == []
    assert await seen(here.actors[Role.VILLAGE]) == ["办理结果 一事一议-1"]


async def test_a_neighbouring_village_of_the_same_town_sees_nothing_of_it(database: str) -> None:
    here = await district.build()
    await result(here)
    near = await Village.create(town=here.town, name="邻村", households=10)
    neighbour = Actor(Role.VILLAGE, "邻", here.resident.id, here.resident.id, here.town.id, near.id)
    assert await seen(neighbour) == []


async def test_who_is_told_by_office_is_seen_where_the_office_is_held(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    cadre = await district.person("驻村干部", there.village)
    await district.enter(cadre, here.village, "resident_cadre")
    await told([cadre.id], Kind.MEETING_CONVENED, MEETING, "meeting:1")
    await told([cadre.id], Kind.CASE_DECIDED, RESULT, "result:own")
    assert await seen(here.actors[Role.TOWN]) == ["会议通知 10月10日 14:00 礼堂"], "their own case is not our affair"
    assert "办理结果 一事一议-1" in await seen(there.actors[Role.TOWN])


async def test_what_somebody_is_told_by_office_is_not_shown_where_they_only_live(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    cadre = await district.person("驻村干部", there.village)
    await district.enter(cadre, here.village, "resident_cadre")
    clerk = here.actors[Role.TOWN].person_id
    assert clerk is not None
    await Person.filter(id=clerk).update(village_id=there.village.id)
    await told([cadre.id], Kind.MEETING_CONVENED, MEETING, "meeting:1")
    await told([clerk], Kind.TERM_ENDING_HERE, {**RESULT, "days": "7"}, "term-ending-here:1")
    for role in (Role.TOWN, Role.WORKER, Role.VILLAGE):
        assert await seen(there.actors[role]) == [], role
    assert len(await seen(here.actors[Role.TOWN])) == 2


async def test_who_sits_on_a_panel_is_not_named_to_the_village(database: str) -> None:
    here = await district.build()
    notice = await told(here.members[:1], Kind.MEETING_CONVENED, MEETING, "meeting:1")
    for role in READERS:
        _, people, _ = await notice_board.opened(here.actors[role], notice.id, page=1, now=NOW)
        assert (people[0].name == "委员") == (role is not Role.VILLAGE), role


async def test_who_objected_is_not_named_to_the_village(database: str) -> None:
    here = await district.build()
    notice = await told([here.resident.id], Kind.OBJECTION_ANSWERED, RESULT, "objection:1")
    names = {}
    for role in READERS:
        _, people, _ = await notice_board.opened(here.actors[role], notice.id, page=1, now=NOW)
        names[role] = people[0].name
    assert {role for role, name in names.items() if name != "陈安宁"} == {Role.VILLAGE}


async def test_an_administrator_gets_numbers_and_no_notice(database: str) -> None:
    here = await district.build()
    notice = await result(here)
    admin = here.actors[Role.ADMIN]
    assert await notice_board.counts(admin, now=NOW) == [
        ("微信订阅消息", "没有发出", 1),
        ("电话名单", "等人打电话", 1),
    ]
    with pytest.raises(NotAllowedError):
        await notice_board.listed(admin, Filter(), page=1, now=NOW)
    with pytest.raises(NotAllowedError):
        await notice_board.opened(admin, notice.id, page=1, now=NOW)


async def test_opening_a_notice_is_on_the_trail_and_the_unreached_come_first(database: str) -> None:
    here = await district.build()
    members = here.members[:3]
    notice = await told(members, Kind.MEETING_CONVENED, MEETING, "meeting:1")
    await reached.mark(notice.id, members[0], "opened", now=NOW)
    heading, people, more = await notice_board.opened(here.actors[Role.SUPERVISOR], notice.id, page=1, now=NOW)
    assert (heading.people, heading.reached, more) == (3, 1, False)
    assert [one.reached for one in people] == ["", "", "本人打开了通知"]
    assert people[0].tries[0].why == "没有这个通道的联系方式"
    assert people[0].tries[-1].state == "等人打电话"
    entry = await TrailEntry.get(action="notice_read")
    assert entry.subject == f"notice:{notice.id}"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), ["会议通知 10月10日 14:00 礼堂", "办理结果 一事一议-1"]),
        (Filter(kind=Kind.CASE_DECIDED), ["办理结果 一事一议-1"]),
        (Filter(lane=Lane.MEETING), ["会议通知 10月10日 14:00 礼堂"]),
        (Filter(lane=Lane.URGENT), []),
        (Filter(day=date(2026, 9, 28)), ["会议通知 10月10日 14:00 礼堂", "办理结果 一事一议-1"]),
        (Filter(day=date(2026, 9, 27)), []),
        (Filter(unreached=True), ["会议通知 10月10日 14:00 礼堂"]),
    ],
)
async def test_the_list_is_filtered(database: str, wanted: Filter, expected: list[str]) -> None:
    here = await district.build()
    notice = await result(here)
    await Notice.filter(id=notice.id).update(created_at=NOW - timedelta(minutes=1))
    await reached.mark(notice.id, here.resident.id, "opened", now=NOW)
    await told(here.members[:1], Kind.MEETING_CONVENED, MEETING, "meeting:1")
    assert await seen(here.actors[Role.TOWN], wanted) == expected


async def test_what_is_called_off_or_too_late_is_no_longer_unreached(database: str) -> None:
    here = await district.build()
    town = here.actors[Role.TOWN]
    await told(here.members[:1], Kind.MEETING_CONVENED, MEETING, "meeting:1", subject="deliberation:1")
    await result(here, useless_after=NOW + timedelta(hours=1))
    assert len(await seen(town, Filter(unreached=True))) == 2
    await call_off("deliberation:1", now=NOW)
    rows, _ = await notice_board.listed(town, Filter(unreached=True), page=1, now=NOW + timedelta(hours=2))
    assert rows == []


# -- once more


async def test_what_failed_is_sent_again_and_nothing_else(database: str) -> None:
    here = await district.build()
    notice = await result(here)
    town = here.actors[Role.TOWN]
    failed = await Delivery.get(channel="subscribe_message")
    await notice_board.send_again(town, notice.id, failed.id, now=NOW)
    assert (await Delivery.get(id=failed.id)).status == "pending"
    with pytest.raises(ConflictError, match="正在发"):
        await notice_board.send_again(town, notice.id, failed.id, now=NOW)
    assert await TrailEntry.filter(action="notice_sent_again").count() == 1
    await Delivery.filter(id=failed.id).update(status="failed")
    await reached.mark(notice.id, here.resident.id, "opened", now=NOW)
    with pytest.raises(ConflictError, match="已经知道"):
        await notice_board.send_again(town, notice.id, failed.id, now=NOW)


# -- calls


async def test_only_who_was_spoken_to_is_off_the_list(database: str) -> None:
    here = await district.build()
    notice = await result(here)
    town = here.actors[Role.TOWN]
    (row,) = await call_list.to_call(town, now=NOW)
    assert not await call_list.called(row.id, town, outcome="no_answer", note="下午再打", now=NOW)
    assert not await call_list.called(row.id, town, outcome="wrong_number", note="", now=NOW)
    (row,) = await call_list.to_call(town, now=NOW)
    assert (row.tries, row.last) == (2, "号码不对")
    assert await Reached.all().count() == 0
    assert await call_list.called(row.id, town, outcome="told", note="说到了", now=NOW)
    assert await call_list.to_call(town, now=NOW) == []
    known = await Reached.get(notice_id=notice.id)
    assert (known.how, known.recorded_by) == ("telephoned", town.account_id)
    assert not await call_list.called(row.id, town, outcome="told", note="", now=NOW), "told twice is told once"
    actions = await TrailEntry.filter(action__in=["telephoned", "call_tried"]).values_list("action", flat=True)
    assert sorted(actions) == ["call_tried", "call_tried", "telephoned"]
    assert (await Delivery.get(channel="call_list")).note == "说到了"


async def test_who_was_told_in_person_before_the_list_asked_for_it_is_reached(database: str) -> None:
    here = await district.build()
    await announce(Kind.CASE_DECIDED, "result:1", RESULT, [here.resident.id], now=NOW)
    notice = await Notice.get()
    worker = here.actors[Role.WORKER]
    await call_list.record(worker, notice.id, here.resident.id, "no_answer", now=NOW)
    assert [row.tries for row in await call_list.to_call(worker, now=NOW)] == [1], "nobody took it: call again"
    assert await call_list.record(worker, notice.id, here.resident.id, "in_person", now=NOW)
    assert (await Reached.get()).how == "in_person"
    assert await Delivery.filter(status="pending").count() == 0, "nothing is sent any more"


@pytest.mark.parametrize("role", [role for role in READERS if role not in CALLERS] + [Role.ADMIN, Role.RESIDENT])
async def test_who_only_reads_records_nothing(database: str, role: Role) -> None:
    here = await district.build()
    notice = await result(here)
    delivery = await Delivery.get(channel="subscribe_message")
    actor = here.actors[role]
    with pytest.raises(NotAllowedError):
        await call_list.record(actor, notice.id, here.resident.id, "told", now=NOW)
    with pytest.raises(NotAllowedError):
        await notice_board.send_again(actor, notice.id, delivery.id, now=NOW)
    with pytest.raises(NotAllowedError):
        await call_list.to_call(actor, now=NOW)
    assert await Reached.all().count() == 0


async def test_another_town_neither_calls_nor_sends_again(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    notice = await result(here)
    delivery = await Delivery.get(channel="subscribe_message")
    town = there.actors[Role.TOWN]
    with pytest.raises(NotAllowedError):
        await call_list.record(town, notice.id, here.resident.id, "told", now=NOW)
    with pytest.raises(NotAllowedError):
        await notice_board.send_again(town, notice.id, delivery.id, now=NOW)
    assert await call_list.to_call(town, now=NOW) == []
    with pytest.raises(NotFoundError):
        await call_list.record(here.actors[Role.TOWN], notice.id, here.members[0], "told", now=NOW)


async def test_the_list_goes_by_urgency_then_by_what_is_needed_soonest(database: str) -> None:
    here = await district.build()
    first, second, third, fourth, fifth = here.members[:5]
    await told([first], Kind.CASE_DECIDED, RESULT, "result:1")
    await told([second], Kind.MEETING_CONVENED, MEETING, "meeting:late", useless_after=MEETS_AT)
    await told([third], Kind.MEETING_CONVENED, MEETING, "meeting:soon", useless_after=NOW + timedelta(hours=3))
    await told([fourth], Kind.URGENT_REPORTED, {"number": "急-1", "town": "甲镇", "page_id": "1"}, "urgent:1")
    await told([fifth], Kind.MEETING_CONVENED, MEETING, "meeting:over", useless_after=NOW + timedelta(minutes=5))
    rows = await call_list.to_call(here.actors[Role.TOWN], now=NOW + timedelta(minutes=10))
    assert [row.person_id for row in rows] == [fourth, third, second, first], "what is over drops out"


async def test_several_calls_are_recorded_all_or_none(database: str) -> None:
    here = await district.build()
    town = here.actors[Role.TOWN]
    await told(here.members[:3], Kind.MEETING_CONVENED, MEETING, "meeting:1")
    rows = await call_list.to_call(town, now=NOW)
    bad = {rows[0].id: ("told", ""), rows[1].id: ("nonsense", "")}
    with pytest.raises(InvalidInputError):
        await call_list.record_many(town, bad, now=NOW)
    assert await Reached.all().count() == 0
    with pytest.raises(InvalidInputError, match="至少"):
        await call_list.record_many(town, {}, now=NOW)
    many = {rows[0].id: ("told", "好"), rows[1].id: ("told", ""), rows[2].id: ("no_answer", "")}
    assert await call_list.record_many(town, many, now=NOW) == {"told": 2, "no_answer": 1}
    assert [row.id for row in await call_list.to_call(town, now=NOW)] == [rows[2].id]


@pytest.mark.parametrize(
    ("role", "expected"), [(Role.TOWN, "甲村一组3号"), (Role.WORKER, "甲村一组3号"), (Role.BUREAU, "地址见系统")]
)
async def test_who_has_no_telephone_is_visited_and_the_address_is_for_who_goes_there(
    database: str, role: Role, expected: str
) -> None:
    here = await district.build()
    here.resident.address = "甲村一组3号"
    await here.resident.save()
    await result(here)
    (row,) = await call_list.to_call(here.actors[role], now=NOW)
    assert (row.phone, row.address) == (None, expected)
    here.resident.phone = "13800001234"
    await here.resident.save()
    (row,) = await call_list.to_call(here.actors[role], now=NOW)
    assert (row.phone, row.address) == ("13800001234", None)
    entry = await TrailEntry.filter(action="call_list_read").first()
    assert entry is not None
    assert "1380000" not in f"{entry.detail}"


# -- what the operator does


def test_every_code_that_leads_to_a_move_has_words_for_staff() -> None:
    assert sorted(BY_CODE.keys() - CODES.keys()) == []


def test_every_code_that_only_the_operator_puts_right_says_what_to_do() -> None:
    theirs = (Meaning.STALE_TOKEN, Meaning.CREDENTIALS, Meaning.OPERATOR, Meaning.BREAKER, Meaning.WORDING)
    assert sorted({code for code, meaning in MEANINGS.items() if meaning in theirs} - CODES.keys()) == []


@pytest.mark.parametrize("code", sorted(code for code, outcome in OUTCOMES.items() if outcome is Outcome.NOT_SENT))
def test_why_a_text_was_not_sent_is_told_in_chinese_and_what_is_the_operators_says_what_to_do(code: str) -> None:
    assert reason(None, code, "sms")
    assert ("处理好了" in advice(None, code, "sms") or "明天" in advice(None, code, "sms")) is (
        code in FOR_THE_OPERATOR
    )


@pytest.mark.parametrize("errcode", sorted(wecom.CHANNEL_WIDE))
def test_what_meets_everybody_on_wecom_is_told_of_wecom(errcode: int) -> None:
    said = reason(errcode, None, "wecom") + advice(errcode, None, "wecom")
    assert "没有收下" not in said
    assert "小程序" not in said


def test_a_number_that_is_no_mobile_is_said_to_be_none() -> None:
    assert reason(None, tencent.NO_MOBILE, "sms") == "登记的不是手机号码, 发不了短信"


@pytest.mark.parametrize(
    ("what", "where"),
    [
        ("subscribe_message:tmpl-meeting", "微信订阅消息“会议通知”"),
        ("service_account:tmpl-progress", "公众号“办理进度提醒”"),
        ("token:mini_program", "小程序的通行证"),
        ("token:service_account", "公众号的通行证"),
    ],
)
def test_an_alert_says_where_in_chinese(what: str, where: str) -> None:
    assert place_of_alert(what) == where


async def test_a_platform_that_refuses_our_secret_is_an_alert_that_names_the_account(
    database: str, redis: Redis
) -> None:
    here = await district.build()
    async with serving() as (_, address):
        settings = Settings(wechat_api_base=address, wechat_mini_appid="wxtest", wechat_mini_secret="not it")
        clients = make_wechat(settings, redis)
        receipt = await clients["mini_program"].send("o1", "tmpl-meeting", "", {})
        for client in clients.values():
            await client.close()
    assert receipt.outcome is not Outcome.SENT
    (row,) = await notice_alerts.open_alerts(here.actors[Role.BUREAU])
    assert (row.where, row.meaning) == ("小程序的通行证", "小程序或公众号的编号和密钥对不上")


@pytest.mark.parametrize(
    ("errcode", "error", "said"),
    [
        (43101, "user refuse to accept the msg rid: 1", "本人没有同意接收, 或者同意的次数用完了"),
        (99999, "strange words", "平台没有收下(代码 99999)"),
        (None, "没有可用的订阅次数", "没有可用的订阅次数"),
        (None, "Connection reset", ""),
        (None, None, ""),
    ],
)
def test_a_platforms_own_words_never_reach_staff(errcode: int | None, error: str | None, said: str) -> None:
    assert reason(errcode, error) == said


async def test_an_alert_is_settled_once_and_a_new_fault_is_a_new_alert(database: str) -> None:
    here = await district.build()
    bureau = here.actors[Role.BUREAU]
    for _ in range(2):
        await alerts.raise_alert("subscribe_message:tmpl-meeting", errcode=40037, error="invalid template_id", now=NOW)
    (row,) = await notice_alerts.open_alerts(bureau)
    assert (row.where, row.meaning, row.count) == ("微信订阅消息“会议通知”", "消息模板的编号不对", 2)
    assert "WECHAT_TEMPLATES" in row.todo
    for _ in range(2):
        await notice_alerts.settle(bureau, row.id, now=NOW)
    assert await notice_alerts.open_alerts(bureau) == []
    assert (await OperatorAlert.get()).settled_by == bureau.account_id
    assert await TrailEntry.filter(action="alert_settled").count() == 1
    await alerts.raise_alert("subscribe_message:tmpl-meeting", errcode=40037, error=None, now=NOW)
    assert len(await notice_alerts.open_alerts(bureau)) == 1
    with pytest.raises(NotAllowedError):
        await notice_alerts.open_alerts(here.actors[Role.TOWN])


async def test_a_channel_that_is_resumed_sends_what_waited_for_it(database: str) -> None:
    here = await district.build()
    admin = here.actors[Role.ADMIN]
    await announce(Kind.LIST_CHANGED, "list:1", {"village": "甲村", "page_id": "1"}, [here.resident.id], now=NOW)
    until = NOW + timedelta(hours=5)
    await ChannelPause.create(channel="subscribe_message", until=until, errcode=45009)
    await deliver(Told(), now=NOW)
    assert (await Delivery.get()).due_at == until
    (pause,) = await notice_alerts.pauses(admin, now=NOW)
    assert (pause.where, pause.meaning) == ("微信订阅消息", "今天的发送次数用完了")
    with pytest.raises(InvalidInputError, match="勾选"):
        await notice_alerts.resume(admin, pause.id, sure=False, now=NOW)
    await notice_alerts.resume(admin, pause.id, sure=True, now=NOW)
    assert await notice_alerts.pauses(admin, now=NOW) == []
    assert (await Delivery.get()).due_at == NOW
    assert await TrailEntry.filter(action="channel_resumed").count() == 1


async def test_a_failure_is_told_with_its_reason(database: str) -> None:
    here = await district.build()
    here.resident.openid = "o1"
    await here.resident.save()
    await consent.accept(here.resident.id, "tmpl-progress")
    await announce(Kind.CASE_DECIDED, "result:1", RESULT, [here.resident.id], now=NOW)
    await deliver(Told(Receipt(Outcome.NOT_SENT, 47003, "argument invalid!")), now=NOW)
    notice = await Notice.get()
    _, (person,), _ = await notice_board.opened(here.actors[Role.WORKER], notice.id, page=1, now=NOW)
    assert person.tries[0].why == "文字放不进消息模板"
    assert person.tries[0].may_go_again
