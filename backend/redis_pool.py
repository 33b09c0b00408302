"""How every process talks to Redis: a bounded pool whose callers wait their turn instead of failing."""

from redis.asyncio import BlockingConnectionPool, Redis

MAX_CONNECTIONS = 32
WAIT_SECONDS = 10
_ANSWER_SECONDS = 4
"""A Redis that takes connections and says nothing is away too: nobody waits longer for it."""


def open_redis(url: str) -> Redis:
    """A client on a blocking pool. The default pool raises as soon as a burst needs one connection too many."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=WAIT_SECONDS,
        socket_timeout=_ANSWER_SECONDS,
        socket_connect_timeout=_ANSWER_SECONDS,
    )
    return Redis.from_pool(pool)
