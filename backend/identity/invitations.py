"""An account begins with an invitation: one link, for one person, once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import SYSTEM, Actor
from backend.clock import day_start, local_day
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from backend.identity import accounts
from backend.identity.accounts import Post
from backend.identity.passwords import check_login, check_password, hash_password
from backend.identity.tickets import digest
from models.people import Person, StaffAccount
from models.sealing import searchable
from models.staff import StaffInvitation
from rules.statuses import Role

DAYS = 7
LONGEST_DAYS = 30
PATH = "/console/join/"
_NAMELESS = "微信用户"


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom an invitation is for."""

    name: str
    phone: str | None


async def invite(
    actor: Actor, post: Post, invited: Invited, *, now: datetime, days: int = DAYS
) -> tuple[StaffInvitation, str]:
    """(The invitation, its code, which is shown this once). Raises NotAllowedError, InvalidInputError, NotFoundError.

    `days`: how long the link is good for, from now or from the first day of office where that is later.
    """
    name = "".join(invited.name.split())
    if not name or len(name) > 40:
        raise InvalidInputError("name_missing", "请写被邀请人的姓名。")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInputError("days_invalid", f"邀请的有效天数请填1到{LONGEST_DAYS}。")
    post = await accounts.checked(post, today=local_day(now))
    accounts.require_managing(actor, post.role, post.town_id, post.village_id)
    return await _write(actor, post, name, checked_phone(invited.phone), now=now, days=days)


async def invite_first_admin(*, now: datetime) -> tuple[StaffInvitation, str]:
    """The invitation of an administrator where there is none. Raises ConflictError."""
    today = local_day(now)
    if await accounts.has_admin(today):
        raise ConflictError("admin_exists", "已经有系统管理员, 请他在工作台里邀请别人")
    return await _write(SYSTEM, Post(Role.ADMIN, None, None, today, None), "系统管理员", None, now=now, days=DAYS)


async def _write(
    actor: Actor, post: Post, name: str, phone: str | None, *, now: datetime, days: int
) -> tuple[StaffInvitation, str]:
    code = secrets.token_urlsafe(32)
    async with in_transaction():
        invitation = await StaffInvitation.create(
            id=uuid4(),
            code_digest=digest(code),
            role=post.role.value,
            town_id=post.town_id,
            village_id=post.village_id,
            name=name,
            phone=phone,
            from_day=post.from_day,
            to_day=post.to_day,
            invited_by=actor.label,
            made_at=now,
            expires_at=max(now, day_start(post.from_day)) + timedelta(days=days),
        )
        place = {"role": post.role.value, "town": post.town_id, "village": post.village_id}
        await audit.record(actor, "staff_invited", f"invitation:{invitation.id}", now=now, after=place)
    return invitation, code


async def waiting(actor: Actor, *, now: datetime) -> list[StaffInvitation]:
    """Invitations of the actor's region that can still be used. Raises NotAllowedError."""
    accounts.require_any(actor)
    found = StaffInvitation.filter(used_at=None, revoked_at=None, expires_at__gt=now)
    found = found if actor.role is Role.ADMIN else found.filter(town_id=actor.town_id)
    return await found.select_related("town", "village").order_by("-made_at")


async def revoke(actor: Actor, invitation_id: UUID, *, now: datetime) -> None:
    """Nobody can use it any more. Raises NotAllowedError, NotFoundError, ConflictError for a used one."""
    async with in_transaction():
        found = await StaffInvitation.filter(id=invitation_id).select_for_update().first()
        if found is None:
            raise NotFoundError("invitation_not_found", "没有找到这个邀请。")
        accounts.require_managing(actor, Role(found.role), found.town_id, found.village_id)
        if found.used_at is not None:
            raise ConflictError("invitation_used", "这个邀请已经用过了; 要停用账号请到账号页。")
        found.revoked_at = now
        await found.save(update_fields=["revoked_at"])
        await audit.record(actor, "invitation_revoked", f"invitation:{found.id}", now=now)


