"""A command that a phone sends twice is done once: header `Idempotency-Key` on POST and DELETE under /api.

The key's row is written in the transaction of the command. A process that dies before the commit leaves neither, one
that dies after it leaves both, so the phone may ask again until it hears an answer (docs/decisions/0016).
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any

import asyncpg
from sanic import Request, Sanic
from sanic.response import HTTPResponse
from tortoise.exceptions import OperationalError
from tortoise.transactions import in_transaction

from backend.api.http import actor, answer, services
from backend.errors import ConflictError, InvalidInputError, NotLoggedInError
from models.edge import IdempotencyKey

MOST_BODY = 16 * 1024
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
# Their answers hold a token or a code of which we keep a digest alone, or are shown once, for a reason and with a mark:
# kept here they could be had again, unasked and unrecorded.
_NEVER_KEPT = re.compile(
    r"/api/(session|bot/|guide|calculators/|staff/|invitations|me/(invitation|phone|devices)).*"
    r"|/api/.*/(unmask|look|data|file)|/api/people/(search|lists).*"
)
_PATIENCE = "3s"
_DONE = {"already_done": True, "message": "这一步已经办好了, 请刷新后查看。"}

Handler = Callable[..., Awaitable[HTTPResponse]]


class _NotDoneError(Exception):
    """The handler answered that nothing was done: the transaction must end without a trace."""

    def __init__(self, response: HTTPResponse) -> None:
        super().__init__()
        self.response = response


def install(app: Sanic) -> None:
    """Every command that `app` knows by now is done once for one key."""
    for route in app.router.routes:
        path = f"/{route.path}"
        commands = route.methods & {"POST", "DELETE"}
        if commands and path.startswith("/api/") and not _NEVER_KEPT.fullmatch(path):
            route.handler = _once(route.handler)


def _once(handler: Handler) -> Handler:
    @wraps(handler)
    async def done_once(request: Request, **arguments: Any) -> HTTPResponse:
        keys = request.headers.getall("idempotency-key", [])
        if not keys:
            return await handler(request, **arguments)
        if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
            raise InvalidInputError("idempotency_key_invalid", "这次提交的编号不对, 请更新小程序后再试。")
        try:
            owner = (await actor(request)).label
        except NotLoggedInError:
            return await handler(request, **arguments)
        now = await services(request).clock.now()
        try:
            return await _kept(owner, keys[0], request, lambda: handler(request, **arguments), now)
        except _NotDoneError as nothing:
            return nothing.response

    return done_once


async def _kept(
    owner: str, key: str, request: Request, work: Callable[[], Awaitable[HTTPResponse]], now: datetime
) -> HTTPResponse:
    digest = _digest(request)
    async with in_transaction() as connection:
        # Whoever comes second waits in this insert until the first has committed, and finds the row; or has failed.
        # Not for ever: who repeats a slow command ten times must not hold every connection of this process.
        await connection.execute_script(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        try:
            mine = await connection.execute_query_dict(
                "INSERT INTO idempotency_key (owner, key, digest, made_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (owner, key) DO NOTHING RETURNING id",
                [owner, key, digest, now],
            )
        except OperationalError as error:
            if isinstance(error.__cause__, asyncpg.LockNotAvailableError):
                raise ConflictError("still_working", "上一次提交还在处理, 请过几秒再看结果。") from error
            raise
        await connection.execute_script("SET LOCAL lock_timeout = 0")
        if not mine:
            return _again(await IdempotencyKey.get(owner=owner, key=key), digest)
        response = await work()
        if response.status >= 300:
            raise _NotDoneError(response)
        body = response.body if len(response.body or b"") <= MOST_BODY else None
        row = await IdempotencyKey.get(id=mine[0]["id"])
        row.status, row.body = response.status, body
        await row.save(update_fields=["status", "body"])
    return response


def _again(row: IdempotencyKey, digest: bytes) -> HTTPResponse:
    if bytes(row.digest) != digest:
        raise InvalidInputError("idempotency_key_reused", "这个编号已经用于另一次提交, 请返回重新填写后提交。")
    response = answer(_DONE, row.status or 200)
    if row.body is not None:
        response.body = row.body
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _digest(request: Request) -> bytes:
    principal = request.headers.getone("x-acting-for", "")
    asked = hashlib.sha256(f"{request.method} {request.path}?{request.query_string} {principal}\n".encode())
    asked.update(request.body)
    return asked.digest()
