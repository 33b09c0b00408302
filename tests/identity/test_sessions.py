"""One device, one session: opened, renewed, listed, ended, on a real Redis; nothing of it can be used from a copy."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from backend.access import Actor
from backend.errors import NotFoundError, NotLoggedInError
from backend.identity import sessions
from backend.identity.devices import kind_of
from backend.identity.session_scripts import PREFIX
from models.people import StaffAccount
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict

ANDROID = "微信·安卓"
DAY = 86_400


@pytest_asyncio.fixture
async def place(database: str) -> SmallDistrict:
    return await district.build()


@pytest.fixture
def limits() -> AsyncIterator[None]:
    yield
    sessions.configure(sessions.Limits())


async def resident(redis: Redis, place: SmallDistrict, device: str = ANDROID) -> str:
    return await sessions.open_session(redis, person_id=place.resident.id, device=device)


async def who(redis: Redis, token: str) -> Actor:
    return await sessions.actor_of(redis, token, now=district.AT, request_id="r")


async def refused(redis: Redis, token: str) -> str:
    with pytest.raises(NotLoggedInError) as error:
        await who(redis, token)
    assert error.value.message.endswith("。")
    return error.value.code


async def age(redis: Redis, token: str, seconds: int) -> None:
    """The session is so much older: every moment in it moves back."""
    key = PREFIX + sessions.device_of(token)
    for name, value in (await redis.hgetall(key)).items():
        if name in (b"opened", b"used", b"renewed") or name.startswith(b"g:"):
            await redis.hset(key, name, int(value) - seconds)


async def state(redis: Redis) -> tuple[set[bytes], set[bytes]]:
    """(sessions, sessions that a list names)."""
    live, listed = set(), set()
    for key in await redis.keys("*"):
        if key.startswith(b"device:"):
            live.add(key.removeprefix(b"device:"))
        elif key.startswith(b"devices-of:"):
            listed |= set(await redis.zrange(key, 0, -1))
    return live, listed


async def test_a_token_says_who_it_is_and_redis_holds_nothing_to_log_in_with(
    redis: Redis, place: SmallDistrict
) -> None:
    token = await resident(redis, place)
    actor = await who(redis, token)
    assert (actor.role, actor.person_id, actor.account_id) == (Role.RESIDENT, place.resident.id, None)
    everything = [*await redis.keys("*")]
    for key in list(everything):
        kind = await redis.type(key)
        everything += (await redis.hgetall(key)).values() if kind == b"hash" else await redis.zrange(key, 0, -1)
    stored = b" ".join(everything).decode()
    for part in token.split("."):
        assert part not in stored
    for found in everything:
        assert await refused(redis, found.decode().removeprefix("device:")) == "not_logged_in"
    for nonsense in ("", ".", "a", "a.b", token + "x.y"):
        with pytest.raises(NotLoggedInError):
            await who(redis, nonsense)


async def test_renewing_gives_a_new_token_and_the_old_one_works_for_thirty_seconds(
    redis: Redis, place: SmallDistrict
) -> None:
    old = await resident(redis, place)
    new = await sessions.renew(redis, old)
    assert new != old
    assert sessions.device_of(new) == sessions.device_of(old), "the same device"
    for token in (old, new, old):
        assert (await who(redis, token)).person_id == place.resident.id
    await age(redis, old, sessions.GRACE_SECONDS - 2)
    await who(redis, old)
    assert len(await sessions.devices(redis, await who(redis, new))) == 1


async def test_an_answer_that_was_lost_is_asked_for_again_with_the_old_token(
    redis: Redis, place: SmallDistrict
) -> None:
    old = await resident(redis, place)
    lost = await sessions.renew(redis, old)
    again = await sessions.renew(redis, old)
    assert lost != again
    await age(redis, old, sessions.GRACE_SECONDS + 1)
    assert (await who(redis, again)).person_id == place.resident.id


async def test_two_renewals_at_once_leave_both_answers_working(redis: Redis, place: SmallDistrict) -> None:
    old = await resident(redis, place)
    tokens = await asyncio.gather(*(sessions.renew(redis, old) for _ in range(5)))
    for token in (old, *tokens):
        await who(redis, token)


async def test_a_stolen_old_token_ends_the_session_for_both_and_both_hear_why(
    redis: Redis, place: SmallDistrict
) -> None:
    stolen = await resident(redis, place)
    other = await resident(redis, place, "电脑浏览器")
    owners = await sessions.renew(redis, stolen)
    await who(redis, owners)
    await age(redis, owners, sessions.GRACE_SECONDS + 1)
    assert await refused(redis, stolen) == "session_reused"
    assert await refused(redis, owners) == "session_reused"
    assert (await state(redis))[1] == {sessions.device_of(other).encode()}, "the list forgets it at once"
    with pytest.raises(NotLoggedInError):
        await sessions.renew(redis, owners)
    actor = await who(redis, other)
    assert [device.kind for device in await sessions.devices(redis, actor)] == ["电脑浏览器"], "the others go on"


async def test_a_thief_who_renews_first_is_found_out_by_the_owners_next_visit(
    redis: Redis, place: SmallDistrict
) -> None:
    owners = await resident(redis, place)
    thiefs = await sessions.renew(redis, owners)
    await who(redis, thiefs)
    await age(redis, owners, sessions.GRACE_SECONDS + 1)
    assert await refused(redis, owners) == "session_reused"
    assert await refused(redis, thiefs) == "session_reused"


async def test_a_phone_is_told_to_renew_after_a_day_and_not_before(redis: Redis, place: SmallDistrict) -> None:
    token = await resident(redis, place)
    assert not await sessions.should_renew(redis, token)
    await age(redis, token, sessions.RENEW_AFTER_SECONDS)
    assert await sessions.should_renew(redis, token)
    assert not await sessions.should_renew(redis, await sessions.renew(redis, token))
    assert not await sessions.should_renew(redis, "nobody.s")


@pytest.mark.parametrize(("is_staff", "idle", "absolute"), [(False, 30 * DAY, 180 * DAY), (True, DAY // 2, 7 * DAY)])
async def test_a_session_ends_when_it_is_idle_and_in_any_case_at_its_absolute_limit(
    redis: Redis, place: SmallDistrict, is_staff: bool, idle: int, absolute: int
) -> None:
    actor = place.actors[Role.WORKER]
    account = actor.account_id if is_staff else None
    token = await sessions.open_session(redis, person_id=actor.person_id, account_id=account)
    key = PREFIX + sessions.device_of(token)
    assert idle - 5 <= await redis.ttl(key) <= idle
    await redis.expire(key, 100)
    await who(redis, token)
    assert idle - 5 <= await redis.ttl(key) <= idle, "use begins the idle limit anew"
    await age(redis, token, absolute - 60)
    await who(redis, token)
    assert 0 < await redis.ttl(key) <= 60, "and never reaches beyond the absolute limit"
    token = await sessions.renew(redis, token)
    assert await redis.ttl(key) <= 60, "a new token is no new session"
    await age(redis, token, 61)
    assert await refused(redis, token) == "not_logged_in"
    assert await state(redis) == (set(), set())


async def test_the_limits_are_the_installations(redis: Redis, place: SmallDistrict, limits: None) -> None:
    sessions.configure(sessions.Limits(resident_idle=1))
    token = await resident(redis, place)
    await asyncio.sleep(1.2)
    assert await refused(redis, token) == "not_logged_in"


async def test_ones_own_devices_are_listed_to_the_hour_and_nobody_elses(redis: Redis, place: SmallDistrict) -> None:
    first, second = await resident(redis, place), await resident(redis, place, "电脑浏览器")
    other = place.actors[Role.WORKER]
    await sessions.open_session(redis, person_id=other.person_id, account_id=other.account_id)
    await sessions.open_session(redis, person_id=place.members[0])
    await age(redis, first, 5 * 3600)
    rows = await sessions.devices(redis, await who(redis, second))
    assert {(row.id, row.kind) for row in rows} == {
        (sessions.device_of(first), ANDROID),
        (sessions.device_of(second), "电脑浏览器"),
    }
    for row in rows:
        assert (row.used_at.minute, row.used_at.second) == (0, 0)
    assert [row.kind for row in await sessions.devices(redis, other)] == ["其他设备"]


async def test_one_of_two_devices_is_logged_out_and_the_other_goes_on(redis: Redis, place: SmallDistrict) -> None:
    here, there = await resident(redis, place), await resident(redis, place)
    actor = await who(redis, here)
    await sessions.close_device(redis, actor, sessions.device_of(there))
    assert await refused(redis, there) == "not_logged_in"
    await who(redis, here)
    await sessions.close_session(redis, here)
    assert await refused(redis, here) == "not_logged_in"
    assert await state(redis) == (set(), set())


async def test_nobody_logs_out_somebody_elses_device(redis: Redis, place: SmallDistrict) -> None:
    token = await resident(redis, place)
    strangers = [place.actors[Role.WORKER], replace(place.actors[Role.RESIDENT], person_id=place.members[0])]
    # A person's staff account and the same person's phone are two logins.
    strangers.append(replace(place.actors[Role.WORKER], person_id=place.resident.id))
    for stranger in strangers:
        with pytest.raises(NotFoundError):
            await sessions.close_device(redis, stranger, sessions.device_of(token))
        assert await sessions.close_own(redis, stranger) == 0
    await who(redis, token)


async def test_all_sessions_of_a_person_or_an_account_end_at_once(redis: Redis, place: SmallDistrict) -> None:
    worker = place.actors[Role.WORKER]
    at_work = [
        await sessions.open_session(redis, person_id=worker.person_id, account_id=worker.account_id) for _ in range(3)
    ]
    at_home = await sessions.open_session(redis, person_id=worker.person_id)
    assert await sessions.close_all(redis, account_id=worker.account_id) == 3
    for token in at_work:
        assert await refused(redis, token) == "not_logged_in"
    assert (await who(redis, at_home)).role is Role.RESIDENT, "who leaves office is a resident still"
    assert await sessions.close_all(redis, person_id=worker.person_id, account_id=worker.account_id) == 1
    assert await state(redis) == (set(), set())
    assert await sessions.close_all(redis, person_id=uuid4()) == 0


async def test_an_account_that_ended_is_out_at_its_next_request(redis: Redis, place: SmallDistrict) -> None:
    worker = place.actors[Role.WORKER]
    token = await sessions.open_session(redis, person_id=worker.person_id, account_id=worker.account_id)
    assert (await who(redis, token)).role is Role.WORKER
    await StaffAccount.filter(id=worker.account_id).update(ended_at=district.AT)
    assert await refused(redis, token) == "account_ended"
    assert await refused(redis, token) == "not_logged_in"
    assert await state(redis) == (set(), set())


async def test_the_list_never_grows_beyond_ten_and_the_least_used_device_goes(
    redis: Redis, place: SmallDistrict
) -> None:
    tokens = [await resident(redis, place)]
    await redis.zincrby(f"devices-of:person:{place.resident.id}", -DAY, sessions.device_of(tokens[0]))
    tokens += [await resident(redis, place) for _ in range(sessions.MOST_DEVICES)]
    assert await refused(redis, tokens[0]) == "not_logged_in"
    for token in tokens[1:]:
        await who(redis, token)
    live, listed = await state(redis)
    assert live == listed
    assert len(live) == sessions.MOST_DEVICES


async def test_sessions_that_redis_forgot_leave_the_list_by_themselves(redis: Redis, place: SmallDistrict) -> None:
    gone, stays = await resident(redis, place), await resident(redis, place)
    index = f"devices-of:person:{place.resident.id}"
    await redis.delete(PREFIX + sessions.device_of(gone))
    assert await redis.zcard(index) == 2
    assert len(await sessions.devices(redis, await who(redis, stays))) == 1
    assert await redis.zcard(index) == 1
    await redis.delete(PREFIX + sessions.device_of(stays))
    await resident(redis, place)
    assert await redis.zcard(index) == 1, "and a login cleans up too"
    assert 0 < await redis.ttl(index) <= 180 * DAY


async def test_whatever_happens_at_once_every_session_is_in_its_list_and_every_name_has_a_session(
    redis: Redis, place: SmallDistrict
) -> None:
    people: list[UUID] = [place.resident.id, place.members[0]]

    async def live(number: int) -> None:
        token = await sessions.open_session(redis, person_id=people[number % 2])
        match number % 5:
            case 0:
                await sessions.close_session(redis, token)
            case 1:
                await sessions.close_all(redis, person_id=people[number % 2])
            case 2:
                with pytest.raises(NotLoggedInError):
                    await who(redis, token.partition(".")[0] + ".made-up")
            case 3:
                with contextlib.suppress(NotLoggedInError):  # somebody else's "everywhere" may come first
                    await who(redis, await sessions.renew(redis, token))

    await asyncio.gather(*(live(number) for number in range(60)))
    live_now, listed = await state(redis)
    ended = {key async for key in _tombstones(redis)}
    assert live_now - ended == listed


async def _tombstones(redis: Redis) -> AsyncIterator[bytes]:
    for key in await redis.keys("device:*"):
        if await redis.hexists(key, "reused"):
            assert 0 < await redis.ttl(key) <= DAY
            assert await redis.hlen(key) == 1, "nothing of the person is left in it"
            yield key.removeprefix(b"device:")


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        (
            "Mozilla/5.0 (Linux; Android 13; M2012K11AC Build/TKQ1) AppleWebKit/537.36 Mobile Safari/537.36"
            " MicroMessenger/8.0.44.2502 MiniProgramEnv/android",
            "微信·安卓",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) MicroMessenger/8.0.47 NetType/WIFI", "微信·苹果手机"),
        ("Mozilla/5.0 (Windows NT 10.0) MicroMessenger/7.0.20 MiniProgramEnv/Windows WindowsWechat", "微信·电脑"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 ArkWeb/4 MicroMessenger/8.0", "微信·鸿蒙"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36", "电脑浏览器"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", "电脑浏览器"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile", "手机浏览器·安卓"),
        ("", "其他设备"),
        ("curl/8.5", "其他设备"),
    ],
)
def test_a_device_is_named_in_words_that_its_owner_knows(user_agent: str, kind: str) -> None:
    assert kind_of(user_agent) == kind
