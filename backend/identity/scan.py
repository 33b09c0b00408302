"""Logging in, and binding a WeChat, by scanning (docs/decisions/0018).

The QR carries a ticket; the browser that shows it holds a secret besides. Who photographs the screen has the ticket
alone and gets nothing. Who lures somebody into scanning a foreign screen is answered by what the phone shows before it
approves: the address of that screen, and a number that must be the one on one's own screen.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Actor
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError, NotLoggedInError
from backend.identity import second_factor, staff, tickets
from backend.identity.staff import Moment
from models.people import Person, StaffAccount
from rules.statuses import Role

SECONDS = 120
PREFIX = "yishiyiyi-scan:"
"""What the QR says before the ticket: only the mini-program knows what to do with it."""
_SHOWN, _APPROVED = "scan-shown", "scan-approved"


@dataclass(frozen=True, slots=True)
class Shown:
    """A QR on a screen: `ticket` is in it, `secret` is in the browser's cookie alone."""

    ticket: str
    secret: str

    @property
    def cookie(self) -> str:
        """Both halves."""
        return f"{self.ticket}.{self.secret}"

    @classmethod
    def parse(cls, cookie: str) -> "Shown":
        """From the browser."""
        ticket, _, secret = cookie.partition(".")
        return cls(ticket, secret)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a phone that scanned is shown before it approves."""

    purpose: str
    address: str
    number: str
    accounts: list[StaffAccount]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the screen shows: the number to compare, and for a binding whether a phone has answered."""

    number: str
    answered: bool


async def show(redis: Redis, *, address: str, for_account: UUID | None = None) -> Shown:
    """A new QR: to log in, or to bind a WeChat to the account that is logged in."""
    secret = secrets.token_urlsafe(32)
    kept = {
        "secret": tickets.digest(secret),
        "address": address,
        "number": _number(),
        "binds": str(for_account) if for_account else None,
    }
    ticket = await tickets.put(redis, _SHOWN, kept, seconds=SECONDS)
    assert ticket is not None
    return Shown(ticket, secret)


async def look(redis: Redis, actor: Actor, ticket: str, *, now: datetime) -> Seen:
    """What the phone asks: where the screen is and what can be logged in. Raises NotFoundError, NotAllowedError."""
    kept, person = await _scanned(redis, actor, ticket)
    return Seen(
        "bind" if kept["binds"] else "login",
        kept["address"],
        kept["number"],
        await _accounts_of(kept, person, now),
    )


async def approve(redis: Redis, actor: Actor, ticket: str, account_id: UUID, *, now: datetime) -> str | None:
    """The phone says yes, once. For a binding: the number that the screen will ask for.

    Raises NotFoundError, NotAllowedError, ConflictError when another phone was first.
    """
    kept, person = await _scanned(redis, actor, ticket)
    if account_id not in {account.id for account in await _accounts_of(kept, person, now)}:
        raise NotAllowedError("account_not_bound", "这个账号没有绑定您的微信, 或者已经停用。")
    answer = {"account": str(account_id), "openid": person.openid, "number": _number()}
    if await tickets.put(redis, _APPROVED, answer, seconds=SECONDS, token=ticket) is None:
        raise ConflictError("scan_used", "这个二维码已经用过, 请在电脑上换一个新的。")
    return answer["number"] if kept["binds"] else None


async def waiting(redis: Redis, shown: Shown) -> Waiting:
    """How it stands, for the browser that shows it. Raises NotFoundError for anybody else, and when it is over."""
    kept = await _own(redis, shown)
    return Waiting(kept["number"], await tickets.read(redis, _APPROVED, shown.ticket) is not None)


async def enter(redis: Redis, shown: Shown, at: Moment, *, everyone_has_codes: bool) -> str | None:
    """A session once the phone has approved; None while it has not. Raises NotFoundError, NotLoggedInError."""
    kept = await _own(redis, shown)
    if kept["binds"]:
        raise NotFoundError("scan_unknown", "二维码已过期, 请换一个新的。")
    answer = await tickets.take(redis, _APPROVED, shown.ticket)
    if answer is None:
        return None
    await tickets.drop(redis, _SHOWN, shown.ticket)
    account = await StaffAccount.get(id=answer["account"]).select_related("person")
    if not account.in_office(local_day(at.now)) or account.bound_openid != answer["openid"]:
        raise NotLoggedInError("account_ended", "这个账号已停用, 请联系单位管理员。")
    if staff.must_have_factor(account, everyone=everyone_has_codes) and not await second_factor.has_one(account.id):
        raise NotLoggedInError("totp_setup_needed", "请先用密码登录一次, 设置动态码。")
    return await staff.enter(redis, account, at)


async def attach(redis: Redis, actor: Actor, shown: Shown, number: str, *, now: datetime) -> None:
    """Bind the WeChat that answered, when its number is typed where the QR is shown.

    Whoever scanned a photograph of the screen was shown another number than the owner, who types their own.
    Raises NotFoundError, ConflictError, InvalidInputError for another number: then it begins anew.
    """
    kept = await _own(redis, shown)
    if kept["binds"] != str(actor.account_id):
        raise NotFoundError("scan_unknown", "二维码已过期, 请换一个新的。")
    answer = await tickets.take(redis, _APPROVED, shown.ticket)
    if answer is None:
        raise ConflictError("scan_waiting", "手机上还没有确认, 请先在小程序里点确认。")
    await tickets.drop(redis, _SHOWN, shown.ticket)
    if not hmac.compare_digest(answer["number"].encode(), second_factor.digits(number).encode()):
        raise InvalidInputError("number_differs", "数字和手机上的不一样, 没有绑定, 请重新扫码。")
    await _set_binding(actor, answer["openid"], "wechat_bound", now)


async def unbind(actor: Actor, *, now: datetime) -> None:
    """This account is opened by no WeChat any more."""
    await _set_binding(actor, None, "wechat_unbound", now)


async def _set_binding(actor: Actor, openid: str | None, action: str, now: datetime) -> None:
    async with in_transaction():
        await StaffAccount.filter(id=actor.account_id).update(bound_openid=openid)
        await audit.record(actor, action, f"account:{actor.account_id}", now=now)


async def _scanned(redis: Redis, actor: Actor, ticket: str) -> tuple[dict[str, str], Person]:
    if actor.role is not Role.RESIDENT:
        raise NotAllowedError("phone_only", "请用小程序里自己的微信扫码。")
    kept = await tickets.read(redis, _SHOWN, ticket)
    if kept is None:
        raise NotFoundError("scan_unknown", "二维码已过期, 请在电脑上换一个新的。")
    person = await Person.get(id=actor.person_id)
    if person.openid is None:
        raise NotAllowedError("phone_only", "请用小程序里自己的微信扫码。")
    return kept, person


async def _accounts_of(kept: dict[str, str], person: Person, now: datetime) -> list[StaffAccount]:
    found = StaffAccount.filter(id=kept["binds"]) if kept["binds"] else StaffAccount.filter(bound_openid=person.openid)
    rows = await found.select_related("person", "town", "village").order_by("login")
    return [account for account in rows if account.in_office(local_day(now))]


async def _own(redis: Redis, shown: Shown) -> dict[str, str]:
    kept = await tickets.read(redis, _SHOWN, shown.ticket) if shown.ticket else None
    if kept is None or not hmac.compare_digest(kept["secret"], tickets.digest(shown.secret)):
        raise NotFoundError("scan_unknown", "二维码已过期, 请换一个新的。")
    return kept


def _number() -> str:
    return f"{secrets.randbelow(10_000):04d}"
