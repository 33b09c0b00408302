"""Customer-service messages (custom/send): an account writes to a person who did something a short time ago."""

from typing import Any

from aiohttp import web

from simulator import windows
from simulator.api import PLATFORM, account_of, json_body, ok
from simulator.errors import PlatformError

MOST_TEXT_BYTES = 2048
routes = web.RouteTableDef()
_KINDS = {
    "mini": ("text", "image", "link", "miniprogrampage"),
    "service": ("text", "image", "voice", "video", "music", "news", "msgmenu", "miniprogrampage"),
}
_NEEDED = {
    "link": ("title", "description", "url", "thumb_url"),
    "music": ("musicurl", "hqmusicurl", "thumb_media_id"),
    "news": ("articles",),
    "msgmenu": ("list",),
    "miniprogrampage": ("title", "pagepath", "thumb_media_id"),
}


@routes.route("*", "/cgi-bin/message/custom/send")
async def custom_send(request: web.Request) -> web.Response:
    """One message: token, openid, type, content, window, in this order."""
    platform = request.app[PLATFORM]
    account = account_of(request)
    body = await json_body(request)
    user = platform.user_at(account, body.get("touser"))
    kind = body.get("msgtype")
    if kind not in _KINDS[account.kind]:
        raise PlatformError(40008)
    content = body.get(kind)
    text = _text(content) if kind == "text" else _other(kind, content)
    windows.use(user, account, platform.now())
    line = {"account": account.kind, "from": "account", "kind": kind, "text": text, "at": platform.now()}
    user.chat.append(line | ({} if kind == "text" else {"content": content}))
    platform.touch()
    return ok()


def _text(content: Any) -> str:
    """Raises PlatformError 44004 for none, 47001 for no text, 45002 for too much."""
    if not isinstance(content, dict | None):
        raise PlatformError(47001)
    text = (content or {}).get("content") or ""
    if not isinstance(text, str):
        raise PlatformError(47001)
    if not text:
        raise PlatformError(44004)
    if len(text.encode()) > MOST_TEXT_BYTES:
        raise PlatformError(45002)
    return text


def _other(kind: str, content: Any) -> str:
    """The line of a message that is no text. Raises PlatformError 40007 without its media, 47001 without its fields."""
    if not isinstance(content, dict):
        raise PlatformError(47001)
    if kind in ("image", "voice", "video") and not content.get("media_id"):
        raise PlatformError(40007)
    if not all(content.get(name) for name in _NEEDED.get(kind, ())):
        raise PlatformError(47001)
    title = content.get("title") or content.get("head_content") or ""
    return f"[{kind}] {title}".rstrip()
