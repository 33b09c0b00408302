"""Pushes of the service account: a text gets the bot's answer in five seconds, once however often it is repeated."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from backend.api.http import services
from backend.desk import handover
from backend.services import PushSecrets, Services
from backend.talk import KEPT, Asker, reply
from backend.wechat import push

blueprint = Blueprint("wechat_push", url_prefix="/wechat")

GREETING = (
    "您好, 这里是鹿城区社会救助“一事一议”问答。您可以直接打字问, 例如: 什么情况可以申请? 要找工作人员, 发“人工”。"
    "情况紧急请直接打电话; 有生命危险先打120、119或110。"
)
NOT_TEXT = "这里现在只看得懂文字。请打字问, 发“人工”找工作人员, 或者打电话给村(社区)、镇(街道)救助窗口。"
PICTURE = "图片我看不懂, 也没有留下。材料照片请在小程序“初步申请”里交; 有问题请打字问, 或者打电话给救助窗口。"
_NO_WORDS = "这段语音没有听出字来(听不懂温州话)。请打字问, 或者打电话给村(社区)、镇(街道)救助窗口, 会有人听您说。"
# The keys of the service account's menu, as it is set up at WeChat.
_MENU = {"apply": "怎么申请", "urgent": "情况紧急怎么办", "list": "名单在哪里公布", "person": "人工"}
_REPEAT_SECONDS = 60
AT_WORK_SECONDS = 4
"""WeChat repeats after five seconds: whoever died in the middle holds the message for less than that."""


@blueprint.get("/push")
async def prove(request: Request) -> HTTPResponse:
    """WeChat's check of the address: echo, when the signature is right."""
    return prove_with(request, services(request).push)


@blueprint.post("/push")
async def receive(request: Request) -> HTTPResponse:
    """One message or event. Junk is answered 400, a wrong signature 403, both without a word."""
    live = services(request)
    now = int(live.clock.wall().timestamp())
    try:
        message = decode_with(request, live.push, now)
    except push.BadPushError as error:
        return text("", status=error.status)
    said = await once(live, f"push:{message.dedupe_key}", lambda moment: _say(live, message, moment))
    if said.words.startswith(KEPT):
        await handover.mark_shown("service_account", message.openid, now=said.at)
    words = push.text_reply(
        message,
        said.words,
        token=live.push.token,
        aes_key=live.push.aes_key,
        appid=live.push.appid,
        now=now,
        nonce=str(secrets.randbits(31)),
    )
    return text(words, content_type="text/plain" if words == "success" else "application/xml")


@dataclass(frozen=True, slots=True)
class Said:
    """What a message was answered, and at which moment that was worked out."""

    words: str
    at: datetime


async def once(live: Services, key: str, work: Callable[[datetime], Awaitable[str]]) -> Said:
    """The answer, worked out once; a repeat of WeChat's waits for it, and works itself where the first died."""
    while True:
        if known := await live.redis.get(key):
            kept = json.loads(known)
            return Said(kept["words"], datetime.fromisoformat(kept["at"]))
        if await live.redis.set(f"{key}:working", "1", ex=AT_WORK_SECONDS, nx=True):
            break
        await asyncio.sleep(0.2)
    now = await live.clock.now()
    words = await work(now)
    kept = {"words": words, "at": now.isoformat()}
    await live.redis.set(key, json.dumps(kept, ensure_ascii=False), ex=_REPEAT_SECONDS)
    return Said(words, now)


async def _say(live: Services, message: push.Push, now: datetime) -> str:
    """What each kind of message gets. An event that asks for nothing gets no words."""
    text = message.text
    if message.kind == "event":
        if message.event.lower() == "subscribe":
            return GREETING
        if message.event.lower() != "click":
            return ""
        text = _MENU.get(message.key, message.key)
    elif message.kind == "voice" and not text:
        return _NO_WORDS
    elif message.kind not in ("text", "voice"):
        return PICTURE if message.kind in ("image", "video", "shortvideo") else NOT_TEXT
    return await answer_in_words(live, "service_account", message.openid, text, now)


async def answer_in_words(live: Services, door: str, openid: str, text: str, now: datetime) -> str:
    """The bot's answer, or a person's, as one message of WeChat's."""
    if not text.strip():
        return NOT_TEXT
    asker = Asker(door, conversation=f"{door}:{openid}", openid=openid)
    found = await reply(live.talk, text, asker, now=now)
    return f"{found.text}\n回复“详细”看更多。" if found.more else found.text


def prove_with(request: Request, secret: PushSecrets) -> HTTPResponse:
    """The echo of WeChat's check, or 403 without a word."""
    args = _args(request)
    try:
        push.verify(
            secret.token,
            given=args.get("signature", ""),
            timestamp=args.get("timestamp", ""),
            nonce=args.get("nonce", ""),
            encrypt=None,
            now=int(services(request).clock.wall().timestamp()),
        )
    except push.BadPushError as error:
        return text("", status=error.status)
    return text(args.get("echostr", ""))


def decode_with(request: Request, secret: PushSecrets, now: int) -> push.Push:
    """The pushed message. Raises BadPushError."""
    return push.decode(
        request.body, _args(request), token=secret.token, aes_key=secret.aes_key, appid=secret.appid, now=now
    )


def _args(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in request.args.items()}
