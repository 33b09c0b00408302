"""custom/send: to whom, what, and how it looks on the phone."""

import asyncio
from typing import Any

import pytest
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from tests.simulator.receiver import World

PATH = "message/custom/send"
LINK = {"title": "题", "description": "说明", "url": "http://127.0.0.1:9/", "thumb_url": "http://127.0.0.1:9/t"}
CARD = {"title": "题", "pagepath": "pages/list/index", "thumb_media_id": "m"}


def message(kind: str, content: Any, touser: str = "o1") -> dict[str, Any]:
    return {"touser": touser, "msgtype": kind, kind: content}


async def opened(wechat: World) -> str:
    """Both windows are open; returns the openid at the service account."""
    for account in ("mini", "service"):
        await wechat.admin("say", {"openid": "o1", "account": account, "text": "问"})
    return wechat.platform.users["o1"].service_openid


async def test_a_text_appears_in_the_chat_of_the_account_that_sent_it(wechat: World) -> None:
    await opened(wechat)
    assert await wechat.write("小程序答") == 0
    assert await wechat.write("公众号答", "service") == 0
    assert await wechat.chat("mini") == [("me", "问"), ("account", "小程序答")]
    assert await wechat.chat("service") == [("me", "问"), ("account", "公众号答")]


async def test_the_openid_of_the_other_account_and_an_unknown_one_are_nobody(wechat: World) -> None:
    service_openid = await opened(wechat)
    text = {"content": "答"}
    for touser, account in ((service_openid, "mini"), ("o1", "service"), ("o-none", "mini"), (None, "mini")):
        assert await wechat.call(PATH, message("text", text, touser), account) == 40003


async def test_a_token_of_no_account_is_refused(wechat: World) -> None:
    for token, errcode in (("", 41001), ("nonsense", 40001)):
        params = {"access_token": token}
        async with wechat.http.post(f"{wechat.base_url}/cgi-bin/{PATH}", params=params, json={}) as response:
            assert (await response.json())["errcode"] == errcode


@pytest.mark.parametrize("data", [b"{", b"[]", b"touser=o1", b""])
async def test_what_is_no_json_object_is_refused(wechat: World, data: bytes) -> None:
    params = {"access_token": wechat.platform.stable_token("mini", force=False)[0]}
    async with wechat.http.post(f"{wechat.base_url}/cgi-bin/{PATH}", params=params, data=data) as response:
        assert (await response.json())["errcode"] == (47001 if data else 44002)


@pytest.mark.parametrize(
    ("content", "errcode"),
    [
        (None, 44004),
        ({}, 44004),
        ({"content": ""}, 44004),
        ("答", 47001),
        ({"content": 5}, 47001),
        ({"content": "长" * 682 + "ab"}, 0),
        ({"content": "长" * 682 + "abc"}, 45002),
    ],
)
async def test_a_text_is_there_and_at_most_2048_bytes_long(wechat: World, content: Any, errcode: int) -> None:
    await opened(wechat)
    assert await wechat.call(PATH, message("text", content)) == errcode


@pytest.mark.parametrize(
    ("account", "kind", "content", "errcode"),
    [
        ("mini", "image", {"media_id": "m"}, 0),
        ("mini", "link", LINK, 0),
        ("mini", "miniprogrampage", CARD, 0),
        ("mini", "voice", {"media_id": "m"}, 40008),
        ("mini", "news", {"articles": [LINK]}, 40008),
        ("mini", "msgmenu", {"list": [{"id": "1", "content": "好"}]}, 40008),
        ("service", "image", {"media_id": "m"}, 0),
        ("service", "voice", {"media_id": "m"}, 0),
        ("service", "video", {"media_id": "m"}, 0),
        ("service", "music", {"musicurl": "u", "hqmusicurl": "u", "thumb_media_id": "m"}, 0),
        ("service", "news", {"articles": [LINK]}, 0),
        ("service", "msgmenu", {"head_content": "有用吗", "list": [{"id": "1", "content": "好"}]}, 0),
        ("service", "miniprogrampage", CARD | {"appid": "wxtest"}, 0),
        ("service", "link", LINK, 40008),
        ("service", "nonsense", {}, 40008),
        ("mini", "image", {}, 40007),
        ("mini", "link", {"title": "题"}, 47001),
        ("mini", "miniprogrampage", None, 47001),
    ],
)
async def test_each_account_has_its_kinds_of_message(
    wechat: World, account: str, kind: str, content: Any, errcode: int
) -> None:
    service_openid = await opened(wechat)
    touser = service_openid if account == "service" else "o1"
    assert await wechat.call(PATH, message(kind, content, touser), account) == errcode
    last = wechat.platform.users["o1"].chat_with(account)[-1]
    assert (last["kind"] == kind and last["content"] == content) is (errcode == 0)


async def test_faults_that_are_switched_on_hit_customer_service_too(wechat: World) -> None:
    await opened(wechat)
    await wechat.admin("faults", {"errcode": -1, "times": 1})
    assert await wechat.write() == -1
    assert await wechat.write() == 0


@pytest.mark.parametrize("account", ["mini", "service"])
async def test_wechatpys_own_synchronous_client_writes_to_a_person(wechat: World, account: str) -> None:
    """A second opinion: somebody else's client, unmodified."""
    known = wechat.platform.accounts[account]
    openid = wechat.platform.users["o1"].openid_at(known)
    token, _ = wechat.platform.stable_token(account, force=False)
    client = WeChatClient(known.appid, known.secret, access_token=token)
    client._http.trust_env = False
    client.message.API_BASE_URL = f"{wechat.base_url}/cgi-bin/"
    with pytest.raises(WeChatClientException) as closed:
        await asyncio.to_thread(client.message.send_text, openid, "早了")
    assert closed.value.errcode == 45015
    await wechat.admin("say", {"openid": "o1", "account": account, "text": "问"})
    answer = await asyncio.to_thread(client.message.send_text, openid, "答")
    assert answer["errcode"] == 0
    assert await wechat.chat(account) == [("me", "问"), ("account", "答")]
