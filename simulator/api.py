"""What all public endpoints share: errors as the platform writes them, faults, tokens, quotas, bodies."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulator.accounts import Account, Kind
from simulator.errors import PlatformError
from simulator.faults import Faults
from simulator.platform import Platform

PLATFORM = web.AppKey("platform", Platform)
_LATENCY = web.RequestKey("latency", float)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OURS = ("/admin", "/phones", "/faults", "/wecom", "/sms")
"""Where the simulator is looked after; faults and counts are of the platform's own paths."""


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


@web.middleware
async def platform_rules(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as the platform writes them; faults that were switched on; a count of every call."""
    path = request.path
    if path.startswith(OURS) or path == "/":
        return await handler(request)
    platform = request.app[PLATFORM]
    platform.calls[path] += 1
    fault = platform.take_fault(path)
    if fault:
        return await _with_fault(request, handler, fault)
    try:
        return await handler(request)
    except PlatformError as error:
        return web.json_response(error.body())


async def _with_fault(request: web.Request, handler: Handler, fault: Faults) -> web.StreamResponse:
    request[_LATENCY] = fault.latency
    response: web.StreamResponse
    if fault.reset == "before":
        await dwell(request)
        _cut(request)
        return web.Response()
    if fault.http_status:
        response = web.Response(status=fault.http_status)
    elif fault.errcode:
        response = web.json_response(PlatformError(fault.errcode).body())
    else:
        try:
            response = await handler(request)
        except PlatformError as error:
            response = web.json_response(error.body())
    await dwell(request)
    if fault.reset == "after":
        _cut(request)
    return response


async def dwell(request: web.Request) -> None:
    """The time that the platform takes, once a call; others are served meanwhile."""
    seconds = request.get(_LATENCY, 0.0)
    request[_LATENCY] = 0.0
    await asyncio.sleep(seconds)


def account_of(request: web.Request, only: Kind | None = None, *, otherwise: int = 40001) -> Account:
    """Whose token the call carries; the call counts against the account's quota.

    Raises PlatformError 41001, 42001, 40014, 40001; `otherwise` for any account but `only`; 45009, 45011.
    """
    platform = request.app[PLATFORM]
    account = platform.check_token(request.query.get("access_token"))
    if only and account.kind != only:
        raise PlatformError(otherwise)
    platform.quotas.use(account.kind, request.path, platform.now())
    return account


async def json_body(request: web.Request) -> dict[str, Any]:
    """The object that was posted, whatever its Content-Type. Raises PlatformError 43002, 44002, 47001."""
    posted(request)
    raw = await request.read()
    if not raw:
        raise PlatformError(44002)
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise PlatformError(47001) from error
    if not isinstance(body, dict):
        raise PlatformError(47001)
    return body


def posted(request: web.Request) -> None:
    """Raises PlatformError 43002."""
    if request.method != "POST":
        raise PlatformError(43002)


def asked(request: web.Request) -> None:
    """Raises PlatformError 43001."""
    if request.method != "GET":
        raise PlatformError(43001)


def ok(**more: Any) -> web.Response:
    """errcode 0, and what else is to be said."""
    return web.json_response({"errcode": 0, "errmsg": "ok", **more})
