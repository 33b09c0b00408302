"""Pushes of both accounts: what is pushed, how it is sealed, what may be answered, how often it is tried."""

import hashlib
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from wechatpy.crypto import WeChatCrypto

from simulator import push
from tests.simulator.receiver import World

MINI = {"openid": "o1", "account": "mini", "text": "要多少人"}
SERVICE = {"openid": "o1", "text": "要多少人"}
ENTER = {"openid": "o1", "account": "mini", "kind": "event", "event": "user_enter_tempsession", "key": "list"}


def from_xml(body: str) -> dict[str, str]:
    return {element.tag: element.text or "" for element in ElementTree.fromstring(body)}


def transfer(message_format: str, kind: str = "transfer_customer_service", to: str = "o1") -> str:
    fields = {"ToUserName": to, "FromUserName": "gh_mini", "CreateTime": 1399197672, "MsgType": kind}
    if message_format == "json":
        return json.dumps(fields)
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</xml>"


def said_back(wechat: World, inner: str = "<MsgType>text</MsgType><Content>十二人</Content>", **other: str) -> str:
    """A whole answer of the service account to `o1`."""
    head = {"ToUserName": wechat.platform.users["o1"].service_openid, "FromUserName": "gh_service", "CreateTime": "1"}
    return f"<xml>{''.join(f'<{name}>{value}</{name}>' for name, value in (head | other).items())}{inner}</xml>"


async def test_the_mini_programs_pushes_go_to_its_own_address_as_json(wechat: World) -> None:
    assert await wechat.admin("say", MINI | {"message_id": "77"}) == {"answer": "", "tries": 1}
    pushed = json.loads(wechat.mini.bodies[0])
    assert isinstance(pushed.pop("CreateTime"), int)
    assert pushed == {
        "ToUserName": "gh_mini",
        "FromUserName": "o1",
        "MsgType": "text",
        "Content": "要多少人",
        "MsgId": 77,
    }
    assert wechat.mini.types == ["application/json"]
    assert wechat.service.bodies == []


async def test_the_mini_programs_pushes_come_as_xml_where_it_chose_xml(wechat: World) -> None:
    await wechat.admin("say", MINI | {"text": "a<b", "format": "xml"})
    pushed = from_xml(wechat.mini.bodies[0])
    assert (pushed["FromUserName"], pushed["MsgType"], pushed["Content"]) == ("o1", "text", "a<b")
    assert wechat.mini.types == ["text/xml"]


async def test_the_service_accounts_pushes_name_the_person_by_its_own_openid(wechat: World) -> None:
    service_openid = wechat.platform.users["o1"].service_openid
    for openid in ("o1", service_openid):
        await wechat.admin("say", SERVICE | {"openid": openid})
    for body, args in zip(wechat.service.bodies, wechat.service.args, strict=True):
        assert from_xml(body)["FromUserName"] == args["openid"] == service_openid
        assert from_xml(body)["ToUserName"] == "gh_service"
    assert wechat.mini.bodies == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (MINI | {"kind": "image"}, {"MsgType": "image", "MediaId": "demo-media"}),
        (
            MINI | {"kind": "miniprogrampage", "text": "名单", "key": "pages/list/index"},
            {"MsgType": "miniprogrampage", "Title": "名单", "AppId": "wxtest", "PagePath": "pages/list/index"},
        ),
        (ENTER, {"MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": "list"}),
        (SERVICE | {"kind": "image"}, {"MsgType": "image", "MediaId": "demo-media"}),
        (SERVICE | {"kind": "voice", "recognition": "怎么申请"}, {"MsgType": "voice", "Recognition": "怎么申请"}),
        (SERVICE | {"kind": "location"}, {"MsgType": "location", "Label": "要多少人"}),
        (SERVICE | {"kind": "event", "event": "subscribe"}, {"MsgType": "event", "Event": "subscribe", "EventKey": ""}),
        (SERVICE | {"kind": "event", "event": "CLICK", "key": "apply"}, {"Event": "CLICK", "EventKey": "apply"}),
    ],
)
async def test_every_kind_is_pushed_with_its_fields(
    wechat: World, said: dict[str, Any], expected: dict[str, str]
) -> None:
    await wechat.admin("say", said)
    (body,) = wechat.mini.bodies + wechat.service.bodies
    pushed = json.loads(body) if body.startswith("{") else from_xml(body)
    assert pushed.items() >= expected.items()
    assert ("MsgId" in pushed) is (pushed["MsgType"] != "event")


