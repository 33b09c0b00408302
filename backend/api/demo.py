"""What exists outside production only: the shared clock can be moved, so that a demonstration lives through a year."""

from pydantic import AwareDatetime
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import Kind, Returned, Who, contract
from backend.api.fields import Moment
from backend.api.http import Body, answer, parse, services
from backend.clock import SHANGHAI
from backend.errors import InvalidInputError

blueprint = Blueprint("demo", url_prefix="/demo")


class ClockSet(Body):
    now: Moment


class ClockNow(Returned):
    now: AwareDatetime


@blueprint.get("/clock")
@contract(Who.OPEN, returns=ClockNow, kind=Kind.DEMO)
async def read_clock(request: Request) -> HTTPResponse:
    """The time of the demonstration."""
    return answer({"now": (await services(request).clock.now()).astimezone(SHANGHAI).isoformat()})


@blueprint.post("/clock")
@contract(Who.OPEN, body=ClockSet, returns=ClockNow, kind=Kind.DEMO)
async def move_clock(request: Request) -> HTTPResponse:
    """Forward only: what has happened cannot come after what follows."""
    live, body = services(request), parse(request, ClockSet)
    if body.now < await live.clock.now():
        raise InvalidInputError("clock_backwards", "演示时钟只能往后拨。")
    await live.clock.move_to(body.now)
    return answer({"now": body.now.astimezone(SHANGHAI).isoformat()})
