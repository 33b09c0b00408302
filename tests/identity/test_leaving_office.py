"""Leaving office: access ends the same minute, by hand and by the calendar; terms are kept, nobody ends themself."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from redis.asyncio import Redis

from backend.access import Actor
from backend.errors import (
    CaseworkError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotLoggedInError,
)
from backend.identity import accounts, invitations, sessions
from backend.identity.accounts import Post
from backend.identity.invitations import Invited
from models.people import StaffAccount
from models.staff import StaffTerm
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend.district import SmallDistrict, build
from tests.identity.people import NOW, PASSWORD

TODAY = date(2026, 9, 28)


async def invited(
    place: SmallDistrict, role: Role = Role.WORKER, login: str = "xinren", to_day: date | None = None
) -> StaffAccount:
    post = Post(role, place.town.id, place.village.id, TODAY, to_day)
    _, code = await invitations.invite(place.actors[Role.ADMIN], post, Invited("新人", None), now=NOW)
    return await invitations.accept(code, login=login, password=PASSWORD, now=NOW)


async def session_of(redis: Redis, account: StaffAccount) -> str:
    return await sessions.open_session(redis, person_id=account.person_id, account_id=account.id)


async def opens(redis: Redis, token: str, now: datetime = NOW) -> bool:
    try:
        await sessions.actor_of(redis, token, now=now, request_id=None)
    except NotLoggedInError:
        return False
    return True


async def test_an_ended_account_is_out_at_once_with_every_open_session(database: str, redis: Redis) -> None:
    place = await build()
    worker, other = await invited(place), await invited(place, login="tongshi")
    tokens = [await session_of(redis, worker) for _ in range(3)]
    colleague = await session_of(redis, other)
    assert all([await opens(redis, token) for token in tokens])
    await accounts.end(redis, place.actors[Role.TOWN], worker.id, "调离", now=NOW)
    assert not any([await opens(redis, token) for token in tokens])
    assert await opens(redis, colleague)
    assert [key async for key in redis.scan_iter(match="device:*")] != []
    term = await StaffTerm.get(account_id=worker.id)
    assert (term.ended_at, term.ended_by, term.end_why) == (NOW, place.actors[Role.TOWN].label, "调离")
    entry = await TrailEntry.get(action="account_ended")
    assert "调离" not in str(entry.detail)
    with pytest.raises(ConflictError, match="已经停用"):
        await accounts.end(redis, place.actors[Role.TOWN], worker.id, "再来", now=NOW)


async def test_a_session_that_redis_still_holds_does_not_outlive_the_account(database: str, redis: Redis) -> None:
    place = await build()
    worker = await invited(place)
    token = await session_of(redis, worker)
    await StaffAccount.filter(id=worker.id).update(ended_at=NOW)
    assert not await opens(redis, token)


async def test_the_last_day_of_office_is_whole_and_ends_at_midnight_in_wenzhou(database: str, redis: Redis) -> None:
    place = await build()
    worker = await invited(place, to_day=date(2026, 9, 30))
    token = await session_of(redis, worker)
    assert await opens(redis, token, datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC))
    assert not await opens(redis, token, datetime(2026, 9, 30, 16, 0, tzinfo=UTC))
    assert not await opens(redis, token), "the session is closed, not hidden"


@pytest.mark.parametrize("ender", [Role.ADMIN, Role.TOWN, Role.WORKER, Role.BUREAU, Role.LEADERS])
async def test_who_ends_whom_is_the_same_table(database: str, redis: Redis, ender: Role) -> None:
    place = await build()
    allowed = {Role.ADMIN: set(accounts.STAFF), Role.TOWN: {Role.WORKER, Role.VILLAGE}}.get(ender, set())
    ended = set()
    for role in accounts.STAFF:
        someone = await invited(place, role, f"login.{role.value}")
        try:
            await accounts.end(redis, place.actors[ender], someone.id, "换届", now=NOW)
            ended.add(role)
        except NotAllowedError:
            pass
    assert ended == allowed


async def test_a_town_neither_sees_nor_ends_another_towns_accounts(database: str, redis: Redis) -> None:
    here, there = await build("甲"), await build("乙")
    theirs = await invited(there)
    town = here.actors[Role.TOWN]
    with pytest.raises(NotAllowedError):
        await accounts.end(redis, town, theirs.id, "换届", now=NOW)
    assert {row.town_id for row in await accounts.listed(town)} == {here.town.id}
    with pytest.raises(NotFoundError):
        await accounts.read(town, theirs.id)
    seen = {row.id for row in await accounts.listed(here.actors[Role.ADMIN])}
    assert theirs.id in seen
    with pytest.raises(NotAllowedError):
        await accounts.listed(here.actors[Role.WORKER])


async def test_nobody_ends_or_changes_their_own_account(database: str, redis: Redis) -> None:
    place = await build()
    admin = place.actors[Role.ADMIN]
    assert admin.account_id is not None
    with pytest.raises(NotAllowedError, match="自己"):
        await accounts.end(redis, admin, admin.account_id, "退休", now=NOW)
    with pytest.raises(NotAllowedError, match="自己"):
        await accounts.change(redis, admin, admin.account_id, Post(Role.BUREAU, None, None, TODAY, None), "x", now=NOW)


async def test_the_last_administrator_stays_even_when_two_end_each_other_at_once(database: str, redis: Redis) -> None:
    place = await build()
    first = place.actors[Role.ADMIN]
    assert first.account_id is not None
    made = await invited(place, Role.ADMIN, "guanli2")
    second = Actor(Role.ADMIN, "", made.person_id, made.id)
    results = await asyncio.gather(
        accounts.end(redis, first, made.id, "换届", now=NOW),
        accounts.end(redis, second, first.account_id, "换届", now=NOW),
        return_exceptions=True,
    )
    assert sum(result is None for result in results) == 1
    assert [result.code for result in results if isinstance(result, CaseworkError)] == ["last_admin"]
    assert await accounts.has_admin(TODAY)


async def test_an_administrator_whose_term_is_over_is_none_to_rely_on(database: str, redis: Redis) -> None:
    place = await build()
    first = place.actors[Role.ADMIN]
    assert first.account_id is not None
    made = await invited(place, Role.ADMIN, "guanli2", to_day=date(2026, 9, 30))
    second, later = Actor(Role.ADMIN, "", made.person_id, made.id), NOW + timedelta(days=5)
    with pytest.raises(ConflictError, match="最后一个"):
        await accounts.change(
            redis, second, first.account_id, Post(Role.BUREAU, None, None, TODAY, None), "x", now=later
        )


async def test_another_role_is_a_new_term_and_a_new_login(database: str, redis: Redis) -> None:
    place = await build()
    worker = await invited(place)
    token = await session_of(redis, worker)
    village = Post(Role.VILLAGE, place.town.id, place.village.id, TODAY, date(2027, 1, 1))
    later = NOW + timedelta(days=1)
    await accounts.change(redis, place.actors[Role.TOWN], worker.id, village, "当选", now=later)
    assert not await opens(redis, token, later)
    _, terms = await accounts.read(place.actors[Role.TOWN], worker.id)
    assert [(term.role, term.ended_at) for term in terms] == [("village", None), ("worker", later)]
    assert terms[1].from_day == TODAY, "what was is not overwritten"
    await worker.refresh_from_db()
    assert (worker.role, worker.village_id, worker.until) == ("village", place.village.id, date(2027, 1, 1))
    entry = await TrailEntry.get(action="account_changed")
    assert entry.before["role"] == "worker"
    assert entry.after["role"] == "village"


async def test_a_town_raises_nobody_to_its_own_power(database: str, redis: Redis) -> None:
    place = await build()
    worker = await invited(place)
    with pytest.raises(NotAllowedError, match="系统管理员"):
        await accounts.change(
            redis, place.actors[Role.TOWN], worker.id, Post(Role.TOWN, place.town.id, None, TODAY, None), "升", now=NOW
        )
    assert await StaffTerm.filter(account_id=worker.id).count() == 1


async def test_leaving_office_needs_a_reason(database: str, redis: Redis) -> None:
    place = await build()
    worker = await invited(place)
    with pytest.raises(InvalidInputError, match="原因"):
        await accounts.end(redis, place.actors[Role.TOWN], worker.id, "  ", now=NOW)
