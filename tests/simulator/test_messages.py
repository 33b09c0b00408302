"""Messages about something: each reason to refuse one, and what arrives when there is none."""

import asyncio
from typing import Any

import pytest

from simulator.errors import PlatformError
from simulator.fields import check
from tests.simulator.calls import BIZ, SUBSCRIBE, TEMPLATE, answer, errcode, message, values
from tests.simulator.receiver import World

LONG_TERM = {"id": "tmpl-long", "title": "办理进度提醒", "fields": {"thing1": "事项"}, "type": 3}
OF_SERVICE = {"account": "service", "fields": {"thing1": "事项", "time2": "时间"}}
BIZ_TEMPLATE = {"id": "biz-1", "title": "会议通知", **OF_SERVICE}
BIZ_LONG = {"id": "biz-3", "title": "办理进度", "type": 3, **OF_SERVICE}
NEWS_TEMPLATE = {"id": "news-1", "title": "会议提醒", "sort": "message", **OF_SERVICE}
OLD_TEMPLATE = {"id": "news-0", "title": "旧提醒", "sort": "message", "is_old": True, **OF_SERVICE}
CARD = {"appid": "wxtest", "pagepath": "pages/list/index?id=1"}


async def granted(wechat: World, *templates: dict[str, Any]) -> str:
    """More templates than the one; returns the openid of `o1` at the service account."""
    await wechat.admin("templates", {"templates": list(templates)})
    return wechat.platform.users["o1"].service_openid


def news(openid: str, template_id: str, /, **changed: Any) -> dict[str, Any]:
    data = {"thing1": {"value": "会议"}, "time2": {"value": "15:01"}}
    body = {"touser": openid, "template_id": template_id, "data": data} | changed
    return {name: value for name, value in body.items() if value is not None}


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, 0),
        ({"page": None}, 0),
        ({"miniprogram_state": "trial", "lang": "en_US"}, 0),
        ({"touser": "o-none"}, 40003),
        ({"touser": None}, 40003),
        ({"touser": 5}, 40003),
        ({"template_id": "tmpl-none"}, 40037),
        ({"template_id": None}, 40037),
        ({"page": "pages/none/index"}, 41030),
        ({"page": "/pages/meeting/index"}, 40165),
        ({"miniprogram_state": "beta"}, 40097),
        ({"lang": "zh"}, 40097),
        ({"data": values(thing1="一起赌博")}, 45168),
        ({"data": None}, 47003),
        ({"data": values(thing9="多了")}, 47003),
    ],
)
async def test_a_subscribe_message_is_refused_for_its_own_reason_and_spends_nothing(
    wechat: World, changed: dict[str, Any], refused: int
) -> None:
    assert await errcode(wechat, SUBSCRIBE, message(**changed)) == refused
    user = wechat.platform.users["o1"]
    assert (user.credits["tmpl-meeting"], len(user.inbox)) == ((2, 1) if not refused else (3, 0))


async def test_the_openid_and_the_token_of_the_service_account_send_no_subscribe_message(wechat: World) -> None:
    openid = wechat.platform.users["o1"].service_openid
    assert await errcode(wechat, SUBSCRIBE, message(touser=openid)) == 40003
    assert await errcode(wechat, SUBSCRIBE, message(), account="service") == 40001


async def test_what_is_no_posted_json_object_is_refused(wechat: World) -> None:
    assert await errcode(wechat, SUBSCRIBE) == 43002
    for raw, refused in ((b"", 44002), (b"touser=o1&template_id=tmpl-meeting", 47001), (b"[]", 47001), (b"{", 47001)):
        assert await errcode(wechat, SUBSCRIBE, raw=raw) == refused


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (values(thing3="很" * 21), "data.thing3.value invalid"),
        (values(thing3="一\n二"), "data.thing3.value invalid"),
        (values(thing3=""), "data.thing3.value is emtpy"),
        ({name: value for name, value in values().items() if name != "thing3"}, "data.thing3.value"),
        (values() | {"thing3": {"value": 5}}, "data.thing3.value"),
        (values() | {"thing3": "礼堂"}, "data.thing3.value"),
        (values(date2="明天", thing3=""), "data.date2.value invalid"),
    ],
)
async def test_the_first_field_that_is_wrong_is_named(wechat: World, data: Any, words: str) -> None:
    said = await answer(wechat, SUBSCRIBE, message(data=data))
    assert said["errcode"] == 47003
    assert said["errmsg"].split(" rid: ")[0] == f"argument invalid! {words}"