async def test_opening_customer_service_has_a_call_of_its_own(wechat: World) -> None:
    assert await wechat.admin("enter_session", {"openid": "o1", "key": "list"}) == {"answer": "", "tries": 1}
    assert json.loads(wechat.mini.bodies[0])["SessionFrom"] == "list"
    assert await wechat.chat("mini") == []


@pytest.mark.parametrize(
    "said",
    [
        MINI | {"kind": "voice"},
        MINI | {"kind": "event", "event": "CLICK"},
        SERVICE | {"kind": "miniprogrampage"},
        ENTER | {"account": "service"},
        SERVICE | {"format": "json"},
        SERVICE | {"account": "third"},
        SERVICE | {"text": ""},
        SERVICE | {"openid": "o-none"},
    ],
)
async def test_what_no_phone_can_do_is_a_mistake_of_the_test(wechat: World, said: dict[str, Any]) -> None:
    async with wechat.http.post(f"{wechat.base_url}/admin/say", json=said) as response:
        assert response.status == 400
    assert wechat.mini.bodies + wechat.service.bodies == []


async def test_a_plain_push_is_signed_with_the_accounts_own_token(wechat: World) -> None:
    await wechat.admin("say", MINI)
    await wechat.admin("say", SERVICE)
    for receiver, token in ((wechat.mini, "mini-t"), (wechat.service, "t")):
        args = receiver.args[0]
        signed = hashlib.sha1("".join(sorted([token, args["timestamp"], args["nonce"]])).encode()).hexdigest()
        assert args["signature"] == signed
        assert "encrypt_type" not in args


async def test_moving_the_platforms_clock_does_not_make_its_pushes_old(wechat: World) -> None:
    await wechat.admin("say", MINI)
    assert await wechat.admin("clock", {"seconds": 86400}) == {"offset": 86400}
    await wechat.admin("say", MINI)
    first, second = (int(args["timestamp"]) for args in wechat.mini.args)
    assert second - first < 60


@pytest.mark.parametrize("message_format", ["json", "xml"])
async def test_a_push_in_safe_mode_is_opened_by_wechatpy(wechat: World, message_format: str) -> None:
    await wechat.admin("say", MINI | {"encrypted": True, "format": message_format})
    body, opened = wechat.mini.bodies[0], wechat.opened("mini")
    envelope = json.loads(body) if message_format == "json" else from_xml(body)
    assert set(envelope) == {"ToUserName", "Encrypt"}
    assert envelope["ToUserName"] == "gh_mini"
    assert wechat.mini.args[0]["encrypt_type"] == "aes"
    inner = json.loads(opened) if message_format == "json" else from_xml(opened)
    assert (inner["FromUserName"], inner["Content"]) == ("o1", "要多少人")


async def test_the_service_accounts_safe_mode_carries_its_own_appid_and_is_answered_sealed(wechat: World) -> None:
    crypto = WeChatCrypto("t", "A" * 43, "wxservice")
    wechat.service.answers = [(200, crypto.encrypt_message(said_back(wechat), "5", "1"))]
    said = await wechat.admin("say", SERVICE | {"encrypted": True})
    assert from_xml(wechat.opened("service"))["Content"] == "要多少人"
    assert said == {"answer": "十二人", "tries": 1}


async def test_an_answer_sealed_with_another_accounts_secrets_is_wrong(wechat: World) -> None:
    for token, key, appid in (("t", "A" * 43, "wxtest"), ("t", "B" * 43, "wxservice"), ("x", "A" * 43, "wxservice")):
        sealed = WeChatCrypto(token, key, appid).encrypt_message(said_back(wechat), "5", "1")
        wechat.service.answers = [(200, sealed)]
        assert (await wechat.admin("say", SERVICE | {"encrypted": True}))["answer"] == push.BROKEN


