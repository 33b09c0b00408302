"""Pushes of the mini-program: its customer service. Nothing may be answered in place: `success`, and custom/send."""

from datetime import datetime

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from backend.api import pushed, told
from backend.api.contract import push as pushed_to
from backend.api.http import services
from backend.api.pushed import GREETING, NOT_TEXT, PICTURE
from backend.services import Services
from backend.wechat import push
from backend.wechat.passive import NOTHING

blueprint = Blueprint("customer_service", url_prefix="/wechat/mini")
blueprint.exception(push.BadPushError)(pushed.without_a_word)
_DOOR = "mini_program"


@blueprint.get("/push")
@pushed_to
async def prove(request: Request) -> HTTPResponse:
    """WeChat's check of the address."""
    return pushed.prove(request, services(request).mini_push)


@blueprint.post("/push")
@pushed_to
async def receive(request: Request) -> HTTPResponse:
    """One message or event: what to say is worked out once, and sent once, within the push or after it."""
    live = services(request)
    message = pushed.decode(request, live.mini_push)
    if (heard := await told.hear(live, message)) is not None:
        return heard
    answering = pushed.begin(_answer(live, message))
    try:
        if await pushed.within(answering) is None:
            pushed.begin(_go_on(live, message))
    except told.ComeAgainError:
        return text("", status=503)  # certainly not sent: WeChat shall repeat the message
    return text(NOTHING)


async def _answer(live: Services, message: push.Push) -> bool:
    said = await _words(live, message)
    await told.send_once(live, live.wechat, _DOOR, message.openid, _key(message), said)
    return True


async def _go_on(live: Services, message: push.Push) -> None:
    """After the push was acknowledged."""
    await told.answer_later(live, live.wechat, _DOOR, message.openid, _key(message), lambda: _words(live, message))


async def _words(live: Services, message: push.Push) -> pushed.Said:
    return await pushed.once(live, f"{_key(message)}:words", lambda now: _say(live, message, now))


def _key(message: push.Push) -> str:
    return f"mini-push:{message.dedupe_key}"


async def _say(live: Services, message: push.Push, now: datetime) -> str:
    if message.kind == "event":
        return GREETING if message.event == "user_enter_tempsession" else ""
    if message.kind == "text":
        return await pushed.answer_in_words(live, _DOOR, message.openid, message.text, now)
    return PICTURE if message.kind == "image" else NOT_TEXT