FITS = {
    "number": (["1", "3.14", "9" * 32], ["1..2", ".", "一", "9" * 33]),
    "letter": (["abc"], ["a1", "a" * 33]),
    "symbol": (["+-*/%"], ["+-*/%#", "a"]),
    "character_string": (["A-1/2"], ["编号1", "1" * 33]),
    "time": (["15:01", "2019年10月1日 15:01", "9:00~10:30"], ["25:01", "15:60", "2019-10-01"]),
    "date": (
        ["2019年10月1日", "2019年10月1日 15:01", "2019年1月1日~2019年1月2日", "2019-12-25 09:42"],
        ["2019年13月1日", "10月1日", "2019年1月32日"],
    ),
    "amount": (["¥100.5元", "3", "$3"], ["3万", "12345678901"]),
    "phone_number": (["138****1234", "0577-100"], ["156隐私保护003", "1" * 18]),
    "car_number": (["浙C12345", "浙CD12345"], ["浙C123456789", "abc"]),
    "name": (["王" * 10, "John Smith", "王 John"], ["王" * 11, "王" + "a" * 10, "a1"]),
    "phrase": (["已有结果"], ["已有结果了吗", "第1步"]),
    "thing": (["任何 1 !", "一" * 20], ["一" * 21, "\x07"]),
    "enum": (["是"], ["否"]),
}


TRIALS = [
    (kind, value, does_fit)
    for kind, (good, bad) in FITS.items()
    for some, does_fit in ((good, True), (bad, False))
    for value in some
]


@pytest.mark.parametrize(("kind", "value", "fits"), TRIALS)
def test_each_type_of_field_has_its_rule(kind: str, value: str, fits: bool) -> None:
    name = f"{kind}1"
    data, enums = {name: {"value": value}}, {"enum1": ["是"]}
    if fits:
        assert check({name: "x"}, data, enums) == {name: value}
    else:
        with pytest.raises(PlatformError, match="47003"):
            check({name: "x"}, data, enums)


async def test_never_asked_used_up_and_switched_off_are_one_refusal(wechat: World) -> None:
    await granted(wechat, LONG_TERM, {"id": "tmpl-2", "title": "别的", "fields": {"thing1": "事项"}})
    other = message(template_id="tmpl-2", data={"thing1": {"value": "会议"}})
    assert await errcode(wechat, SUBSCRIBE, other) == 43101
    assert await errcode(wechat, SUBSCRIBE, other | {"template_id": "tmpl-long"}) == 43101
    assert [await errcode(wechat, SUBSCRIBE, message()) for _ in range(4)] == [0, 0, 0, 43101]
    await wechat.admin("popup", {"openid": "o1", "templates": ["tmpl-meeting"]})
    await wechat.admin("phone", {"openid": "o1", "main_switch": False})
    assert await errcode(wechat, SUBSCRIBE, message()) == 43101
    await wechat.admin("phone", {"openid": "o1", "main_switch": True})
    assert await errcode(wechat, SUBSCRIBE, message()) == 0


async def test_a_long_term_template_is_allowed_once_and_sends_on(wechat: World) -> None:
    await granted(wechat, LONG_TERM)
    long = message(template_id="tmpl-long", data={"thing1": {"value": "会议"}})
    await wechat.admin("popup", {"openid": "o1", "templates": ["tmpl-long"]})
    assert {await errcode(wechat, SUBSCRIBE, long) for _ in range(5)} == {0}
    await wechat.admin("phone", {"openid": "o1", "long_term": []})
    assert await errcode(wechat, SUBSCRIBE, long) == 43101


async def test_two_calls_for_one_person_at_once_are_one_too_many(wechat: World) -> None:
    await wechat.admin("users", {"users": [{"name": "乙", "openid": "o2", "credits": {"tmpl-meeting": 1}}]})
    await wechat.admin("faults", {"path": SUBSCRIBE, "latency": 1})
    said = await asyncio.gather(*(errcode(wechat, SUBSCRIBE, message(touser=who)) for who in ("o1", "o1", "o2")))
    assert sorted(said) == [0, 0, 43108]
    assert said[2] == 0
    assert wechat.platform.users["o1"].credits["tmpl-meeting"] == 2
    assert await errcode(wechat, SUBSCRIBE, message()) == 0


