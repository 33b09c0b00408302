"""What the service account says to each kind of message, and to the taps of its menu."""

import secrets
import time
from xml.sax.saxutils import escape

import pytest

from backend.demo import district
from backend.settings import Settings
from backend.wechat.push import signature
from tests.stack import Stack


async def push(stack: Stack, kind: str, **fields: str) -> str:
    """One signed push; returns the words of the reply, empty for none."""
    stamp, nonce = str(int(time.time())), str(secrets.randbits(31))
    extra = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    xml = (
        f"<xml><ToUserName>gh</ToUserName><FromUserName>{district.NEIGHBOUR_OPENID}</FromUserName>"
        f"<CreateTime>{stamp}</CreateTime><MsgType>{kind}</MsgType>{extra}<MsgId>{secrets.randbits(62)}</MsgId></xml>"
    )
    token = Settings().wechat_push_token
    args = {"signature": signature(token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
    async with stack.stage.service.post("/wechat/push", params=args, data=xml.encode()) as response:
        assert response.status == 200
        body = await response.text()
    return body.split("<Content>")[1].split("</Content>")[0] if "<Content>" in body else ""


async def test_each_kind_of_message_gets_a_sensible_answer(stack: Stack) -> None:
    assert "您好" in await push(stack, "event", Event="subscribe")
    assert await push(stack, "event", Event="unsubscribe") == ""
    assert "5000" in await push(stack, "event", Event="CLICK", EventKey="urgent")
    assert "一般不得少于12人" in await push(stack, "voice", Recognition="评议会要多少人参加")
    assert "听不懂温州话" in await push(stack, "voice", MediaId="m")
    assert "初步申请" in await push(stack, "image", PicUrl="http://127.0.0.1/p", MediaId="m")
    assert "看得懂文字" in await push(stack, "location", Label="x")


async def test_the_chat_goes_on_from_what_was_said(stack: Stack) -> None:
    first = await push(stack, "text", Content="评议会要多少人参加")
    assert "回复“详细”看更多" in first
    more = await push(stack, "text", Content="详细")
    assert more != first
    assert "四(二)a" in more


@pytest.mark.parametrize("conversation", [None, "phone-one-1"])
async def test_the_mini_program_gets_buttons_and_a_conversation_where_it_wants_one(
    stack: Stack, conversation: str | None
) -> None:
    async def ask(text: str) -> dict[str, object]:
        body = {"text": text} | ({"conversation": conversation} if conversation else {})
        return await stack.stage.call("", "POST", "/api/bot/ask", body)

    first = await ask("批下来以后能管几年")
    assert first["intent"] == "validity"
    assert first["suggestions"]
    assert first["because"]
    second = await ask("详细")
    assert (second["intent"] == "validity") is bool(conversation)
