"""Somebody else's client against the simulator: wechatpy, synchronous and unmodified, in threads."""

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient as Original
from wechatpy.exceptions import WeChatClientException

from tests.simulator.calls import FIELDS, TEMPLATE, values
from tests.simulator.qr import read
from tests.wechat.conftest import Line

CONTENT = b"\xff\xd8\xff\xe0" + b"x" * 1000
CARD = {"appid": "wxtest", "pagepath": "pages/list/index?id=1"}
NEWS = {"thing1": {"value": "会议"}, "time2": {"value": "15:01"}}


class _Elsewhere(HTTPAdapter):
    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    def send(self, request: Any, **kwargs: Any) -> Any:
        request.url = request.url.replace("https://api.weixin.qq.com", self._base_url)
        return super().send(request, **kwargs)


class Here(Original):
    """wechatpy's client with another address, and nothing else: its addresses are constants."""

    def __init__(self, line: Line, appid: str, secret: str) -> None:
        super().__init__(appid, secret, timeout=5)
        self._http.trust_env = False
        self._http.mount("https://api.weixin.qq.com", _Elsewhere(line.base_url))


def mini(line: Line) -> Here:
    return Here(line, "wxtest", "s")


def service(line: Line) -> Here:
    return Here(line, "wxservice", "ss")


async def called(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return await asyncio.to_thread(call, *arguments, **named)


async def test_it_fetches_a_token_of_the_other_family_and_sends_with_it(line: Line) -> None:
    client = mini(line)
    assert (await called(client.fetch_access_token))["expires_in"] == 7200
    said = await called(client.wxa.send_subscribe_message, "o1", "tmpl-meeting", values(), "pages/meeting/index")
    assert said["errcode"] == 0
    assert list(line.platform.users["o1"].inbox[0]["fields"].values()) == list(FIELDS.values())
    assert (line.platform.calls["/cgi-bin/token"], line.fetched) == (1, 0)


async def test_its_own_retry_gets_past_a_revoked_token(line: Line) -> None:
    client = mini(line)
    await called(client.fetch_access_token)
    line.platform.tokens.clear()
    said = await called(client.wxa.send_subscribe_message, "o1", "tmpl-meeting", values())
    assert said["errcode"] == 0
    assert line.platform.calls["/cgi-bin/token"] == 2


@pytest.mark.parametrize(("touser", "errcode"), [("o-none", 40003), ("o2", 43101)])
async def test_a_refusal_is_the_error_that_it_knows(line: Line, touser: str, errcode: int) -> None:
    line.platform.add_user("乙", "o2")
    with pytest.raises(WeChatClientException) as refused:
        await called(mini(line).wxa.send_subscribe_message, touser, "tmpl-meeting", values())
    assert refused.value.errcode == errcode


async def test_it_sends_both_messages_of_the_service_account(line: Line) -> None:
    user, client = line.platform.users["o1"], service(line)
    user.credits["biz-1"] = 1
    said = await called(client.message.send_subscribe_message, user.service_openid, "biz-1", NEWS, CARD)
    assert said["errcode"] == 0
    said = await called(client.message.send_template, user.service_openid, "news-1", NEWS, None, CARD)
    assert (said["errcode"], said["msgid"]) == (0, user.inbox[1]["msgid"])
    assert [message["page"] for message in user.inbox] == [CARD["pagepath"]] * 2
    assert line.platform.calls[TEMPLATE] == 1


async def test_it_reads_a_follower_and_writes_to_whoever_just_wrote(line: Line) -> None:
    user, client = line.platform.users["o1"], service(line)
    assert (await called(client.user.get, user.service_openid))["unionid"] == user.unionid
    with pytest.raises(WeChatClientException) as closed:
        await called(client.message.send_text, user.service_openid, "早了")
    assert closed.value.errcode == 45015
    user.windows["service"] = {"message": {"left": 5, "until": line.platform.now() + 60}}
    assert (await called(client.message.send_text, user.service_openid, "答"))["errcode"] == 0
    assert user.chat_with("service")[-1]["text"] == "答"


async def test_it_uploads_and_downloads_media(line: Line) -> None:
    client = service(line)
    made = await called(client.media.upload, "image", io.BytesIO(CONTENT))
    assert (await called(client.media.download, made["media_id"])).content == CONTENT


async def test_it_gets_a_code_that_can_be_read(line: Line) -> None:
    answer = await called(mini(line).wxa.get_wxa_code_unlimited, "m.7Kq2", page="pages/list/index")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert read(answer.content) == "weapp://wxtest/pages/list/index?env_version=release&scene=m.7Kq2"


async def test_it_logs_in_and_checks_words_as_of_old(line: Line) -> None:
    client = mini(line)
    session = await called(client.wxa.code_to_session, line.platform.login_code("o1"))
    assert session["openid"] == "o1"
    with pytest.raises(WeChatClientException) as risky:
        await called(client.wxa.check_text_security, "赌博")
    assert risky.value.errcode == 87014
