"""The table of contracts is the router, and the document is the table."""

from collections import Counter
from collections.abc import Iterator
from inspect import isfunction, unwrap
from typing import Any, get_args

import jsonschema_rs
import pytest
from pydantic import BaseModel, TypeAdapter
from sanic import Sanic
from sanic.response import HTTPResponse, text

from backend.access import ALLOWED, Action
from backend.api.contract import Bytes, Kind, Problem, Returned, Who, contract, table
from backend.api.openapi import PUBLISHED, build
from backend.api.refusals import NAMES
from rules.statuses import Role
from tests.contract.table import app, row_of, rows


def test_every_route_of_the_router_has_a_contract() -> None:
    assert [f"{row.method} {row.path}" for row in rows() if row.contract is None] == []


def test_a_route_without_a_contract_is_found() -> None:
    forgotten = Sanic("forgotten")

    @forgotten.get("/somewhere")
    async def somewhere(_request: object) -> HTTPResponse:
        return text("")

    assert [row.path for row in table(forgotten) if row.contract is None] == ["/somewhere"]


def test_every_contract_stands_on_a_route() -> None:
    """A handler that was declared and never routed, in whichever module of the edge it stands."""
    routed = {unwrap(row.handler) for row in rows()}
    modules = {row.handler.__module__ for row in rows()}
    unrouted = [
        f"{name}.{member.__name__}"
        for name in modules
        for member in vars(__import__(name, fromlist=["_"])).values()
        if isfunction(member) and hasattr(member, "contract") and member not in routed
    ]
    assert unrouted == []


def test_the_table_covers_pages_pushes_health_and_demonstration() -> None:
    kinds = Counter(row.contract.kind for row in rows() if row.contract)
    assert set(kinds) == set(Kind)
    assert kinds[Kind.JSON] > 60
    assert kinds[Kind.PAGE] > 30


@pytest.mark.parametrize(
    ("method", "path", "kind", "roles"),
    [
        ("POST", "/api/cases/x/approve", Kind.JSON, ALLOWED[Action.DETERMINE]),
        ("GET", "/api/cases/x", Kind.JSON, ALLOWED[Action.READ_OWN] | ALLOWED[Action.READ_CASE]),
        ("GET", "/api/me", Kind.JSON, None),
        ("GET", "/lists", Kind.PAGE, None),
        ("GET", "/console/people", Kind.PAGE, ALLOWED[Action.ANSWER_PERSON]),
        ("GET", "/console/reference", Kind.PAGE, set(Role) - {Role.RESIDENT, Role.AGENT, Role.SYSTEM}),
        ("POST", "/wechat/push", Kind.PUSH, None),
    ],
)
def test_who_may_call_stands_in_the_table(method: str, path: str, kind: Kind, roles: set[Role] | None) -> None:
    declared = row_of(method, path).contract
    assert declared is not None
    assert declared.kind is kind
    assert declared.roles == roles


def test_errors_follow_from_what_is_declared() -> None:
    @contract(Action.REVIEW, body=Bytes(("text/plain",)), returns=Problem, errors=(409,))
    async def handler() -> None: ...

    declared = handler.contract
    assert declared.problems(has_parameters=True) == (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)

    @contract(Who.OPEN, returns=Problem)
    async def other() -> None: ...

    assert other.contract.problems(has_parameters=False) == (400, 408, 413, 429, 503)


def test_what_is_returned_forbids_what_is_not_declared() -> None:
    for model in _returned():
        assert model.model_config["extra"] == "forbid", model
        assert issubclass(model, Returned), model


def test_every_field_of_every_body_has_a_chinese_name() -> None:
    names = {name for model in _bodies() | _queries() for name in _fields(model)}
    assert sorted(names - NAMES.keys()) == []
    assert sorted(NAMES.keys() - names) == [], "a name that no body has any more"
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in NAMES.values())


# -- the document


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return build(app())


def test_the_document_holds_every_published_route_and_no_page(document: dict[str, Any]) -> None:
    expected = {(row.path, row.method.lower()) for row in rows() if row.contract and row.contract.kind in PUBLISHED}
    assert {(path, method) for path, methods in document["paths"].items() for method in methods} == expected


