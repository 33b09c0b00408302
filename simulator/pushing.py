"""What only tests and the local run may do with pushes: the popup's answer, how and what is pushed, what came of it."""

import asyncio
from dataclasses import asdict

from aiohttp import web

from simulator import subscriptions
from simulator.api import PLATFORM
from simulator.push import MODES

routes = web.RouteTableDef()
_MOST_SECONDS = 60


@routes.post("/admin/popup")
async def popup(request: web.Request) -> web.Response:
    """A person answers the popup of requestSubscribeMessage.

    {"openid", "templates": [all accepted] or {template: "accept" | "reject"}, "always"?: true} -> {"errCode",
    "results": {template: accept | reject | ban | filter}, "left": {template: credits}}. errCode as wx gives it.
    """
    platform = request.app[PLATFORM]
    body = await request.json()
    user = platform.user(body["openid"])
    wanted = body["templates"]
    choices = wanted if isinstance(wanted, dict) else dict.fromkeys(wanted, "accept")
    try:
        results = subscriptions.ask(platform, user, choices, always=bool(body.get("always")))
    except subscriptions.PopupError as error:
        return web.json_response({"errCode": error.errcode, "results": {}, "left": user.credits})
    return web.json_response({"errCode": 0, "results": results, "left": user.credits})


@routes.post("/admin/refuse")
async def refuse(request: web.Request) -> web.Response:
    """{"openid", "template"}: the person refuses a template outside of any popup (the change event)."""
    platform = request.app[PLATFORM]
    body = await request.json()
    subscriptions.refuse(platform, platform.user(body["openid"]), str(body["template"]))
    return web.json_response({"ok": True})


@routes.post("/admin/pushing")
async def pushing(request: web.Request) -> web.Response:
    """How the platform tells events from now on: any of simulator.platform.Pushing -> all of it."""
    options = request.app[PLATFORM].pushing
    for name, value in (await request.json()).items():
        wanted = type(getattr(options, name))(value)
        if name == "mode" and wanted not in MODES:
            raise ValueError(f"no mode {wanted!r}")
        setattr(options, name, wanted)
    return web.json_response(asdict(options))


@routes.get("/admin/pushes")
async def pushes(request: web.Request) -> web.Response:
    """What was pushed, the oldest first: at, account, openid, what, mode, format, tries, answer, outcome.

    ?settled=1 waits (a minute at most) until nothing waits to be pushed.
    """
    platform = request.app[PLATFORM]
    if request.query.get("settled"):
        async with asyncio.timeout(_MOST_SECONDS):
            platform.nothing_to_tell.clear()
            await platform.nothing_to_tell.wait()
    return web.json_response(list(platform.pushes))


@routes.post("/admin/tell")
async def tell(request: web.Request) -> web.Response:
    """{"openid", "msgid", "template_id"?, "account"?, "sort"?: "message", "error"?}: the platform tells again, or late.

    "sort": "message" is TEMPLATESENDJOBFINISH with "error" as its Status, else subscribe_msg_sent_event.
    """
    body = {name: str(value) for name, value in (await request.json()).items()}
    entry = {"template_id": "", "error": ""} | body
    request.app[PLATFORM].phone(entry["openid"])
    request.app[PLATFORM].sent_events.append(entry)
    return web.json_response(entry)
