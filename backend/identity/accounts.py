"""Staff accounts after they were made: who manages which, new terms of office, leaving office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from redis.asyncio import Redis
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import ALLOWED, Action, Actor, Place, require, require_district
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.identity import sessions
from models.people import StaffAccount
from models.places import Town, Village
from models.staff import StaffTerm
from rules.statuses import Role

STAFF = (Role.WORKER, Role.VILLAGE, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU, Role.ADMIN)
DISTRICT_WIDE = (Role.BUREAU, Role.ADMIN)

# Least privilege: a town makes and ends the accounts that work under it, never one with its own or more power.
MAY_MANAGE: dict[Role, frozenset[Role]] = {
    Role.ADMIN: frozenset(STAFF),
    Role.TOWN: frozenset({Role.WORKER, Role.VILLAGE}),
}
LABELS = {
    Role.WORKER: "救助员",
    Role.VILLAGE: "村(社区)",
    Role.TOWN: "镇(街道)",
    Role.SUPERVISOR: "纪(工)委",
    Role.LEADERS: "领导班子",
    Role.BUREAU: "区民政",
    Role.ADMIN: "系统管理员",
}
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Post:
    """One role in one place, from a first to a last day (None: until further notice)."""

    role: Role
    town_id: int | None
    village_id: int | None
    from_day: date
    to_day: date | None


def manageable(actor: Actor) -> tuple[Role, ...]:
    """The roles whose accounts the actor makes and ends."""
    return tuple(role for role in STAFF if role in MAY_MANAGE.get(actor.role, ()))


def require_managing(actor: Actor, role: Role, town_id: int | None, village_id: int | None) -> None:
    """Let the actor make or end an account of this role there. Raises NotAllowedError."""
    if town_id is None:
        require_district(actor, Action.MANAGE_ACCOUNTS)
    else:
        require(actor, Action.MANAGE_ACCOUNTS, Place(town_id, village_id or 0))
    if role not in manageable(actor):
        raise NotAllowedError("role_not_yours", f"{LABELS[role]}账号由系统管理员管理, 请联系系统管理员。")


async def checked(post: Post, *, today: date) -> Post:
    """The post with what its role needs and no more. Raises InvalidInputError, NotFoundError."""
    if post.to_day is not None and post.to_day < max(post.from_day, today):
        raise InvalidInputError("term_backwards", "任期结束要在开始之后, 也不能早于今天。")
    if post.role in DISTRICT_WIDE:
        return Post(post.role, None, None, post.from_day, post.to_day)
    if post.town_id is None or not await Town.exists(id=post.town_id):
        raise NotFoundError("town_not_found", "请选一个镇(街道)。")
    if post.role is not Role.VILLAGE:
        return Post(post.role, post.town_id, None, post.from_day, post.to_day)
    if post.village_id is None or not await Village.exists(id=post.village_id, town_id=post.town_id):
        raise NotFoundError("village_not_found", "请选本镇(街道)的一个村(社区)。")
    return post


async def listed(actor: Actor) -> list[StaffAccount]:
    """The accounts of the actor's region with person and place, those in office first. Raises NotAllowedError."""
    require_any(actor)
    found = StaffAccount.all() if actor.role is Role.ADMIN else StaffAccount.filter(town_id=actor.town_id)
    rows = await found.select_related("person", "town", "village", "second_factor").order_by("town_id", "login")
    return sorted(rows, key=lambda row: row.ended_at is not None)


async def read(actor: Actor, account_id: UUID) -> tuple[StaffAccount, Sequence[StaffTerm]]:
    """One account of the region and its terms, the newest first. Raises NotAllowedError, NotFoundError."""
    account = next((row for row in await listed(actor) if row.id == account_id), None)
    if account is None:
        raise NotFoundError("account_not_found", "没有找到这个账号。")
    terms = await StaffTerm.filter(account_id=account_id).select_related("town", "village").order_by("-made_at")
    return account, terms


async def open_term(account: StaffAccount, post: Post, *, by: str, why: str | None, now: datetime) -> None:
    """Begin a term; call inside the transaction that wrote the account. `by`: the trail's word for who gave it."""
    await StaffTerm.create(
        id=uuid4(),
        account_id=account.id,
        role=post.role.value,
        town_id=post.town_id,
        village_id=post.village_id,
        from_day=post.from_day,
        to_day=post.to_day,
        by=by,
        why=why,
        made_at=now,
    )


