"""Our client against the simulator over real HTTP, with Redis."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio
from redis.asyncio import Redis

from backend.redis_pool import open_redis
from backend.wechat.client import WeChatClient
from simulator.platform import Platform
from tests.simulator.platform import serving

OF_SERVICE = {"account": "service", "fields": {"thing1": "事项", "time2": "时间"}}


@dataclass
class Line:
    """The platform with the phone `o1`, and a client for each account. `told`: what the operator heard."""

    platform: Platform
    base_url: str
    mini: WeChatClient
    service: WeChatClient
    told: list[tuple[str, int, str]]
    clients: list[WeChatClient]

    async def alert(self, what: str, errcode: int, words: str) -> None:
        """The operator's end."""
        self.told.append((what, errcode, words))

    def worker(self, redis: Redis, secret: str = "s") -> WeChatClient:
        """One more client of the mini-program, as another worker has it."""
        client = WeChatClient(appid="wxtest", secret=secret, base_url=self.base_url, redis=redis, alert=self.alert)
        self.clients.append(client)
        return client

    @property
    def fetched(self) -> int:
        """How often anybody asked for a token."""
        return self.platform.calls["/cgi-bin/stable_token"]


@pytest_asyncio.fixture
async def line(redis: Redis) -> AsyncIterator[Line]:
    async with serving() as (platform, base_url):
        for template in (
            {"id": "biz-1", "title": "会议通知", **OF_SERVICE},
            {"id": "news-1", "title": "会议提醒", "sort": "message", **OF_SERVICE},
        ):
            platform.templates[template["id"]] = template
        opened = Line(platform, base_url, None, None, [], [])
        opened.mini = opened.worker(redis)
        opened.service = WeChatClient(appid="wxservice", secret="ss", base_url=base_url, redis=redis)
        opened.clients.append(opened.service)
        yield opened
        for client in opened.clients:
            await client.close()


@pytest_asyncio.fixture
async def no_redis() -> AsyncIterator[Redis]:
    """A Redis that nobody reaches."""
    away = open_redis("redis://127.0.0.1:9/0")
    yield away
    await away.aclose()
