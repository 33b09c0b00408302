"""Staff passwords: argon2id, and which ones are taken."""

import asyncio
import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from backend.errors import InvalidInputError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
SHORTEST = 10
LONGEST = 128
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,39}")
_COMMON = frozenset(
    (
        *("1234567890", "0123456789", "0987654321", "1111111111", "0000000000", "8888888888", "6666666666"),
        *("123456789a", "a123456789", "1q2w3e4r5t", "1qaz2wsx3edc", "qwertyuiop", "qwerty123456", "abcd123456"),
        *("password12", "password123", "password1234", "admin123456", "administrator", "iloveyou1314", "woaini1314"),
        *("woaini520520", "abc1234567", "5201314520", "1314520520", "lucheng123", "wenzhou123", "minzheng123"),
    )
)


def check_login(login: str) -> str:
    """The login as it is kept. Raises InvalidInputError."""
    login = unicodedata.normalize("NFKC", login).strip().lower()
    if not _LOGIN.fullmatch(login):
        raise InvalidInputError("login_invalid", "账号请用3到40个小写字母或数字, 字母开头, 例如 chen.anning。")
    return login


def check_password(password: str, login: str) -> None:
    """Raises InvalidInputError for a password that is short, the login, or among the first that anybody tries."""
    if len(password) < SHORTEST:
        raise InvalidInputError("password_short", f"密码至少要{SHORTEST}个字, 可以用一句话。")
    if len(password) > LONGEST:
        raise InvalidInputError("password_long", f"密码最多{LONGEST}个字。")
    plain = password.lower()
    if login.lower() in plain and len(plain) - len(login) < 6:
        raise InvalidInputError("password_is_login", "密码不能和账号一样, 也不能只在账号后面加几个字。")
    if plain in _COMMON or len(set(plain)) < 4:
        raise InvalidInputError("password_common", "这个密码太常见, 请换一个, 可以用一句话。")


async def hash_password(password: str) -> str:
    """The argon2id hash, computed off the event loop."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password. None (nobody has this login) costs the same time and is never right."""
    right = await asyncio.to_thread(_verify, stored or _nobodys(), password)
    return right and stored is not None


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
