"""The contract of a route: what it takes, who may call it, what it answers. One line below the blueprint's decorator.

The table of all routes is collected from the router; nothing is written down twice.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from sanic import Sanic

from backend.access import ALLOWED, Action
from rules.statuses import Role


class Who(StrEnum):
    """Who may call, where no one action says it."""

    OPEN = "open"
    """Nobody needs to be logged in."""
    PERSON = "person"
    """Anybody who is logged in."""
    STAFF = "staff"
    """Anybody with a staff account."""


class Kind(StrEnum):
    """What a route is. JSON, health and demonstration routes are in the published document."""

    JSON = "json"
    HEALTH = "health"
    DEMO = "demo"
    PAGE = "page"
    PUSH = "push"
    """WeChat's pushes: signed by the platform, in its own format."""


class Returned(BaseModel):
    """Base of everything that is answered: what is not declared is not said."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Returned):
    """Every error. `code` is for programs and for ever; `message` and `reasons` are for people."""

    code: str
    message: str
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Bytes:
    """A raw body, by its media types."""

    media_types: tuple[str, ...]


Needs = Who | Action | Role


@dataclass(frozen=True, slots=True)
class Contract:
    """`needs`: who may call; several are alternatives. `returns`: a model, a list of one, or raw bytes.

    `errors`: the statuses beside those that follow from the rest (`problems`).
    """

    kind: Kind
    needs: tuple[Needs, ...]
    body: type[BaseModel] | Bytes | None = None
    query: type[BaseModel] | None = None
    returns: Any = None
    statuses: tuple[int, ...] = (200,)
    errors: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it is answered without a login."""
        return Who.OPEN in self.needs

    @property
    def roles(self) -> frozenset[Role] | None:
        """The roles that may call it; None where the role decides nothing."""
        if self.is_open or Who.PERSON in self.needs:
            return None
        found: set[Role] = set()
        for need in self.needs:
            match need:
                case Action():
                    found |= ALLOWED[need]
                case Role():
                    found.add(need)
                case Who.STAFF:
                    found |= set(Role) - {Role.RESIDENT, Role.AGENT, Role.SYSTEM}
        return frozenset(found)

    def problems(self, *, has_parameters: bool) -> tuple[int, ...]:
        """Every status that can come with a `Problem`.

        The edge reads and counts what is sent to whichever route: 400, 408, 413, 429 and 503 are everybody's. A body
        brings 415 and 422, a query 422, an id in the address 404; a login 401, and with the headers `X-Acting-For` and
        `Idempotency-Key` 403 and 422.
        """
        found = {400, 408, 413, 429, 503, *self.errors}
        if self.body is not None:
            found |= {415, 422}
        if self.query is not None:
            found.add(422)
        if has_parameters:
            found.add(404)
        if not self.is_open:
            found |= {401, 403, 422}
        return tuple(sorted(found - set(self.statuses)))


_H = TypeVar("_H", bound=Callable[..., Any])


def _declare(handler: _H, contract: Contract) -> _H:
    handler.contract = contract  # type: ignore[attr-defined]
    return handler


def contract(
    *needs: Needs,
    returns: Any,
    body: type[BaseModel] | Bytes | None = None,
    query: type[BaseModel] | None = None,
    statuses: tuple[int, ...] = (200,),
    errors: tuple[int, ...] = (),
    kind: Kind = Kind.JSON,
) -> Callable[[_H], _H]:
    """Declare a JSON route."""
    declared = Contract(kind, needs, body, query, returns, statuses, errors)
    return lambda handler: _declare(handler, declared)


def page(*needs: Needs) -> Callable[[_H], _H]:
    """Declare a page for people."""
    return lambda handler: _declare(handler, Contract(Kind.PAGE, needs))


def push(handler: _H) -> _H:
    """Declare a route that WeChat calls: its signature is looked at, nobody is logged in."""
    return _declare(handler, Contract(Kind.PUSH, (Who.OPEN,)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table. `path`: /api/cases/{case_id}; `parameters`: the schema of each name in it."""

    method: str
    path: str
    parameters: dict[str, dict[str, object]]
    contract: Contract | None
    handler: Callable[..., Any]

    @property
    def area(self) -> str:
        """The file that it stands in."""
        return self.handler.__module__.rpartition(".")[2]


def table(app: Sanic) -> Iterator[Entry]:
    """Every route of the router with its contract, in the order of their paths; None where one was forgotten."""
    for route in sorted(app.router.routes, key=lambda route: route.path):
        parameters = {name: _schema(part) for name, part in _PARAMETER.findall(route.path)}
        path = "/" + _PARAMETER.sub(lambda found: f"{{{found[1]}}}", route.path)
        declared = getattr(route.handler, "contract", None)
        for method in sorted(route.methods):
            yield Entry(method, path, parameters, declared, route.handler)


_PARAMETER = re.compile(r"<(\w+):([^>]+)>")


def _schema(kind: str) -> dict[str, object]:
    if kind == "uuid":
        return {"type": "string", "format": "uuid"}
    if kind == "int":
        return {"type": "integer"}
    return {"type": "string", "pattern": f"^({kind})$"}
