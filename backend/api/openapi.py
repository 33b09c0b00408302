"""The OpenAPI document, built from the contracts of the router and from pydantic's own schemas."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from sanic import Blueprint, Request, Sanic
from sanic.response import HTTPResponse

from backend.api.contract import Bytes, Contract, Entry, Kind, Problem, Returned, Who, contract, table

blueprint = Blueprint("openapi", url_prefix="/api")
PUBLISHED = (Kind.JSON, Kind.HEALTH, Kind.DEMO)
_REFERENCE = "#/components/schemas/{model}"
_JSON = "application/json"
_DESCRIPTION = (
    "JSON for the mini-program and for whoever works with the service. Money is in fen (分), days are days of "
    "Asia/Shanghai, moments carry their time zone. Every error has the shape of `Problem`: `code` is for programs "
    "and stays as it is, `message` and `reasons` are for people. Who acts for another sends `X-Acting-For` with the "
    "id of that person; a command that is sent again with the same `Idempotency-Key` is done once."
)
_AREAS = {
    "application": "提出申请 四(一)",
    "deliberation": "民主评议 四(二)a",
    "determination": "结果认定、公布 四(三)(四)",
    "urgent": "先行救助 四(二)b",
    "session": "登录, 我的信息",
    "guide": "导办和计算",
    "bot": "问答, 转人工",
    "calls": "电话通知",
    "messages": "本人的消息和通知的数字",
    "reference": "低保标准、放假安排、办法的理解",
    "trail": "痕迹、案卷",
    "devices": "我的设备",
    "agents": "代办",
    "staff": "工作账号: 邀请、离任、扫码登录",
    "people": "个人信息: 号码、更正、名单",
    "privacy": "告知、同意、本人查阅和更正",
    "health": "运行状态",
    "demo": "演示环境才有",
    "openapi": "本文档",
}


class Document(Returned):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    openapi: Literal["3.1.0"]
    jsonSchemaDialect: str = Field(description="of every schema")  # noqa: N815 (the standard's own spelling)
    info: dict[str, JsonValue]
    tags: list[dict[str, JsonValue]]
    paths: dict[str, JsonValue]
    components: dict[str, JsonValue]


@blueprint.get("/openapi.json")
@contract(Who.OPEN, returns=Document, statuses=(200, 304))
async def openapi(request: Request) -> HTTPResponse:
    """This document; 304 for who has it already."""
    document = getattr(request.app.ctx, "openapi", None)
    if document is None:
        document = request.app.ctx.openapi = json.dumps(build(request.app), ensure_ascii=False).encode()
    tag = f'"{hashlib.sha256(document).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
    if request.headers.get("if-none-match") == tag:
        return HTTPResponse(status=304, headers=headers)
    return HTTPResponse(document, content_type=_JSON, headers=headers)


def build(app: Sanic) -> dict[str, Any]:
    """The document of every published route of `app`. Pages and WeChat's pushes are in the table alone."""
    rows = [row for row in table(app) if row.contract is not None and row.contract.kind in PUBLISHED]
    references, schemas = models_json_schema(sorted(_models(rows), key=str), ref_template=_REFERENCE)
    paths: dict[str, Any] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, references)
    areas = sorted({row.area for row in rows})
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "鹿城区社会救助“一事一议”", "version": "1", "description": _DESCRIPTION},
        "tags": [{"name": area, "description": _AREAS.get(area, area)} for area in areas],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "responses": {"Problem": _response("What is wrong, and what to do next.", references[_PROBLEM])},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


_Schemas = dict[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]
_PROBLEM: tuple[type[BaseModel], JsonSchemaMode] = (Problem, "serialization")


def _models(rows: Iterable[Entry]) -> set[tuple[type[BaseModel], JsonSchemaMode]]:
    found = {_PROBLEM}
    for row in rows:
        declared = _declared(row)
        found |= {(model, "serialization") for model in _alternatives(declared.returns)}
        if isinstance(declared.body, type):
            found.add((declared.body, "validation"))
    return found


def _operation(row: Entry, references: _Schemas) -> dict[str, Any]:
    declared = _declared(row)
    operation: dict[str, Any] = {
        "operationId": f"{row.area}_{row.handler.__name__}",
        "tags": [row.area],
        "summary": (row.handler.__doc__ or "").strip().splitlines()[0],
        "x-needs": [need.value for need in declared.needs],
        "parameters": [*_in_path(row), *_in_query(declared)],
        "responses": _responses(declared, references, has_parameters=bool(row.parameters)),
        "security": [] if declared.is_open else [{"bearer": []}],
    }
    if declared.roles is not None:
        operation["x-roles"] = sorted(declared.roles)
    if declared.body is not None:
        operation["requestBody"] = _body(declared.body, references)
    return operation


def _in_path(row: Entry) -> Iterator[dict[str, Any]]:
    for name, schema in row.parameters.items():
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(declared: Contract) -> Iterator[dict[str, Any]]:
    if declared.query is None:
        return
    schema = declared.query.model_json_schema()
    for name, field in schema["properties"].items():
        # null stands for a parameter that is not sent.
        shape = next((part for part in field.get("anyOf", ()) if part.get("type") != "null"), field)
        yield {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": shape}


def _body(body: type[BaseModel] | Bytes, references: _Schemas) -> dict[str, Any]:
    if isinstance(body, Bytes):
        return {"required": True, "content": _raw(body)}
    required = any(field.is_required() for field in body.model_fields.values())
    return {"required": required, "content": {_JSON: {"schema": references[body, "validation"]}}}


def _raw(body: Bytes) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string", "format": "binary"}} for kind in body.media_types}


def _responses(declared: Contract, references: _Schemas, *, has_parameters: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status in declared.statuses:
        phrase = HTTPStatus(status).phrase
        if status == 304:
            found[str(status)] = {"description": phrase}
        elif isinstance(declared.returns, Bytes):
            found[str(status)] = {"description": phrase, "content": _raw(declared.returns)}
        else:
            found[str(status)] = _response(phrase, _schema(declared.returns, references))
    for status in declared.problems(has_parameters=has_parameters):
        found[str(status)] = {"$ref": "#/components/responses/Problem"}
    return dict(sorted(found.items()))


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _schema(returns: Any, references: _Schemas) -> dict[str, Any]:
    if get_origin(returns) is list:
        return {"type": "array", "items": _schema(get_args(returns)[0], references)}
    models = [references[model, "serialization"] for model in _alternatives(returns)]
    return models[0] if len(models) == 1 else {"anyOf": models}


def _alternatives(returns: Any) -> tuple[type[BaseModel], ...]:
    """The models of `Model`, `list[Model]` or `Model | Other`."""
    if get_origin(returns) in (list, Union, UnionType):
        return tuple(model for part in get_args(returns) for model in _alternatives(part))
    return () if isinstance(returns, Bytes) else (returns,)


def _declared(row: Entry) -> Contract:
    assert row.contract is not None
    return row.contract
