"""An invitation's page: who is invited to what, and a login and password of one's own."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import services
from backend.errors import CaseworkError, InvalidInputError
from backend.identity import invitations, staff
from backend.identity.accounts import LABELS
from backend.identity.passwords import SHORTEST
from backend.web.login import half_open, password_of
from backend.web.pages import PRIVATE, render, typed

blueprint = Blueprint("console_join", url_prefix="/console/join")


@blueprint.get("/<code:[A-Za-z0-9_-]{20,100}>")
@declared(Who.OPEN)
async def invited(request: Request, code: str) -> HTTPResponse:
    """The form."""
    return await _page(request, code)


@blueprint.post("/<code:[A-Za-z0-9_-]{20,100}>")
@declared(Who.OPEN)
async def join(request: Request, code: str) -> HTTPResponse:
    """Make the account; then 动态码."""
    live, login, password = services(request), typed(request, "login", 60), password_of(request, "password")
    try:
        if password != password_of(request, "again"):
            raise InvalidInputError("passwords_differ", "两次填的密码不一样, 请重新填。")
        account = await invitations.accept(code, login=login, password=password, now=await live.clock.now())
    except CaseworkError as error:
        return await _page(request, code, wrong=error.message, login=login, status=error.status)
    return half_open(request, await staff.open_step(live.redis, account.id, "setup"), "/console/login/next")


async def _page(request: Request, code: str, *, wrong: str = "", login: str = "", status: int = 200) -> HTTPResponse:
    try:
        invitation = await invitations.look(code, now=await services(request).clock.now())
    except CaseworkError as error:
        return render(request, "console_refused.html", status=error.status, headers=PRIVATE, wrong=error.message)
    return render(
        request,
        "console_join.html",
        status=status,
        headers=PRIVATE,
        wrong=wrong,
        login=login,
        invitation=invitation,
        labels=LABELS,
        shortest=SHORTEST,
    )
