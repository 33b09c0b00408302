"""Reference data over HTTP: the living standard by two people, the calendar of a year, the readings in force."""

from dataclasses import asdict
from datetime import date
from typing import Literal

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, Who, contract
from backend.api.fields import Day
from backend.api.http import Body, actor, answer, asked, services
from backend.casework import calendar, standard
from backend.casework.readings_in_force import in_force
from backend.clock import local_day
from rules.readings import READINGS

blueprint = Blueprint("reference", url_prefix="/api/reference")


class Standard(Body):
    monthly_fen: int = Field(gt=0, le=10_000_000)
    effective_from: Day
    document: str = Field(min_length=1, max_length=120)
    source_url: str = Field(default="", max_length=200, pattern=r"^(https?://\S+)?$")


class StandardRepeated(Body):
    monthly_fen: int = Field(gt=0, le=10_000_000)
    effective_from: Day


class Look(Body):
    """`preview=yes`: say what would change, and change nothing."""

    preview: Literal["yes"] | None = None


class StandardInForce(Returned):
    monthly_fen: int
    effective_from: date
    document: str
    is_fictional: bool


class NoStandard(Returned):
    monthly_fen: None
    message: Literal["标准未配置"]


class StandardEntered(Returned):
    effective_from: date
    in_force: bool


class DeadlineMoved(Returned):
    number: str
    clock: str
    before: date
    after: date


class YearChanged(Returned):
    year: int
    days_changed: int
    moved: list[DeadlineMoved]


class ReadingSaid(Returned):
    number: str
    clause: str
    question: str
    name: str
    said: str
    otherwise: list[str]


@blueprint.get("/standard")
@contract(Who.OPEN, returns=StandardInForce | NoStandard)
async def read_standard(request: Request) -> HTTPResponse:
    """The standard in force today, or null: 标准未配置."""
    found = await standard.standard_on(local_day(await services(request).clock.now()))
    if found is None:
        return answer({"monthly_fen": None, "message": "标准未配置"})
    return answer(
        {
            "monthly_fen": found.monthly_fen,
            "effective_from": found.effective_from,
            "document": found.document,
            "is_fictional": found.is_fictional,
        }
    )


@blueprint.post("/standard")
@contract(Action.SET_STANDARD, body=Standard, returns=StandardEntered, statuses=(201,))
async def enter_standard(request: Request) -> HTTPResponse:
    """The first person enters."""
    who, body, now = await asked(request, Standard)
    row = await standard.enter(who, now=now, **body.model_dump())
    return answer({"effective_from": row.effective_from, "in_force": False}, 201)


@blueprint.post("/standard/confirm")
@contract(Action.SET_STANDARD, body=StandardRepeated, returns=StandardEntered, errors=(404, 409))
async def confirm_standard(request: Request) -> HTTPResponse:
    """The second person repeats the figure."""
    who, body, now = await asked(request, StandardRepeated)
    row = await standard.confirm(who, now=now, **body.model_dump())
    return answer({"effective_from": row.effective_from, "in_force": True})


@blueprint.post("/calendar")
@contract(Action.IMPORT_CALENDAR, body=calendar.YearFile, query=Look, returns=YearChanged)
async def import_calendar(request: Request) -> HTTPResponse:
    """A year's announcement in holiday-cn's JSON; returns what changed, with `?preview=yes` what would."""
    who = await actor(request)
    text, now = request.body.decode(errors="replace"), await services(request).clock.now()
    look = request.args.get("preview") == "yes"
    found = await (calendar.preview_year if look else calendar.import_year)(who, text, now=now)
    return answer(asdict(found))


@blueprint.get("/readings")
@contract(Who.PERSON, returns=list[ReadingSaid])
async def readings(request: Request) -> HTTPResponse:
    """How the text is read here, for staff."""
    await actor(request)
    chosen = in_force()
    return answer(
        [
            {
                "number": item.number,
                "clause": item.clause,
                "question": item.question,
                "name": item.name,
                "said": item.said(chosen),
                "otherwise": item.otherwise(chosen),
            }
            for item in READINGS
        ]
    )
