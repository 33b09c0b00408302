"""The call list: who could not be reached on the phone's screen and must be telephoned."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, contract
from backend.api.http import Body, actor, answer, asked, services
from backend.api.shapes import Done
from backend.casework import call_list

blueprint = Blueprint("calls", url_prefix="/api/call-list")


class Called(Body):
    outcome: Literal["told", "no_answer", "wrong_number", "in_person", "attending", "leave", "recusal"] = "told"
    note: str = Field(default="", max_length=call_list.MOST_NOTE)


class CallRow(Returned):
    """`phone` null: somebody has to go there. `wants_answer`: a meeting; attending, leave, recusal answer it.

    `tries`: calls that nobody took; `last`: what came of the last one."""

    id: UUID
    about: str
    details: str
    name: str
    phone: str | None
    address: str | None
    village: str | None
    wants_answer: bool
    latest: AwareDatetime | None
    tries: int
    last: str


@blueprint.get("/")
@contract(Action.CALL, returns=list[CallRow])
async def to_call(request: Request) -> HTTPResponse:
    """The open rows of one's region, the most urgent first."""
    who = await actor(request)
    rows = await call_list.to_call(who, now=await services(request).clock.now())
    return answer([{name: getattr(row, name) for name in CallRow.model_fields} for row in rows])


@blueprint.post("/<delivery_id:uuid>/called")
@contract(Action.CALL, body=Called, returns=Done, errors=(409,))
async def called(request: Request, delivery_id: UUID) -> HTTPResponse:
    """I telephoned, and what came of it; only who was spoken to is off the list."""
    who, body, now = await asked(request, Called)
    await call_list.called(delivery_id, who, outcome=body.outcome, note=body.note, now=now)
    return answer({"ok": True})
