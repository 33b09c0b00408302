"""痕迹 over HTTP: the trail of a case, its file, one's own actions."""

from urllib.parse import quote
from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw

from backend.api.http import actor, answer, services
from backend.errors import InvalidInputError
from backend.trail import case_file, reading

blueprint = Blueprint("trail", url_prefix="/api")


def _number(request: Request, name: str, default: int | None) -> int | None:
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInputError("invalid_input", f"“{name}”要写成数字。")
    return int(text)


@blueprint.get("/cases/<case_id:uuid>/trail")
async def case_trail(request: Request, case_id: UUID) -> HTTPResponse:
    """What was done about a case, the newest first; for who supervises. `?before=` and `?limit=` page."""
    who, now = await actor(request), await services(request).clock.now()
    before, limit = _number(request, "before", None), _number(request, "limit", reading.PAGE)
    return answer(await reading.case_trail(case_id, who, before=before, limit=limit or 1, now=now))


@blueprint.get("/me/trail")
async def own_trail(request: Request) -> HTTPResponse:
    """What I did, the newest first."""
    before, limit = _number(request, "before", None), _number(request, "limit", reading.PAGE)
    return answer(await reading.own_trail(await actor(request), before=before, limit=limit or 1))


@blueprint.get("/cases/<case_id:uuid>/file")
async def file(request: Request, case_id: UUID) -> HTTPResponse:
    """The case's file as a zip that can be checked without this service."""
    who, now = await actor(request), await services(request).clock.now()
    made = await case_file.export(case_id, who, services(request).heads, now=now)
    name = quote(f"{made.name}-案卷.zip")
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename=\"case-file.zip\"; filename*=UTF-8''{name}",
    }
    return raw(made.bundle, content_type="application/zip", headers=headers)
