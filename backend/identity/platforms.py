"""Whom the platform's accounts know: one human, an openid at each account, one unionid that joins them."""

from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from redis.asyncio import Redis
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import SYSTEM, Actor
from models.identities import PlatformIdentity
from models.outbox import RetiredAddress
from models.people import Person
from rules.statuses import Role

MINI_PROGRAM = "mini_program"
SERVICE_ACCOUNT = "service_account"
NAMELESS = "微信用户"
"""The name of somebody who has logged in and not said it yet."""
_ASK_AGAIN_SECONDS = 600


class Followers(Protocol):
    """The part of the service account's client that this needs."""

    async def unionid_of(self, openid: str) -> str | None: ...


async def person_of(account: str, openid: str) -> Person | None:
    """Whom an account knows by this openid, with the village; None for somebody who never opened the mini-program."""
    known = await PlatformIdentity.get_or_none(account=account, openid=openid)
    people = Person.all().select_related("village")
    if known is not None and known.person_id:
        return await people.get(id=known.person_id)
    if known is not None and known.unionid:
        return await people.get_or_none(unionid=known.unionid)
    return await people.get_or_none(openid=openid) if account == MINI_PROGRAM else None


async def enter(openid: str, unionid: str | None, *, now: datetime) -> Person:
    """The person who logs in at the mini-program; a first visit makes a nameless one, and only one.

    Two logins at once, and a login beside what the service account brings, meet at the constraints of the tables: who
    comes second finds what the first wrote.
    """
    try:
        return await _enter(openid, unionid, now)
    except IntegrityError:
        return await _enter(openid, unionid, now)


async def _enter(openid: str, unionid: str | None, now: datetime) -> Person:
    async with in_transaction():
        person = await person_of(MINI_PROGRAM, openid)
        if person is None and unionid:
            person = await Person.get_or_none(unionid=unionid)
        if person is None:
            person = await Person.create(id=uuid4(), name=NAMELESS, openid=openid, unionid=unionid, created_at=now)
            await audit.record(_self(person), "person_registered", f"person:{person.id}", now=now)
        else:
            await _complete(person, openid, unionid)
        known = await PlatformIdentity.get_or_none(account=MINI_PROGRAM, openid=openid)
        if known is None:
            await _write(MINI_PROGRAM, openid, unionid, person.id, now)
            await audit.record(_self(person), "wechat_joined", f"person:{person.id}", now=now)
        elif unionid and known.unionid != unionid:
            await PlatformIdentity.filter(id=known.id).update(unionid=unionid)
        if unionid:
            await PlatformIdentity.filter(unionid=unionid, person_id=None).update(person_id=person.id)
        # The platform knows it after all: messages may go there again.
        await RetiredAddress.filter(address=openid).delete()
    return person


async def _complete(person: Person, openid: str, unionid: str | None) -> None:
    """What this login tells anew: the accounts may have moved to another mini-program or another open platform.

    A unionid that is another person's stays theirs.
    """
    changed = []
    if person.openid != openid:
        person.openid = openid  # notices go to the phone that logged in last
        changed.append("openid")
    if unionid and person.unionid != unionid and not await Person.exists(unionid=unionid):
        person.unionid = unionid
        changed.append("unionid")
    if changed:
        await person.save(update_fields=changed)


async def learn(redis: Redis, followers: Followers, openid: str, *, subscribed: bool, now: datetime) -> Person | None:
    """Ask the platform once who an openid of the service account is; the person, where we know them now.

    `subscribed`: somebody follows just now, so that it may tell a unionid that it did not before. Raises WeChatError; a
    failure is asked about again ten minutes later at the earliest.
    """
    known = await PlatformIdentity.get_or_none(account=SERVICE_ACCOUNT, openid=openid)
    if known is not None and (known.unionid or not subscribed):
        return None
    if not await redis.set(f"wechat:asked:{openid}", "1", nx=True, ex=_ASK_AGAIN_SECONDS):
        return None
    unionid = await followers.unionid_of(openid)
    async with in_transaction():
        person = await Person.get_or_none(unionid=unionid).select_related("village") if unionid else None
        if known is None:
            known = await _write(SERVICE_ACCOUNT, openid, unionid, person.id if person else None, now)
        else:
            await PlatformIdentity.filter(id=known.id).update(unionid=unionid, person_id=person.id if person else None)
        await audit.record(SYSTEM, "follower_known", f"identity:{known.id}", now=now)
    return person


async def _write(
    account: str, openid: str, unionid: str | None, person_id: UUID | None, now: datetime
) -> PlatformIdentity:
    return await PlatformIdentity.create(
        id=uuid4(), account=account, openid=openid, unionid=unionid, person_id=person_id, since=now
    )


def _self(person: Person) -> Actor:
    return Actor(role=Role.RESIDENT, name=person.name, person_id=person.id)
