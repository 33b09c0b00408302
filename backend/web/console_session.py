"""What every page of the console shares: who is there, whose form it is, one shape of doing something."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from sanic import Request
from sanic.response import HTTPResponse, redirect

from backend.access import ALLOWED, Action, Actor
from backend.api.http import address_of, services
from backend.desk import handover
from backend.errors import CaseworkError, NotAllowedError, NotLoggedInError
from backend.identity import sessions
from backend.web.pages import PRIVATE, render

COOKIE = "console"


async def staff_of(request: Request) -> Actor:
    """Who is logged in to the console. Raises NotLoggedInError, NotAllowedError."""
    live = services(request)
    who = await sessions.actor_of(
        live.redis,
        request.cookies.get(COOKIE) or "",
        now=await live.clock.now(),
        request_id=str(request.id),
        address=address_of(request),
    )
    if who.account_id is None:
        raise NotAllowedError("staff_only", "这一页由工作人员使用。")
    return who


def require_own_form(request: Request) -> None:
    """The cookie is SameSite=Strict; the origin is looked at besides, for browsers that do not know that."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.host:
        raise NotAllowedError("other_site", "请从本系统的页面提交。")


async def look(request: Request, show: Callable[[Actor], Awaitable[HTTPResponse]]) -> HTTPResponse:
    """A page for who is logged in; the others are led to the login."""
    try:
        who = await staff_of(request)
    except NotLoggedInError:
        return redirect("/console/login", status=303)
    return await _or_refused(request, who, show)


async def act(request: Request, work: Callable[[Actor], Awaitable[HTTPResponse]]) -> HTTPResponse:
    """A posted form of our own, for who is logged in."""
    try:
        require_own_form(request)
        who = await staff_of(request)
    except NotLoggedInError:
        return redirect("/console/login", status=303)
    return await _or_refused(request, who, work)


async def _or_refused(request: Request, who: Actor, work: Callable[[Actor], Awaitable[HTTPResponse]]) -> HTTPResponse:
    """The page, or why it is not for this person, as a page."""
    try:
        return await work(who)
    except CaseworkError as error:
        return await page(request, who, "desk_refused.html", status=error.status, wrong=error.message)


async def page(request: Request, who: Actor, name: str, *, status: int = 200, **values: object) -> HTTPResponse:
    """A console page: who is there, and how many wait for a person."""
    values = {"done": "", "wrong": "", "reasons": (), **values}
    waiting = await handover.waiting(who)
    may = {action.value for action in (Action.MANAGE_ACCOUNTS, Action.MANAGE_ROSTER) if who.role in ALLOWED[action]}
    return render(request, name, status=status, headers=PRIVATE, who=who, waiting=waiting, may=may, **values)
