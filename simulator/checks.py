"""Content checks: words at once, pictures later by a push."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from simulator.api import PLATFORM, account_of, json_body, ok
from simulator.errors import PlatformError
from simulator.platform import Platform

VISIT_SECONDS = 2 * 3600
_MOST_TEXT = 2500
_CLEAN = {"suggest": "pass", "label": 100}
_WORST_LAST = ("pass", "review", "risky")
routes = web.RouteTableDef()


@routes.route("*", "/wxa/msg_sec_check")
async def msg_sec_check(request: web.Request) -> web.Response:
    """Version 2 -> {"result": {"suggest", "label"}, "detail", "trace_id"}; without a version 0 or 87014, as of old."""
    platform = request.app[PLATFORM]
    account_of(request, only="mini", otherwise=48001)
    body = await json_body(request)
    content = body.get("content")
    if not isinstance(content, str) or not 0 < len(content) <= _MOST_TEXT:
        raise PlatformError(47001)
    if body.get("version") != 2:
        if _found(platform, content):
            raise PlatformError(87014)
        return ok()
    _visitor(platform, body)
    read = " ".join(str(body.get(name) or "") for name in ("title", "content", "nickname", "signature"))
    found = _found(platform, read)
    result = max((known for _, known in found), key=lambda known: _WORST_LAST.index(known["suggest"]), default=_CLEAN)
    detail = [{"strategy": "content_model", "errcode": 0, **result, "prob": 90}]
    detail += [{"strategy": "keyword", "errcode": 0, **known, "keyword": word} for word, known in found]
    return ok(result=result, detail=detail, trace_id=_trace_id())


@routes.route("*", "/wxa/media_check_async")
async def media_check_async(request: web.Request) -> web.Response:
    """Version 2 -> {"trace_id"}; the result waits in `pending_checks` until it is pushed."""
    platform = request.app[PLATFORM]
    account_of(request, only="mini", otherwise=48001)
    body = await json_body(request)
    address = urlsplit(str(body.get("media_url") or ""))
    is_readable = body.get("version") == 2 and body.get("media_type") in (1, 2)
    if not is_readable or address.scheme not in ("http", "https") or not address.netloc:
        raise PlatformError(47001)
    _visitor(platform, body)
    check = {
        "trace_id": _trace_id(),
        "openid": body["openid"],
        "media_url": body["media_url"],
        "media_type": body["media_type"],
        "due": platform.now() + platform.check_delay,
    }
    platform.pending_checks.append(check)
    return ok(trace_id=check["trace_id"])


def _visitor(platform: Platform, body: dict[str, Any]) -> None:
    """Raises PlatformError 40129; 40003; 61010 for who was not in the mini-program for two hours."""
    if body.get("scene") not in (1, 2, 3, 4):
        raise PlatformError(40129)
    user = platform.user(body.get("openid"))
    if platform.now() - user.last_visit > VISIT_SECONDS:
        raise PlatformError(61010)


def _found(platform: Platform, text: str) -> list[tuple[str, dict[str, Any]]]:
    return [(word, known) for word, known in platform.keywords.items() if word in text]


def _trace_id() -> str:
    return "-".join(secrets.token_hex(4) for _ in range(3))
