"""Logging in and binding a WeChat by scanning: what a phone approves, and what a stolen or swapped QR is worth."""

import asyncio
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError, NotLoggedInError
from backend.identity import scan, sessions
from backend.identity.scan import Shown
from models.people import Person, StaffAccount
from models.trail import TrailEntry
from rules.statuses import Role
from tests.identity.people import HOME, NOW, account, acting, at, phone_of, with_factor


async def wechat(openid: str, name: str = "微信用户") -> Person:
    return await Person.create(id=uuid4(), name=name, openid=openid, created_at=NOW)


async def bound(redis: Redis, login: str = "owner", openid: str = "oOwner") -> StaffAccount:
    owner = await account(login, Role.ADMIN, bound_openid=openid)
    await with_factor(redis, owner)
    return owner


async def enter(redis: Redis, shown: Shown) -> str | None:
    return await scan.enter(redis, shown, at(), everyone_has_codes=True)


async def test_a_bound_phone_logs_the_browser_in_once(database: str, redis: Redis) -> None:
    owner = await bound(redis)
    phone = phone_of(await wechat("oOwner"))
    shown = await scan.show(redis, address=HOME)
    assert await enter(redis, shown) is None, "nobody has approved"
    seen = await scan.look(redis, phone, shown.ticket, now=NOW)
    assert (seen.purpose, seen.address, [one.id for one in seen.accounts]) == ("login", HOME, [owner.id])
    assert seen.number == (await scan.waiting(redis, shown)).number, "the same number on both"
    await scan.approve(redis, phone, shown.ticket, owner.id, now=NOW)
    token = await enter(redis, shown)
    assert (await sessions.actor_of(redis, str(token), now=NOW, request_id=None)).account_id == owner.id
    with pytest.raises(NotFoundError):
        await enter(redis, shown)
    with pytest.raises(NotFoundError):
        await scan.approve(redis, phone, shown.ticket, owner.id, now=NOW)
    assert await TrailEntry.filter(action="staff_logged_in").count() == 1


async def test_a_photographed_ticket_opens_nothing(database: str, redis: Redis) -> None:
    owner = await bound(redis)
    phone = phone_of(await wechat("oOwner"))
    shown = await scan.show(redis, address=HOME)
    await scan.approve(redis, phone, shown.ticket, owner.id, now=NOW)
    for secret in ("", "guess", shown.ticket):
        with pytest.raises(NotFoundError):
            await enter(redis, Shown(shown.ticket, secret))
    assert await enter(redis, shown), "the browser that shows it still gets in"
    other = await scan.show(redis, address=HOME)
    with pytest.raises(NotFoundError):
        await enter(redis, Shown(other.ticket, shown.secret))


async def test_of_two_windows_with_the_same_cookie_one_gets_in(database: str, redis: Redis) -> None:
    owner = await bound(redis)
    phone = phone_of(await wechat("oOwner"))
    shown = await scan.show(redis, address=HOME)
    await scan.approve(redis, phone, shown.ticket, owner.id, now=NOW)
    results = await asyncio.gather(*(enter(redis, shown) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, str) for one in results) == 1


async def test_a_phone_approves_only_what_is_bound_to_it(database: str, redis: Redis) -> None:
    owner = await bound(redis)
    stranger = phone_of(await wechat("oStranger", "owner"))
    shown = await scan.show(redis, address=HOME)
    assert (await scan.look(redis, stranger, shown.ticket, now=NOW)).accounts == []
    with pytest.raises(NotAllowedError):
        await scan.approve(redis, stranger, shown.ticket, owner.id, now=NOW)
    with pytest.raises(NotAllowedError, match="小程序"):
        await scan.look(redis, acting(owner), shown.ticket, now=NOW)


async def test_the_first_phone_is_the_only_one(database: str, redis: Redis) -> None:
    mine, yours = await bound(redis), await bound(redis, "other", "oOther")
    phones = [(phone_of(await wechat("oOwner")), mine), (phone_of(await wechat("oOther")), yours)]
    shown = await scan.show(redis, address=HOME)
    results = await asyncio.gather(
        *(scan.approve(redis, phone, shown.ticket, one.id, now=NOW) for phone, one in phones), return_exceptions=True
    )
    assert sum(isinstance(one, ConflictError) for one in results) == 1


