"""The call list: who could not be reached on the phone's screen and must be telephoned."""

from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.http import Body, actor, answer, asked
from backend.casework import call_list

blueprint = Blueprint("calls", url_prefix="/api/call-list")


class Called(Body):
    note: str = Field(default="", max_length=200)


@blueprint.get("/")
async def to_call(request: Request) -> HTTPResponse:
    """The open rows of one's region, the oldest first."""
    return answer(await call_list.to_call(await actor(request)))


@blueprint.post("/<delivery_id:uuid>/called")
async def called(request: Request, delivery_id: UUID) -> HTTPResponse:
    """I telephoned."""
    who, body, now = await asked(request, Called)
    await call_list.called(delivery_id, who, note=body.note, now=now)
    return answer({"ok": True})
