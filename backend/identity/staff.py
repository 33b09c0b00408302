"""Staff logins: password, then 动态码; and a lock-out that keeps the owner's door open (docs/decisions/0018)."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Actor
from backend.clock import local_day
from backend.edge import limits
from backend.errors import NotAllowedError, NotLoggedInError
from backend.identity import second_factor, sessions, tickets
from backend.identity.devices import OTHER
from backend.identity.passwords import check_password, hash_password, matches
from models.keyring import held
from models.people import StaffAccount
from rules.statuses import Role

STRANGE_TRIES = limits.LIMITS["login_strangers"].most
"""An hour, for one login, from everywhere but where it was last used: after these the code comes first."""
STRANGE_CODES = limits.LIMITS["login_strange_codes"].most
STEP_SECONDS = 900
_STEP = "login-step"


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a login is tried. `wall`: the unshifted time, in which authenticators live."""

    now: datetime
    wall: datetime
    address: str
    device: str = OTHER


@dataclass(frozen=True, slots=True)
class Step:
    """A login that is half open: what is still wanted (`code`, `setup`, or `renew` of a second factor)."""

    account: StaffAccount
    wants: str


async def log_in(
    redis: Redis, login: str, password: str, code: str, at: Moment, *, everyone_has_codes: bool
) -> tuple[str, StaffAccount]:
    """A session for password and code given together; the code may be empty where the account has none.

    Raises NotLoggedInError, TooManyError.
    """
    account, code_used = await _pass_password(redis, login, password, code, at)
    if await second_factor.has_one(account.id):
        if not code:
            raise _code_needed()
        if not code_used:
            await _pass_code(redis, account.login, account, code, at)
    elif must_have_factor(account, everyone=everyone_has_codes):
        raise NotLoggedInError("totp_setup_needed", "请先在工作台网页登录一次, 设置动态码。")
    return await enter(redis, account, at), account


async def first_step(
    redis: Redis, login: str, password: str, code: str, at: Moment, *, everyone_has_codes: bool
) -> tuple[str | None, str | None]:
    """(a session, None), or (None, the token of a half-open login). Raises as `log_in`."""
    account, code_used = await _pass_password(redis, login, password, code, at)
    if await second_factor.has_one(account.id):
        if code_used:
            return await enter(redis, account, at), None
        return None, await open_step(redis, account.id, "code")
    if must_have_factor(account, everyone=everyone_has_codes):
        return None, await open_step(redis, account.id, "setup")
    return await enter(redis, account, at), None


def must_have_factor(account: StaffAccount, *, everyone: bool) -> bool:
    """In production everybody needs codes, elsewhere everybody but the demonstration's people."""
    return everyone or not account.person.is_demo


async def open_step(redis: Redis, account_id: UUID, wants: str) -> str:
    """A half-open login: good for a quarter of an hour and for nothing but what it wants."""
    token = await tickets.put(redis, _STEP, {"account": str(account_id), "wants": wants}, seconds=STEP_SECONDS)
    assert token is not None
    return token


async def step_of(redis: Redis, token: str, wants: tuple[str, ...], *, now: datetime) -> Step:
    """The half-open login. Raises NotLoggedInError when it is over or the account is."""
    kept = await tickets.read(redis, _STEP, token) if token else None
    account = await StaffAccount.get_or_none(id=kept["account"]).select_related("person") if kept else None
    if account is None or kept["wants"] not in wants or not account.in_office(local_day(now)):
        raise NotLoggedInError("step_expired", "等得太久了, 请重新登录。")
    return Step(account, kept["wants"])


async def second_step(redis: Redis, token: str, code: str, at: Moment) -> str:
    """A session for the code that the half-open login wants. Raises NotLoggedInError, NotAllowedError."""
    step = await step_of(redis, token, ("code",), now=at.now)
    await _spend(redis, step.account.login, at)
    await _pass_code(redis, step.account.login, step.account, code, at)
    await tickets.drop(redis, _STEP, token)
    return await enter(redis, step.account, at)


async def finish_setup(redis: Redis, token: str, code: str, at: Moment) -> tuple[str, list[str]]:
    """(a session, the recovery codes) once the new factor shows its first code; other sessions end.

    Raises NotLoggedInError, InvalidInputError, ConflictError.
    """
    step = await step_of(redis, token, ("setup", "renew"), now=at.now)
    codes = await second_factor.confirm(
        redis, actor_for(step.account), code, renewing=step.wants == "renew", now=at.now, wall=at.wall
    )
    await tickets.drop(redis, _STEP, token)
    await sessions.close_all(redis, account_id=step.account.id)
    return await enter(redis, step.account, at), codes


