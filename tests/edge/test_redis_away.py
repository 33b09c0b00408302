"""With Redis away the list and the emergency page stay readable, everything else says what to do; nothing is a 500."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from backend import embedded
from backend.edge.limits import LIMITS
from backend.trail.heads import made_once
from rules.statuses import Role
from tests.edge.conftest import PRODUCTION, Process, Shared, Web, emptied, web_process
from tests.edge.test_limits import HTML, REQUESTS, ask
from tests.stores import Stores, start, stop, wait_for_port


class OwnRedis:
    """A Redis that a test may stop."""

    def __init__(self, folder: Path) -> None:
        self._server = embedded.redis(folder / "redis", folder / "redis.log")
        self.url = self._server.url
        self._process: Process | None = None

    def start(self) -> None:
        """Until it takes connections."""
        if self._process is not None:
            return
        self._process = start(self._server.argv, self._server.log)
        wait_for_port(int(urlsplit(self.url).port or 0))

    def freeze(self) -> None:
        """Connections are taken and nothing is answered."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGSTOP)

    def stop(self) -> None:
        """Gone, with everything in it."""
        if self._process is not None:
            stop(self._process, signal.SIGKILL)
            self._process = None


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path_factory.mktemp("own"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def production(stores: Stores, own_redis: OwnRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    folder = tmp_path_factory.mktemp("production")
    key = made_once(folder / "signing.pem")
    with web_process(stores, folder, REDIS_URL=own_redis.url, **PRODUCTION, TRAIL_SIGNING_KEY=key) as running:
        yield running


@pytest_asyncio.fixture
async def live(production: Shared, own_redis: OwnRedis) -> AsyncIterator[Web]:
    """A process as in production; its Redis is back and empty for each test."""
    own_redis.start()
    redis = Redis.from_url(own_redis.url)
    await redis.flushdb()
    async with emptied(production, redis) as web:
        yield web
    own_redis.stop()
    await redis.aclose()


@pytest.mark.parametrize("name", REQUESTS)
async def test_each_row_is_open_or_closed_as_it_says(live: Web, own_redis: OwnRedis, name: str) -> None:
    before, _, _ = await ask(live, name)
    assert before < 500 or name == "phone_logins"
    own_redis.stop()
    limit = LIMITS[name]
    for _ in range(20):
        status, _, body = await ask(live, name)
        if limit.away == "open":
            # A secret and a link that are not ours find nothing, with Redis and without.
            assert status == (404 if name in ("sms_reports", "answers_by_link") else 200), body
        else:
            assert (status, json.loads(body)["code"]) == (503, "redis_away"), body


async def test_whoever_is_logged_in_is_told_to_come_again(live: Web, own_redis: OwnRedis) -> None:
    case = await live.place.case("submitted")
    own_redis.stop()
    for method, path in (("GET", "/api/me"), ("GET", "/api/me/cases"), ("POST", f"/api/cases/{case.id}/review")):
        sent = {"json": {"ordinary_case_ref": "1"}} if method == "POST" else {}
        key = {"Idempotency-Key": "while-away"} if method == "POST" else {}
        status, headers, body = await live.call(method, path, headers=live.bearer(Role.WORKER) | key, **sent)
        assert (status, json.loads(body)["code"]) == (503, "redis_away")
        assert "请过几分钟再试" in json.loads(body)["message"]
        assert int(headers["Retry-After"]) > 0


async def test_a_redis_that_says_nothing_is_away_too(live: Web, own_redis: OwnRedis) -> None:
    own_redis.freeze()
    async with asyncio.timeout(10):
        status, _, body = await live.call("GET", "/api/me", headers=live.bearer(Role.WORKER))
        assert (status, json.loads(body)["code"]) == (503, "redis_away")
        assert (await live.call("GET", "/urgent"))[0] == 200


async def test_the_console_says_so_on_a_page(live: Web, own_redis: OwnRedis) -> None:
    own_redis.stop()
    cookie = {"Cookie": f"__Host-console={live.tokens[Role.TOWN]}"}
    status, headers, body = await live.call("GET", "/console/people", headers=cookie | HTML)
    assert status == 503
    assert headers["Content-Type"].startswith("text/html")
    assert "系统暂时不能登录和提交" in body.decode()


async def test_the_public_pages_stay_readable_and_quick(live: Web, own_redis: OwnRedis) -> None:
    village = live.place.village.id
    own_redis.stop()
    async with asyncio.timeout(5):
        for path in ("/lists", f"/lists/{village}", "/urgent", "/policy", "/complaints", "/guide", "/calculators"):
            for _ in range(5):
                assert (await live.call("GET", path))[0] == 200, path


async def test_it_goes_on_by_itself_when_redis_is_back(live: Web, own_redis: OwnRedis) -> None:
    own_redis.stop()
    assert (await ask(live, "questions"))[0] == 503
    own_redis.start()
    assert (await ask(live, "questions"))[0] == 200


async def test_nothing_of_it_is_logged_but_that_redis_is_away(live: Web, own_redis: OwnRedis) -> None:
    start_of = live.log.stat().st_size
    own_redis.stop()
    await ask(live, "staff_login_failures")
    lines = live.log.read_bytes()[start_of:].decode().splitlines()
    events = {json.loads(line)["event"] for line in lines}
    assert events <= {"redis_away", "library_said", "wake_failed"}
    assert "redis_away" in events
    assert live.place.village.name not in "".join(lines)
