"""Pushes of the service account: a text gets the bot's answer in five seconds, once however often it is repeated."""

import secrets

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from backend.api.http import services
from backend.services import PushSecrets, Services
from backend.talk import Asker, reply
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
    key = f"push:{message.dedupe_key}"
    known = await live.redis.get(key)
    if known is None:
        said = await _say(live, message)
        # The first answer stands: a repeat that arrives meanwhile gets the same words.
        await live.redis.set(key, said, ex=_REPEAT_SECONDS, nx=True)
        known = said.encode()
    words = push.text_reply(
        message,
        known.decode(),
        token=live.push.token,
        aes_key=live.push.aes_key,
        appid=live.push.appid,
        now=now,
        nonce=str(secrets.randbits(31)),
    )
    return text(words, content_type="text/plain" if words == "success" else "application/xml")


async def _say(live: Services, message: push.Push) -> str:
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
    return await answer_in_words(live, "service_account", message.openid, text)


async def answer_in_words(live: Services, door: str, openid: str, text: str) -> str:
    """The bot's answer, or a person's, as one message of WeChat's."""
    if not text.strip():
        return NOT_TEXT
    asker = Asker(door, conversation=f"{door}:{openid}", openid=openid)
    found = await reply(live.talk, text, asker, now=await live.clock.now())
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
