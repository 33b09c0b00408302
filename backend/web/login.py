"""Coming in to the console: password, then 动态码; by scanning; and setting 动态码 up where there is none."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import address_of, device_of, services
from backend.errors import CaseworkError, NotFoundError, NotLoggedInError
from backend.identity import scan, second_factor, sessions, staff
from backend.identity.passwords import LONGEST
from backend.identity.scan import Shown
from backend.identity.staff import Moment
from backend.web.console_session import keep_token, session_token
from backend.web.pages import PRIVATE, render, typed
from backend.web.qr import qr

blueprint = Blueprint("console_login", url_prefix="/console")
_STEP, _SCAN = "console_step", "console_scan"
_FIRST_PAGE = "/console/reference"


async def moment(request: Request) -> Moment:
    """When and where from."""
    clock = services(request).clock
    return Moment(await clock.now(), clock.wall(), address_of(request), device_of(request))


def password_of(request: Request, name: str) -> str:
    """A password exactly as it was typed; too long to be one: cut, and so wrong."""
    return str((request.form or {}).get(name) or "")[: LONGEST + 1]


@blueprint.get("/login")
@declared(Who.OPEN)
async def login_page(request: Request) -> HTTPResponse:
    """The form."""
    return _form(request)


@blueprint.post("/login")
@declared(Who.OPEN)
async def log_in(request: Request) -> HTTPResponse:
    """The password; with it the code where guessing has made it come first."""
    login, live = typed(request, "login", 40), services(request)
    try:
        session, step = await staff.first_step(
            live.redis,
            login,
            password_of(request, "password"),
            typed(request, "code", 40),
            await moment(request),
            everyone_has_codes=not live.is_demo,
        )
    except CaseworkError as error:
        wants_code = error.code == "totp_needed" or bool(typed(request, "code"))
        return _form(request, wrong=error.message, login=login, wants_code=wants_code, status=error.status)
    if session is not None:
        return inside(request, session)
    return half_open(request, str(step), "/console/login/next")


def _form(
    request: Request, *, wrong: str = "", login: str = "", wants_code: bool = False, status: int = 200
) -> HTTPResponse:
    return render(
        request,
        "console_login.html",
        status=status,
        headers=PRIVATE,
        wrong=wrong,
        login=login,
        wants_code=wants_code,
    )


@blueprint.get("/login/next")
@declared(Who.OPEN)
async def next_step(request: Request) -> HTTPResponse:
    """The page that the half-open login wants."""
    try:
        live, token = services(request), request.cookies.get(_STEP) or ""
        step = await staff.step_of(live.redis, token, ("code", "setup", "renew"), now=await live.clock.now())
    except NotLoggedInError as error:
        return _form(request, wrong=error.message, status=error.status)
    if step.wants == "code":
        return _code_page(request)
    return await _setup_page(request, step)


@blueprint.post("/login/code")
@declared(Who.OPEN)
async def second_step(request: Request) -> HTTPResponse:
    """动态码 or a recovery code."""
    token = request.cookies.get(_STEP) or ""
    try:
        code = typed(request, "code", 40)
        return inside(request, await staff.second_step(services(request).redis, token, code, await moment(request)))
    except CaseworkError as error:
        if error.code == "step_expired":
            return _form(request, wrong=error.message, status=error.status)
        return _code_page(request, wrong=error.message, status=error.status)


def _code_page(request: Request, *, wrong: str = "", status: int = 200) -> HTTPResponse:
    return render(request, "console_code.html", status=status, headers=PRIVATE, wrong=wrong)


@blueprint.post("/login/setup")
@declared(Who.OPEN)
async def finish_setup(request: Request) -> HTTPResponse:
    """The first code of a new 动态码; then the recovery codes, this once."""
    live, token = services(request), request.cookies.get(_STEP) or ""
    at = await moment(request)
    try:
        session, codes = await staff.finish_setup(live.redis, token, typed(request, "code", 10), at)
    except CaseworkError as error:
        if error.code in ("step_expired", "has_second_factor"):
            return _form(request, wrong=error.message, status=error.status)
        step = await staff.step_of(live.redis, token, ("setup", "renew"), now=at.now)
        return await _setup_page(request, step, wrong=error.message, status=error.status)
    response = render(request, "console_codes.html", headers=PRIVATE, codes=codes)
    return _with_session(request, response, session)


async def _setup_page(request: Request, step: staff.Step, *, wrong: str = "", status: int = 200) -> HTTPResponse:
    secret, address = await second_factor.begin(services(request).redis, step.account)
    return render(
        request,
        "console_setup.html",
        status=status,
        headers=PRIVATE,
        wrong=wrong,
        picture=qr(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        renewing=step.wants == "renew",
    )


@blueprint.post("/logout")
@declared(Who.OPEN)
async def log_out(request: Request) -> HTTPResponse:
    """Forget the session."""
    await sessions.close_session(services(request).redis, session_token(request))
    response = redirect("/console/login", status=303)
    keep_token(request, response, "")
    return response


@blueprint.post("/scan")
@declared(Who.OPEN)
async def show_code(request: Request) -> HTTPResponse:
    """A new QR to log in with."""
    shown = await scan.show(services(request).redis, address=address_of(request))
    return showing(request, shown, "/console/scan")


@blueprint.get("/scan")
@declared(Who.OPEN)
async def scanned(request: Request) -> HTTPResponse:
    """The QR while nobody has approved; the console as soon as somebody has. The page asks again by itself."""
    live, shown = services(request), shown_by(request)
    try:
        state = await scan.waiting(live.redis, shown)
        session = await scan.enter(live.redis, shown, await moment(request), everyone_has_codes=not live.is_demo)
    except NotFoundError:
        return render(request, "console_scan.html", headers=PRIVATE, picture="", number="", still=False)
    except CaseworkError as error:
        return _form(request, wrong=error.message, status=error.status)
    if session is not None:
        return inside(request, session)
    return render(
        request,
        "console_scan.html",
        headers=PRIVATE,
        picture=qr(scan.PREFIX + shown.ticket),
        number=state.number,
        still=request.args.get("still") == "1",
    )


def shown_by(request: Request) -> Shown:
    """Both halves of the QR that this browser shows."""
    return Shown.parse(request.cookies.get(_SCAN) or "")


def showing(request: Request, shown: Shown, page: str) -> HTTPResponse:
    """On to the page with the QR; its secret half stays in a cookie."""
    return _with_cookie(request, redirect(page, status=303), _SCAN, shown.cookie, scan.SECONDS)


def half_open(request: Request, step: str, page: str) -> HTTPResponse:
    """On to the next step of a login."""
    return _with_cookie(request, redirect(page, status=303), _STEP, step, staff.STEP_SECONDS)


def inside(request: Request, session: str) -> HTTPResponse:
    """Into the console."""
    return _with_session(request, redirect(_FIRST_PAGE, status=303), session)


def _with_session(request: Request, response: HTTPResponse, session: str) -> HTTPResponse:
    response.delete_cookie(_STEP, path="/console")
    response.delete_cookie(_SCAN, path="/console")
    keep_token(request, response, session)
    return response


def _with_cookie(request: Request, response: HTTPResponse, name: str, value: str, seconds: int | None) -> HTTPResponse:
    # No script reads it, no other site sends it along.
    secure = not services(request).is_demo
    response.add_cookie(name, value, path="/console", httponly=True, samesite="Strict", secure=secure, max_age=seconds)
    return response
