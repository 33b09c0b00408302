"""The calculators as a page: no login, no JavaScript; amounts travel in the form, never in an address or a log."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import services
from backend.casework.standard import standard_on
from backend.clock import local_day
from backend.guide.calculators import CAPS_FORMULA, SAVINGS_FORMULA, Worked, caps, savings
from backend.web.pages import PRIVATE, render

blueprint = Blueprint("calculator_pages")


@blueprint.get("/calculators")
@declared(Who.OPEN)
async def empty(request: Request) -> HTTPResponse:
    """Savings and caps, empty."""
    return await _page(request, {})


@blueprint.post("/calculators")
@declared(Who.OPEN)
async def calculate(request: Request) -> HTTPResponse:
    """With the working."""
    return await _page(request, {name: str(values[0]).strip()[:20] for name, values in (request.form or {}).items()})


async def _page(request: Request, typed: dict[str, str]) -> HTTPResponse:
    standard = await standard_on(local_day(await services(request).clock.now()))
    monthly = standard.monthly_fen if standard else None
    worked = None
    if typed.get("what") == "savings":
        worked = savings(typed.get("deposit", ""), monthly)
    elif typed.get("what") == "caps":
        worked = caps(typed.get("household", ""), typed.get("medical", ""), typed.get("granted", ""), monthly)
    worked = worked or Worked("")
    return render(
        request,
        "calculators.html",
        status=422 if worked.wrong else 200,
        headers=PRIVATE,
        typed=typed,
        worked=worked,
        standard=standard,
        savings_formula=SAVINGS_FORMULA,
        caps_formula=CAPS_FORMULA,
    )
