"""The parts of the service that deliver, as processes, and a crowd with phones that they deliver to."""

import contextlib
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import aiohttp
import structlog
from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from backend import queue
from backend.demo.tour import Stage
from backend.embedded import free_port
from notices.kinds import PAGE_OF, POLICIES, TEMPLATES, Channel, Kind
from notices.outbox import announce
from tests.stack import UNLIMITED, Stack
from tests.stores import MASTER_KEY, Stores, copy_database, drop_database, stop, wait_for_port

SEND_PATH = "/cgi-bin/message/subscribe/send"
NO_LIMIT = {Channel.SUBSCRIBE_MESSAGE.value: 1_000_000.0}
FACTS = {
    Kind.MEETING_CONVENED: {"town": "甲镇", "place": "礼堂", "meets_at": "2026-10-10T14:00:00+08:00", "page_id": "1"},
    Kind.CASE_DECIDED: {"number": "一事一议-1", "page_id": "1"},
    Kind.LIST_CHANGED: {"village": "甲村", "page_id": "1"},
}
_AT_ONCE = 1000


@contextlib.asynccontextmanager
async def delivering(
    stores: Stores, folder: Path, *, workers: Collection[str], web: bool = False, **given: str
) -> AsyncIterator[Stack]:
    """Simulator and workers on a fresh database, at any hour of the day; with `web`, the platform's events are heard.

    All have started. Nothing of a demonstration is in it. Everything is stopped at the end.
    """
    database_url = await copy_database(stores)
    environment = {
        **os.environ,
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": stores.redis_url,
        "PORT": str(free_port()),
        "SIMULATOR_PORT": str(free_port()),
        "VAR_DIR": str(folder),
        "MASTER_KEY": MASTER_KEY,
        "QUIET_HOURS": "00:00-00:00",
        "LIMITS": UNLIMITED,
        **given,
    }
    stack = Stack(folder, environment)
    stack.redis = Redis.from_url(stores.redis_url)
    try:
        await stack.redis.flushdb()
        port = environment["SIMULATOR_PORT"]
        push_url = ("--mini-push-url", f"{stack.base}/wechat/mini/push")
        stack.start("simulator", "simulator", "--port", port, *push_url, *(["--events"] if web else []))
        wait_for_port(int(port))
        for name in workers:
            stack.start(name, "backend", "worker")
        if web:
            stack.start("web", "backend", "web")
            await stack.until(stack.ready, "the service answers", 60)

        async def all_listen() -> bool:
            return sum(each["cmd"] == "xreadgroup" for each in await stack.redis.client_list()) >= len(workers)

        await stack.until(all_listen, "every worker listens", 90)
        async with aiohttp.ClientSession(stack.base) as service, aiohttp.ClientSession(stack.phones) as platform:
            stack.stage = Stage(service, platform)
            yield stack
    finally:
        for process in reversed(stack.parts.values()):
            stop(process)
        await stack.redis.aclose()
        await drop_database(stores, database_url)


async def crowd(stack: Stack, count: int, credits: Mapping[str, int]) -> dict[UUID, str]:
    """person -> openid; each with a phone and so many consents by template, here and on the platform."""
    rows = await stack.rows(
        "INSERT INTO person (id, name, openid, is_demo, created_at) "
        "SELECT gen_random_uuid(), '居民', 'o-' || n, false, now() FROM generate_series(1, $1::int) n "
        "RETURNING id, openid",
        count,
    )
    for template, number in credits.items():
        await stack.rows(
            "INSERT INTO consent (person_id, template_id, credits, long_term) SELECT id, $1, $2, false FROM person",
            template,
            number,
        )
    templates = [{"id": each.key, "title": each.title, "fields": each.fields} for each in TEMPLATES]
    await stack.platform("templates", {"templates": templates, "pages": sorted(set(PAGE_OF.values()))})
    phones = [{"name": "居民", "openid": row["openid"], "credits": dict(credits)} for row in rows]
    for first in range(0, count, _AT_ONCE):
        await stack.platform("users", {"users": phones[first : first + _AT_ONCE]})
    return {row["id"]: row["openid"] for row in rows}


async def tell(kind: Kind, key: str, persons: Sequence[UUID], *, now: datetime | None = None) -> None:
    """Announce something in a transaction of its own; in a test that is connected."""
    async with in_transaction():
        await announce(kind, key, FACTS[kind], persons, now=now or datetime.now(UTC))


async def arrived(stack: Stack, openids: Collection[str]) -> Counter[tuple[str, UUID]]:
    """How often each notice stands in each inbox: (openid, notice) -> times."""
    found: Counter[tuple[str, UUID]] = Counter()
    for openid in openids:
        async with stack.stage.platform.get("/admin/inbox", params={"openid": openid}) as response:
            for message in await response.json():
                found[openid, UUID(str(message["page"]).rpartition("&n=")[2])] += 1
    return found


@contextlib.asynccontextmanager
async def waker(stack: Stack) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Calls a worker to the outbox, as a request that announced something does."""
    broker = queue.make_broker(stack.environment["REDIS_URL"])
    queue.register(broker)
    await broker.startup()

    async def wake() -> None:
        await queue.wake(broker, structlog.get_logger())

    try:
        yield wake
    finally:
        with contextlib.suppress(Exception):  # Redis may have been restarted under it
            await broker.shutdown()


def template_of(kind: Kind) -> str:
    """The key of what it is sent with."""
    return POLICIES[kind].template.key


def keep(found: Mapping[str, object]) -> None:
    """Say what was found; `make proof` keeps it in the file that NOTICE_PROOF_TO names."""
    text = json.dumps(found, indent=1)
    print(text)
    if file := os.environ.get("NOTICE_PROOF_TO"):
        Path(file).write_text(f"{text}\n")