async def test_the_mini_program_answers_with_messages_of_its_own_while_the_push_waits(wechat: World) -> None:
    wechat.mini.meanwhile = wechat.write
    assert await wechat.admin("say", MINI) == {"answer": "", "tries": 1}
    assert await wechat.chat("mini") == [("me", "要多少人"), ("account", "答")]
    assert await wechat.chat("service") == []


@pytest.mark.parametrize("answer", ["success", "", transfer("json"), transfer("xml")])
async def test_the_mini_program_may_say_success_or_nothing_or_hand_the_message_on(wechat: World, answer: str) -> None:
    wechat.mini.answers = [(200, answer)]
    assert await wechat.admin("say", MINI) == {"answer": "", "tries": 1}
    assert await wechat.chat("mini") == [("me", "要多少人")]


async def test_the_mini_program_may_hand_on_a_message_sealed(wechat: World) -> None:
    crypto = WeChatCrypto("mini-t", "B" * 43, "wxtest")
    sealed = crypto.encrypt_message(transfer("xml"), "5", "1")
    fields = from_xml(sealed) | {"TimeStamp": 1}
    for answer in (sealed, json.dumps(fields)):
        wechat.mini.answers = [(200, answer)]
        assert (await wechat.admin("say", MINI | {"encrypted": True}))["answer"] == ""


@pytest.mark.parametrize(
    "answer",
    [
        "ok",
        "<xml><MsgType>text</MsgType><Content>十二人</Content></xml>",
        '{"MsgType": "text", "Content": "十二人"}',
        transfer("json", kind="text"),
        transfer("json", to="gh_mini"),
        "{",
        "<xml>",
        "<xml><Encrypt>junk</Encrypt></xml>",
    ],
)
async def test_any_other_answer_of_the_mini_program_is_wrong(wechat: World, answer: str) -> None:
    wechat.mini.answers = [(200, answer)]
    assert await wechat.admin("say", MINI) == {"answer": push.MINI_BROKEN, "tries": 1}
    assert await wechat.chat("mini") == [("me", "要多少人"), ("account", push.MINI_BROKEN)]


async def test_an_event_cannot_be_handed_on(wechat: World) -> None:
    wechat.mini.answers = [(200, transfer("json"))]
    assert (await wechat.admin("say", ENTER))["answer"] == push.MINI_BROKEN


@pytest.mark.parametrize(
    "answer",
    [
        '{"Content": "十二人"}',
        "十二人",
        "<xml>",
        " success",
        "<xml><MsgType>text</MsgType><Content>十二人</Content></xml>",
    ],
)
async def test_the_service_account_answers_in_whole_xml_or_not_at_all(wechat: World, answer: str) -> None:
    wechat.service.answers = [(200, answer)]
    assert await wechat.admin("say", SERVICE) == {"answer": push.BROKEN, "tries": 1}


@pytest.mark.parametrize(
    ("inner", "other"),
    [
        ("<MsgType>text</MsgType><Content></Content>", {}),
        ("<MsgType>text</MsgType><Content> </Content>", {}),
        ("<MsgType>text</MsgType>", {}),
        ("<MsgType>words</MsgType><Content>答</Content>", {}),
        ("<MsgType>text</MsgType><Content>答</Content><Content>又答</Content>", {}),
        (f"<MsgType>text</MsgType><Content>{'答' * 683}</Content>", {}),
        ("<MsgType>image</MsgType><MediaId>1</MediaId>", {}),
        ("<MsgType>text</MsgType><Content>答</Content>", {"ToUserName": "o1"}),
        ("<MsgType>text</MsgType><Content>答</Content>", {"FromUserName": "gh_mini"}),
        ("<MsgType>text</MsgType><Content>答</Content>", {"CreateTime": "now"}),
    ],
)
async def test_an_answer_that_lacks_something_shows_as_a_broken_service(
    wechat: World, inner: str, other: dict[str, str]
) -> None:
    wechat.service.answers = [(200, said_back(wechat, inner, **other))]
    assert await wechat.admin("say", SERVICE) == {"answer": push.BROKEN, "tries": 1}


