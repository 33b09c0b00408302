"""Staff logins by password (argon2)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from redis.asyncio import Redis

from backend import counters
from backend.errors import NotAllowedError, NotLoggedInError
from backend.identity.devices import OTHER
from backend.identity.sessions import open_session
from models.people import StaffAccount

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
MAX_FAILURES = 10
FAILURE_WINDOW_SECONDS = 900


async def hash_password(password: str) -> str:
    """The argon2id hash, computed off the event loop."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def log_in(
    redis: Redis, *, login: str, password: str, address: str, device: str = OTHER
) -> tuple[str, StaffAccount]:
    """A session for the right password.

    Failures are counted by login and address together, so nobody can lock somebody else out from elsewhere.
    Raises NotLoggedInError, or NotAllowedError after too many failures.
    """
    failures_key = f"login-failures:{login}:{address}"
    if await counters.counted(redis, failures_key) >= MAX_FAILURES:
        raise NotAllowedError("too_many_failures", "密码错误次数太多, 请15分钟后再试。")
    account = await StaffAccount.get_or_none(login=login, ended_at=None)
    if account is None or not await asyncio.to_thread(_matches, account.password_hash, password):
        await counters.count(redis, failures_key, seconds=FAILURE_WINDOW_SECONDS)
        raise NotLoggedInError("wrong_login", "账号或密码不对, 请核对后再试。")
    await redis.delete(failures_key)
    token = await open_session(redis, person_id=account.person_id, account_id=account.id, device=device)
    return token, account


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
