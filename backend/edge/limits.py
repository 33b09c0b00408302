"""How often anybody may do anything: one table, counted in Redis by person, address, or login and address.

What is counted stands in Redis under a digest: neither a login nor an address can be read there. `docs/limits.md` is
this table in print, and a test compares the two.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend import counters
from backend.errors import TooManyError

By = Literal["person", "address", "login", "login+address"]


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` in `seconds`, counted by `by`, for the routes that match (none: the code that knows a miss counts it).

    `away`: with Redis away the request goes on ("open") or is answered 503 ("closed"); `why` says why.
    """

    name: str
    most: int
    seconds: int
    by: By
    away: Literal["open", "closed"]
    why: str
    told: str
    routes: str = ""

    def covers(self, method: str, path: str) -> bool:
        """Whether a request to this path is counted under it."""
        return bool(self.routes) and re.fullmatch(self.routes, f"{method} {path}") is not None


_MINUTE, _HOUR = 60, 3600
_SLOWLY = "请求太频繁, 请稍等一分钟再试。"

_ROWS = (
    Limit(
        "staff_login_failures", 10, 15 * _MINUTE, "login+address", "closed",
        "a password must not be guessed while nobody counts; counted with the address so that nobody locks others out",
        "密码错误次数太多, 请15分钟后再试。",
    ),
    Limit(
        "login_strangers", 20, _HOUR, "login", "closed",
        "from everywhere but where the login was last used: after these the code is asked first, nobody is refused",
        "请把动态码一起填上, 再登录一次。",
    ),
    Limit(
        "login_strange_codes", 20, _HOUR, "login", "closed",
        "six digits must not be found by trying from everywhere; the owner's own place and recovery codes stay open",
        "动态码试错太多。请从平时登录的地方登录, 或者填恢复码, 或者过一小时再试。",
    ),
    Limit(
        "staff_logins", 60, _MINUTE, "address", "closed",
        "each try costs a slow hash, and no session can be opened without Redis",
        _SLOWLY, r"POST (?:/api/session/staff|/console/(?:login|scan|join)(?:/.*)?)",
    ),
    Limit(
        "phone_logins", 300, _MINUTE, "address", "closed",
        "many phones share an operator's address, and no session can be opened without Redis",
        _SLOWLY, r"POST /api/session/(?!staff$)[a-z-]+",
    ),
    Limit(
        "commands", 120, _MINUTE, "person", "closed",
        "nobody fills in two forms a second, and nobody is logged in without Redis",
        _SLOWLY, r"(POST|DELETE) /(?:api|console)/(?!session|login).+",
    ),
    Limit(
        "uploads", 120, _HOUR, "person", "closed",
        "ten photos a household, twelve households an hour; nobody is logged in without Redis",
        "一小时内上传的文件太多了, 请过一会儿再传, 其余的可以带到窗口。",
        r"POST /.+/(?:photos|calendar|import|roster|upload)(?:/.*)?",
    ),
    Limit(
        "search", 60, _MINUTE, "person", "closed",
        "looking people up one by one must not be quicker than a person reads; nobody is logged in without Redis",
        _SLOWLY, r"(GET|POST) /(?:api|console)/(?:.+/)?(?:search|find)(?:/.*)?",
    ),
    Limit(
        "export", 30, _HOUR, "person", "closed",
        "a whole file leaves the system with each; nobody is logged in without Redis",
        "一小时内导出的次数太多了, 请过一会儿再试。",
        r"(GET|POST) /(?:api|console)/(?:.+/)?(?:(?:export|download|file)(?:/.*)?|[^/]+\.(?:pdf|xlsx|csv|zip))",
    ),
    Limit(
        "unmasked", 30, _HOUR, "person", "closed",
        "whole numbers are looked at one by one and for a reason; nobody looks while nobody counts",
        "一小时内看完整号码的次数太多了, 请过一会儿再看。",
    ),
    Limit(
        "people_found", 60, _HOUR, "person", "closed",
        "finding people by number must not become a way to try numbers",
        "一小时内按号码找人的次数太多了, 请过一会儿再找。",
    ),
    Limit(
        "invitation_tries", 5, _HOUR, "person", "closed",
        "a village's code makes somebody's affairs one's own: it must not be found by trying",
        "邀请码试得太多了, 请一小时后再试, 或打电话给村(社区)核对。",
    ),
    Limit(
        "invitation_tries_here", 30, _HOUR, "address", "closed",
        "as above, from many phones at one address",
        "邀请码试得太多了, 请一小时后再试, 或打电话给村(社区)核对。",
    ),
    Limit(
        "guide_number_misses", 20, _HOUR, "person", "closed",
        "a carried number opens somebody's answers: it must not be found by trying; the answers are in Redis too",
        "号码试得太多了, 请一小时后再试, 或把情况重新说一遍。",
    ),
    Limit(
        "reply_code_misses", 20, _HOUR, "address", "closed",
        "a reply code opens somebody's conversation: it must not be found by trying",
        "回复码试得太多了, 请一小时后再试, 或打电话问窗口。",
    ),
    Limit(
        "persons_asked", 30, _HOUR, "address", "closed",
        "staff's queue must not be flooded; a village's shared address still has room",
        "这里转给工作人员的次数太多了, 请一小时后再试, 急事请直接打电话。",
    ),
    Limit(
        "questions", 120, _MINUTE, "address", "closed",
        "an answer costs computing; the talk itself is remembered in Redis",
        _SLOWLY, r"POST (?:/api/bot|/ask)(?:/.*)?",
    ),
    Limit(
        "carried", 60, _HOUR, "address", "closed",
        "each number fills Redis for seven days, and cannot be kept without it",
        "一小时内存的号码太多了, 请过一会儿再试。", r"POST (?:/api)?/guide/carry",
    ),
    Limit(
        "public_pages", 300, _MINUTE, "address", "open",
        "the list and the emergency numbers must be readable whatever Redis does; a village may share one address",
        _SLOWLY, r"GET /(?!api/|console|wechat|health|demo|static).*",
    ),
    Limit(
        "public_reads", 300, _MINUTE, "address", "open",
        "what the mini-program shows before a login",
        _SLOWLY, r"GET /api/(?:villages|guide/topics|reference/standard)",
    ),
    Limit(
        "public_forms", 300, _MINUTE, "address", "open",
        "the guide and the calculators keep nothing, so they need no Redis",
        _SLOWLY, r"POST (?:/api)?/(?:guide(?!/carry)|calculators)(?:/.*)?",
    ),
    Limit(
        "answers_by_link", 30, _MINUTE, "address", "open",
        "an answer to a meeting writes; a member's link must not become a way to try names, or to fill the trail",
        _SLOWLY, r"POST /n/.+",
    ),
    Limit(
        "sms_reports", 600, _MINUTE, "address", "open",
        "the gateway reports several at once; its address must not become a way to try secrets",
        _SLOWLY, r"POST /sms/reports/.+",
    ),
)  # fmt: skip

