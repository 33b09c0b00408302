"""What the platform tells an account by itself, beside everything else: events one by one, never many at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import web

from simulator import push, subscriptions
from simulator.accounts import Kind
from simulator.platform import Platform

MOST_AT_ONCE = 16
_LOOK_SECONDS = 0.05
_CLEAN = {"suggest": "pass", "label": 100}
_Item = tuple[Kind, str, str, dict[str, Any]]
"""account, openid at the mini-program, event, inner fields"""


class Teller:
    """Pushes what waits in the platform's lists until it is cancelled."""

    def __init__(self, platform: Platform, http: aiohttp.ClientSession) -> None:
        self._platform = platform
        self._http = http
        self._waiting: deque[tuple[float, _Item]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._collect()
            self._start()
            if not self._waiting and not self._running:
                self._platform.nothing_to_tell.set()
            await asyncio.sleep(_LOOK_SECONDS)

    def _collect(self) -> None:
        platform = self._platform
        due = asyncio.get_running_loop().time() + platform.pushing.delay
        while platform.to_tell:
            openid, event, inner = platform.to_tell.popleft()
            self._waiting.append((due, ("mini", openid, event, inner)))
        while platform.sent_events:
            entry = platform.sent_events.popleft()
            if platform.pushing.events:
                account, event, inner = subscriptions.sent(platform, entry)
                self._waiting.append((due, (account, entry["openid"], event, inner)))
        for check in [check for check in platform.pending_checks if check["due"] <= platform.now()]:
            platform.pending_checks.remove(check)
            self._waiting.append((0.0, ("mini", check["openid"], "wxa_media_check", _verdict(platform, check))))

    def _start(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._waiting and self._waiting[0][0] <= now and len(self._running) < MOST_AT_ONCE:
            _, item = self._waiting.popleft()
            task = asyncio.create_task(self._tell(*item))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _tell(self, kind: Kind, openid: str, event: str, inner: dict[str, Any]) -> None:
        platform, pushing = self._platform, self._platform.pushing
        account = platform.accounts[kind]
        way = push.Way.of(account, pushing.mode, pushing.written if kind == "mini" else None)
        fields = subscriptions.fields(platform, event, inner, way.written)
        user = platform.phone(openid)
        as_string = pushing.created_as_string
        await push.tell(platform, self._http, account, user, fields, way, created_as_string=as_string)


def _verdict(platform: Platform, check: dict[str, Any]) -> dict[str, Any]:
    """What a picture's check came to; `platform.pushing.media_errcode` other than 0: nothing, in the real shape."""
    errcode = int(check.get("errcode", platform.pushing.media_errcode))
    head = {"appid": platform.accounts["mini"].appid, "trace_id": check["trace_id"], "version": 2, "errcode": errcode}
    if errcode:
        return head | {"errmsg": "download failed" if errcode == -1008 else "system error", "detail": []}
    result = check.get("result", platform.pushing.media_result or _CLEAN)
    detail = [{"strategy": "content_model", "errcode": 0, **result, "prob": 90}]
    return head | {"errmsg": "ok", "result": result, "detail": detail}


def telling(platform: Platform, http: web.AppKey[aiohttp.ClientSession]) -> Any:
    """For the application's clean-up: tells for as long as it is served."""

    async def context(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(Teller(platform, app[http]).run())
        yield
        task.cancel()

    return context
