"""What the two accounts' pushes share: checked, decoded, answered once however often WeChat repeats.

The platform cuts the connection after five seconds and repeats, three tries in all. So the work runs beside the request
(a cut connection ends the request, not the work), one process does it while the others wait, and what takes longer than
IN_PLACE_SECONDS is acknowledged at once and sent afterwards.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError
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
IN_PLACE_SECONDS = 3.0
"""How long a push waits for its answer; the rest of the five seconds is for the way."""
REPEAT_SECONDS = 60
"""How long an answer is kept for the platform's repeats, which end after fifteen seconds."""
AT_WORK_SECONDS = 4
"""WeChat repeats after five seconds: whoever died in the middle holds the message for less than that."""
_LOOK_SECONDS = 0.2
_T = TypeVar("_T")
_running: set[asyncio.Task[Any]] = set()


@dataclass(frozen=True, slots=True)
class Said:
    """What a message was answered, and at which moment that was worked out."""

    words: str
    at: datetime


async def once(
    live: Services, key: str, work: Callable[[datetime], Awaitable[str]], *, keep: int = REPEAT_SECONDS
) -> Said:
    """What `work` returns, worked out once: a repeat waits for it, and works itself where the first died or failed.

    `keep`: seconds for which it is remembered. Across processes; raises what `work` raises.
    """
    lock = live.redis.lock(f"{key}:working", timeout=AT_WORK_SECONDS)
    while not await lock.acquire(blocking=True, blocking_timeout=_LOOK_SECONDS):
        if (known := await _kept(live, key)) is not None:
            return known
    holding = asyncio.create_task(_hold(lock))
    try:
        # Whoever held it before may have finished between the look and the lock.
        if (known := await _kept(live, key)) is not None:
            return known
        now = await live.clock.now()
        said = Said(await work(now), now)
        kept = json.dumps({"words": said.words, "at": now.isoformat()}, ensure_ascii=False)
        # A process that was stopped for a while comes second: the first answer may be on the phone already.
        is_first = await live.redis.set(key, kept, ex=keep, nx=True)
        return said if is_first else await _kept(live, key) or said
    finally:
        holding.cancel()
        with suppress(LockError, RedisError):
            await lock.release()


async def _kept(live: Services, key: str) -> Said | None:
    known = await live.redis.get(key)
    if not known:
        return None
    kept = json.loads(known)
    return Said(kept["words"], datetime.fromisoformat(kept["at"]))


async def _hold(lock: Lock) -> None:
    """Work that takes long stays one process's own for as long as that lives."""
    while True:
        await asyncio.sleep(AT_WORK_SECONDS / 4)
        try:
            await lock.extend(AT_WORK_SECONDS, replace_ttl=True)
        except LockError:  # let go: where redis-py loses the cancellation, this ends it
            return
        except RedisError:
            continue


def begin(work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
    """Work that goes on when the request is over, or is cut."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # whoever waits for it sees it; a cut request waits no more


async def finish(*_: object) -> None:
    """Before a process stops: what was acknowledged is sent."""
    if _running:
        await asyncio.wait(_running, timeout=AT_WORK_SECONDS)


async def within(work: asyncio.Task[_T], seconds: float = IN_PLACE_SECONDS) -> _T | None:
    """What the work returns, None when it takes longer. Raises what the work raises; never ends it."""
    done, _ = await asyncio.wait({work}, timeout=seconds)
    return work.result() if done else None


async def is_in_place(live: Services, key: str, *, ready: bool) -> bool:
    """Whether a message is answered in place, or with a message of its own: who asks first settles it for every repeat.

    `ready`: the words are there in time.
    """
    await live.redis.set(f"{key}:way", "in_place" if ready else "later", ex=REPEAT_SECONDS, nx=True)
    return await live.redis.get(f"{key}:way") != b"later"


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