LIMITS: dict[str, Limit] = {limit.name: limit for limit in _ROWS}
STEP = 15
_AWAY_SECONDS = 2.0
_MOST_KEYS = 20_000


def configure(most: Mapping[str, int]) -> None:
    """Let an installation have its own numbers. Raises ValueError for a limit that does not exist."""
    for name, number in most.items():
        if name not in LIMITS:
            raise ValueError(f"没有叫 {name} 的限制; 有: {', '.join(LIMITS)}")
        LIMITS[name] = replace(LIMITS[name], most=number)
    of_route.cache_clear()


@lru_cache(4096)
def of_route(method: str, path: str, by: By) -> tuple[Limit, ...]:
    """The rows that count this request by `by`."""
    # A slash at the end leads to the same route.
    bare = path.rstrip("/") or "/"
    return tuple(limit for limit in LIMITS.values() if limit.by == by and limit.covers(method, bare))


def _key(limit: Limit, whom: str) -> str:
    return f"limit:{limit.name}:{hashlib.sha256(whom.encode()).hexdigest()[:32]}"


async def spend(redis: Redis, name: str, whom: str) -> None:
    """Count once more. Raises TooManyError for one too many, RedisError when Redis is away and the row is closed."""
    limit = LIMITS[name]
    if await counters.count(redis, _key(limit, whom), seconds=limit.seconds) > limit.most:
        await _refuse(redis, limit, whom)


async def over(redis: Redis, name: str, whom: str) -> bool:
    """Count once more; whether that is one too many, for who does something else about it than refuse."""
    limit = LIMITS[name]
    return await counters.count(redis, _key(limit, whom), seconds=limit.seconds) > limit.most


async def require_left(redis: Redis, name: str, whom: str) -> None:
    """Raise TooManyError when all is used up; nothing is counted."""
    limit = LIMITS[name]
    if await counters.counted(redis, _key(limit, whom)) >= limit.most:
        await _refuse(redis, limit, whom)


async def missed(redis: Redis, name: str, whom: str) -> None:
    """Count a miss."""
    limit = LIMITS[name]
    await counters.count(redis, _key(limit, whom), seconds=limit.seconds)


async def forgive(redis: Redis, name: str, whom: str) -> None:
    """Begin anew: what was tried has succeeded."""
    await redis.delete(_key(LIMITS[name], whom))


async def _refuse(redis: Redis, limit: Limit, whom: str) -> None:
    left = await redis.ttl(_key(limit, whom))
    raise TooManyError(limit.told, max(1, int(left)))


class OpenCounter:
    """Counts for the open rows in this process and tells Redis of every 15th request of an address.

    A list page costs less than a way to Redis does. The price: as many requests as `STEP` more, for each process.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, int] = {}
        self._refused: dict[str, float] = {}
        self._away_until = 0.0

    async def spend(self, redis: Redis, limit: Limit, whom: str) -> None:
        """Count once more. Raises TooManyError for one too many; Redis away: everybody is let through."""
        key, moment = _key(limit, whom), time.monotonic()
        if (until := self._refused.get(key, 0.0)) > moment:
            raise TooManyError(limit.told, int(until - moment) + 1)
        number = self._waiting.get(key, 0) + 1
        if len(self._waiting) + len(self._refused) > _MOST_KEYS:
            self._waiting.clear()
            self._refused.clear()
        self._waiting[key] = number % STEP
        if number < STEP or moment < self._away_until:
            return
        try:
            async with asyncio.timeout(1):
                counted = await counters.count(redis, key, seconds=limit.seconds, times=STEP)
                left = await redis.ttl(key) if counted > limit.most else 0
        except (RedisError, OSError, TimeoutError):
            self._away_until = moment + _AWAY_SECONDS
            return
        if counted > limit.most:
            self._refused[key] = moment + max(1, left)
            raise TooManyError(limit.told, max(1, left))
