"""Residents (and cadres) who come in through WeChat: wx.login code -> openid -> our session."""

from datetime import datetime
from typing import Protocol
from uuid import uuid4

from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Actor
from backend.identity.sessions import open_session
from models.people import Person
from rules.statuses import Role


class _WeChatIdentity(Protocol):
    openid: str
    unionid: str | None


class CodeExchange(Protocol):
    """The part of the WeChat client that this needs."""

    async def code_to_session(self, code: str) -> _WeChatIdentity: ...


async def log_in_with_wechat(redis: Redis, wechat: CodeExchange, *, code: str, now: datetime) -> tuple[str, Person]:
    """Exchange a one-time code for our session; a first visit makes a nameless person.

    Raises what the WeChat client raises (40029, 40163, 40226, 45011).
    """
    identity = await wechat.code_to_session(code)
    async with in_transaction():
        person = await Person.get_or_none(openid=identity.openid)
        if person is None:
            person = await Person.create(
                id=uuid4(), name="微信用户", openid=identity.openid, unionid=identity.unionid, created_at=now
            )
            await audit.record(
                Actor(role=Role.RESIDENT, name=person.name, person_id=person.id),
                "person_registered",
                f"person:{person.id}",
                now=now,
            )
    return await open_session(redis, person_id=person.id), person
