"""What every page of the console shares: who is there, whose form it is, one shape of doing something."""

from collections.abc import Awaitable, Callable

from sanic import Request
from sanic.response import HTTPResponse, redirect

from backend.access import ALLOWED, Action, Actor
from backend.api.contract import Contract
from backend.api.http import known, services
from backend.desk import handover
from backend.errors import CaseworkError, NotAllowedError, NotLoggedInError
from backend.web.pages import PRIVATE, render


def _cookie_name(request: Request) -> str:
    # Browsers keep the longer name for Secure cookies of this very host: no neighbour can plant one.
    return "console" if services(request).is_demo else "__Host-console"


def session_token(request: Request) -> str:
    """The session's token, or an empty string."""
    return request.cookies.get(_cookie_name(request)) or ""


def keep_token(request: Request, response: HTTPResponse, token: str) -> None:
    """A cookie that no script reads and no other site sends along; an empty token takes it away."""
    response.add_cookie(
        _cookie_name(request),
        token,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=not services(request).is_demo,
        max_age=None if token else 0,
    )


_WAYS: tuple[tuple[str, str, tuple[Action, ...]], ...] = (
    ("/console/people", "等人回复", (Action.ANSWER_PERSON,)),
    ("/console/notices", "通知", (Action.READ_NOTICES, Action.OPERATE_NOTICES)),
    ("/console/calls", "打电话", (Action.CALL,)),
    ("/console/persons", "找人", (Action.READ_PARTICULARS,)),
    ("/console/persons/lists", "号码名单", (Action.UNMASK, Action.GRANT_UNMASK)),
    ("/console/corrections", "更正", (Action.ANSWER_RIGHTS,)),
    ("/console/questions", "没答好的问题", (Action.EDIT_ENTRIES,)),
    ("/console/entries", "问答条目", (Action.EDIT_ENTRIES,)),
    ("/console/figures", "问答数字", (Action.EDIT_ENTRIES,)),
    ("/console/reference", "口径、标准、放假安排", ()),
    ("/console/retention", "保存期限", (Action.RUN_RETENTION, Action.HOLD)),
    ("/console/roster", "评议名册", (Action.MANAGE_ROSTER,)),
    ("/console/accounts", "账号", (Action.MANAGE_ACCOUNTS,)),
    ("/console/me", "我的账号", ()),
)
"""Where the navigation leads, and who is shown the way."""


async def staff_of(request: Request) -> Actor:
    """Who is logged in to the console. Raises NotLoggedInError, NotAllowedError."""
    who = await known(request, session_token(request))
    if who.account_id is None:
        raise NotAllowedError("staff_only", "这一页由工作人员使用。")
    return who


def _require_declared(request: Request, who: Actor) -> None:
    """Before anything typed is looked at: the page is for this role, as its contract says. Raises NotAllowedError."""
    declared: Contract | None = getattr(request.route.handler, "contract", None) if request.route else None
    if declared and declared.roles is not None and who.role not in declared.roles:
        raise NotAllowedError("role_not_allowed", "您的岗位不能做这一步, 请联系负责这一步的同事。")


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
        who = await staff_of(request)
    except NotLoggedInError:
        return redirect("/console/login", status=303)
    return await _or_refused(request, who, work)


async def _or_refused(request: Request, who: Actor, work: Callable[[Actor], Awaitable[HTTPResponse]]) -> HTTPResponse:
    """The page, or why it is not for this person, as a page."""
    try:
        _require_declared(request, who)
        return await work(who)
    except CaseworkError as error:
        return await page(request, who, "desk_refused.html", status=error.status, wrong=error.message)


async def page(request: Request, who: Actor, name: str, *, status: int = 200, **values: object) -> HTTPResponse:
    """A console page: who is there, and how many wait for a person."""
    values = {"done": "", "wrong": "", "reasons": (), **values}
    waiting = await handover.waiting(who)
    navigation = [
        (address, said)
        for address, said, needs in _WAYS
        if not needs or any(who.role in ALLOWED[action] for action in needs)
    ]
    return render(
        request, name, status=status, headers=PRIVATE, who=who, waiting=waiting, navigation=navigation, **values
    )
