"""A message is answered once, whoever repeats, dies or fails; tries are counted for a while and never for ever."""

import asyncio
from datetime import datetime
from types import SimpleNamespace

import pytest
from redis.asyncio import Redis

from backend import counters
from backend.api import pushed
from backend.clock import Clock


@pytest.fixture
def live(redis: Redis) -> SimpleNamespace:
    return SimpleNamespace(redis=redis, clock=Clock(redis, movable=True))


class Work:
    """Counts how often it was done; fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.done = 0
        self._failures = failures

    async def __call__(self, _now: datetime) -> str:
        self.done += 1
        await asyncio.sleep(0.05)
        if self.done <= self._failures:
            raise ConnectionError
        return f"第{self.done}次"


async def test_repeats_that_come_at_once_get_the_same_words(live: SimpleNamespace) -> None:
    work = Work()
    said = await asyncio.gather(*(pushed.once(live, "m", work) for _ in range(5)))
    assert work.done == 1
    assert {item.words for item in said} == {"第1次"}
    assert len({item.at for item in said}) == 1


async def test_a_repeat_works_itself_at_once_where_the_first_failed(live: SimpleNamespace) -> None:
    work = Work(failures=1)
    with pytest.raises(ConnectionError):
        await pushed.once(live, "m", work)
    assert (await pushed.once(live, "m", work)).words == "第2次"


async def test_a_repeat_works_itself_after_a_while_where_the_first_process_died(
    live: SimpleNamespace,
) -> None:
    await live.redis.set("m:working", "1", px=300)
    async with asyncio.timeout(3):
        assert (await pushed.once(live, "m", Work())).words == "第1次"


async def test_tries_are_counted_and_forgotten(redis: Redis) -> None:
    assert await counters.counted(redis, "k") == 0
    assert [await counters.count(redis, "k", seconds=100) for _ in range(3)] == [1, 2, 3]
    assert await counters.counted(redis, "k") == 3
    assert 0 < await redis.ttl("k") <= 100
    await redis.expire("k", 50)
    await counters.count(redis, "k", seconds=100)
    assert await redis.ttl("k") <= 50, "the time runs from the first"
