"""What only tests and the local run may do: make phones, press their buttons, switch faults on, look inside."""

from typing import Any

import aiohttp
from aiohttp import web

from simulator import push
from simulator.acts import Act
from simulator.api import PLATFORM
from simulator.errors import PlatformError

HTTP = web.AppKey("http", aiohttp.ClientSession)
routes = web.RouteTableDef()


@web.middleware
async def admin_errors(request: web.Request, handler: object) -> web.StreamResponse:
    """A mistake in an admin call is a 400 with the platform's words."""
    try:
        return await handler(request)
    except PlatformError as error:
        return web.json_response(error.body(), status=400)
    except (KeyError, ValueError, TypeError) as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)


@routes.post("/admin/users")
async def add_users(request: web.Request) -> web.Response:
    """{"users": [{"name", "openid"?, "credits"?, "phone"?, "country_code"?, "follows"?}]} -> the phones, new or known.

    All but the name is for new ones only.
    """
    platform = request.app[PLATFORM]
    body = await request.json()
    users = []
    for wanted in body["users"]:
        is_new = wanted.get("openid") not in platform.users
        user = platform.add_user(wanted["name"], wanted.get("openid"))
        if is_new:
            user.credits = {str(template): int(count) for template, count in wanted.get("credits", {}).items()}
            user.phone = str(wanted.get("phone") or user.phone)
            user.country_code = str(wanted.get("country_code") or user.country_code)
            user.follows = bool(wanted.get("follows", True))
        users.append(user)
    platform.save()
    ids = ("openid", "service_openid", "unionid")
    return web.json_response([{name: getattr(user, name) for name in ids} for user in users])


@routes.post("/admin/templates")
async def add_templates(request: web.Request) -> web.Response:
    """{"templates": [...], "pages": [...]}: what the accounts have been granted.

    A template: {"id", "title", "fields", "type"?: 2 one-time | 3 long-term, "account"?: "mini" | "service", "sort"?:
    "subscribe" | "message" (template/send), "enums"?: {field: values}, "is_old"?: true (40247)}.
    """
    platform = request.app[PLATFORM]
    body = await request.json()
    for template in body["templates"]:
        platform.templates[template["id"]] = template
    platform.pages.update(body.get("pages", ()))
    platform.save()
    return web.json_response({"ok": True})


@routes.post("/admin/login")
async def login(request: web.Request) -> web.Response:
    """{"openid"} -> what wx.login gives the phone."""
    return web.json_response({"code": request.app[PLATFORM].login_code((await request.json())["openid"])})


@routes.post("/admin/phone_code")
async def phone_code(request: web.Request) -> web.Response:
    """{"openid"} -> what the getPhoneNumber button gives the phone."""
    return web.json_response({"code": request.app[PLATFORM].phone_code((await request.json())["openid"])})


@routes.post("/admin/secrets")
async def look_inside(request: web.Request) -> web.Response:
    """{"openid"} -> the session_key that the last login code was answered with."""
    user = request.app[PLATFORM].user((await request.json())["openid"])
    return web.json_response({"session_key": user.session_key})


@routes.get("/admin/inbox")
async def inbox(request: web.Request) -> web.Response:
    """?openid= -> everything that arrived on this phone."""
    return web.json_response(request.app[PLATFORM].user(request.query["openid"]).inbox)


@routes.post("/admin/say")
async def say(request: web.Request) -> web.Response:
    """What a person does in a chat -> {"answer", "tries"}: what the phone shows as the answer.

    {"openid", "account"?: "service" | "mini", "kind"?, "text"?, "event"?, "key"?, "recognition"?, "encrypted"?,
    "mode"?: "plain" | "compatible" | "safe", "format"?: "xml" | "json", "message_id"?}; the openid at either account,
    the kinds and events of simulator.acts; "encrypted": true is safe mode.
    """
    body = await request.json()
    return await _do(request, body, str(body.get("account", "service")), Act.of(body))


@routes.post("/admin/enter_session")
async def enter_session(request: web.Request) -> web.Response:
    """{"openid", "key"?, "mode"?, "format"?}: the person opens the mini-program's customer service."""
    body = await request.json()
    act = Act("event", event="user_enter_tempsession", key=str(body.get("key", "")))
    return await _do(request, body, "mini", act)


async def _do(request: web.Request, body: dict[str, Any], kind: str, act: Act) -> web.Response:
    account = request.app[PLATFORM].accounts[kind]
    way = push.Way.of(account, body.get("mode") or ("safe" if body.get("encrypted") else None), body.get("format"))
    message_id = str(body["message_id"]) if body.get("message_id") else None
    answer = await push.say(
        request.app[PLATFORM], request.app[HTTP], account, body["openid"], act, way, message_id=message_id
    )
    return web.json_response(answer)


@routes.get("/admin/chat")
async def chat(request: web.Request) -> web.Response:
    """?openid=&account=service|mini -> the lines of that chat; without an account those of both."""
    platform = request.app[PLATFORM]
    user = platform.phone(request.query["openid"])
    kind = request.query.get("account")
    return web.json_response(user.chat_with(platform.accounts[kind].kind) if kind else user.chat)


@routes.post("/admin/clock")
async def clock(request: web.Request) -> web.Response:
    """{"seconds"}: codes, tokens and windows are so much older at once; less than nothing moves back."""
    platform = request.app[PLATFORM]
    platform.offset += float((await request.json())["seconds"])
    return web.json_response({"offset": platform.offset})


@routes.get("/admin/stats")
async def stats(request: web.Request) -> web.Response:
    """How often each endpoint was called, and how many messages are on phones."""
    platform = request.app[PLATFORM]
    delivered = sum(len(user.inbox) for user in platform.users.values())
    return web.json_response({"calls": dict(platform.calls), "delivered": delivered, "users": len(platform.users)})
