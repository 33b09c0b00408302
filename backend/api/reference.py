"""Reference data over HTTP: the living standard by two people, the calendar of a year, the readings in force."""

from dataclasses import asdict
from datetime import date

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.http import Body, actor, answer, asked, services
from backend.casework import calendar, standard
from backend.casework.readings_in_force import in_force
from backend.clock import local_day
from rules.readings import READINGS

blueprint = Blueprint("reference", url_prefix="/api/reference")


class Standard(Body):
    monthly_fen: int = Field(gt=0, le=10_000_000)
    effective_from: date
    document: str = Field(min_length=1, max_length=120)
    source_url: str = Field(default="", max_length=200, pattern=r"^(https?://\S+)?$")


class Confirmation(Body):
    monthly_fen: int
    effective_from: date


@blueprint.get("/standard")
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
async def enter_standard(request: Request) -> HTTPResponse:
    """The first person enters."""
    who, body, now = await asked(request, Standard)
    row = await standard.enter(who, now=now, **body.model_dump())
    return answer({"effective_from": row.effective_from, "in_force": False}, 201)


@blueprint.post("/standard/confirm")
async def confirm_standard(request: Request) -> HTTPResponse:
    """The second person repeats the figure."""
    who, body, now = await asked(request, Confirmation)
    row = await standard.confirm(who, now=now, **body.model_dump())
    return answer({"effective_from": row.effective_from, "in_force": True})


@blueprint.post("/calendar")
async def import_calendar(request: Request) -> HTTPResponse:
    """A year's announcement in holiday-cn's JSON; returns what changed, with `?preview=yes` what would."""
    who = await actor(request)
    text, now = request.body.decode(errors="replace"), await services(request).clock.now()
    look = request.args.get("preview") == "yes"
    found = await (calendar.preview_year if look else calendar.import_year)(who, text, now=now)
    return answer(asdict(found))


@blueprint.get("/readings")
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
