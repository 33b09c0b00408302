"""The public page of what is kept and what people may ask for; no login."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.privacy import texts
from backend.web.pages import render

blueprint = Blueprint("privacy_pages")


@blueprint.get("/privacy")
@declared(Who.OPEN)
async def notice(request: Request) -> HTTPResponse:
    """The current notice, its summary first."""
    return render(request, "privacy.html", text=texts.current(texts.NOTICE), others=texts.PURPOSES)


@blueprint.get("/privacy/<purpose:property_check|child_under_14|list_messages|photo_elsewhere>")
@declared(Who.OPEN)
async def agreement(request: Request, purpose: str) -> HTTPResponse:
    """One text that is agreed to."""
    return render(request, "privacy.html", text=texts.current(purpose), others={})
