"""The console's page of one's own account: password, 动态码, recovery codes, WeChat."""

from collections.abc import Awaitable, Callable

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.access import Actor
from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import address_of, services
from backend.errors import CaseworkError, InvalidInputError, NotFoundError
from backend.identity import scan, second_factor, staff
from backend.identity.accounts import LABELS
from backend.identity.passwords import SHORTEST
from backend.web.console_session import act, keep_token, look, page
from backend.web.login import half_open, moment, password_of, showing, shown_by
from backend.web.pages import PRIVATE, render, typed
from backend.web.qr import qr
from models.people import StaffAccount
from models.staff import SecondFactor

blueprint = Blueprint("console_me", url_prefix="/console/me")


@blueprint.get("/")
@declared(Who.STAFF)
async def me(request: Request) -> HTTPResponse:
    """The account, and what protects it."""
    return await look(request, lambda who: _page(request, who))


@blueprint.post("/password")
@declared(Who.STAFF)
async def change_password(request: Request) -> HTTPResponse:
    """Another password; whoever else is logged in with the old one is out."""

    async def work(who: Actor) -> HTTPResponse:
        new = password_of(request, "new")
        if new != password_of(request, "again"):
            raise InvalidInputError("passwords_differ", "两次填的新密码不一样, 请重新填。")
        at = await moment(request)
        session = await staff.change_password(
            services(request).redis, who, password_of(request, "password"), typed(request, "code", 40), new, at
        )
        response = await _page(request, who, done="密码已改, 别处的登录都已退出。")
        keep_token(request, response, session)
        return response

    return await _act(request, work)


@blueprint.post("/factor")
@declared(Who.STAFF)
async def renew_factor(request: Request) -> HTTPResponse:
    """On to setting 动态码 up anew."""

    async def work(who: Actor) -> HTTPResponse:
        account = await _prove(request, who)
        step = await staff.open_step(services(request).redis, account.id, "renew")
        return half_open(request, step, "/console/login/next")

    return await _act(request, work)


@blueprint.post("/recovery")
@declared(Who.STAFF)
async def renew_recovery(request: Request) -> HTTPResponse:
    """Ten new recovery codes, shown this once."""

    async def work(who: Actor) -> HTTPResponse:
        await _prove(request, who)
        codes = await second_factor.new_recovery_codes(who, now=await services(request).clock.now())
        return render(request, "console_codes.html", headers=PRIVATE, codes=codes)

    return await _act(request, work)


@blueprint.post("/wechat")
@declared(Who.STAFF)
async def bind(request: Request) -> HTTPResponse:
    """A QR to bind a WeChat with."""

    async def work(who: Actor) -> HTTPResponse:
        account = await _prove(request, who)
        shown = await scan.show(services(request).redis, address=address_of(request), for_account=account.id)
        return showing(request, shown, "/console/me/wechat")

    return await _act(request, work)


@blueprint.get("/wechat")
@declared(Who.STAFF)
async def binding(request: Request) -> HTTPResponse:
    """The QR; once a phone has answered, the field for its number."""

    async def show(who: Actor) -> HTTPResponse:
        shown = shown_by(request)
        try:
            state = await scan.waiting(services(request).redis, shown)
        except NotFoundError as error:
            return await _page(request, who, wrong=error.message, status=error.status)
        return await page(
            request,
            who,
            "console_bind.html",
            picture=qr(scan.PREFIX + shown.ticket),
            number=state.number,
            answered=state.answered,
            still=request.args.get("still") == "1",
        )

    return await look(request, show)


@blueprint.post("/wechat/confirm")
@declared(Who.STAFF)
async def confirm_binding(request: Request) -> HTTPResponse:
    """The number that the phone shows."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        await scan.attach(live.redis, who, shown_by(request), typed(request, "number", 10), now=await live.clock.now())
        return await _page(request, who, done="微信已绑定, 以后可以扫码登录。")

    return await _act(request, work)


@blueprint.post("/wechat/unbind")
@declared(Who.STAFF)
async def unbind(request: Request) -> HTTPResponse:
    """No WeChat opens this account any more."""

    async def work(who: Actor) -> HTTPResponse:
        await scan.unbind(who, now=await services(request).clock.now())
        return redirect("/console/me", status=303)

    return await _act(request, work)


async def _prove(request: Request, who: Actor) -> StaffAccount:
    return await staff.prove(
        services(request).redis,
        who,
        password_of(request, "password"),
        typed(request, "code", 40),
        await moment(request),
    )


async def _act(request: Request, work: Callable[[Actor], Awaitable[HTTPResponse]]) -> HTTPResponse:
    async def done_or_wrong(who: Actor) -> HTTPResponse:
        try:
            return await work(who)
        except CaseworkError as error:
            return await _page(request, who, wrong=error.message, status=error.status)

    return await act(request, done_or_wrong)


async def _page(request: Request, who: Actor, *, done: str = "", wrong: str = "", status: int = 200) -> HTTPResponse:
    factor = await SecondFactor.get_or_none(account_id=who.account_id)
    return await page(
        request,
        who,
        "console_me.html",
        status=status,
        done=done,
        wrong=wrong,
        account=await StaffAccount.get(id=who.account_id).select_related("town", "village"),
        factor=factor,
        labels=LABELS,
        shortest=SHORTEST,
    )
