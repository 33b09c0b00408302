"""How often somebody without a login may try codes and ask for a person (rows of `backend.edge.limits`)."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from redis.asyncio import Redis

from backend.edge import limits
from backend.errors import NotFoundError

_T = TypeVar("_T")


async def with_code(redis: Redis, address: str, work: Coroutine[Any, Any, _T]) -> _T:
    """What a code leads to; misses are counted: nobody tries codes out. Raises TooManyError after too many."""
    try:
        await limits.require_left(redis, "reply_code_misses", address)
    except BaseException:
        work.close()
        raise
    try:
        return await work
    except NotFoundError:
        await limits.missed(redis, "reply_code_misses", address)
        raise


async def one_more_person(redis: Redis, address: str) -> None:
    """Count a conversation that goes to a person. Raises TooManyError when it is one too many from this address."""
    await limits.spend(redis, "persons_asked", address)