async def test_an_ended_or_unbound_account_is_not_opened_even_after_approval(database: str, redis: Redis) -> None:
    owner = await bound(redis)
    phone = phone_of(await wechat("oOwner"))
    for change in ({"bound_openid": None}, {"ended_at": NOW, "bound_openid": "oOwner"}):
        shown = await scan.show(redis, address=HOME)
        await scan.approve(redis, phone, shown.ticket, owner.id, now=NOW)
        await StaffAccount.filter(id=owner.id).update(**change)
        with pytest.raises(NotLoggedInError):
            await enter(redis, shown)
        await StaffAccount.filter(id=owner.id).update(bound_openid="oOwner")
    shown = await scan.show(redis, address=HOME)
    assert (await scan.look(redis, phone, shown.ticket, now=NOW)).accounts == []


async def test_an_account_without_codes_sets_them_up_before_it_is_scanned(database: str, redis: Redis) -> None:
    owner = await account("owner", Role.ADMIN, bound_openid="oOwner")
    shown = await scan.show(redis, address=HOME)
    await scan.approve(redis, phone_of(await wechat("oOwner")), shown.ticket, owner.id, now=NOW)
    with pytest.raises(NotLoggedInError, match="动态码"):
        await enter(redis, shown)


async def test_a_ticket_is_good_for_two_minutes_and_is_sealed(database: str, redis: Redis) -> None:
    shown = await scan.show(redis, address=HOME)
    (key,) = await redis.keys("scan-shown:*")
    assert 100 < await redis.ttl(key) <= 120
    stored = await redis.get(key)
    assert HOME.encode() not in stored
    assert shown.ticket.encode() not in key
    await redis.delete(key)
    with pytest.raises(NotFoundError):
        await scan.waiting(redis, shown)


async def test_a_wechat_is_bound_when_the_phones_number_is_typed_at_the_screen(database: str, redis: Redis) -> None:
    owner = await account("owner", Role.ADMIN)
    phone = phone_of(await wechat("oOwner"))
    shown = await scan.show(redis, address=HOME, for_account=owner.id)
    with pytest.raises(ConflictError, match="小程序"):
        await scan.attach(redis, acting(owner), shown, "0000", now=NOW)
    seen = await scan.look(redis, phone, shown.ticket, now=NOW)
    assert (seen.purpose, [one.id for one in seen.accounts]) == ("bind", [owner.id])
    number = await scan.approve(redis, phone, shown.ticket, owner.id, now=NOW)
    assert (await scan.waiting(redis, shown)).answered
    with pytest.raises(NotFoundError):
        await enter(redis, shown)
    await scan.attach(redis, acting(owner), shown, str(number), now=NOW)
    await owner.refresh_from_db()
    assert owner.bound_openid == "oOwner"
    await scan.unbind(acting(owner), now=NOW)
    await owner.refresh_from_db()
    assert owner.bound_openid is None


async def test_whoever_scans_a_photograph_of_the_binding_is_not_bound(database: str, redis: Redis) -> None:
    owner = await account("owner", Role.ADMIN)
    shown = await scan.show(redis, address=HOME, for_account=owner.id)
    thief = phone_of(await wechat("oThief"))
    number = await scan.approve(redis, thief, shown.ticket, owner.id, now=NOW)
    with pytest.raises(ConflictError, match="用过"):
        await scan.approve(redis, phone_of(await wechat("oOwner")), shown.ticket, owner.id, now=NOW)
    mistyped = f"{(int(str(number)) + 1) % 10_000:04d}"
    with pytest.raises(InvalidInputError, match="没有绑定"):
        await scan.attach(redis, acting(owner), shown, mistyped, now=NOW)
    with pytest.raises(NotFoundError):
        await scan.attach(redis, acting(owner), shown, str(number), now=NOW)
    await owner.refresh_from_db()
    assert owner.bound_openid is None


async def test_a_binding_belongs_to_the_account_that_asked(database: str, redis: Redis) -> None:
    owner, other = await account("owner", Role.ADMIN), await account("other", Role.ADMIN)
    shown = await scan.show(redis, address=HOME, for_account=owner.id)
    number = await scan.approve(redis, phone_of(await wechat("oOwner")), shown.ticket, owner.id, now=NOW)
    with pytest.raises(NotFoundError):
        await scan.attach(redis, acting(other), shown, str(number), now=NOW)
