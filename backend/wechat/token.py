"""One access token for all workers: held in Redis behind a lock, kept in each process, fetched alone without Redis."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from time import monotonic

from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.wechat.errors import WeChatError

Fetch = Callable[[bool], Awaitable[tuple[str, int]]]
"""force_refresh -> the token, and the seconds that it has left. Raises WeChatError."""

FETCH_SECONDS = 5
_MARGIN_SECONDS = 300
"""From here on the platform gives a new one; the old one stays good to its end, so no call is refused meanwhile."""
_LEAST_SECONDS = 60
_LOCK_SECONDS = 15
"""Longer than two fetches: a lock that ends under its holder would let a second worker fetch."""
_FORCED_APART_SECONDS = 1800
"""The platform forces 20 times a day; a platform that refuses every token must not use them up."""
_REFUSED_SECONDS = 5


class SharedToken:
    """The token of one account. `forces`: whether its platform can be made to give another than the valid one."""

    def __init__(self, appid: str, redis: Redis, fetch: Fetch, *, forces: bool = True) -> None:
        self._key = f"wechat:token:{appid}"
        self._redis = redis
        self._fetch = fetch
        self._forces = forces
        self._asking = asyncio.Lock()
        self._held, self._held_until = "", 0.0
        self._forced_at = -float(_FORCED_APART_SECONDS)
        self._refused, self._refused_until = "", 0.0
        self._failure, self._failed_at = WeChatError(0, ""), 0.0

    async def get(self, stale: str | None = None) -> str:
        """The token; `stale` is one that the platform just refused, so another is wanted.

        The same one again where the platform insists on it. Raises WeChatError when the platform gives none.
        """
        if token := self._at_hand(stale):
            return token
        asked_at = monotonic()
        # One of this process asks at a time, so a burst costs Redis one waiter a process and not one a message.
        async with self._asking:
            if token := self._at_hand(stale):
                return token
            if self._failed_at > asked_at:
                # Who waited for a fetch that failed does not wait for one of his own: a burst would wait for hours.
                raise WeChatError(self._failure.errcode, self._failure.errmsg)
            try:
                return await self._shared_or_own(stale)
            except WeChatError as error:
                self._failure, self._failed_at = error, monotonic()
                raise

    async def _shared_or_own(self, stale: str | None) -> str:
        try:
            return await self._shared(stale)
        except (RedisError, OSError):
            # Redis may have gone after the platform had answered.
            return self._at_hand(stale) or await self._another(stale)

    def _at_hand(self, stale: str | None) -> str:
        if stale and stale == self._refused and monotonic() < self._refused_until:
            return stale
        return self._held if self._held != stale and monotonic() < self._held_until else ""

    async def _shared(self, stale: str | None) -> str:
        if token := await self._read(stale):
            return token
        async with self._redis.lock(f"{self._key}:lock", timeout=_LOCK_SECONDS, blocking_timeout=_LOCK_SECONDS):
            if token := await self._read(stale):
                return token
            token = await self._another(stale)
            left = int(self._held_until - monotonic())
            await self._redis.set(self._key, token, ex=max(1, left))
            return token

    async def _read(self, stale: str | None) -> str:
        """What another worker fetched."""
        async with self._redis.pipeline(transaction=True) as both:
            known, left = await both.get(self._key).pttl(self._key).execute()
        token = known.decode() if known else ""
        if not token or token == stale:
            return ""
        self._hold(token, left / 1000)
        return token

    async def _another(self, stale: str | None) -> str:
        """From the platform. Not forced at first: whoever made ours stale has made a new one already."""
        token, seconds = await self._fetch(False)
        if token == stale and self._forces and await self._may_force():
            with contextlib.suppress(WeChatError):  # none left today: what was refused is all there is
                token, seconds = await self._fetch(True)
        if token == stale:
            self._refused, self._refused_until = token, monotonic() + _REFUSED_SECONDS
        self._hold(token, max(_LEAST_SECONDS, seconds - _MARGIN_SECONDS))
        return token

    async def _may_force(self) -> bool:
        if monotonic() - self._forced_at < _FORCED_APART_SECONDS:
            return False
        self._forced_at = monotonic()
        with contextlib.suppress(RedisError, OSError):
            return bool(await self._redis.set(f"{self._key}:forced", 1, nx=True, ex=_FORCED_APART_SECONDS))
        return True

    def _hold(self, token: str, seconds: float) -> None:
        self._held, self._held_until = token, monotonic() + seconds
