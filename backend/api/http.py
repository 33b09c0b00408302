"""What every JSON route shares: the actor, the parsed body, the answer."""

import json
import re
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from backend.access import Actor
from backend.edge import limits
from backend.errors import InvalidInputError, UnsupportedTypeError
from backend.identity.sessions import actor_of
from backend.services import Services

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAME = re.compile(r"[a-z_]{1,40}|\d{1,4}")
_FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")


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

    Raises InvalidInputError naming the first field that is wrong, UnsupportedTypeError for a form (a
    browser sends one of another site's making without asking); nothing has been changed then.
    """
    kind = request.headers.getone("content-type", "").partition(";")[0].strip().lower()
    if request.body and kind in _FORMS:
        raise UnsupportedTypeError("not_json", "内容格式不对, 请更新小程序后再试。")
    try:
        return model.model_validate_json(request.body or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        # A name that we do not know is what somebody typed: it is not said back.
        field = ".".join(str(part) for part in first["loc"] if _NAME.fullmatch(str(part))) or "内容"
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
    """Who is asking, looked up once a request and counted by what is asked.

    Raises NotLoggedInError, TooManyError.
    """
    if not hasattr(request.ctx, "actor"):
        request.ctx.actor = await known(request, token_of(request))
    return request.ctx.actor


async def known(request: Request, token: str) -> Actor:
    """Who holds this token; what they ask for is counted. Raises NotLoggedInError, TooManyError."""
    redis = services(request).redis
    who = await actor_of(redis, token, request_id=str(request.id), address=address_of(request))
    for limit in limits.of_route(request.method, request.path, "person"):
        await limits.spend(redis, limit.name, who.label)
    return who


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
