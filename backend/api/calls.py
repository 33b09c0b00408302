"""The call list: who could not be reached on the phone's screen and must be telephoned."""

from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, contract
from backend.api.http import Body, actor, answer, asked
from backend.api.shapes import Done
from backend.casework import call_list

blueprint = Blueprint("calls", url_prefix="/api/call-list")


class Called(Body):
    note: str = Field(default="", max_length=200)


class CallRow(Returned):
    id: UUID
    about: str
    name: str
    phone: str | None
    village: str | None


@blueprint.get("/")
@contract(Action.CALL, returns=list[CallRow])
async def to_call(request: Request) -> HTTPResponse:
    """The open rows of one's region, the oldest first."""
    return answer(await call_list.to_call(await actor(request)))


@blueprint.post("/<delivery_id:uuid>/called")
@contract(Action.CALL, body=Called, returns=Done)
async def called(request: Request, delivery_id: UUID) -> HTTPResponse:
    """I telephoned."""
    who, body, now = await asked(request, Called)
    await call_list.called(delivery_id, who, note=body.note, now=now)
    return answer({"ok": True})
