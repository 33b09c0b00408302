"""Staff accounts for programs: inviting, accepting on the phone, ending, the list; and approving a scanned login."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, Who, contract
from backend.api.fields import Day, Number
from backend.api.http import Body, actor, answer, asked, services
from backend.api.shapes import Done
from backend.clock import local_day
from backend.errors import NotAllowedError
from backend.identity import accounts, invitations, scan
from backend.identity.accounts import LABELS, Post
from backend.identity.invitations import Invited
from models.people import StaffAccount
from rules.statuses import Role

blueprint = Blueprint("staff", url_prefix="/api")


class StaffInvited(Body):
    name: str = Field(min_length=1, max_length=40)
    phone: str | None = Field(default=None, max_length=30)
    role: Role
    town_id: Number | None = None
    village_id: Number | None = None
    from_day: Day | None = None
    to_day: Day | None = None
    days: int = Field(default=invitations.DAYS, ge=1, le=invitations.LONGEST_DAYS)


class Acceptance(Body):
    login: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=128)


class AccountEnded(Body):
    why: str = Field(min_length=1, max_length=accounts.LONGEST_REASON)


class ScanApproval(Body):
    account_id: UUID


class StaffInvitationMade(Returned):
    """`path`: of the page that the invited person opens, shown this once."""

    id: UUID
    path: str
    expires_at: AwareDatetime


class AccountMade(Returned):
    id: UUID
    login: str
    role: Role


class AccountSeen(AccountMade):
    role_name: str
    place: str


class AccountListed(AccountSeen):
    """`since` to `until`: the term of office; `second_factor`: whether a 动态码 is set up."""

    name: str
    since: date | None
    until: date | None
    ended_at: AwareDatetime | None
    last_login_at: AwareDatetime | None
    second_factor: bool


class Accounts(Returned):
    accounts: list[AccountListed]


class ScanSeen(Returned):
    """`address` and `number` are those of the screen; `accounts` can be logged in, or bound."""

    purpose: Literal["bind", "login"]
    address: str
    number: str
    accounts: list[AccountSeen]


class ScanApproved(Returned):
    """`number`: to be typed at the screen where a WeChat is bound."""

    ok: Literal[True]
    number: str | None


@blueprint.post("/staff/invitations")
@contract(Action.MANAGE_ACCOUNTS, body=StaffInvited, returns=StaffInvitationMade, statuses=(201,), errors=(404,))
async def invite(request: Request) -> HTTPResponse:
    """The link's path, this once."""
    who, body, now = await asked(request, StaffInvited)
    post = Post(body.role, body.town_id, body.village_id, body.from_day or local_day(now), body.to_day)
    invitation, code = await invitations.invite(who, post, Invited(body.name, body.phone), now=now, days=body.days)
    told = {"id": invitation.id, "path": invitations.PATH + code, "expires_at": invitation.expires_at.isoformat()}
    return answer(told, 201)


@blueprint.delete("/staff/invitations/<invitation_id:uuid>")
@contract(Action.MANAGE_ACCOUNTS, returns=Done, errors=(409,))
async def revoke(request: Request, invitation_id: UUID) -> HTTPResponse:
    """The link is good for nothing any more."""
    await invitations.revoke(await actor(request), invitation_id, now=await services(request).clock.now())
    return answer({"ok": True})


@blueprint.post("/staff/invitations/<code:[A-Za-z0-9_-]{20,100}>/accept")
@contract(Who.PERSON, body=Acceptance, returns=AccountMade, statuses=(201,), errors=(409,))
async def accept(request: Request, code: str) -> HTTPResponse:
    """Make the account from the phone, whose WeChat is bound to it."""
    who, body, now = await asked(request, Acceptance)
    if who.role is not Role.RESIDENT or who.person_id is None:
        raise NotAllowedError("phone_only", "请用小程序里自己的微信接受邀请。")
    account = await invitations.accept(code, login=body.login, password=body.password, now=now, by_wechat=who.person_id)
    return answer({"id": account.id, "login": account.login, "role": account.role}, 201)


@blueprint.get("/staff/accounts")
@contract(Action.MANAGE_ACCOUNTS, returns=Accounts)
async def listed(request: Request) -> HTTPResponse:
    """The accounts of one's region."""
    rows = await accounts.listed(await actor(request))
    return answer({"accounts": [_told(row) | _standing(row) for row in rows]})


@blueprint.post("/staff/accounts/<account_id:uuid>/end")
@contract(Action.MANAGE_ACCOUNTS, body=AccountEnded, returns=Done, errors=(409,))
async def end(request: Request, account_id: UUID) -> HTTPResponse:
    """Leaving office: every open session ends."""
    who, body, now = await asked(request, AccountEnded)
    await accounts.end(services(request).redis, who, account_id, body.why, now=now)
    return answer({"ok": True})


@blueprint.get("/session/scan/<ticket:[A-Za-z0-9_-]{20,100}>")
@contract(Who.PERSON, returns=ScanSeen)
async def scanned(request: Request, ticket: str) -> HTTPResponse:
    """What a phone shows before it approves: where the screen is, its number, what can be logged in."""
    who, live = await actor(request), services(request)
    seen = await scan.look(live.redis, who, ticket, now=await live.clock.now())
    told = [_told(row) for row in seen.accounts]
    return answer({"purpose": seen.purpose, "address": seen.address, "number": seen.number, "accounts": told})


@blueprint.post("/session/scan/<ticket:[A-Za-z0-9_-]{20,100}>")
@contract(Who.PERSON, body=ScanApproval, returns=ScanApproved, errors=(409,))
async def approve(request: Request, ticket: str) -> HTTPResponse:
    """The phone says yes. `number`: to be typed at the screen when a WeChat is bound."""
    who, body, now = await asked(request, ScanApproval)
    number = await scan.approve(services(request).redis, who, ticket, body.account_id, now=now)
    return answer({"ok": True, "number": number})


def _told(row: StaffAccount) -> dict[str, object]:
    place = row.village.name if row.village else row.town.name if row.town else "鹿城区"
    return {"id": row.id, "login": row.login, "role": row.role, "role_name": LABELS[Role(row.role)], "place": place}


def _standing(row: StaffAccount) -> dict[str, object]:
    return {
        "name": row.person.name,
        "since": row.since,
        "until": row.until,
        "ended_at": row.ended_at and row.ended_at.isoformat(),
        "last_login_at": row.last_login_at and row.last_login_at.isoformat(),
        "second_factor": row.second_factor is not None,
    }
