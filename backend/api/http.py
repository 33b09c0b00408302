"""What every JSON route shares: the actor, the parsed body, and errors in one shape."""

import json
import re
from datetime import datetime
from traceback import extract_tb
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from backend.access import Actor
from backend.errors import CaseworkError, InvalidInputError
from backend.identity.sessions import actor_of
from backend.services import Services
from models.keyring import KeyUnknownError, NoKeyringError, SealError

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(text: str) -> str:
    """Without control characters: PostgreSQL keeps no NUL, and nobody types one."""
    return _CONTROL.sub("", text)


class Body(BaseModel):
    """Base of every request body: unknown keys are an error, strings are trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_control_characters(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {name: clean(value) if isinstance(value, str) else value for name, value in values.items()}


_B = TypeVar("_B", bound=Body)


def services(request: Request) -> Services:
    """What this process was composed of."""
    return request.app.ctx.services


def parse(request: Request, model: type[_B]) -> _B:
    """The body as `model`.

    Raises InvalidInputError naming the first field that is wrong; nothing has been changed then.
    """
    try:
        return model.model_validate_json(request.body or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "内容"
        raise InvalidInputError(
            "invalid_input", f"“{field}”填写有误, 请改正后再提交; 已填写的内容不会丢失。", (first["msg"],)
        ) from error


def address_of(request: Request) -> str:
    """Where the request came from, for counting tries."""
    return str(request.remote_addr or request.ip)


def token_of(request: Request) -> str:
    """The bearer token, or an empty string."""
    return request.token or ""


async def actor(request: Request) -> Actor:
    """Who is asking. Raises NotLoggedInError."""
    live = services(request)
    return await actor_of(
        live.redis,
        token_of(request),
        now=await live.clock.now(),
        request_id=str(request.id),
        address=address_of(request),
    )


async def asked(request: Request, model: type[_B]) -> tuple[Actor, _B, datetime]:
    """Who asks, what, and when: the three things that every command needs."""
    return await actor(request), parse(request, model), await services(request).clock.now()


def answer(payload: object, status: int = 200) -> HTTPResponse:
    """JSON with Chinese kept readable; never cached."""
    return json_response(
        payload,
        status=status,
        dumps=lambda value: json.dumps(value, ensure_ascii=False, default=str),
        headers={"Cache-Control": "no-store"},
    )


def install_error_handlers(app: Sanic) -> None:
    """One shape for every error: code, message, reasons. Never a traceback."""

    @app.exception(CaseworkError)
    async def casework_error(_request: Request, error: CaseworkError) -> HTTPResponse:
        return _error(error.code, error.message, error.status, error.reasons)

    @app.exception(SealError)
    async def seal_error(request: Request, error: SealError) -> HTTPResponse:
        services(request).log.error("seal_error", error=type(error).__name__, where=str(error))
        if isinstance(error, KeyUnknownError | NoKeyringError):
            return _error("keys_changing", "系统正在更换密钥, 没有保存任何改动; 请过一分钟再试。", 503, ())
        return _error("record_damaged", "这条记录读不出来, 系统已经停下; 请联系管理员核对。", 500, ())

    @app.exception(SanicException)
    async def sanic_error(_request: Request, error: SanicException) -> HTTPResponse:
        code, message = _BY_STATUS.get(error.status_code, ("bad_request", "请求有误, 请返回后重试。"))
        return _error(code, message, error.status_code, ())

    @app.exception(Exception)
    async def unexpected(request: Request, error: Exception) -> HTTPResponse:
        # Where, never what: the words of an exception can carry what a person typed.
        frames = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        services(request).log.error(
            "unexpected_error", error=type(error).__name__, route=request.uri_template, frames=frames[-6:]
        )
        return _error("server_error", "系统出了问题, 没有保存任何改动; 请稍后再试, 急事请直接打电话。", 500, ())


_BY_STATUS = {
    404: ("not_found", "没有找到这个页面, 请返回首页。"),
    405: ("method_not_allowed", "请求方式不对, 请返回后重试。"),
    413: ("too_large", "内容太大, 请减少后再提交。"),
    408: ("timeout", "网络太慢, 请稍后重试; 已填写的内容不会丢失。"),
    503: ("busy", "系统繁忙, 请稍后再试。"),
}


def _error(code: str, message: str, status: int, reasons: tuple[str, ...]) -> HTTPResponse:
    return answer({"code": code, "message": message, "reasons": list(reasons)}, status)
