"""What every JSON route shares: the actor, the parsed body, the answer."""

import json
import re
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from backend.access import Actor
from backend.api.refusals import first_of
from backend.clock import local_day
from backend.edge import limits
from backend.errors import InvalidInputError, NotAllowedError, UnsupportedTypeError
from backend.identity.acting import acting_for
from backend.identity.devices import kind_of
from backend.identity.sessions import actor_of
from backend.services import Services

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAME = re.compile(r"[a-z_]{1,40}|\d{1,4}")
_FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
_ONES_OWN = re.compile(
    r"/api/(me/(messages|subscriptions|list-subscription|devices|phone|invitation|agencies|trail|meetings)"
    r"|deliberations|session|staff|people|call-list|reference).*"
)
"""What is always one's own affair: an agent who did it would do it for themself under the principal's name."""


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
        return _cleaned(values)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(item) for name, item in value.items()}
    return value


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
        raise _misfit(error) from error


def asked_for(request: Request, model: type[_B]) -> _B:
    """The query of the address as `model`. Raises InvalidInputError naming the first part that is wrong."""
    try:
        return model.model_validate({name: values[0] for name, values in request.args.items()})
    except ValidationError as error:
        raise _misfit(error) from error


def _misfit(error: ValidationError) -> InvalidInputError:
    field, said = first_of(error)
    return InvalidInputError(
        "invalid_input", f"“{field}”填写有误, 请改正后再提交; 已填写的内容不会丢失。", (f"{field}: {said}",)
    )


def address_of(request: Request) -> str:
    """Where the request came from, for counting tries."""
    return str(request.remote_addr or request.ip)


def device_of(request: Request) -> str:
    """What kind of device asks, in plain words."""
    return kind_of(request.headers.get("user-agent", ""))


def token_of(request: Request) -> str:
    """The bearer token, or an empty string."""
    return request.token or ""


async def actor(request: Request) -> Actor:
    """Who is asking, looked up once a request and counted by what is asked.

    With the header `X-Acting-For: <person id>` the agent of that person (代办).
    Raises NotLoggedInError, TooManyError; NotAllowedError where no agency in force covers it.
    """
    if not hasattr(request.ctx, "actor"):
        who = await known(request, token_of(request))
        if principal := request.headers.get("x-acting-for"):
            if _ONES_OWN.fullmatch(request.path):
                raise NotAllowedError("not_for_agents", "代办时不能做这一步, 请先退出代办, 再用本人的登录办理。")
            who = await acting_for(who, principal, today=local_day(await services(request).clock.now()))
        request.ctx.actor = who
    return request.ctx.actor


async def known(request: Request, token: str) -> Actor:
    """Who holds this token; what they ask for is counted. Raises NotLoggedInError, TooManyError."""
    live = services(request)
    now, address = await live.clock.now(), address_of(request)
    who = await actor_of(live.redis, token, now=now, request_id=str(request.id), address=address)
    for limit in limits.of_route(request.method, request.path, "person"):
        await limits.spend(live.redis, limit.name, who.label)
    return who


async def asked(request: Request, model: type[_B]) -> tuple[Actor, _B, datetime]:
    """Who asks, what, and when: the three things that every command needs."""
    return await actor(request), parse(request, model), await services(request).clock.now()


def answer(payload: object, status: int = 200) -> HTTPResponse:
    """JSON with Chinese kept readable; never cached."""
    return json_response(
        payload,
        status=status,
        dumps=lambda value: json.dumps(value, ensure_ascii=False, default=_plain),
        headers={"Cache-Control": "no-store"},
    )


def _plain(value: object) -> str:
    # RFC 3339, as the published document says: a T between day and time.
    return value.isoformat() if isinstance(value, date) else str(value)
