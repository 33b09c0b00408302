"""The console's pages of accounts: who has one, inviting, another term, leaving office."""

from datetime import date
from uuid import UUID

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.access import Action, Actor
from backend.api.contract import page as declared
from backend.api.http import services
from backend.clock import local_day
from backend.errors import CaseworkError, InvalidInputError
from backend.identity import accounts, invitations
from backend.identity.accounts import LABELS, Post
from backend.identity.invitations import Invited
from backend.web.console_session import act, look, page
from backend.web.pages import typed
from backend.web.qr import qr
from models.places import Town, Village
from rules.statuses import Role

blueprint = Blueprint("console_accounts", url_prefix="/console/accounts")


@blueprint.get("/")
@declared(Action.MANAGE_ACCOUNTS)
async def listed(request: Request) -> HTTPResponse:
    """The accounts of one's region."""
    return await look(request, lambda who: _list(request, who))


@blueprint.post("/invite")
@declared(Action.MANAGE_ACCOUNTS)
async def invite(request: Request) -> HTTPResponse:
    """A link, shown this once."""

    async def work(who: Actor) -> HTTPResponse:
        now = await services(request).clock.now()
        try:
            post = await _post(request, who, today=local_day(now))
            invited = Invited(typed(request, "name", 60), typed(request, "phone", 30))
            days = typed(request, "days", 3)
            invitation, code = await invitations.invite(
                who, post, invited, now=now, days=int(days) if days.isdecimal() else 0
            )
        except CaseworkError as error:
            if error.status == 403:
                raise
            return await _list(request, who, wrong=error.message, status=error.status, kept=request.form)
        scheme = request.scheme if services(request).is_demo else "https"  # a proxy stands in front, and ends TLS
        link = f"{scheme}://{request.host}{invitations.PATH}{code}"
        return await page(
            request, who, "console_invited.html", invitation=invitation, link=link, picture=qr(link), labels=LABELS
        )

    return await act(request, work)


@blueprint.post("/invitations/<invitation_id:uuid>/revoke")
@declared(Action.MANAGE_ACCOUNTS)
async def revoke(request: Request, invitation_id: UUID) -> HTTPResponse:
    """The link is good for nothing any more."""

    async def work(who: Actor) -> HTTPResponse:
        await invitations.revoke(who, invitation_id, now=await services(request).clock.now())
        return await _list(request, who, done="邀请已撤回, 链接不能再用。")

    return await act(request, work)


@blueprint.get("/<account_id:uuid>")
@declared(Action.MANAGE_ACCOUNTS)
async def account(request: Request, account_id: UUID) -> HTTPResponse:
    """One account and its terms."""
    return await look(request, lambda who: _account(request, who, account_id))


@blueprint.post("/<account_id:uuid>/<what:end|change>")
@declared(Action.MANAGE_ACCOUNTS)
async def act_on_account(request: Request, account_id: UUID, what: str) -> HTTPResponse:
    """Leaving office, or another role, place or term."""

    async def work(who: Actor) -> HTTPResponse:
        live = services(request)
        now = await live.clock.now()
        try:
            if what == "end":
                await accounts.end(live.redis, who, account_id, typed(request, "why"), now=now)
            else:
                post = await _post(request, who, today=local_day(now))
                await accounts.change(live.redis, who, account_id, post, typed(request, "why"), now=now)
        except CaseworkError as error:
            if error.status == 404:
                raise
            return await _account(request, who, account_id, wrong=error.message, status=error.status, kept=request.form)
        return redirect(f"/console/accounts/{account_id}", status=303)

    return await act(request, work)


async def _list(
    request: Request, who: Actor, *, done: str = "", wrong: str = "", status: int = 200, kept: object = None
) -> HTTPResponse:
    now = await services(request).clock.now()
    return await page(
        request,
        who,
        "console_accounts.html",
        status=status,
        done=done,
        wrong=wrong,
        rows=await accounts.listed(who),
        waiting_invitations=await invitations.waiting(who, now=now),
        **await _choices(request, who, local_day(now), kept),
    )


async def _account(
    request: Request, who: Actor, account_id: UUID, *, wrong: str = "", status: int = 200, kept: object = None
) -> HTTPResponse:
    today = local_day(await services(request).clock.now())
    row, terms = await accounts.read(who, account_id)
    may = row.ended_at is None and row.id != who.account_id and Role(row.role) in accounts.manageable(who)
    return await page(
        request,
        who,
        "console_account.html",
        status=status,
        wrong=wrong,
        row=row,
        terms=terms,
        may_manage=may,
        **await _choices(request, who, today, kept),
    )


async def _choices(request: Request, who: Actor, today: date, kept: object) -> dict[str, object]:
    """What the forms offer, and what was typed into them."""
    villages = Village.all() if who.role is Role.ADMIN else Village.filter(town_id=who.town_id)
    return {
        "roles": accounts.manageable(who),
        "labels": LABELS,
        "towns": await Town.all().order_by("id") if who.role is Role.ADMIN else [],
        "villages": await villages.select_related("town").order_by("town_id", "id"),
        "today": today,
        "typed": {name: typed(request, name) for name in request.form} if kept else {},
        "most": accounts.LONGEST_REASON,
    }


async def _post(request: Request, who: Actor, *, today: date) -> Post:
    """The role, place and term of the form; a village brings its town with it. Raises InvalidInputError."""
    named = typed(request, "role")
    if named not in LABELS:
        raise InvalidInputError("role_missing", "请选一个岗位。")
    village_id, town_id = _number(request, "village"), _number(request, "town")
    village = await Village.get_or_none(id=village_id) if village_id and named == Role.VILLAGE else None
    if who.role is not Role.ADMIN:
        town_id = who.town_id
    elif village is not None:
        town_id = village.town_id
    begins = _day(request, "from") or today
    return Post(Role(named), town_id, village.id if village else None, begins, _day(request, "to"))


def _number(request: Request, name: str) -> int | None:
    text = typed(request, name, 9)
    return int(text) if text.isdecimal() else None


def _day(request: Request, name: str) -> date | None:
    text = typed(request, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInputError("day_invalid", "日期请写成 2026-07-01 这样。") from error