async def test_an_answer_in_the_open_is_refused_in_safe_mode_and_taken_in_compatible_mode(wechat: World) -> None:
    wechat.service.answers = [(200, said_back(wechat))]
    assert (await wechat.admin("say", SERVICE | {"mode": "safe"}))["answer"] == push.BROKEN
    assert (await wechat.admin("say", SERVICE | {"mode": "compatible"}))["answer"] == "十二人"


@pytest.mark.parametrize("message_format", ["json", "xml"])
async def test_compatible_mode_leaves_the_fields_in_the_open_beside_the_envelope(
    wechat: World, message_format: str
) -> None:
    await wechat.admin("say", MINI | {"mode": "compatible", "format": message_format})
    body = wechat.mini.bodies[0]
    beside = json.loads(body) if message_format == "json" else from_xml(body)
    assert (beside["FromUserName"], beside["Content"]) == ("o1", "要多少人")
    sealed = wechat.opened("mini")
    inner = json.loads(sealed) if message_format == "json" else from_xml(sealed)
    assert inner["Content"] == "要多少人"


async def test_a_picture_may_be_answered(wechat: World) -> None:
    inner = "<MsgType>image</MsgType><Image><MediaId>m</MediaId></Image>"
    wechat.service.answers = [(200, said_back(wechat, inner))]
    assert await wechat.admin("say", SERVICE) == {"answer": "[图片]", "tries": 1}


async def test_the_service_accounts_answer_appears_in_its_chat_alone(wechat: World) -> None:
    inner = "<MsgType>text</MsgType><Content><![CDATA[a<b & c]]></Content>"
    wechat.service.answers = [(200, said_back(wechat, inner))]
    assert await wechat.admin("say", SERVICE) == {"answer": "a<b & c", "tries": 1}
    assert await wechat.chat("service") == [("me", "要多少人"), ("account", "a<b & c")]
    assert await wechat.chat("mini") == []


async def test_every_push_and_what_came_of_it_can_be_looked_at(wechat: World) -> None:
    wechat.service.answers = [(500, ""), (200, said_back(wechat))]
    wechat.mini.answers = [(503, "")]
    await wechat.admin("say", SERVICE)
    await wechat.admin("say", MINI | {"mode": "safe", "format": "xml"})
    async with wechat.http.get(f"{wechat.base_url}/admin/pushes") as response:
        first, second = await response.json()
    assert (first["account"], first["what"], first["mode"], first["format"]) == ("service", "text", "plain", "xml")
    assert (first["tries"], first["outcome"], first["answer"]) == (2, "answered", said_back(wechat))
    assert (second["account"], second["mode"], second["format"]) == ("mini", "safe", "xml")
    assert (second["tries"], second["outcome"], second["answer"]) == (3, "服务故障", None)


@pytest.mark.parametrize("said", [MINI, SERVICE])
async def test_a_push_that_failed_comes_again_with_the_same_message_id(wechat: World, said: dict[str, Any]) -> None:
    receiver = wechat.mini if "account" in said else wechat.service
    receiver.answers = [(503, ""), (500, "no"), (200, "success")]
    assert await wechat.admin("say", said) == {"answer": "", "tries": 3}
    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == 1


@pytest.mark.parametrize(("said", "shown"), [(MINI, push.MINI_BROKEN), (SERVICE, push.BROKEN)])
async def test_a_push_is_tried_three_times_and_no_more(wechat: World, said: dict[str, Any], shown: str) -> None:
    receiver = wechat.mini if "account" in said else wechat.service
    receiver.answers = [(503, "success")]
    assert await wechat.admin("say", said) == {"answer": shown, "tries": 3}
    assert len(receiver.bodies) == 3


async def test_an_answer_that_takes_too_long_is_asked_for_again(wechat: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert push.ANSWER_SECONDS == 5
    monkeypatch.setattr(push, "ANSWER_SECONDS", 0.3)
    wechat.mini.answers = [(0, ""), (200, "success")]
    assert await wechat.admin("say", MINI) == {"answer": "", "tries": 2}
