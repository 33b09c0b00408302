"""Our own opaque sessions, in Redis: one device, one session, one token at a time. No session_key of WeChat's.

A token is `<selector>.<secret>`; Redis holds digests of both, so whoever reads Redis cannot log in with what is found.
Each change is one script: no session is in no list, and no list names a session twice (docs/decisions/0019).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from backend.access import Actor
from backend.clock import local_day
from backend.errors import NotFoundError, NotLoggedInError
from backend.identity import session_scripts as scripts
from backend.identity.devices import OTHER
from models.people import Person, StaffAccount
from rules.statuses import Role

_DAY = 86_400
GRACE_SECONDS = 30
"""How long a token that was renewed still works: an answer that a weak signal lost is asked for once more."""
RENEW_AFTER_SECONDS = _DAY
"""From this age on a token should be renewed: a stolen one is found out within a day of the owner's next visit."""
MOST_DEVICES = 10
"""A login more ends the session that was used longest ago."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. Staff see other people's affairs on shared computers: a working day, and a password once a week.

    Residents see their own: an old person who opens the mini-program once a month is never asked anything.
    """

    staff_idle: int = 12 * 3600
    staff_absolute: int = 7 * _DAY
    resident_idle: int = 30 * _DAY
    resident_absolute: int = 180 * _DAY


_limits = Limits()


def configure(limits: Limits) -> None:
    """The limits of this installation, for this process."""
    global _limits  # noqa: PLW0603
    _limits = limits


@dataclass(frozen=True, slots=True)
class Device:
    """A session as its owner sees it; `used_at` to the hour."""

    id: str
    kind: str
    opened_at: datetime
    used_at: datetime


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def device_of(token: str) -> str:
    """The id of the session that a token belongs to."""
    return _digest(token.partition(".")[0])


def _key(token: str) -> str:
    return scripts.PREFIX + device_of(token)


def _secret(token: str) -> str:
    return _digest(token.partition(".")[2])


def _index(person_id: object, account_id: object) -> str:
    return f"devices-of:account:{account_id}" if account_id else f"devices-of:person:{person_id}"


async def _run(redis: Redis, script: str, keys: list[str], *values: object) -> Any:
    return await redis.register_script(script)(keys=keys, args=[str(value) for value in values])


async def open_session(redis: Redis, *, person_id: UUID, account_id: UUID | None = None, device: str = OTHER) -> str:
    """A new session token for a person, or for one of the person's staff accounts, on a kind of device."""
    token = f"{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(32)}"
    idle = _limits.staff_idle if account_id else _limits.resident_idle
    absolute = _limits.staff_absolute if account_id else _limits.resident_absolute
    await _run(
        redis,
        scripts.OPEN,
        [_key(token), _index(person_id, account_id)],
        person_id,
        account_id or "",
        device,
        _secret(token),
        idle,
        absolute,
        MOST_DEVICES,
    )
    return token


async def close_session(redis: Redis, token: str) -> None:
    """Forget the session at once."""
    await _run(redis, scripts.CLOSE, [_key(token)])


async def close_all(redis: Redis, *, person_id: UUID | None = None, account_id: UUID | None = None) -> int:
    """End every session of a person (those that came through WeChat), of a staff account, or of both; how many."""
    closed = 0
    if person_id is not None:
        closed += int(await _run(redis, scripts.CLOSE_ALL, [_index(person_id, None)]))
    if account_id is not None:
        closed += int(await _run(redis, scripts.CLOSE_ALL, [_index(None, account_id)]))
    return closed


async def close_device(redis: Redis, actor: Actor, device_id: str) -> None:
    """End one of the actor's own sessions. Raises NotFoundError for any other."""
    index = _index(actor.person_id, actor.account_id)
    if not await _run(redis, scripts.CLOSE_ONE, [index], device_id):
        raise NotFoundError("device_not_found", "这台设备已经退出了, 请刷新后看。")


