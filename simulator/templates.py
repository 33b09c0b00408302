"""The mini-program's own subscribe templates, and the library that they are put together from."""

import re
import secrets
from typing import Any

from aiohttp import web

from simulator.api import PLATFORM, account_of, asked, json_body, ok
from simulator.errors import PlatformError
from simulator.platform import Platform

MOST_TEMPLATES = 50
_MOST_SCENE = 15
_CATEGORY = {"id": 500, "name": "政务民生"}
_LIBRARY: dict[str, tuple[str, int, tuple[tuple[str, str, str], ...]]] = {
    "1001": (
        "会议通知",
        2,
        (
            ("thing", "会议事项", "村里的会议"),
            ("date", "会议时间", "2026年10月9日 15:01"),
            ("thing", "会议地点", "村委会"),
            ("thing", "温馨提示", "请点开回复"),
            ("phrase", "会议状态", "已改期"),
        ),
    ),
    "1002": (
        "办理进度提醒",
        3,
        (
            ("character_string", "编号", "A-1"),
            ("phrase", "进度", "已有结果"),
            ("thing", "温馨提示", "请点开查看"),
            ("time", "更新时间", "2026年10月9日 15:01"),
        ),
    ),
}
"""tid -> title, type (2 one-time, 3 long-term), its words by kid from 1: field type, name, example."""
_EXAMPLES = {rule: example for _, _, words in _LIBRARY.values() for rule, _, example in words}
_RULE = re.compile(r"\d+$")
routes = web.RouteTableDef()


@routes.route("*", "/wxaapi/newtmpl/getcategory")
async def getcategory(request: web.Request) -> web.Response:
    """The account's categories."""
    _reader(request)
    return ok(data=[_CATEGORY])


@routes.route("*", "/wxaapi/newtmpl/getpubtemplatetitles")
async def getpubtemplatetitles(request: web.Request) -> web.Response:
    """?ids=&start=&limit= -> the library's titles of these categories."""
    _reader(request)
    wanted = request.query.get("ids", "").split(",")
    titles = [
        {"tid": int(tid), "title": title, "type": kind, "categoryId": str(_CATEGORY["id"])}
        for tid, (title, kind, _) in _LIBRARY.items()
        if str(_CATEGORY["id"]) in wanted
    ]
    start, limit = (int(request.query.get(name, number)) for name, number in (("start", 0), ("limit", 30)))
    return ok(count=len(titles), data=titles[start : start + limit])


@routes.route("*", "/wxaapi/newtmpl/getpubtemplatekeywords")
async def getpubtemplatekeywords(request: web.Request) -> web.Response:
    """?tid= -> the words of one title."""
    _reader(request)
    _, _, words = _title(request.query.get("tid"))
    data = [
        {"kid": kid, "name": name, "example": example, "rule": rule}
        for kid, (rule, name, example) in enumerate(words, start=1)
    ]
    return ok(count=len(data), data=data)


@routes.route("*", "/wxaapi/newtmpl/gettemplate")
async def gettemplate(request: web.Request) -> web.Response:
    """The account's own templates, each field as a line `会议时间:{{date2.DATA}}`."""
    platform = _reader(request)
    return ok(data=[_shown(template) for template in platform.templates.values() if _is_own(template)])


@routes.route("*", "/wxaapi/newtmpl/addtemplate")
async def addtemplate(request: web.Request) -> web.Response:
    """{"tid", "kidList": two to five words in order, "sceneDesc"} -> {"priTmplId"}."""
    platform = request.app[PLATFORM]
    account_of(request, only="mini", otherwise=48001)
    body = await json_body(request)
    title, kind, words = _title(body.get("tid"))
    kids, scene = body.get("kidList"), body.get("sceneDesc")
    if not isinstance(kids, list) or not 2 <= len(kids) <= 5 or len(set(map(str, kids))) != len(kids):
        raise PlatformError(200020)
    if not all(str(kid).isdecimal() and 1 <= int(kid) <= len(words) for kid in kids):
        raise PlatformError(200020)
    if not isinstance(scene, str) or not 1 <= len(scene) <= _MOST_SCENE:
        raise PlatformError(200021)
    if sum(map(_is_own, platform.templates.values())) >= MOST_TEMPLATES:
        raise PlatformError(200012)
    template_id = secrets.token_urlsafe(32)
    chosen = {f"{words[int(kid) - 1][0]}{kid}": words[int(kid) - 1][1] for kid in kids}
    platform.templates[template_id] = {"id": template_id, "title": title, "fields": chosen, "type": kind}
    platform.touch()
    return ok(priTmplId=template_id)


@routes.route("*", "/wxaapi/newtmpl/deltemplate")
async def deltemplate(request: web.Request) -> web.Response:
    """{"priTmplId"}: nothing can be sent with it any more."""
    platform = request.app[PLATFORM]
    account_of(request, only="mini", otherwise=48001)
    template = platform.templates.get(str((await json_body(request)).get("priTmplId")))
    if template is None or not _is_own(template):
        raise PlatformError(40037)
    del platform.templates[template["id"]]
    platform.touch()
    return ok()


def _reader(request: web.Request) -> Platform:
    account_of(request, only="mini", otherwise=48001)
    asked(request)
    return request.app[PLATFORM]


def _title(tid: object) -> tuple[str, int, tuple[tuple[str, str, str], ...]]:
    if str(tid) not in _LIBRARY:
        raise PlatformError(200014)
    return _LIBRARY[str(tid)]


def _is_own(template: dict[str, Any]) -> bool:
    return bool(template.get("account", "mini") == "mini")


def _shown(template: dict[str, Any]) -> dict[str, Any]:
    fields, enums = template["fields"], template.get("enums") or {}
    shown = {
        "priTmplId": template["id"],
        "title": template["title"],
        "content": "".join(f"{label}:{{{{{name}.DATA}}}}\n" for name, label in fields.items()),
        "example": "".join(f"{label}:{_EXAMPLES.get(_RULE.sub('', name), '1')}\n" for name, label in fields.items()),
        "type": template.get("type", 2),
    }
    if enums:
        listed = [{"enumValueList": list(values), "keywordCode": f"{name}.DATA"} for name, values in enums.items()]
        shown["keywordEnumValueList"] = listed
    return shown
