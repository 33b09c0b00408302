"""The sign-in sheet of a meeting, to print: as a page, and as a PDF where the server has a Chinese font."""

from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw

from backend.access import Action, Actor
from backend.api.contract import page as declared
from backend.api.http import services
from backend.casework import sheet
from backend.web.console_session import look, page
from backend.web.pages import PRIVATE
from backend.web.sheet_pdf import sign_in_sheet

blueprint = Blueprint("meeting_pages", url_prefix="/console/deliberations")


@blueprint.get("/<deliberation_id:uuid>/sheet")
@declared(Action.CONVENE)
async def sign_in(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """签到表, for paper."""

    async def show(who: Actor) -> HTTPResponse:
        made = await sheet.read_sheet(deliberation_id, who, now=await services(request).clock.now())
        return await page(request, who, "meeting_sheet.html", sheet=made, deliberation_id=deliberation_id)

    return await look(request, show)


@blueprint.get("/<deliberation_id:uuid>/sheet.pdf")
@declared(Action.CONVENE)
async def sign_in_pdf(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """The same as a file."""

    async def show(who: Actor) -> HTTPResponse:
        made = await sheet.read_sheet(deliberation_id, who, now=await services(request).clock.now())
        headers = {"Content-Disposition": 'inline; filename="sheet.pdf"', "Cache-Control": PRIVATE["Cache-Control"]}
        return raw(await sign_in_sheet(made), content_type="application/pdf", headers=headers)

    return await look(request, show)
