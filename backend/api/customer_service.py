"""Pushes of the mini-program: its customer service. Nothing may be answered in place: `success`, and custom/send."""

import asyncio
from datetime import datetime

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from backend.api import pushed
from backend.api.contract import push as pushed_to
from backend.api.http import services
from backend.api.pushed import AT_WORK_SECONDS, GREETING, NOT_TEXT, PICTURE, Said
from backend.desk import handover
from backend.services import Services
from backend.talk import KEPT
from backend.wechat import push
from backend.wechat.push import clip
from notices.delivery import Outcome, Receipt

blueprint = Blueprint("customer_service", url_prefix="/wechat/mini")
blueprint.exception(push.BadPushError)(pushed.without_a_word)


class ComeAgainError(Exception):
    """Certainly not sent, and worth another try: WeChat shall repeat the message."""


@blueprint.get("/push")
@pushed_to
async def prove(request: Request) -> HTTPResponse:
    """WeChat's check of the address."""
    return pushed.prove(request, services(request).mini_push)


@blueprint.post("/push")
@pushed_to
async def receive(request: Request) -> HTTPResponse:
    """One message or event: what to say is worked out once, and sent once."""
    live = services(request)
    message = pushed.decode(request, live.mini_push)
    key = f"mini-push:{message.dedupe_key}"
    said = await pushed.once(live, f"{key}:words", lambda now: _say(live, message, now))
    try:
        await pushed.once(live, f"{key}:sent", lambda _: _send(live, message.openid, said))
    except ComeAgainError:
        return text("", status=503)
    return text("success")


async def _send(live: Services, openid: str, said: Said) -> str:
    """Hand the words to the platform within the time that it gives us; perhaps sent is never sent again.

    Returns what came of it. Raises ComeAgainError.
    """
    if not said.words:
        return Outcome.SENT.value
    try:
        async with asyncio.timeout(AT_WORK_SECONDS - 0.5):
            receipt = await live.wechat.send_text(openid, clip(said.words))
    except TimeoutError:
        receipt = Receipt(Outcome.UNKNOWN)
    if receipt.outcome is not Outcome.SENT:
        live.log.warning("customer_service_not_sent", errcode=receipt.errcode, outcome=receipt.outcome.value)
    if receipt.outcome is Outcome.NOT_SENT_RETRY:
        raise ComeAgainError
    if receipt.outcome is Outcome.SENT and said.words.startswith(KEPT):
        await handover.mark_shown("mini_program", openid, now=said.at)
    return receipt.outcome.value


async def _say(live: Services, message: push.Push, now: datetime) -> str:
    if message.kind == "event":
        return GREETING if message.event == "user_enter_tempsession" else ""
    if message.kind == "text":
        return await pushed.answer_in_words(live, "mini_program", message.openid, message.text, now)
    return PICTURE if message.kind == "image" else NOT_TEXT
