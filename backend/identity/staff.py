"""Staff logins by password (argon2)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from redis.asyncio import Redis

from backend.edge import limits
from backend.errors import NotLoggedInError
from backend.identity.devices import OTHER
from backend.identity.sessions import open_session
from models.people import StaffAccount

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


async def hash_password(password: str) -> str:
    """The argon2id hash, computed off the event loop."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def log_in(
    redis: Redis, *, login: str, password: str, address: str, device: str = OTHER
) -> tuple[str, StaffAccount]:
    """A session for the right password.

    Failures are counted by login and address together, so nobody can lock somebody else out from elsewhere.
    A try is counted before the password is looked at, so that a hundred at once are no more tries than one by one.
    Raises NotLoggedInError, or TooManyError after too many failures.
    """
    whom = f"{login}:{address}"
    await limits.spend(redis, "staff_login_failures", whom)
    account = await StaffAccount.get_or_none(login=login, ended_at=None)
    if account is None or not await asyncio.to_thread(_matches, account.password_hash, password):
        raise NotLoggedInError("wrong_login", "账号或密码不对, 请核对后再试。")
    await limits.forgive(redis, "staff_login_failures", whom)
    token = await open_session(redis, person_id=account.person_id, account_id=account.id, device=device)
    return token, account


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
