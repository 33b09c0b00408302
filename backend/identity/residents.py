"""Residents (and cadres) who come in through WeChat: wx.login code -> openid -> our session; their telephone."""

from datetime import datetime
from typing import Protocol

from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Actor
from backend.errors import NotAllowedError
from backend.identity import platforms
from backend.identity.devices import OTHER
from backend.identity.sessions import open_session
from models.people import Person
from rules.statuses import Role


class _WeChatIdentity(Protocol):
    openid: str
    unionid: str | None


class CodeExchange(Protocol):
    """The part of the WeChat client that a login needs."""

    async def code_to_session(self, code: str) -> _WeChatIdentity: ...


class PhoneExchange(Protocol):
    """The part of the WeChat client that a telephone needs."""

    async def phone_number(self, code: str) -> str: ...


async def log_in_with_wechat(
    redis: Redis, wechat: CodeExchange, *, code: str, device: str = OTHER, now: datetime
) -> tuple[str, Person]:
    """Exchange a one-time code for our session; a first visit makes a nameless person.

    Raises what the WeChat client raises (40029, 40163, 40226, 45011).
    """
    identity = await wechat.code_to_session(code)
    person = await platforms.enter(identity.openid, identity.unionid, now=now)
    return await open_session(redis, person_id=person.id, device=device), person


async def take_phone(actor: Actor, wechat: PhoneExchange, *, code: str, now: datetime) -> str:
    """Keep the telephone that the person chose to give with WeChat's button; returns it masked.

    It is the phone in the hand: an agent's stays the agent's. Raises what the WeChat client raises, NotAllowedError for
    a staff session.
    """
    if actor.role not in (Role.RESIDENT, Role.AGENT):
        raise NotAllowedError("residents_only", "手机号请在本人的微信小程序里登记。")
    number = await wechat.phone_number(code)
    async with in_transaction():
        person = await Person.filter(id=actor.person_id).select_for_update().get()
        person.phone = number
        await person.save(update_fields=["phone"])
        await audit.record(actor, "phone_given", f"person:{person.id}", now=now)
    return masked(number)


def masked(number: str) -> str:
    """13812341234 -> 138****1234; of a short one only the last two digits."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else f"****{number[-2:]}"