@pytest.mark.parametrize("banned", ["tmpl-meeting", "mini"])
async def test_a_banned_template_or_account_sends_nothing(wechat: World, banned: str) -> None:
    await wechat.admin("platform", {"banned": [banned]})
    assert await errcode(wechat, SUBSCRIBE, message()) == 43107
    await wechat.admin("platform", {"banned": []})
    assert await errcode(wechat, SUBSCRIBE, message()) == 0


async def test_a_message_has_a_number_under_which_the_platform_will_tell_of_it(wechat: World) -> None:
    numbers = [(await answer(wechat, SUBSCRIBE, message()))["msgid"] for _ in range(2)]
    assert numbers[0] != numbers[1]
    assert [dict(event) for event in wechat.platform.sent_events] == [
        {"openid": "o1", "template_id": "tmpl-meeting", "msgid": str(number), "error": ""} for number in numbers
    ]
    await errcode(wechat, SUBSCRIBE, message(data=None))
    assert len(wechat.platform.sent_events) == 2


async def test_the_service_accounts_subscribe_message_goes_to_followers_and_others(wechat: World) -> None:
    openid = await granted(wechat, BIZ_TEMPLATE, BIZ_LONG)
    user = wechat.platform.users["o1"]
    assert await errcode(wechat, BIZ, news(openid, "biz-1"), account="mini") == 48001
    assert await errcode(wechat, BIZ, news("o1", "biz-1"), account="service") == 40003
    assert await errcode(wechat, BIZ, news(openid, "tmpl-meeting"), account="service") == 40037
    assert await errcode(wechat, BIZ, news(openid, "biz-1"), account="service") == 43101
    await wechat.admin("phone", {"openid": "o1", "follows": False, "long_term": ["biz-3"], "credits": {"biz-1": 1}})
    assert await errcode(wechat, BIZ, news(openid, "biz-1", data={}), account="service") == 47003
    one_time = [await errcode(wechat, BIZ, news(openid, "biz-1", miniprogram=CARD), account="service") for _ in "ab"]
    assert one_time == [0, 43101]
    assert {await errcode(wechat, BIZ, news(openid, "biz-3"), account="service") for _ in "abc"} == {0}
    assert [(line["account"], line["page"], line["in_chat"]) for line in user.inbox][:2] == [
        ("service", CARD["pagepath"], False),
        ("service", "", False),
    ]


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, 0),
        ({"url": "https://example.invalid/a"}, 0),
        ({"miniprogram": CARD}, 0),
        ({"miniprogram": {"appid": "wxother", "pagepath": "pages/list/index"}}, 40013),
        ({"miniprogram": CARD | {"pagepath": "pages/none/index"}}, 40165),
        ({"miniprogram": "x"}, 47001),
        ({"url": "https://example.invalid/" + "a" * 2048}, 40039),
        ({"template_id": None}, 40036),
        ({"template_id": "biz-1"}, 40037),
        ({"template_id": "news-0"}, 40247),
        ({"touser": "o1"}, 40003),
        ({"data": {"thing1": {"value": "会" * 21}, "time2": {"value": "15:01"}}}, 47003),
    ],
)
async def test_a_template_message_is_refused_for_its_own_reason(
    wechat: World, changed: dict[str, Any], refused: int
) -> None:
    openid = await granted(wechat, BIZ_TEMPLATE, NEWS_TEMPLATE, OLD_TEMPLATE)
    assert await errcode(wechat, TEMPLATE, news(openid, "news-1", **changed), account="service") == refused
    assert len(wechat.platform.users["o1"].inbox) == (not refused)


async def test_a_template_message_is_for_followers_and_for_the_service_account(wechat: World) -> None:
    openid = await granted(wechat, NEWS_TEMPLATE)
    assert await errcode(wechat, TEMPLATE, news(openid, "news-1")) == 48001
    await wechat.admin("phone", {"openid": "o1", "follows": False})
    assert await errcode(wechat, TEMPLATE, news(openid, "news-1"), account="service") == 43004


async def test_the_same_message_again_within_ten_minutes_arrives_once(wechat: World) -> None:
    openid = await granted(wechat, NEWS_TEMPLATE)

    async def send(number: str) -> int:
        said = await answer(wechat, TEMPLATE, news(openid, "news-1", client_msg_id=number), account="service")
        return int(said["msgid"])

    assert await send("a") == await send("a") != await send("b")
    assert len(wechat.platform.users["o1"].inbox) == 2
    await wechat.admin("clock", {"seconds": 601})
    await send("a")
    assert len(wechat.platform.users["o1"].inbox) == 3
