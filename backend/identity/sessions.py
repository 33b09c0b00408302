"""Our own opaque sessions, in Redis. WeChat's session_key never reaches them."""

import hashlib
import json
import secrets
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis

from backend.access import Actor
from backend.clock import local_day
from backend.errors import NotLoggedInError
from models.people import Person, StaffAccount
from rules.statuses import Role

IDLE_SECONDS = 12 * 3600


def _key(token: str) -> str:
    # Redis holds a digest: whoever reads Redis cannot log in with what is found there.
    return "session:" + hashlib.sha256(token.encode()).hexdigest()


async def open_session(redis: Redis, *, person_id: UUID, account_id: UUID | None = None) -> str:
    """A new session token for a person, or for one of the person's staff accounts."""
    token = secrets.token_urlsafe(32)
    payload = {"person_id": str(person_id), "account_id": str(account_id) if account_id else None}
    await redis.set(_key(token), json.dumps(payload), ex=IDLE_SECONDS)
    return token


async def close_session(redis: Redis, token: str) -> None:
    """Forget the session at once."""
    await redis.delete(_key(token))


async def actor_of(
    redis: Redis, token: str, *, now: datetime, request_id: str | None, address: str | None = None
) -> Actor:
    """Who holds this token, read anew each time so that leaving office ends access at once, and the term's end too.

    Raises NotLoggedInError.
    """
    stored = await redis.getex(_key(token), ex=IDLE_SECONDS) if token else None
    if stored is None:
        raise NotLoggedInError("not_logged_in", "登录已过期, 请重新登录; 您填写的内容还在手机上。")
    payload = json.loads(stored)
    if payload["account_id"] is None:
        person = await Person.get(id=payload["person_id"])
        return Actor(
            role=Role.RESIDENT,
            name=person.name,
            person_id=person.id,
            village_id=person.village_id,
            request_id=request_id,
            address=address,
        )
    account = await StaffAccount.get(id=payload["account_id"]).select_related("person")
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


async def close_all(redis: Redis, *, account_id: UUID) -> int:
    """Forget every session of an account; returns how many."""
    closed = 0
    async for key in redis.scan_iter(match="session:*", count=1000):
        stored = await redis.get(key)
        if stored is not None and json.loads(stored)["account_id"] == str(account_id):
            closed += await redis.delete(key)
    return closed