async def close_own(redis: Redis, actor: Actor) -> int:
    """End every session of the actor's login, the present one too; how many."""
    return int(await _run(redis, scripts.CLOSE_ALL, [_index(actor.person_id, actor.account_id)]))


async def devices(redis: Redis, actor: Actor) -> list[Device]:
    """The sessions by which this login is open, the last used first."""
    index = _index(actor.person_id, actor.account_id)
    ids = [member.decode() for member in await redis.zrevrange(index, 0, -1)]
    async with redis.pipeline(transaction=False) as together:
        for device_id in ids:
            together.hmget(scripts.PREFIX + device_id, "kind", "opened", "used")
        found = await together.execute()
    open_now = [
        Device(device_id, kind.decode(), _moment(opened), _moment(used))
        for device_id, (kind, opened, used) in zip(ids, found, strict=True)
        if used is not None
    ]
    if gone := set(ids) - {device.id for device in open_now}:
        await redis.zrem(index, *gone)  # idle too long: Redis has forgotten the session, not its place in the list
    return open_now


async def renew(redis: Redis, token: str) -> str:
    """A new token for the same session; the given one works for `GRACE_SECONDS` more.

    Asked again within that time with the old token, because the answer was lost: another new one. Neither the idle nor
    the absolute limit begins anew. Raises NotLoggedInError.
    """
    renewed = f"{token.partition('.')[0]}.{secrets.token_urlsafe(32)}"
    await _use(redis, token)
    if not await _run(redis, scripts.RENEW, [_key(token)], _secret(renewed), GRACE_SECONDS):
        raise _expired()  # ended in this very moment, from another device
    return renewed


async def should_renew(redis: Redis, token: str) -> bool:
    """Whether the token of a live session is so old that the phone should ask for a new one."""
    renewed = await redis.hget(_key(token), "renewed")
    seconds, _ = await redis.time()
    return renewed is not None and seconds - int(renewed) >= RENEW_AFTER_SECONDS


async def actor_of(
    redis: Redis, token: str, *, now: datetime, request_id: str | None, address: str | None = None
) -> Actor:
    """Who holds this token, read anew each time so that leaving office ends access at once, and the term's end too.

    Raises NotLoggedInError.
    """
    person_id, account_id = await _use(redis, token)
    if not account_id:
        person = await Person.get(id=person_id)
        return Actor(
            role=Role.RESIDENT,
            name=person.name,
            person_id=person.id,
            village_id=person.village_id,
            request_id=request_id,
            address=address,
        )
    account = await StaffAccount.get(id=account_id).select_related("person")
    if not account.in_office(local_day(now)):
        await close_session(redis, token)
        raise NotLoggedInError("account_ended", "这个账号已停用, 请联系单位管理员。")
    return Actor(
        role=Role(account.role),
        name=account.person.name,
        person_id=account.person.id,
        account_id=account.id,
        town_id=account.town_id,
        village_id=account.village_id,
        request_id=request_id,
        address=address,
    )


async def _use(redis: Redis, token: str) -> tuple[str, str]:
    """(person, account or empty) of a token that works; its idle limit begins anew. Raises NotLoggedInError."""
    found = [b"none"]
    if token:
        found = await _run(
            redis,
            scripts.USE,
            [_key(token)],
            _secret(token),
            _limits.staff_idle,
            _limits.staff_absolute,
            _limits.resident_idle,
            _limits.resident_absolute,
            _DAY,
        )
    if found[0] == b"reused":
        raise NotLoggedInError(
            "session_reused", "这次登录在别处被用过, 为了安全已经退出。请重新登录, 再到“我的设备”里看看。"
        )
    if found[0] != b"ok":
        raise _expired()
    return found[1].decode(), found[2].decode()


def _expired() -> NotLoggedInError:
    return NotLoggedInError("not_logged_in", "登录已过期, 请重新登录; 您填写的内容还在手机上。")


def _moment(seconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
