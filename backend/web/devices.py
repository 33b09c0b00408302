"""The console's page of one's own devices: where this account is logged in, and logging out there."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend import audit
from backend.access import Actor
from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import services
from backend.errors import NotFoundError
from backend.identity import sessions
from backend.web.console_session import act, keep_token, look, page, session_token

blueprint = Blueprint("console_devices", url_prefix="/console/devices")


@blueprint.get("/")
@declared(Who.STAFF)
async def devices(request: Request) -> HTTPResponse:
    """The list; this device is marked."""
    return await look(request, lambda who: _page(request, who))


@blueprint.post("/<device_id:[0-9a-f]{32}>/close")
@declared(Who.STAFF)
async def close(request: Request, device_id: str) -> HTTPResponse:
    """Log out there."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        try:
            await sessions.close_device(live.redis, who, device_id)
        except NotFoundError as error:
            return await _page(request, who, wrong=error.message, status=error.status)
        await audit.record(who, "device_logged_out", who.label, now=await live.clock.now())
        return _login(request) if device_id == _current(request) else redirect("/console/devices", status=303)

    return await act(request, work)


@blueprint.post("/close-all")
@declared(Who.STAFF)
async def close_all(request: Request) -> HTTPResponse:
    """Log out everywhere, here too."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        closed = await sessions.close_own(live.redis, who)
        await audit.record(
            who, "all_devices_logged_out", who.label, now=await live.clock.now(), detail={"devices": closed}
        )
        return _login(request)

    return await act(request, work)


async def _page(request: Request, who: Actor, *, wrong: str = "", status: int = 200) -> HTTPResponse:
    rows = await sessions.devices(services(request).redis, who)
    return await page(
        request, who, "console_devices.html", status=status, rows=rows, current=_current(request), wrong=wrong
    )


def _current(request: Request) -> str:
    return sessions.device_of(session_token(request))


def _login(request: Request) -> HTTPResponse:
    response = redirect("/console/login", status=303)
    keep_token(request, response, "")
    return response
