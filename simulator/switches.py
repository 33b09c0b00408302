"""What only tests and the local run may change about the platform itself: faults, quotas, tokens, lists of words."""

from dataclasses import asdict

from aiohttp import web

from simulator.api import PLATFORM
from simulator.faults import Faults
from simulator.platform import Platform
from simulator.quotas import Limit

routes = web.RouteTableDef()
_SETS = ("whitelist", "banned", "sensitive_words")
_VALUES = {"keywords": dict, "is_released": bool, "check_delay": float}
_OF_A_PHONE = {"main_switch": bool, "blocked": bool, "follows": bool, "long_term": list, "credits": dict}


@routes.post("/admin/faults")
async def faults(request: web.Request) -> web.Response:
    """The next calls go wrong: errcode, latency (seconds), http_status, reset (before|after), times, probability.

    With "path" for one endpoint, else for every call; nothing at all ({}) clears them both, "path" alone its own.
    """
    platform = request.app[PLATFORM]
    body = await request.json()
    path = body.pop("path", None)
    fault = Faults(**body)
    if path is None:
        platform.faults = fault
        if not body:
            platform.faults_at.clear()
    elif body:
        platform.faults_at[path] = fault
    else:
        platform.faults_at.pop(path, None)
    return web.json_response(asdict(fault))


@routes.post("/admin/revoke")
async def revoke(request: web.Request) -> web.Response:
    """{"account"?: "mini" | "service"}: its tokens of both families, or everybody's, become invalid at once."""
    body = await request.json() if request.can_read_body else {}
    request.app[PLATFORM].tokens.clear(body.get("account"))
    return web.json_response({"ok": True})


@routes.post("/admin/quotas")
async def quotas(request: web.Request) -> web.Response:
    """{"path", "day"?, "rate"?, "seconds"?, "day_code"?, "rate_code"?}: how often that may be called from now on."""
    body = await request.json()
    path, limits = body.pop("path"), request.app[PLATFORM].quotas.limits
    limits[path] = Limit(**asdict(limits.get(path, Limit())) | body)
    return web.json_response(asdict(limits[path]))


@routes.post("/admin/platform")
async def settings(request: web.Request) -> web.Response:
    """{"whitelist"?, "banned"?, "sensitive_words"?, "keywords"?, "is_released"?, "check_delay"?}: as of now."""
    platform = request.app[PLATFORM]
    for name, value in (await request.json()).items():
        if name in _SETS:
            setattr(platform, name, set(value))
        else:
            setattr(platform, name, _VALUES[name](value))
    return web.json_response(_settings(platform))


@routes.post("/admin/phone")
async def phone(request: web.Request) -> web.Response:
    """{"openid", "main_switch"?, "blocked"?, "follows"?, "long_term"?, "credits"?, "visits"?: true}: a phone's state.

    "visits": the person opens the mini-program now.
    """
    platform = request.app[PLATFORM]
    body = await request.json()
    user = platform.phone(body.pop("openid"))
    if body.pop("visits", False):
        user.last_visit = platform.now()
    for name, value in body.items():
        setattr(user, name, _OF_A_PHONE[name](value))
    platform.touch()
    return web.json_response({name: getattr(user, name) for name in _OF_A_PHONE})


@routes.get("/admin/link")
async def link(request: web.Request) -> web.Response:
    """?url= -> where a link of generate_urllink leads, while it is good."""
    platform = request.app[PLATFORM]
    known = platform.links[request.query["url"]]
    if known["until"] < platform.now():
        raise KeyError("expired")
    return web.json_response(known)


def _settings(platform: Platform) -> dict[str, object]:
    return {name: sorted(getattr(platform, name)) for name in _SETS} | {
        name: getattr(platform, name) for name in _VALUES
    }
