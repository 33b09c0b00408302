"""先行救助 over HTTP."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action, Place, require
from backend.api.contract import Returned, contract
from backend.api.fields import Household, Moment, Nothing, Number, Phone, Reason
from backend.api.http import Body, actor, answer, asked
from backend.api.shapes import CaseState
from backend.casework import linked_cases, urgent_relief
from backend.casework.readings_in_force import in_force
from models.urgent_relief import UrgentRelief
from rules.statuses import Role
from rules.urgent import UrgentStatus
from rules.urgent import paperwork as paperwork_items

blueprint = Blueprint("urgent", url_prefix="/api/urgent")


class Report(Body):
    village_id: Number
    name: str = Field(min_length=1, max_length=40)
    phone: Phone | None = None
    what_happened: str = Field(min_length=1, max_length=1000)
    reported_at: Moment | None = None
    another_event: str = Field(default="", max_length=200)


class Handed(Body):
    amount_fen: int = Field(ge=1, le=1_000_000_000)
    form: str = Field(min_length=1, max_length=20)
    delivered_at: Moment
    late_reason: str = Field(default="", max_length=500)


class ReliefState(Returned):
    id: UUID
    number: str
    status: UrgentStatus
    due_at: AwareDatetime
    total_fen: int
    paperwork_due_on: date | None
    paperwork_provisional: bool
    paperwork: list[str]


class HandedOver(Returned):
    status: UrgentStatus
    total_fen: int
    late: bool


def _relief(relief: UrgentRelief) -> dict[str, object]:
    return {
        "id": str(relief.id),
        "number": relief.number,
        "status": relief.status,
        "due_at": relief.due_at,
        "total_fen": relief.total_fen,
        "paperwork_due_on": relief.paperwork_due_on,
        "paperwork_provisional": relief.paperwork_provisional,
        "paperwork": paperwork_items(in_force()),
    }


@blueprint.post("/")
@contract(Action.URGENT, body=Report, returns=ReliefState, statuses=(201,), errors=(404, 409))
async def report(request: Request) -> HTTPResponse:
    """24 natural hours begin."""
    who, body, now = await asked(request, Report)
    return answer(_relief(await urgent_relief.report(who, now=now, **body.model_dump())), 201)


@blueprint.post("/<relief_id:uuid>/deliveries")
@contract(Action.URGENT, body=Handed, returns=HandedOver, statuses=(201,), errors=(409,))
async def deliver(request: Request, relief_id: UUID) -> HTTPResponse:
    """Money or goods in hand."""
    who, body, now = await asked(request, Handed)
    moved = await urgent_relief.deliver(relief_id, who, now=now, **body.model_dump())
    return answer({"status": moved.state.status, "total_fen": moved.state.delivered_fen, "late": moved.late}, 201)


@blueprint.post("/<relief_id:uuid>/lift")
@contract(Action.URGENT, body=Nothing, returns=ReliefState, errors=(409,))
async def lift(request: Request, relief_id: UUID) -> HTTPResponse:
    """The urgency is over; the paperwork task begins."""
    who, _, now = await asked(request, Nothing)
    return answer(_relief(await urgent_relief.lift(relief_id, who, now=now)))


@blueprint.post("/<relief_id:uuid>/paperwork")
@contract(Action.URGENT, body=Nothing, returns=ReliefState, errors=(409,))
async def complete_paperwork(request: Request, relief_id: UUID) -> HTTPResponse:
    """补齐相关手续."""
    who, _, now = await asked(request, Nothing)
    return answer(_relief(await urgent_relief.complete_paperwork(relief_id, who, now=now)))


@blueprint.post("/<relief_id:uuid>/refuse")
@contract(Action.URGENT, body=Reason, returns=ReliefState, errors=(409,))
async def refuse(request: Request, relief_id: UUID) -> HTTPResponse:
    """Not urgent, with a reason and the way to ordinary aid."""
    who, body, now = await asked(request, Reason)
    return answer(_relief(await urgent_relief.refuse_relief(relief_id, who, reason=body.reason, now=now)))


@blueprint.post("/<relief_id:uuid>/case")
@contract(Action.RENEW, body=Household, returns=CaseState, statuses=(201,), errors=(409,))
async def continue_after(request: Request, relief_id: UUID) -> HTTPResponse:
    """Lasting help is wanted: a linked case in ordinary review."""
    who, body, now = await asked(request, Household)
    case = await linked_cases.continue_after_urgent(relief_id, who, household_size=body.household_size, now=now)
    return answer({"id": str(case.id), "number": case.number, "status": case.status}, 201)


@blueprint.get("/paperwork")
@contract(Action.URGENT, Role.BUREAU, returns=list[ReliefState])
async def paperwork(request: Request) -> HTTPResponse:
    """The paperwork task list of one's town, or of the district."""
    who = await actor(request)
    if who.role is not Role.BUREAU:
        require(who, Action.URGENT, Place(who.town_id or 0, 0))
    tasks = await urgent_relief.paperwork_open(None if who.role is Role.BUREAU else who.town_id)
    return answer([_relief(task) for task in tasks])
