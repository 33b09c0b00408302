"""What every page of the console shares: who is there, whose form it is, one shape of doing something."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from sanic import Request
from sanic.response import HTTPResponse, redirect

from backend.access import Actor
from backend.api.http import clean, services
from backend.desk import handover
from backend.errors import NotAllowedError, NotLoggedInError
from backend.identity import sessions
from backend.web.pages import HEADERS, render

COOKIE = "console"
PRIVATE = HEADERS | {"Cache-Control": "no-store"}


async def staff_of(request: Request) -> Actor:
    """Who is logged in to the console. Raises NotLoggedInError, NotAllowedError."""
    who = await sessions.actor_of(
        services(request).redis, request.cookies.get(COOKIE) or "", request_id=str(request.id)
    )
    if who.account_id is None:
        raise NotAllowedError("staff_only", "这一页由工作人员使用。")
    return who


def require_own_form(request: Request) -> None:
    """The cookie is SameSite=Strict; the origin is looked at besides, for browsers that do not know that."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.host:
        raise NotAllowedError("other_site", "请从本系统的页面提交。")


def typed(request: Request, name: str) -> str:
    """One field of the form, trimmed."""
    return clean(str((request.form or {}).get(name) or "")).strip()


async def look(request: Request, show: Callable[[Actor], Awaitable[HTTPResponse]]) -> HTTPResponse:
    """A page for who is logged in; the others are led to the login."""
    try:
        who = await staff_of(request)
    except NotLoggedInError:
        return redirect("/console/login", status=303)
    return await show(who)


async def act(request: Request, work: Callable[[Actor], Awaitable[HTTPResponse]]) -> HTTPResponse:
    """A posted form of our own, for who is logged in."""
    try:
        require_own_form(request)
        who = await staff_of(request)
    except NotLoggedInError:
        return redirect("/console/login", status=303)
    return await work(who)


async def page(request: Request, who: Actor, name: str, *, status: int = 200, **values: object) -> HTTPResponse:
    """A console page: who is there, and how many wait for a person."""
    values = {"done": "", "wrong": "", "reasons": (), **values}
    waiting = await handover.waiting(who)
    return render(request, name, status=status, headers=PRIVATE, who=who, waiting=waiting, **values)
