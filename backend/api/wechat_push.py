"""Pushes of the service account: a text gets the bot's answer in five seconds, once however often it is repeated."""

import secrets
from datetime import datetime
from functools import partial

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from backend.api import pushed, told
from backend.api.contract import push as pushed_to
from backend.api.http import services
from backend.api.pushed import GREETING, NOT_TEXT, PICTURE
from backend.desk import handover
from backend.identity import platforms
from backend.services import Services
from backend.talk import KEPT
from backend.wechat import passive, push

blueprint = Blueprint("wechat_push", url_prefix="/wechat")
blueprint.exception(push.BadPushError)(pushed.without_a_word)
blueprint.before_server_stop(pushed.finish)
_DOOR = "service_account"

_NO_WORDS = "这段语音没有听出字来(听不懂温州话)。请打字问, 或者打电话给村(社区)、镇(街道)救助窗口, 会有人听您说。"
# The keys of the service account's menu, as it is set up at WeChat.
_MENU = {"apply": "怎么申请", "urgent": "情况紧急怎么办", "list": "名单在哪里公布", "person": "人工"}


@blueprint.get("/push")
@pushed_to
async def prove(request: Request) -> HTTPResponse:
    """WeChat's check of the address."""
    return pushed.prove(request, services(request).push)


@blueprint.post("/push")
@pushed_to
async def receive(request: Request) -> HTTPResponse:
    """One message or event, answered in place, or acknowledged and answered with a message of its own."""
    live = services(request)
    message = pushed.decode(request, live.push)
    if (heard := await told.hear(live, message)) is not None:
        return heard
    key = f"push:{message.dedupe_key}"
    saying = pushed.begin(_words(live, message, key))
    said = await pushed.within(saying)
    if not await pushed.is_in_place(live, key, ready=said is not None):
        pushed.begin(_send_later(live, message, key))
        return text(passive.NOTHING)
    said = said or await saying  # another try of this message had the words in time
    pushed.begin(_learn(live, message, said.at))  # WeChat waits five seconds for the words, not for this
    if said.words.startswith(KEPT):
        await handover.mark_shown(_DOOR, message.openid, now=said.at)
    words = passive.text_reply(
        message,
        said.words,
        token=live.push.token,
        aes_key=live.push.aes_key,
        appid=live.push.appid,
        now=pushed.wall_seconds(request),
        nonce=str(secrets.randbits(31)),
    )
    return text(words, content_type="text/plain" if words == passive.NOTHING else "application/xml")


async def _words(live: Services, message: push.Push, key: str) -> pushed.Said:
    return await pushed.once(live, key, lambda now: _say(live, message, now))


async def _send_later(live: Services, message: push.Push, key: str) -> None:
    words = partial(_words, live, message, key)
    said = await told.answer_later(live, live.service_account, _DOOR, message.openid, key, words)
    if said is not None:
        await _learn(live, message, said.at)


async def _learn(live: Services, message: push.Push, now: datetime) -> None:
    """Who wrote, by what the platform knows of both accounts. Failing costs nothing but not knowing."""
    event = message.event.lower() if message.kind == "event" else ""
    if event == "unsubscribe":
        return
    try:
        person = await platforms.learn(
            live.redis, live.service_account, message.openid, subscribed=event == "subscribe", now=now
        )
        if person is not None:
            await handover.known(platforms.SERVICE_ACCOUNT, message.openid, person, now=now)
    except Exception as error:  # a platform, a database, a Redis that is away: the next message asks again
        live.log.warning("follower_unknown", error=type(error).__name__)


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
    return await pushed.answer_in_words(live, _DOOR, message.openid, text, now)