async def end(redis: Redis, actor: Actor, account_id: UUID, why: str, *, now: datetime) -> None:
    """Leaving office: the account and its open sessions end at once. Raises NotAllowedError, ConflictError."""
    why = _reason(why)
    async with in_transaction():
        account = await _held(actor, account_id)
        await _not_the_last_admin(account, local_day(now))
        account.ended_at, account.bound_openid = now, None
        await account.save(update_fields=["ended_at", "bound_openid"])
        await _close_term(account, actor, why, now)
        await audit.record(
            actor, "account_ended", f"account:{account.id}", now=now, before={"role": account.role}, after=None
        )
    await sessions.close_all(redis, account_id=account_id)


async def change(redis: Redis, actor: Actor, account_id: UUID, post: Post, why: str, *, now: datetime) -> None:
    """Another role, place or term of office: a new term from today; whoever is logged in logs in anew.

    Raises NotAllowedError, NotFoundError, ConflictError, InvalidInputError.
    """
    why, today = _reason(why), local_day(now)
    post = await checked(Post(post.role, post.town_id, post.village_id, today, post.to_day), today=today)
    async with in_transaction():
        account = await _held(actor, account_id)
        require_managing(actor, post.role, post.town_id, post.village_id)
        if post.role is not Role.ADMIN or post.to_day is not None:
            await _not_the_last_admin(account, today)
        before = _told(account)
        account.role, account.town_id, account.village_id = post.role.value, post.town_id, post.village_id
        account.since, account.until = post.from_day, post.to_day
        await account.save(update_fields=["role", "town_id", "village_id", "since", "until"])
        await _close_term(account, actor, why, now)
        await open_term(account, post, by=actor.label, why=why, now=now)
        await audit.record(
            actor, "account_changed", f"account:{account.id}", now=now, before=before, after=_told(account)
        )
    await sessions.close_all(redis, account_id=account_id)


async def has_admin(today: date) -> bool:
    """Whether anybody administers this installation today."""
    return await _admins_on(today).exists()


def _admins_on(day: date):  # noqa: ANN202 (Tortoise's query sets have no short name)
    in_office = Q(until=None) | Q(until__gte=day)
    return StaffAccount.filter(in_office, role=Role.ADMIN.value, ended_at=None)


async def _not_the_last_admin(account: StaffAccount, today: date) -> None:
    if account.role != Role.ADMIN.value:
        return
    # All are held, in one order: two administrators who end each other at once are not both gone.
    others = await _admins_on(today).order_by("id").select_for_update()
    if not any(one.id != account.id and one.in_office(today) for one in others):
        raise ConflictError("last_admin", "这是最后一个系统管理员, 请先邀请另一位, 再停用这一个。")


async def _held(actor: Actor, account_id: UUID) -> StaffAccount:
    require_any(actor)
    if account_id == actor.account_id:
        raise NotAllowedError("own_account", "不能停用或改动自己的账号, 请另一位管理人员来做。")
    found = await StaffAccount.get_or_none(id=account_id)
    if found is None:
        raise NotFoundError("account_not_found", "没有找到这个账号。")
    require_managing(actor, Role(found.role), found.town_id, found.village_id)
    if found.role == Role.ADMIN.value:
        await StaffAccount.filter(role=Role.ADMIN.value, ended_at=None).order_by("id").select_for_update()
    account = await StaffAccount.filter(id=account_id).select_for_update().get()
    if account.ended_at is not None:
        raise ConflictError("already_ended", "这个账号已经停用。")
    return account


async def _close_term(account: StaffAccount, actor: Actor, why: str, now: datetime) -> None:
    term = await StaffTerm.get_or_none(account_id=account.id, ended_at=None)
    if term is not None:
        term.ended_at, term.ended_by, term.end_why = now, actor.label, why
        await term.save(update_fields=["ended_at", "ended_by", "end_why"])


def require_any(actor: Actor) -> None:
    """Let the actor see accounts at all. Raises NotAllowedError."""
    if actor.role not in ALLOWED[Action.MANAGE_ACCOUNTS]:
        raise NotAllowedError("role_not_allowed", "账号由系统管理员和镇(街道)管理, 请联系他们。")


def _reason(why: str) -> str:
    if not why.strip():
        raise InvalidInputError("reason_missing", "请写明原因, 例如: 换届、调离、退休。")
    return why.strip()[:LONGEST_REASON]


def _told(account: StaffAccount) -> dict[str, object]:
    return {
        "role": account.role,
        "town": account.town_id,
        "village": account.village_id,
        "until": account.until and account.until.isoformat(),
    }
