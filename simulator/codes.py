"""Ways into the mini-program from outside: its code as a picture, and links for text messages."""

import asyncio
import io
import re
import secrets

import segno
from aiohttp import web
from PIL import Image

from simulator.api import PLATFORM, account_of, json_body, ok
from simulator.errors import PlatformError

# '&' stands in the documented alphabet and is refused all the same, as developers report.
_SCENE = re.compile(r"[0-9A-Za-z!#$'()*+,/:;=?@\-._~]+")
_MOST_SCENE = 32
_WIDTHS = range(280, 1281)
_VERSIONS = ("release", "trial", "develop")
_MOST_DAYS = 30
routes = web.RouteTableDef()


@routes.route("*", "/wxa/getwxacodeunlimit")
async def getwxacodeunlimit(request: web.Request) -> web.Response:
    """JPEG bytes, PNG when transparent. The real code is round; this one is a QR code that any reader reads.

    It says weapp://APPID/PAGE?env_version=VERSION&scene=SCENE.
    """
    platform = request.app[PLATFORM]
    account = account_of(request, only="mini", otherwise=48001)
    body = await json_body(request)
    scene, page = body.get("scene"), body.get("page") or ""
    if not isinstance(scene, str) or not 1 <= len(scene) <= _MOST_SCENE:
        raise PlatformError(40169)
    if not _SCENE.fullmatch(scene):
        raise PlatformError(40129)
    version, width = body.get("env_version", "release"), body.get("width", 430)
    if version not in _VERSIONS or not isinstance(width, int) or width not in _WIDTHS:
        raise PlatformError(40097)
    # Whether the page was released is asked of the released version alone, whatever version the code opens.
    is_missing = bool(body.get("check_path", True)) and bool(page) and page not in platform.pages
    if not isinstance(page, str) or page.startswith("/") or "?" in page or is_missing:
        raise PlatformError(41030)
    words = f"weapp://{account.appid}/{page}?env_version={version}&scene={scene}"
    kind = "png" if body.get("is_hyaline") else "jpeg"
    picture = await asyncio.to_thread(_draw, words, width, kind)
    return web.Response(body=picture, content_type=f"image/{kind}")


def _draw(words: str, width: int, kind: str) -> bytes:
    drawn, out = io.BytesIO(), io.BytesIO()
    segno.make(words, error="l", boost_error=False, micro=False, mode="byte").save(drawn, kind="png", scale=4)
    picture = Image.open(drawn).convert("L").resize((width, width), Image.Resampling.NEAREST)
    picture.save(out, kind, **({"quality": 90} if kind == "jpeg" else {}))
    return out.getvalue()


@routes.route("*", "/wxa/generate_urllink")
async def generate_urllink(request: web.Request) -> web.Response:
    """{"path", "query", "expire_type": 0 | 1, "expire_time" | "expire_interval", "env_version"} -> {"url_link"}."""
    platform = request.app[PLATFORM]
    account_of(request, only="mini", otherwise=48001)
    body = await json_body(request)
    if not platform.is_released:
        raise PlatformError(85079)
    path = body.get("path") or ""
    if not isinstance(path, str) or "?" in path or (path and path.removeprefix("/") not in platform.pages):
        raise PlatformError(40165)
    now = platform.now()
    by_days = body.get("expire_type") == 1
    until = now + body.get("expire_interval", 0) * 86_400 if by_days else body.get("expire_time", now + 30 * 86_400)
    if not now + 60 <= until <= now + _MOST_DAYS * 86_400:
        raise PlatformError(85401)
    link = f"https://wxaurl.cn/{secrets.token_urlsafe(8)}"
    platform.links[link] = {"path": path, "query": str(body.get("query") or ""), "until": until}
    return ok(url_link=link)
