"""What the two accounts' pushes share: checked, decoded, answered once however often WeChat repeats."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sanic import Request
from sanic.response import HTTPResponse, text

from backend.api.http import services
from backend.services import PushSecrets, Services
from backend.talk import Asker, reply
from backend.wechat import push

GREETING = (
    "您好, 这里是鹿城区社会救助“一事一议”问答。您可以直接打字问, 例如: 什么情况可以申请? 要找工作人员, 发“人工”。"
    "情况紧急请直接打电话; 有生命危险先打120、119或110。"
)
NOT_TEXT = "这里现在只看得懂文字。请打字问, 发“人工”找工作人员, 或者打电话给村(社区)、镇(街道)救助窗口。"
PICTURE = "图片我看不懂, 也没有留下。材料照片请在小程序“初步申请”里交; 有问题请打字问, 或者打电话给救助窗口。"
_REPEAT_SECONDS = 60
AT_WORK_SECONDS = 4
"""WeChat repeats after five seconds: whoever died in the middle holds the message for less than that."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a message was answered, and at which moment that was worked out."""

    words: str
    at: datetime


async def once(live: Services, key: str, work: Callable[[datetime], Awaitable[str]]) -> Said:
    """What `work` returns, worked out once: a repeat waits for it, and works itself where the first died or failed."""
    while True:
        if known := await live.redis.get(key):
            kept = json.loads(known)
            return Said(kept["words"], datetime.fromisoformat(kept["at"]))
        if await live.redis.set(f"{key}:working", "1", ex=AT_WORK_SECONDS, nx=True):
            break
        await asyncio.sleep(0.2)
    now = await live.clock.now()
    try:
        words = await work(now)
        kept = {"words": words, "at": now.isoformat()}
        await live.redis.set(key, json.dumps(kept, ensure_ascii=False), ex=_REPEAT_SECONDS)
    finally:
        await live.redis.delete(f"{key}:working")
    return Said(words, now)


async def answer_in_words(live: Services, door: str, openid: str, text: str, now: datetime) -> str:
    """The bot's answer, or a person's, as one message of WeChat's."""
    if not text.strip():
        return NOT_TEXT
    asker = Asker(door, conversation=f"{door}:{openid}", openid=openid)
    found = await reply(live.talk, text, asker, now=now)
    return f"{found.text}\n回复“详细”看更多。" if found.more else found.text


def prove(request: Request, secret: PushSecrets) -> HTTPResponse:
    """WeChat's check of the address: echo. Raises BadPushError."""
    args = _args(request)
    push.verify(
        secret.token,
        given=args.get("signature", ""),
        timestamp=args.get("timestamp", ""),
        nonce=args.get("nonce", ""),
        encrypt=None,
        now=wall_seconds(request),
    )
    return text(args.get("echostr", ""))


def decode(request: Request, secret: PushSecrets) -> push.Push:
    """The pushed message. Raises BadPushError."""
    now = wall_seconds(request)
    return push.decode(
        request.body, _args(request), token=secret.token, aes_key=secret.aes_key, appid=secret.appid, now=now
    )


async def without_a_word(_request: Request, error: push.BadPushError) -> HTTPResponse:
    """Junk is answered 400, a wrong signature 403."""
    return text("", status=error.status)


def wall_seconds(request: Request) -> int:
    """The real moment in Unix seconds: signatures know nothing of a moved clock."""
    return int(services(request).clock.wall().timestamp())


def _args(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in request.args.items()}
