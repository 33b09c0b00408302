"""Temporary media: uploaded as a multipart field `media`, kept for three days."""

import secrets

from aiohttp import web

from simulator.api import PLATFORM, account_of, asked, posted
from simulator.errors import PlatformError

KEPT_SECONDS = 3 * 86_400
_MB = 1024 * 1024
_MOST = {"image": 10 * _MB, "voice": 2 * _MB, "video": 10 * _MB, "thumb": 64 * 1024}
_BEGINNINGS = {
    "image": (b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM"),
    "voice": (b"#!AMR", b"ID3", b"\xff\xfb", b"\xff\xf3"),
    "thumb": (b"\xff\xd8",),
}
_TYPES = {b"\xff\xd8": ("image/jpeg", "jpg"), b"\x89P": ("image/png", "png"), b"GI": ("image/gif", "gif")}
routes = web.RouteTableDef()


@routes.route("*", "/cgi-bin/media/upload")
async def upload(request: web.Request) -> web.Response:
    """?type=image|voice|video|thumb -> {"type", "media_id", "created_at"}, without errcode."""
    platform = request.app[PLATFORM]
    account = account_of(request)
    posted(request)
    kind = request.query.get("type", "")
    if kind not in _MOST:
        raise PlatformError(40004)
    content = await _file(request)
    if len(content) > _MOST[kind]:
        raise PlatformError(40006)
    if not _is_kind(kind, content):
        raise PlatformError(40005)
    media_id = secrets.token_urlsafe(48)
    platform.media[media_id] = {
        "account": account.kind,
        "kind": kind,
        "content": content,
        "until": platform.now() + KEPT_SECONDS,
    }
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return web.json_response({"type": kind, name: media_id, "created_at": int(platform.now())})


@routes.route("*", "/cgi-bin/media/get")
async def get(request: web.Request) -> web.Response:
    """?media_id= -> the bytes; of a video, {"video_url"}."""
    platform = request.app[PLATFORM]
    account = account_of(request)
    asked(request)
    media_id = request.query.get("media_id", "")
    media = platform.media.get(media_id)
    if media is None or media["account"] != account.kind or media["until"] < platform.now():
        raise PlatformError(40007)
    if media["kind"] == "video":
        return web.json_response({"video_url": f"{request.url.origin()}/phones/media/{media_id}"})
    content_type, ending = _TYPES.get(media["content"][:2], ("application/octet-stream", "amr"))
    disposition = f'attachment; filename="{media_id}.{ending}"'
    return web.Response(body=media["content"], content_type=content_type, headers={"Content-disposition": disposition})


@routes.get("/phones/media/{media_id}")
async def video(request: web.Request) -> web.Response:
    """Where a `video_url` leads."""
    media = request.app[PLATFORM].media.get(request.match_info["media_id"])
    if media is None:
        raise web.HTTPNotFound
    return web.Response(body=media["content"], content_type="video/mp4")


async def _file(request: web.Request) -> bytes:
    """Raises PlatformError 41005 without a file."""
    if not request.content_type.startswith("multipart/"):
        raise PlatformError(41005)
    try:
        field = (await request.post()).get("media")
    except (ValueError, web.HTTPRequestEntityTooLarge) as error:
        raise PlatformError(40006 if isinstance(error, web.HTTPException) else 41005) from error
    if not isinstance(field, web.FileField):
        raise PlatformError(41005)
    return field.file.read()


def _is_kind(kind: str, content: bytes) -> bool:
    return content[4:8] == b"ftyp" if kind == "video" else content.startswith(_BEGINNINGS[kind])
