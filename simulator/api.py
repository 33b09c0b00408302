"""The platform's public endpoints, strict about every rule of its documents."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulator import fields
from simulator.accounts import Account, Kind
from simulator.errors import PlatformError
from simulator.platform import Platform

PLATFORM = web.AppKey("platform", Platform)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
routes = web.RouteTableDef()


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


@web.middleware
async def platform_rules(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as the platform writes them; faults that were switched on; a count of every call."""
    if request.path.startswith(("/admin", "/phones", "/wecom", "/sms")) or request.path == "/":
        return await handler(request)
    platform = request.app[PLATFORM]
    platform.calls[request.path] += 1
    fault = platform.take_fault()
    if fault:
        await asyncio.sleep(fault.latency)
        if fault.reset == "before":
            _cut(request)
            return web.Response()
        if fault.http_status:
            return web.Response(status=fault.http_status)
        if fault.errcode:
            return web.json_response(PlatformError(fault.errcode).body())
    try:
        response = await handler(request)
    except PlatformError as error:
        response = web.json_response(error.body())
    if fault and fault.reset == "after":
        _cut(request)
    return response


def account_of(request: web.Request, only: Kind | None = None) -> Account:
    """Whose token the call carries. Raises PlatformError 41001, 42001, 40001; the last for any account but `only`."""
    account = request.app[PLATFORM].check_token(request.query.get("access_token"))
    if only and account.kind != only:
        raise PlatformError(40001)
    return account


async def json_body(request: web.Request) -> dict[str, Any]:
    """The object that was posted, whatever its Content-Type. Raises PlatformError 43002, 44002, 47001."""
    if request.method != "POST":
        raise PlatformError(43002)
    raw = await request.read()
    if not raw:
        raise PlatformError(44002)
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise PlatformError(47001) from error
    if not isinstance(body, dict):
        raise PlatformError(47001)
    return body


@routes.get("/sns/jscode2session")
async def jscode2session(request: web.Request) -> web.Response:
    """A login code of the mini-program for openid and session_key; answers text/plain, as the platform does."""
    platform = request.app[PLATFORM]
    account = platform.check_app(request.query.get("appid"), request.query.get("secret"))
    if account.kind != "mini":
        raise PlatformError(40013)
    user = platform.redeem(request.query.get("js_code", ""))
    answer = {"openid": user.openid, "unionid": user.unionid, "session_key": user.session_key}
    return web.Response(text=json.dumps(answer), content_type="text/plain")


@routes.post("/cgi-bin/stable_token")
async def stable_token(request: web.Request) -> web.Response:
    """The account's token, the same while it is valid; force_refresh kills it."""
    platform = request.app[PLATFORM]
    body = await json_body(request)
    account = platform.check_app(body.get("appid"), body.get("secret"))
    token, seconds = platform.stable_token(account.kind, force=bool(body.get("force_refresh")))
    return web.json_response({"access_token": token, "expires_in": seconds})


@routes.route("*", "/wxa/business/getuserphonenumber")
async def getuserphonenumber(request: web.Request) -> web.Response:
    """The telephone behind a code of the getPhoneNumber button; another account's token is the wrong appid."""
    platform = request.app[PLATFORM]
    account = account_of(request)
    body = await json_body(request)
    if account.kind != "mini":
        raise PlatformError(40013)
    user = platform.redeem_phone(body.get("code"))
    abroad = "" if user.country_code == "86" else f"+{user.country_code}"
    info = {
        "phoneNumber": f"{abroad}{user.phone}",
        "purePhoneNumber": user.phone,
        "countryCode": user.country_code,
        "watermark": {"timestamp": int(platform.now()), "appid": account.appid},
    }
    return web.json_response({"errcode": 0, "errmsg": "ok", "phone_info": info})


@routes.get("/cgi-bin/user/info")
async def user_info(request: web.Request) -> web.Response:
    """Who follows the service account; who does not is told by `subscribe` 0 and nothing else."""
    platform = request.app[PLATFORM]
    account = account_of(request, only="service")
    user = platform.user_at(account, request.query.get("openid"))
    if not user.follows:
        return web.json_response({"subscribe": 0, "openid": user.service_openid})
    return web.json_response(
        {
            "subscribe": 1,
            "openid": user.service_openid,
            "language": "zh_CN",
            "subscribe_time": int(platform.now()),
            "unionid": user.unionid,
            "remark": "",
            "groupid": 0,
            "tagid_list": [],
            "subscribe_scene": "ADD_SCENE_OTHERS",
            "qr_scene": 0,
            "qr_scene_str": "",
        }
    )


@routes.route("*", "/cgi-bin/message/subscribe/send")
async def subscribe_send(request: web.Request) -> web.Response:
    """One subscribe message: token, openid, template, page, credit, fields, in this order."""
    platform = request.app[PLATFORM]
    account_of(request, only="mini")
    body = await json_body(request)
    user = platform.user(body.get("touser"))
    template = platform.templates.get(str(body.get("template_id")))
    if template is None:
        raise PlatformError(40037)
    page = str(body.get("page") or "")
    if page and page.split("?")[0] not in platform.pages:
        raise PlatformError(41030)
    if user.openid in platform.busy:
        raise PlatformError(43108)
    platform.busy.add(user.openid)
    try:
        await asyncio.sleep(0)
        credits = user.credits.get(str(template["id"]), 0)
        if credits < 1:
            raise PlatformError(43101)
        values = fields.check(template["fields"], body.get("data"))
        user.credits[str(template["id"])] = credits - 1
        user.inbox.append(
            {
                "template": template["id"],
                "title": template["title"],
                "fields": {template["fields"][name]: value for name, value in values.items()},
                "page": page,
                "at": platform.now(),
            }
        )
        platform.save()
    finally:
        platform.busy.discard(user.openid)
    return web.json_response({"errcode": 0, "errmsg": "ok"})
