"""Things kept in Redis for minutes under a random number: sealed, found by a digest of the number, used once."""

import hashlib
import json
import secrets
from typing import Any

from redis.asyncio import Redis

from models.keyring import held


def digest(token: str) -> str:
    """What stands for a token where it is stored: whoever reads the store cannot use what is found there."""
    return hashlib.sha256(token.encode()).hexdigest()


async def put(redis: Redis, kind: str, value: object, *, seconds: int, token: str | None = None) -> str | None:
    """Keep `value`; returns its token. With a `token` given: None when something is kept under it already."""
    token, given = token or secrets.token_urlsafe(32), token is not None
    place = f"{kind}:{digest(token)}"
    kept = await redis.set(place, held().seal(json.dumps(value).encode(), place), ex=seconds, nx=given)
    return token if kept else None


async def read(redis: Redis, kind: str, token: str) -> Any:
    """What is kept, or None."""
    place = f"{kind}:{digest(token)}"
    return _opened(await redis.get(place), place)


async def take(redis: Redis, kind: str, token: str) -> Any:
    """What is kept, which nobody finds any more; or None. Of two at once one finds it."""
    place = f"{kind}:{digest(token)}"
    return _opened(await redis.getdel(place), place)


async def drop(redis: Redis, kind: str, token: str) -> None:
    """Forget it."""
    await redis.delete(f"{kind}:{digest(token)}")


def _opened(stored: bytes | None, place: str) -> Any:
    return None if stored is None else json.loads(held().open(stored, place))
