"""Pushes of the mini-program: its customer service. Nothing may be answered in place: `success`, and custom/send."""

import asyncio
from datetime import datetime

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from backend.api.http import services
from backend.api.wechat_push import (
    AT_WORK_SECONDS,
    GREETING,
    NOT_TEXT,
    PICTURE,
    answer_in_words,
    decode_with,
    once,
    prove_with,
)
from backend.desk import handover
from backend.services import Services
from backend.talk import KEPT
from backend.wechat import push
from backend.wechat.push import clip
from notices.delivery import Outcome, Receipt

blueprint = Blueprint("customer_service", url_prefix="/wechat/mini")

_REPEAT_SECONDS = 60
_DONE = b"done"


@blueprint.get("/push")
async def prove(request: Request) -> HTTPResponse:
    """WeChat's check of the address."""
    return prove_with(request, services(request).mini_push)


@blueprint.post("/push")
async def receive(request: Request) -> HTTPResponse:
    """One message or event. Answered once: the repeat waits for the first try, and works itself where that one died."""
    live = services(request)
    try:
        message = decode_with(request, live.mini_push, int(live.clock.wall().timestamp()))
    except push.BadPushError as error:
        return text("", status=error.status)
    key = f"mini-push:{message.dedupe_key}"
    while not await live.redis.set(key, "working", ex=AT_WORK_SECONDS, nx=True):
        if await live.redis.get(key) == _DONE:
            return text("success")
        await asyncio.sleep(0.2)
    said = await once(live, f"{key}:words", lambda moment: _say(live, message, moment))
    outcome = await _send(live, message.openid, said.words)
    if outcome is Outcome.NOT_SENT_RETRY:
        await live.redis.delete(key)
        return text("", status=503)
    if outcome is Outcome.SENT and said.words.startswith(KEPT):
        await handover.mark_shown("mini_program", message.openid, now=said.at)
    await live.redis.set(key, _DONE, ex=_REPEAT_SECONDS)
    return text("success")


async def _send(live: Services, openid: str, words: str) -> Outcome:
    """Hand the words to the platform within the time that it gives us; perhaps sent is never sent again."""
    if not words:
        return Outcome.SENT
    try:
        async with asyncio.timeout(AT_WORK_SECONDS - 0.5):
            receipt = await live.wechat.send_text(openid, clip(words))
    except TimeoutError:
        receipt = Receipt(Outcome.UNKNOWN)
    if receipt.outcome is not Outcome.SENT:
        live.log.warning("customer_service_not_sent", errcode=receipt.errcode, outcome=receipt.outcome.value)
    return receipt.outcome


async def _say(live: Services, message: push.Push, now: datetime) -> str:
    if message.kind == "event":
        return GREETING if message.event == "user_enter_tempsession" else ""
    if message.kind == "text":
        return await answer_in_words(live, "mini_program", message.openid, message.text, now)
    return PICTURE if message.kind == "image" else NOT_TEXT
