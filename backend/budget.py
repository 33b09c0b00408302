"""One rate limit for all workers, a token bucket a channel in Redis; a quarter of it for each where Redis is away."""

import time
from collections.abc import Mapping

from redis.asyncio import Redis
from redis.exceptions import RedisError

from notices.kinds import Channel

PER_SECOND: Mapping[Channel, float] = {
    Channel.SUBSCRIBE_MESSAGE: 400.0,
    Channel.SERVICE_ACCOUNT: 100.0,
    Channel.WECOM: 30.0,
    Channel.SMS: 20.0,
}
"""Messages a second, ours: the platforms publish daily numbers alone, and a burst is what trips their minute's."""

# Redis's own clock, so that workers on several machines share one; at most one second's worth is saved up.
_TAKE = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
local rate = tonumber(ARGV[1])
local held = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = math.min(rate, tonumber(held[1] or rate) + (at - tonumber(held[2] or at)) * rate)
local granted = math.max(0, math.min(tonumber(ARGV[2]), math.floor(left)))
redis.call('HSET', KEYS[1], 'left', left - granted, 'at', tostring(at))
redis.call('EXPIRE', KEYS[1], 60)
return granted
"""


class RedisBudget:
    """How many messages may go now. Asking costs one call; what was not used goes back."""

    def __init__(self, redis: Redis, rates: Mapping[Channel, float]) -> None:
        self._redis = redis
        self._rates = {**PER_SECOND, **rates}
        self._take = redis.register_script(_TAKE)
        self._alone: dict[Channel, tuple[float, float]] = {}

    async def take(self, channel: Channel, wanted: int) -> int:
        """How many of `wanted` may go now."""
        rate = self._rates[channel]
        try:
            return int(await self._take(keys=[f"budget:{channel}"], args=[rate, wanted]))
        except (RedisError, OSError):
            return self._take_alone(channel, wanted, rate / 4)

    async def give_back(self, channel: Channel, unused: int) -> None:
        """What was taken and not used."""
        try:
            await self._redis.hincrbyfloat(f"budget:{channel}", "left", unused)
        except (RedisError, OSError):
            left, at = self._alone.get(channel, (0.0, time.monotonic()))
            self._alone[channel] = (left + unused, at)

    def _take_alone(self, channel: Channel, wanted: int, rate: float) -> int:
        now = time.monotonic()
        left, at = self._alone.get(channel, (rate, now))
        left = min(max(rate, 1.0), left + (now - at) * rate)
        granted = min(wanted, int(left))
        self._alone[channel] = (left - granted, now)
        return granted
