"""Logging in with password and code; what a lock-out refuses, and what it must leave open."""

import asyncio
import time
from datetime import date, timedelta

import pyotp
import pytest
from redis.asyncio import Redis

from backend.clock import local_day
from backend.errors import CaseworkError, ConflictError, InvalidInputError, NotLoggedInError, TooManyError
from backend.identity import second_factor, sessions, staff
from backend.identity.staff import Moment
from models.people import StaffAccount
from models.staff import SecondFactor
from rules.statuses import Role
from tests.identity.people import HOME, NOW, PASSWORD, account, acting, at, with_factor

ADMIN = {"role": Role.ADMIN}


async def log_in(redis: Redis, moment: Moment, password: str = PASSWORD, code: str = "", login: str = "owner") -> str:
    token, _ = await staff.log_in(redis, login, password, code, moment, everyone_has_codes=True)
    return token


async def refused(redis: Redis, moment: Moment, password: str = PASSWORD, code: str = "", login: str = "owner") -> str:
    """Why not."""
    with pytest.raises(CaseworkError) as found:
        await log_in(redis, moment, password, code, login)
    return found.value.code


async def test_password_and_code_open_a_session_and_neither_alone_does(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    phone, _ = await with_factor(redis, owner)
    assert await refused(redis, at()) == "totp_needed"
    assert await refused(redis, at(), "wrong password", phone.code()) == "wrong_login"
    assert await refused(redis, at(), PASSWORD, "000000") == "wrong_code"
    token = await log_in(redis, at(), PASSWORD, phone.code())
    who = await sessions.actor_of(redis, token, now=NOW, request_id=None)
    assert (who.account_id, who.role) == (owner.id, Role.ADMIN)
    await owner.refresh_from_db()
    assert owner.last_login_at == NOW
    assert HOME not in str(owner.known_address)


async def test_the_console_asks_for_the_code_on_a_second_page(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    phone, _ = await with_factor(redis, owner)
    session, step = await staff.first_step(redis, "owner", PASSWORD, "", at(), everyone_has_codes=True)
    assert session is None
    with pytest.raises(NotLoggedInError):
        await sessions.actor_of(redis, str(step), now=NOW, request_id=None)
    with pytest.raises(NotLoggedInError, match="动态码"):
        await staff.second_step(redis, str(step), "123456", at())
    assert await staff.second_step(redis, str(step), phone.code(), at())
    with pytest.raises(NotLoggedInError, match="重新登录"):
        await staff.second_step(redis, str(step), phone.code(seconds=30), at(seconds=30))


async def test_a_code_counts_once_even_for_two_at_the_same_moment(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    phone, _ = await with_factor(redis, owner)
    codes = [phone.code()] * 4
    results = await asyncio.gather(*(log_in(redis, at(), PASSWORD, code) for code in codes), return_exceptions=True)
    assert sum(isinstance(one, str) for one in results) == 1
    assert await refused(redis, at(seconds=20), PASSWORD, phone.code()) == "wrong_code"


async def test_a_code_one_step_early_or_late_is_good_and_two_are_not(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    phone, _ = await with_factor(redis, owner)
    assert await refused(redis, at(), PASSWORD, phone.code(seconds=-60)) == "wrong_code"
    assert await refused(redis, at(), PASSWORD, phone.code(seconds=60)) == "wrong_code"
    await log_in(redis, at(), PASSWORD, phone.code(seconds=-30))
    await log_in(redis, at(), PASSWORD, phone.code(seconds=30))
    assert await refused(redis, at(), PASSWORD, phone.code()) == "wrong_code", "older than the one that was used"


async def test_a_recovery_code_opens_once(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    _, codes = await with_factor(redis, owner)
    assert len(set(codes)) == 10
    stored = await SecondFactor.get(account_id=owner.id)
    assert not any(code in str(stored.recovery) for code in codes)
    await log_in(redis, at(), PASSWORD, codes[3].lower().replace("-", " "))
    assert await refused(redis, at(), PASSWORD, codes[3]) == "wrong_code"
    await log_in(redis, at(), PASSWORD, codes[4])
    fresh = await second_factor.new_recovery_codes(acting(owner), now=NOW)
    assert await refused(redis, at(), PASSWORD, codes[5]) == "wrong_code"
    await log_in(redis, at(), PASSWORD, fresh[5])


async def test_a_secret_is_sealed_and_asked_for_before_it_counts(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    secret, address = await second_factor.begin(redis, owner)
    assert secret in address
    assert (await second_factor.begin(redis, owner))[0] == secret, "the page can be loaded again"
    with pytest.raises(InvalidInputError):
        await second_factor.confirm(redis, acting(owner), "000000", renewing=False, now=NOW, wall=NOW)
    assert not await second_factor.has_one(owner.id)
    await with_factor(redis, owner)
    raw = await SecondFactor.all().values_list("secret", flat=True)
    assert secret.encode() not in bytes(raw[0])
    secret, _ = await second_factor.begin(redis, owner)
    with pytest.raises(ConflictError):
        await with_factor(redis, owner)


async def test_without_a_code_only_the_demonstration_works_and_only_outside_production(
    database: str, redis: Redis
) -> None:
    owner = await account("owner", **ADMIN)
    _, step = await staff.first_step(redis, "owner", PASSWORD, "", at(), everyone_has_codes=False)
    assert (await staff.step_of(redis, str(step), ("setup",), now=NOW)).account.id == owner.id
    assert await refused(redis, at()) == "totp_setup_needed"
    owner.person.is_demo = True
    await owner.person.save(update_fields=["is_demo"])
    assert await refused(redis, at()) == "totp_setup_needed", "everyone has codes in production"
    session, _ = await staff.first_step(redis, "owner", PASSWORD, "", at(), everyone_has_codes=False)
    assert session


async def test_setting_up_at_login_opens_the_session_and_shows_the_codes_once(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    _, step = await staff.first_step(redis, "owner", PASSWORD, "", at(), everyone_has_codes=True)
    secret, _ = await second_factor.begin(redis, owner)
    session, codes = await staff.finish_setup(redis, str(step), pyotp.TOTP(secret).at(NOW), at())
    assert len(codes) == 10
    assert (await sessions.actor_of(redis, session, now=NOW, request_id=None)).account_id == owner.id
    with pytest.raises(NotLoggedInError):
        await staff.finish_setup(redis, str(step), pyotp.TOTP(secret).at(NOW), at())


async def test_a_half_open_login_ends_with_the_account(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    phone, _ = await with_factor(redis, owner)
    _, step = await staff.first_step(redis, "owner", PASSWORD, "", at(), everyone_has_codes=True)
    await StaffAccount.filter(id=owner.id).update(ended_at=NOW)
    with pytest.raises(NotLoggedInError):
        await staff.second_step(redis, str(step), phone.code(), at())


async def test_after_ten_tries_from_one_place_that_place_waits_and_others_do_not(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    phone, _ = await with_factor(redis, owner)
    for _ in range(10):
        assert await refused(redis, at("198.51.100.1"), "guess") == "wrong_login"
    assert await refused(redis, at("198.51.100.1"), PASSWORD, phone.code()) == "too_many_requests"
    await log_in(redis, at(), PASSWORD, phone.code())


async def test_an_attacker_from_fifty_places_gets_twenty_guesses_an_hour_and_keeps_nobody_out(
    database: str, redis: Redis
) -> None:
    owner = await account("owner", **ADMIN)
    phone, _ = await with_factor(redis, owner)
    await log_in(redis, at(), PASSWORD, phone.code())
    looked_at = 0
    for place in range(50):
        for _ in range(4):
            looked_at += await refused(redis, at(f"198.51.100.{place}"), "guess") == "wrong_login"
    assert looked_at == staff.STRANGE_TRIES - 1, "the first login of the owner was one from an unknown place"
    attacker = at("192.0.2.99")
    assert await refused(redis, attacker) == "totp_needed", "the right password is not told from a wrong one"
    assert await refused(redis, attacker, "guess") == "totp_needed"
    later = {"minutes": 5}
    for place in range(50):
        await refused(redis, at(f"198.51.101.{place}", **later), PASSWORD, "000000")
    assert await refused(redis, at("192.0.2.98", **later), PASSWORD, "000000") == "too_many_codes"
    await log_in(redis, at(**later), PASSWORD, phone.code(**later))
    _, step = await staff.first_step(redis, "owner", PASSWORD, "", at(**later), everyone_has_codes=True)
    later = {"minutes": 6}
    await staff.second_step(redis, str(step), phone.code(**later), at(**later))


async def test_the_owner_at_a_new_place_gets_in_with_the_code_beside_the_password(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    phone, codes = await with_factor(redis, owner)
    for place in range(21):
        await refused(redis, at(f"198.51.100.{place}"), "guess")
    travelling = at("192.0.2.5")
    assert await refused(redis, travelling) == "totp_needed"
    await log_in(redis, travelling, PASSWORD, phone.code())
    for place in range(30):
        await refused(redis, at(f"198.51.100.{place}"), "guess", "000000")
    assert await refused(redis, at("192.0.2.6", minutes=5), PASSWORD, phone.code(minutes=5)) == "too_many_codes"
    await log_in(redis, at("192.0.2.6", minutes=5), PASSWORD, codes[0])


async def test_an_attacker_who_knows_the_password_gets_twenty_codes_an_hour(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    await with_factor(redis, owner)
    answers = [await refused(redis, at(f"198.51.{n % 50}.1"), PASSWORD, "000000") for n in range(100)]
    assert answers.count("wrong_code") == staff.STRANGE_CODES


async def test_a_hundred_tries_at_once_are_no_more_than_one_after_another(database: str, redis: Redis) -> None:
    await account("owner", **ADMIN)
    tries = (refused(redis, at("198.51.100.1"), "guess") for _ in range(30))
    answers = await asyncio.gather(*tries)
    assert answers.count("wrong_login") == 10


async def test_one_ipv6_connection_is_one_place(database: str, redis: Redis) -> None:
    await account("owner", **ADMIN)
    answers = [await refused(redis, at(f"2001:db8::{n:x}"), "guess") for n in range(12)]
    assert answers.count("wrong_login") == 10


async def test_an_unknown_login_costs_what_a_known_one_costs_and_says_the_same(database: str, redis: Redis) -> None:
    await account("owner", **ADMIN)

    async def fastest(login: str) -> float:
        taken = []
        for n in range(6):
            begun = time.perf_counter()
            assert await refused(redis, at(f"198.51.100.{n}"), "guess", login=login) == "wrong_login"
            taken.append(time.perf_counter() - begun)
        return min(taken)

    await fastest("warm-up")
    known, unknown = await fastest("owner"), await fastest("nobody")
    assert 0.5 < unknown / known < 2, (known, unknown)
    for place in range(40):
        await refused(redis, at(f"198.51.102.{place}"), "guess", login="nobody")
    assert await refused(redis, at("192.0.2.1"), login="nobody") == "totp_needed"


@pytest.mark.parametrize(
    ("columns", "days", "opens"),
    [
        ({"until": date(2026, 9, 28)}, 0, True),
        ({"until": date(2026, 9, 28)}, 1, False),
        ({"since": date(2026, 9, 29)}, 0, False),
        ({"since": date(2026, 9, 29)}, 1, True),
        ({"ended_at": NOW}, 0, False),
    ],
)
async def test_outside_the_term_of_office_a_login_is_an_unknown_one(
    database: str, redis: Redis, columns: dict[str, object], days: int, opens: bool
) -> None:
    owner = await account("owner", Role.ADMIN, **columns)
    phone, _ = await with_factor(redis, owner)
    moment = at(days=days)
    if opens:
        await log_in(redis, moment, PASSWORD, phone.code(days=days))
    else:
        assert await refused(redis, moment, PASSWORD, phone.code(days=days)) == "wrong_login"


async def test_a_changed_password_ends_the_other_sessions(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    phone, _ = await with_factor(redis, owner)
    before = await log_in(redis, at(), PASSWORD, phone.code())
    who, later = acting(owner), {"minutes": 1}
    with pytest.raises(NotLoggedInError):
        await staff.change_password(redis, who, "wrong", phone.code(**later), "another sentence", at(**later))
    with pytest.raises(NotLoggedInError):
        await staff.change_password(redis, who, PASSWORD, "", "another sentence", at(**later))
    with pytest.raises(InvalidInputError):
        await staff.change_password(redis, who, PASSWORD, phone.code(**later), "short", at(**later))
    after = await staff.change_password(redis, who, PASSWORD, phone.code(**later), "another sentence", at(**later))
    with pytest.raises(NotLoggedInError):
        await sessions.actor_of(redis, before, now=NOW, request_id=None)
    assert (await sessions.actor_of(redis, after, now=NOW, request_id=None)).account_id == owner.id
    assert await refused(redis, at(minutes=2), PASSWORD, phone.code(minutes=2)) == "wrong_login"


async def test_guessing_ones_own_password_in_an_open_session_is_counted_too(database: str, redis: Redis) -> None:
    owner = await account("owner", **ADMIN)
    for _ in range(10):
        with pytest.raises(NotLoggedInError):
            await staff.prove(redis, acting(owner), "guess", "", at())
    with pytest.raises(TooManyError):
        await staff.prove(redis, acting(owner), PASSWORD, "", at())


def test_the_days_of_these_tests_are_shanghai_days() -> None:
    assert local_day(NOW) == date(2026, 9, 28)
    assert local_day(NOW + timedelta(hours=15)) == date(2026, 9, 29)
