"""Each row of the table counts what it says, for whom it says; one too many hears what to do."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.edge import limits
from backend.edge.limits import LIMITS, STEP, OpenCounter
from backend.errors import TooManyError
from backend.redis_pool import open_redis
from rules.statuses import Role
from tests.edge.conftest import Shared, Web, emptied, running_web, web_process
from tests.edge.limits_document import DOCUMENT, document
from tests.stores import Stores

_WIDE = ("commands", "questions", "staff_logins")
FEW = {name: STEP if limit.away == "open" else 4 if name in _WIDE else 2 for name, limit in LIMITS.items()}
HTML = {"Accept": "text/html"}

# row -> a request that it counts: method, path, who is logged in, what is sent.
REQUESTS: dict[str, tuple[str, str, Role | None, dict[str, Any]]] = {
    "staff_login_failures": ("POST", "/api/session/staff", None, {"json": {"login": "甲-worker", "password": "x"}}),
    "staff_logins": ("POST", "/api/session/staff", None, {"json": {}}),
    "phone_logins": ("POST", "/api/session/wechat", None, {"json": {}}),
    "commands": ("POST", "/api/me/subscriptions", Role.RESIDENT, {"json": {"results": {}}}),
    "uploads": ("POST", "/api/reference/calendar", Role.BUREAU, {"data": b"{}"}),
    "guide_number_misses": (
        "POST",
        "/api/applications",
        Role.RESIDENT,
        {"json": {"submission_key": "k" * 8, "story": "x", "household_size": 1, "guide_number": "1" * 10}},
    ),
    "reply_code_misses": ("POST", "/api/bot/person/replies", None, {"json": {"code": "1" * 12}}),
    "persons_asked": ("POST", "/api/bot/person", None, {"json": {"text": "想找人"}}),
    "questions": ("POST", "/ask", None, {"data": {"question": "什么情况可以申请?"}}),
    "carried": ("POST", "/guide/carry", None, {"data": {"topic": "C6"}}),
    "public_pages": ("GET", "/urgent", None, {}),
    "public_reads": ("GET", "/api/villages", None, {}),
    "public_forms": ("POST", "/calculators", None, {"data": {"what": "savings", "deposit": "100"}}),
    "answers_by_link": ("POST", "/n/00000000-0000-4000-8000-000000000000", None, {"data": {"answer": "leave"}}),
    "sms_reports": ("POST", "/sms/reports/somebody-tries", None, {"json": []}),
}
# Routes of these names come with what they are for; until then the patterns alone are looked at.
WITHOUT_A_ROUTE_YET = {"search", "export"}


TRIED_BESIDE_WHAT_THEY_GUARD = {
    *("login_strangers", "login_strange_codes", "invitation_tries", "invitation_tries_here"),
    *("unmasked", "people_found"),
}
"""In tests/identity and tests/privacy."""


async def ask(web: Web, name: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    method, path, role, sent = REQUESTS[name]
    given = (web.bearer(role) if role else web.own_form()) | headers
    return await web.call(method, path, headers=given, **sent)


def test_the_page_about_limits_is_the_table() -> None:
    assert DOCUMENT.read_text("utf-8") == document()


def test_every_row_is_tried_here() -> None:
    assert REQUESTS.keys() | WITHOUT_A_ROUTE_YET | TRIED_BESIDE_WHAT_THEY_GUARD == LIMITS.keys()


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("search", "GET", "/api/residents/search"),
        ("search", "GET", "/console/search"),
        ("export", "GET", "/api/cases/7/file"),
        ("export", "GET", "/console/export/2026"),
        ("export", "GET", "/console/cases/7.pdf"),
        ("uploads", "POST", "/console/roster/import"),
        ("uploads", "POST", "/api/cases/7/photos"),
        ("commands", "DELETE", "/api/me"),
        ("commands", "POST", "/console/people/7/take"),
        ("public_pages", "GET", "/lists/7"),
        ("public_forms", "POST", "/api/guide/next"),
        ("questions", "POST", "/ask/person"),
    ],
)
def test_a_row_knows_its_routes(name: str, method: str, path: str) -> None:
    assert LIMITS[name].covers(method, path)


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("commands", "POST", "/api/session/staff"),
        ("commands", "POST", "/console/login"),
        ("public_forms", "POST", "/guide/carry"),
        ("phone_logins", "POST", "/api/session/staff"),
        ("public_pages", "GET", "/health/ready"),
        ("public_pages", "GET", "/static/style.css"),
        ("search", "GET", "/api/cases/7"),
    ],
)
def test_a_row_leaves_other_routes_alone(name: str, method: str, path: str) -> None:
    assert not LIMITS[name].covers(method, path)


def test_an_installation_may_have_its_own_numbers_for_limits_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", dict(LIMITS))
    limits.configure({"search": 5})
    assert limits.LIMITS["search"].most == 5
    with pytest.raises(ValueError, match="没有叫 serch 的限制"):
        limits.configure({"serch": 5})


@pytest.fixture(scope="module")
def strict(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with web_process(stores, tmp_path_factory.mktemp("strict"), LIMITS=json.dumps(FEW)) as running:
        yield running


@pytest_asyncio.fixture
async def few(strict: Shared, redis: Redis) -> AsyncIterator[Web]:
    """A process that lets a few of everything through."""
    async with emptied(strict, redis) as web:
        yield web


@pytest.mark.parametrize("name", REQUESTS)
async def test_one_too_many_is_answered_429_and_when_to_come_again(few: Web, name: str) -> None:
    limit = LIMITS[name]
    most = 2 * STEP if limit.away == "open" else FEW[name]
    statuses = []
    for _ in range(most + 1):
        status, headers, body = await ask(few, name)
        statuses.append(status)
        if status == 429:
            break
    assert status == 429, statuses
    assert 429 not in statuses[: FEW[name] - 1]
    assert 500 not in statuses
    answered = json.loads(body)
    assert (answered["code"], answered["message"]) == ("too_many_requests", limit.told)
    assert 0 < int(headers["Retry-After"]) <= limit.seconds
    keys = [key.decode() for key in await few.redis.keys("limit:*")]
    assert any(key.startswith(f"limit:{name}:") for key in keys)
    assert not any("127.0.0.1" in key or "worker" in key for key in keys), "nobody can be read out of the keys"


async def test_a_person_who_asks_too_often_leaves_the_others_alone(few: Web) -> None:
    for _ in range(5):
        await ask(few, "commands")
    assert (await ask(few, "commands"))[0] == 429
    method, path, _, sent = REQUESTS["commands"]
    assert (await few.call(method, path, headers=few.bearer(Role.WORKER), **sent))[0] != 429


async def test_who_fails_to_log_in_locks_nobody_else_out(few: Web) -> None:
    for _ in range(4):
        status, _, body = await ask(few, "staff_login_failures")
    assert (status, json.loads(body)["code"]) == (429, "too_many_requests")


async def test_a_hundred_guesses_at_once_are_no_more_than_one_by_one(
    stores: Stores, tmp_path: Any, database: str, redis: Redis, place: Any
) -> None:
    async with running_web(database, stores.redis_url, tmp_path, place) as web:
        answers = await asyncio.gather(*(ask(web, "staff_login_failures") for _ in range(40)))
    tried = [status for status, _, _ in answers if status == 401]
    assert len(tried) == LIMITS["staff_login_failures"].most


async def test_a_browser_is_told_on_a_page(few: Web) -> None:
    for _ in range(FEW["questions"] + 1):
        status, headers, body = await ask(few, "questions", **HTML)
    assert status == 429
    assert headers["Content-Type"].startswith("text/html")
    assert LIMITS["questions"].told in body.decode()


async def test_nobodys_word_about_the_address_is_believed(few: Web) -> None:
    for number in range(5):
        spoofed = {
            "X-Forwarded-For": f"10.0.0.{number}",
            "X-Real-IP": f"10.0.0.{number}",
            "Forwarded": f"for=10.0.0.{number}",
        }
        status, _, _ = await ask(few, "carried", **spoofed)
    assert status == 429


async def test_behind_one_proxy_the_address_that_it_wrote_counts(
    database: str, redis: Redis, place: Any, stores: Stores, tmp_path: Any
) -> None:
    settings = {"LIMITS": json.dumps(FEW), "PROXIES_COUNT": "1"}
    async with running_web(database, stores.redis_url, tmp_path, place, **settings) as web:
        for number in range(5):
            # What the caller claims stands before what our own proxy appends.
            status, _, _ = await ask(web, "carried", **{"X-Forwarded-For": f"10.0.0.{number}, 192.0.2.1"})
        assert status == 429
        assert (await ask(web, "carried", **{"X-Forwarded-For": "10.0.0.1, 192.0.2.2"}))[0] == 200


async def test_the_open_counter_refuses_within_a_step_and_asks_redis_once_a_step(redis: Redis) -> None:
    counter, limit = OpenCounter(), LIMITS["public_pages"]
    passed = 0
    with pytest.raises(TooManyError) as refused:  # noqa: PT012 (how many get through is what is counted)
        for _ in range(10_000):
            await counter.spend(redis, limit, "192.0.2.1")
            passed += 1
    assert limit.most <= passed < limit.most + STEP
    assert 0 < refused.value.retry_after <= 60
    await counter.spend(redis, limit, "192.0.2.2")
    calls = (await redis.info("commandstats"))["cmdstat_incrby"]["calls"]
    with pytest.raises(TooManyError):
        await counter.spend(redis, limit, "192.0.2.1")
    assert (await redis.info("commandstats"))["cmdstat_incrby"]["calls"] == calls, "who is refused costs nothing"


async def test_two_processes_share_one_count(redis: Redis) -> None:
    one, other, limit = OpenCounter(), OpenCounter(), LIMITS["public_pages"]
    with pytest.raises(TooManyError):  # noqa: PT012 (either of the two refuses)
        for _ in range(limit.most):
            await one.spend(redis, limit, "192.0.2.1")
            await other.spend(redis, limit, "192.0.2.1")


@pytest.mark.parametrize("name", LIMITS)
async def test_with_redis_away_a_row_is_open_or_closed_as_it_says(name: str) -> None:
    away = open_redis("redis://127.0.0.1:1/0")
    limit = LIMITS[name]
    if limit.away == "open":
        counter, began = OpenCounter(), time.monotonic()
        for _ in range(10 * limit.most):
            await counter.spend(away, limit, "192.0.2.1")
        assert time.monotonic() - began < 2
    else:
        for count in (limits.spend, limits.require_left, limits.missed):
            with pytest.raises(RedisError):
                await count(away, name, "somebody")
    await away.aclose()