async def enter(redis: Redis, account: StaffAccount, at: Moment) -> str:
    """Open a session; this address is now the account's known one."""
    async with in_transaction():
        await StaffAccount.filter(id=account.id).update(last_login_at=at.now, known_address=_told_apart(at.address))
        await audit.record(actor_for(account), "staff_logged_in", f"account:{account.id}", now=at.now)
    await limits.forgive(redis, "staff_login_failures", _whom(account.login, at))
    return await sessions.open_session(redis, person_id=account.person_id, account_id=account.id, device=at.device)


async def prove(redis: Redis, actor: Actor, password: str, code: str, at: Moment) -> StaffAccount:
    """Who is logged in shows again who they are, before what protects the account is changed.

    Raises NotLoggedInError, NotAllowedError.
    """
    account = await StaffAccount.get(id=actor.account_id).select_related("person")
    await _spend(redis, account.login, at)
    if not await matches(account.password_hash, password):
        raise NotLoggedInError("wrong_password", "密码不对, 没有改动, 请核对后再试。")
    if await second_factor.has_one(account.id):
        await _pass_code(redis, account.login, account, code, at)
    await limits.forgive(redis, "staff_login_failures", _whom(account.login, at))
    return account


async def change_password(redis: Redis, actor: Actor, old: str, code: str, new: str, at: Moment) -> str:
    """The new session: every session that was open with the old password ends.

    Raises NotLoggedInError, NotAllowedError, InvalidInputError.
    """
    account = await StaffAccount.get(id=actor.account_id)
    check_password(new, account.login)
    account = await prove(redis, actor, old, code, at)
    new_hash = await hash_password(new)
    async with in_transaction():
        await StaffAccount.filter(id=account.id).update(password_hash=new_hash)
        await audit.record(actor, "password_changed", f"account:{account.id}", now=at.now)
    await sessions.close_all(redis, account_id=account.id)
    return await enter(redis, account, at)


def actor_for(account: StaffAccount) -> Actor:
    """The account as an actor; its person must be loaded."""
    return Actor(
        Role(account.role), account.person.name, account.person.id, account.id, account.town_id, account.village_id
    )


async def _pass_password(redis: Redis, login: str, password: str, code: str, at: Moment) -> tuple[StaffAccount, bool]:
    """(The account of the right password, whether its code was used already).

    Every try is counted before anything is looked at: a hundred at once are no more tries than one after another.
    """
    login = login.strip()
    await _spend(redis, login, at)
    found = await StaffAccount.get_or_none(login=login).select_related("person")
    account = found if found is not None and found.in_office(local_day(at.now)) else None
    code_used = False
    if not _is_known(account, at) and await limits.over(redis, "login_strangers", login):
        # The password is not even looked at: nobody guesses on, and nobody learns that it was right.
        if not code:
            raise _code_needed()
        await _pass_code(redis, login, account, code, at)
        code_used = True
    if not await matches(account.password_hash if account else None, password) or account is None:
        raise NotLoggedInError("wrong_login", "账号或密码不对, 请核对后再试。")
    return account, code_used


async def _pass_code(redis: Redis, login: str, account: StaffAccount | None, code: str, at: Moment) -> None:
    """Raises NotLoggedInError for a wrong or used code, NotAllowedError when strangers have guessed too often."""
    guesses = not _is_known(account, at) and not second_factor.is_recovery_code(code)
    if guesses and await limits.over(redis, "login_strange_codes", login):
        raise NotAllowedError("too_many_codes", limits.LIMITS["login_strange_codes"].told)
    if account is None or not await second_factor.use(actor_for(account), code, now=at.now, wall=at.wall):
        raise NotLoggedInError("wrong_code", "动态码不对或者已经用过, 请等手机上换了新的6位数字再填。")


async def _spend(redis: Redis, login: str, at: Moment) -> None:
    await limits.spend(redis, "staff_login_failures", _whom(login, at))


def _whom(login: str, at: Moment) -> str:
    return f"{login}:{_network(at.address)}"


def _is_known(account: StaffAccount | None, at: Moment) -> bool:
    return account is not None and account.known_address == _told_apart(at.address)


def _told_apart(address: str) -> str:
    return held().blind("staff_account.known_address", _network(address))


def _network(address: str) -> str:
    """An IPv6 connection has a whole /64 to itself: that is one place."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


def _code_needed() -> NotLoggedInError:
    return NotLoggedInError("totp_needed", "请把动态码一起填上, 再登录一次。")
