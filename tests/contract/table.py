"""The contracts as a test looks them up: what was declared for an address, and whether an answer keeps it."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sanic import Sanic

from backend.api.contract import Bytes, Entry, Problem, table
from backend.app import create_app
from backend.settings import Settings


@cache
def app() -> Sanic:
    """The service as it is composed, connected to nothing."""
    Sanic.test_mode = True
    return create_app(Settings(environment="test", database_url="postgres://nobody/x", redis_url="redis://nobody"))


@cache
def rows() -> tuple[Entry, ...]:
    """Every route."""
    return tuple(table(app()))


@dataclass(frozen=True, slots=True)
class Broken:
    """An answer that is not what was declared."""

    method: str
    path: str
    status: int
    why: str


def row_of(method: str, path: str) -> Entry:
    """The route of an address; what is written out goes before what has a name in it. Raises LookupError."""
    found = [row for row in rows() if row.method == method and _pattern(row.path).fullmatch(path.split("?")[0])]
    if not found:
        raise LookupError(f"{method} {path}")
    return min(found, key=lambda row: len(row.parameters))


def broken(method: str, path: str, status: int, content_type: str, body: bytes) -> Broken | None:
    """What is wrong with an answer, or None."""
    row = row_of(method, path)
    declared = row.contract
    assert declared is not None, row
    expected: Any = declared.returns if status in declared.statuses else Problem
    if status not in (*declared.statuses, *declared.problems(has_parameters=bool(row.parameters))):
        return Broken(method, row.path, status, "status is not declared")
    if status == 304:
        return None
    content_type = content_type.partition(";")[0].strip()
    if isinstance(expected, Bytes):
        return None if content_type in expected.media_types else Broken(method, row.path, status, content_type)
    if content_type != "application/json":
        return Broken(method, row.path, status, f"content type {content_type}")
    try:
        _adapter(expected).validate_json(body, strict=True)
        json.loads(body)
    except (ValidationError, ValueError) as error:
        return Broken(method, row.path, status, str(error))
    return None


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
