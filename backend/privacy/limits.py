"""How often one human may look things up that are hidden for a reason: counted in Redis, closed without it."""

from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend import counters
from backend.errors import NotAllowedError, UnavailableError

MOST_UNMASKED = 30
MOST_SEARCHES = 60
_SECONDS = 3600


async def one_more_unmasked(redis: Redis, person_id: UUID | None) -> None:
    """Raises NotAllowedError for one too many this hour, UnavailableError where nobody counts."""
    await _count(redis, f"unmasked:{person_id}", MOST_UNMASKED, "一小时内看完整号码的次数太多了, 请过一会儿再看。")


async def one_more_search(redis: Redis, person_id: UUID | None) -> None:
    """Raises NotAllowedError for one too many this hour, UnavailableError where nobody counts."""
    await _count(redis, f"searches:{person_id}", MOST_SEARCHES, "一小时内按号码找人的次数太多了, 请过一会儿再找。")


async def _count(redis: Redis, key: str, most: int, sentence: str) -> None:
    try:
        number = await counters.count(redis, key, seconds=_SECONDS)
    except (RedisError, OSError) as error:
        raise UnavailableError("cannot_count", "现在不能登记查看次数, 所以先不显示; 请过一分钟再试。") from error
    if number > most:
        raise NotAllowedError("too_many_looks", sentence)