async def look(code: str, *, now: datetime) -> StaffInvitation:
    """The invitation behind a link.

    Raises NotFoundError: unknown, used, revoked and expired ones look the same; ConflictError before the first day.
    """
    found = await StaffInvitation.filter(code_digest=digest(code)).select_related("town", "village").first()
    return _good(found, now)


async def accept(code: str, *, login: str, password: str, now: datetime, by_wechat: UUID | None = None) -> StaffAccount:
    """Make the account; of two at once one does. `by_wechat`: the person whose phone accepts, whose WeChat is bound.

    Raises NotFoundError, InvalidInputError, ConflictError.
    """
    login = check_login(login)
    check_password(password, login)
    await look(code, now=now)
    password_hash = await hash_password(password)
    try:
        async with in_transaction():
            found = _good(await StaffInvitation.filter(code_digest=digest(code)).select_for_update().first(), now)
            person = await _person(found, by_wechat, now)
            account = await StaffAccount.create(
                id=uuid4(),
                person_id=person.id,
                login=login,
                password_hash=password_hash,
                role=found.role,
                town_id=found.town_id,
                village_id=found.village_id,
                since=found.from_day,
                until=found.to_day,
                bound_openid=person.openid if by_wechat else None,
            )
            found.used_at, found.account_id = now, account.id
            await found.save(update_fields=["used_at", "account_id"])
            role = Role(found.role)
            post = Post(role, found.town_id, found.village_id, found.from_day, found.to_day)
            await accounts.open_term(account, post, by=found.invited_by, why=None, now=now)
            actor = Actor(role, person.name, person.id, account.id, found.town_id, found.village_id)
            await audit.record(
                actor, "account_made", f"account:{account.id}", now=now, detail={"invitation": str(found.id)}
            )
    except IntegrityError as error:
        raise ConflictError("login_taken", "这个账号名已经有人用了, 请换一个。") from error
    return account


def checked_phone(phone: str | None) -> str | None:
    """A mobile number or a landline without what people put between digits. Raises InvalidInputError."""
    bare = searchable(phone or "")
    if not bare:
        return None
    if not is_phone(bare):
        raise InvalidInputError("phone_invalid", "手机号请写11位数字, 座机请带区号。")
    return bare


def is_phone(bare: str) -> bool:
    """Whether digits are a mobile number (11, from 1) or a landline with its area code."""
    return bare.isascii() and bare.isdigit() and ((len(bare) == 11 and bare[0] == "1") or _is_landline(bare))


def _is_landline(bare: str) -> bool:
    return bare[0] == "0" and 10 <= len(bare) <= 12


def _good(found: StaffInvitation | None, now: datetime) -> StaffInvitation:
    if found is None or found.used_at is not None or found.revoked_at is not None or found.expires_at <= now:
        raise NotFoundError("invitation_invalid", "这个邀请用过了、过期了或者已撤回, 请联系邀请您的人重新发一个。")
    if local_day(now) < found.from_day:
        first = f"{found.from_day.month}月{found.from_day.day}日"
        raise ConflictError("invitation_early", f"您的任期从{first}开始, 请到那天再打开这个链接。")
    return found


async def _person(found: StaffInvitation, by_wechat: UUID | None, now: datetime) -> Person:
    """Who the account belongs to.

    Somebody known of that name and telephone is the same person only without a WeChat: what people say about
    themselves in WeChat is checked by nobody, and must not lead into an account.
    """
    if by_wechat is not None:
        person = await Person.filter(id=by_wechat).select_for_update().get()
        if person.name not in (_NAMELESS, found.name):
            raise ConflictError(
                "name_differs", "您在微信里登记的姓名和邀请上的不一样, 请先改正姓名, 或者用网页打开邀请。"
            )
        person.name, person.phone = found.name, found.phone or person.phone
        await person.save(update_fields=["name", "phone"])
        return person
    known = None
    if found.phone:
        known = await Person.filter(name=found.name, phone_index=found.phone, openid=None).first()
    return known or await Person.create(
        id=uuid4(), name=found.name, phone=found.phone, village_id=found.village_id, created_at=now
    )
