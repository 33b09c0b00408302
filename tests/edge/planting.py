"""Marked numbers of nobody, planted into whatever a route takes, and found again however they are written."""

import ast
import inspect
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from itertools import count
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel
from sanic import Sanic

from backend.app import create_app
from backend.settings import Settings

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
# 990000 is no place's code, 17099 no operator's range, 0999 no area, 999999 no bank's.
IDENTITY, PHONE, LANDLINE, CARD = "990000197001019990", "17099990001", "099988880001", "9999990000000000017"
BARE = (IDENTITY, PHONE, LANDLINE, CARD)
MARKS = (
    IDENTITY,
    IDENTITY.translate(_WIDE),
    "990000 19700101 9990",
    PHONE,
    PHONE.translate(_WIDE),
    "170-9999-0001",
    "1 7 0 9 9 9 9 0 0 0 1",
    "0999-88880001",
    "（0999）88880001".translate(_WIDE),
    "9999 9900 0000 0000 017",
    "9999-9900-0000-0000-017".translate(_WIDE),
    CARD,
)
_turn = count()
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_BETWEEN = re.compile(r"(?<=\d)[\s\-–—·._()（）+%]+(?=\d)")


def next_mark(most: int | None = None) -> str:
    """The next way of writing a marked number that fits."""
    for _ in MARKS:
        mark = MARKS[next(_turn) % len(MARKS)]
        if most is None or len(mark) <= most:
            return mark
    return ""


def found_in(text: str) -> list[str]:
    """The marked numbers in a text, whatever their digits and separators look like."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("%20", " ")
    joined = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    return [number for number in BARE if number in joined]


@dataclass(frozen=True)
class Known:
    """A route, and the model of its body where it has one."""

    method: str
    template: str
    model: type[BaseModel] | None

    @property
    def takes(self) -> bool:
        """Whether something can be sent to it."""
        return self.method != "GET"

    @property
    def is_page(self) -> bool:
        """Whether people see it, and not a program."""
        return not self.template.startswith(("/api/", "/wechat/", "/health/", "/demo/"))

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


@cache
def routes() -> list[Known]:
    """Every route of the application, from its own router."""
    Sanic.test_mode = True
    app = create_app(Settings(environment="test", database_url="x", redis_url="x", limits={}))
    return [
        Known(method, f"/{route.path}", model_of(inspect.unwrap(route.handler)) if method != "GET" else None)
        for route in app.router.routes
        for method in sorted(route.methods)
    ]


def model_of(handler: Any) -> type[BaseModel] | None:
    """The model that a handler parses the body with, read from its source."""
    for call in ast.walk(ast.parse(inspect.cleandoc(inspect.getsource(handler)))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("asked", "parse"):
            name = call.args[1]
            assert isinstance(name, ast.Name)
            return handler.__globals__[name.id]
    return None


def body_of(model: type[BaseModel], case: UUID) -> dict[str, Any]:
    """A body that the model takes, with a mark in every text."""
    return {name: _value(field.annotation, field.metadata, case) for name, field in model.model_fields.items()}


def _value(kind: Any, limits: list[Any], case: UUID) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _value(next(item for item in inner if item is not NoneType), limits, case)
    if origin is Literal:
        return inner[0]
    if origin is list:
        return [_value(inner[0], [], case)]
    if origin is dict:
        return {next_mark(): next_mark()}
    if origin is not None:  # Annotated
        return _value(inner[0], [*limits, *inner[1:]], case)
    if inspect.isclass(kind) and issubclass(kind, BaseModel):
        return body_of(kind, case)
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return next(iter(kind)).value
    return _simple(kind, limits, case)


def _simple(kind: Any, limits: list[Any], case: UUID) -> Any:
    if kind is str:
        if any(getattr(limit, "pattern", None) for limit in limits):
            return "170 9999-0001"
        most = next((limit.max_length for limit in limits if hasattr(limit, "max_length")), None)
        least = next((limit.min_length for limit in limits if hasattr(limit, "min_length")), 0)
        mark = next_mark(most)
        return (mark + uuid4().hex)[: max(least, len(mark))]
    return {
        bool: True,
        int: 1,
        UUID: str(case),
        date: "1970-01-01",
        datetime: "2026-09-28T09:00:00+08:00",
        AwareDatetime: "2026-09-28T09:00:00+08:00",
    }[kind]


_NAMED = {
    "intent": "validity",
    "question_id": "1",
    "device_id": "0" * 32,
    "ticket": "t" * 30,
    "code": "c" * 30,
    "purpose": "property_check",
}


def path_of(template: str, case: UUID, *, village: int) -> str:
    """A path of a route, its parameters filled in."""

    def filled(found: re.Match[str]) -> str:
        name, _, kind = found[1].partition(":")
        if kind == "uuid":
            return str(case)
        if kind == "int":
            return str(village)
        return _NAMED.get(name) or kind.split("|")[0]

    return re.sub(r"<([^>]+)>", filled, template)
