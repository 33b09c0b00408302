"""The one clock. Everything else is handed the time as an argument."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from redis.asyncio import Redis

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFSET_KEY = "clock:offset_seconds"


class ClockIsFixedError(Exception):
    """The clock of a production system cannot be moved."""


class Clock:
    """UTC time, shifted outside production by an offset in Redis that every process shares.

    A test or the demonstration tour can so live through a year; in production the offset is never even read.
    """

    def __init__(self, redis: Redis, *, movable: bool) -> None:
        self._redis = redis
        self._movable = movable

    async def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        real = datetime.now(UTC)
        if not self._movable:
            return real
        return real + timedelta(seconds=float(await self._redis.get(OFFSET_KEY) or 0))

    def wall(self) -> datetime:
        """The real moment, never shifted: for signatures and leases between machines, not for anything of the 办法."""
        return datetime.now(UTC)

    async def move_to(self, moment: datetime) -> None:
        """Make `now()` be `moment` (aware) for every process.

        Raises ClockIsFixedError in production.
        """
        if not self._movable:
            raise ClockIsFixedError("正式环境的时钟不能调整")
        await self._redis.set(OFFSET_KEY, (moment - datetime.now(UTC)).total_seconds())


def local_day(moment: datetime) -> date:
    """The Asia/Shanghai date of an aware moment: the 办法's dates are dates there."""
    return moment.astimezone(SHANGHAI).date()


def day_start(day: date) -> datetime:
    """00:00 in Shanghai of a date, aware."""
    return datetime.combine(day, time(), SHANGHAI)