def test_the_published_schemas_are_pydantics_own(document: dict[str, Any]) -> None:
    published = document["components"]["schemas"]
    for mode, models in (("validation", _bodies()), ("serialization", _returned())):
        for model in models:
            own = TypeAdapter(model).json_schema(mode=mode, ref_template="#/components/schemas/{model}")
            for name, part in own.pop("$defs", {}).items():
                assert published[name] == part, name
            assert published[model.__name__] == own or "$ref" in own, model


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert "__" not in name, f"{name}: two models have one name"
        jsonschema_rs.meta.validate(schema | {"$schema": document["jsonSchemaDialect"]})
    for reference in _references(document):
        at: Any = document
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    """The shape that the standard asks of document, path item, operation, parameter, request body and response."""
    jsonschema_rs.validator_for(_OPENAPI).validate(document)
    ids = [operation["operationId"] for operation in _operations(document)]
    assert len(ids) == len(set(ids))


def test_required_formats_security_and_errors_are_said(document: dict[str, Any]) -> None:
    submission = document["components"]["schemas"]["Submission"]
    assert sorted(submission["required"]) == ["household_size", "story", "submission_key"]
    schemas = document["components"]["schemas"]
    assert schemas["CaseState"]["properties"]["id"]["format"] == "uuid"
    assert schemas["Term"]["properties"]["valid_to"]["format"] == "date"
    assert schemas["Visit"]["properties"]["visited_at"]["format"] == "date-time"
    assert document["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    approve = document["paths"]["/api/cases/{case_id}/approve"]["post"]
    assert approve["security"] == [{"bearer": []}]
    assert approve["x-needs"] == ["determine"]
    assert document["paths"]["/api/villages"]["get"]["security"] == []
    for operation in _operations(document):
        errors = [status for status in operation["responses"] if status >= "400"]
        assert errors, operation["operationId"]


def _bodies() -> set[type[BaseModel]]:
    return {row.contract.body for row in rows() if row.contract and isinstance(row.contract.body, type)}


def _queries() -> set[type[BaseModel]]:
    return {row.contract.query for row in rows() if row.contract and row.contract.query}


def _fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _fields(part)


def _returned() -> set[type[BaseModel]]:
    def models(shape: Any) -> Iterator[type[BaseModel]]:
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            yield shape
            for field in shape.model_fields.values():
                yield from models(field.annotation)
        for part in get_args(shape):
            yield from models(part)

    return {model for row in rows() if row.contract for model in models(row.contract.returns)}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


_CONTENT = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "object", "required": ["schema"], "properties": {"schema": {"type": "object"}}},
}
_OPENAPI = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "tags": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        "paths": {
            "type": "object",
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object",
                "propertyNames": {"enum": ["get", "post", "put", "patch", "delete"]},
                "additionalProperties": {"$ref": "#/$defs/operation"},
            },
        },
    },
    "$defs": {
        "operation": {
            "type": "object",
            "required": ["operationId", "responses", "tags", "summary", "security"],
            "properties": {
                "operationId": {"type": "string", "pattern": "^[a-z_]+$"},
                "summary": {"type": "string", "minLength": 1},
                "parameters": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "in", "required", "schema"],
                        "properties": {"in": {"enum": ["path", "query"]}},
                        "if": {"properties": {"in": {"const": "path"}}},
                        "then": {"properties": {"required": {"const": True}}},
                    },
                },
                "requestBody": {"type": "object", "required": ["content"], "properties": {"content": _CONTENT}},
                "responses": {
                    "type": "object",
                    "propertyNames": {"pattern": "^[1-5][0-9]{2}$"},
                    "additionalProperties": {
                        "anyOf": [
                            {"required": ["$ref"]},
                            {"required": ["description"], "properties": {"content": _CONTENT}},
                        ]
                    },
                },
            },
            "patternProperties": {"^x-": {}},
            "additionalProperties": {"not": {"type": "null"}},
        }
    },
}
