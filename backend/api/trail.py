"""痕迹 over HTTP: the trail of a case, its file, one's own actions."""

from urllib.parse import quote
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw

from backend.access import Action
from backend.api.contract import Bytes, Returned, Who, contract
from backend.api.http import Body, actor, answer, asked_for, services
from backend.trail import case_file, reading

blueprint = Blueprint("trail", url_prefix="/api")


ZIP = Bytes(("application/zip",))


class Paging(Body):
    """`before`: that of the page that came earlier."""

    before: int | None = Field(default=None, ge=1, lt=2**63)
    limit: int = Field(default=reading.PAGE, ge=1, le=reading.MOST)


class TrailSeen(Returned):
    """One entry. `position`: its place in the chain, null while it is not sealed."""

    id: int
    position: int | None
    at: AwareDatetime
    who: str
    role: str
    action: str
    plain: str
    subject: str
    clause: str | None
    lines: list[str]


class TrailPage(Returned):
    entries: list[TrailSeen]
    before: int | None


@blueprint.get("/cases/<case_id:uuid>/trail")
@contract(Action.READ_TRAIL, query=Paging, returns=TrailPage)
async def case_trail(request: Request, case_id: UUID) -> HTTPResponse:
    """What was done about a case, the newest first; for who supervises. `?before=` and `?limit=` page."""
    who, now = await actor(request), await services(request).clock.now()
    page = asked_for(request, Paging)
    return answer(await reading.case_trail(case_id, who, before=page.before, limit=page.limit, now=now))


@blueprint.get("/me/trail")
@contract(Who.STAFF, query=Paging, returns=TrailPage)
async def own_trail(request: Request) -> HTTPResponse:
    """What I did, the newest first."""
    who, page = await actor(request), asked_for(request, Paging)
    return answer(await reading.own_trail(who, before=page.before, limit=page.limit))


@blueprint.get("/cases/<case_id:uuid>/file")
@contract(Action.EXPORT_FILE, returns=ZIP, errors=(409,))
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
