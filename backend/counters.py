"""How often something happened of late, in Redis: for whoever must not try or ask without end."""

from redis.asyncio import Redis


async def counted(redis: Redis, key: str) -> int:
    """How often so far."""
    return int(await redis.get(key) or 0)


async def count(redis: Redis, key: str, *, seconds: int, times: int = 1) -> int:
    """Once more, or `times` more; returns how often within the `seconds` that began with the first.

    Count and end of it are written together: a process that dies between them must not leave a count for ever.
    """
    async with redis.pipeline(transaction=True) as together:
        together.set(key, 0, ex=seconds, nx=True)
        together.incrby(key, times)
        _, number = await together.execute()
    return int(number)
