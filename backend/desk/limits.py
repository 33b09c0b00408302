"""How often somebody without a login may try codes and ask for a person: by address, an hour at a time, in Redis."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from redis.asyncio import Redis

from backend import counters
from backend.errors import NotAllowedError, NotFoundError

MOST_MISSES = 20
MOST_OPENED = 30
_SECONDS = 3600
_T = TypeVar("_T")


async def with_code(redis: Redis, address: str, work: Coroutine[Any, Any, _T]) -> _T:
    """What a code leads to; misses are counted: nobody tries codes out. Raises NotAllowedError after too many."""
    key = f"code-misses:{address}"
    if await counters.counted(redis, key) >= MOST_MISSES:
        work.close()
        raise NotAllowedError("too_many_tries", "回复码试得太多了, 请一小时后再试, 或打电话问窗口。")
    try:
        return await work
    except NotFoundError:
        await counters.count(redis, key, seconds=_SECONDS)
        raise


async def one_more_person(redis: Redis, address: str) -> None:
    """Count a conversation that goes to a person. Raises NotAllowedError when it is one too many from this address."""
    if await counters.count(redis, f"persons-asked:{address}", seconds=_SECONDS) > MOST_OPENED:
        raise NotAllowedError("too_many_asked", "这里转给工作人员的次数太多了, 请一小时后再试, 急事请直接打电话。")
