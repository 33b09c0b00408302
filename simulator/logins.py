"""Who is calling, and who is it about: access tokens, login codes, session keys, telephones, followers."""

import hashlib
import hmac
import json

from aiohttp import web

from simulator.accounts import Account, User
from simulator.api import PLATFORM, account_of, asked, json_body, ok
from simulator.errors import PlatformError

routes = web.RouteTableDef()


def _account(request: web.Request, grant_type: object, appid: object, secret: object) -> Account:
    """Raises PlatformError 41002, 41004, 40002, 40013, 40125, 40164, 45009, 45011."""
    platform = request.app[PLATFORM]
    for value, missing in ((appid, 41002), (secret, 41004)):
        if not value:
            raise PlatformError(missing)
    if grant_type != "client_credential":
        raise PlatformError(40002)
    account = platform.check_app(appid, secret)
    platform.check_address(request.remote)
    platform.quotas.use(account.kind, request.path, platform.now())
    return account


@routes.route("*", "/cgi-bin/token")
async def token(request: web.Request) -> web.Response:
    """A new token at every call; the one before stays good for five minutes."""
    asked(request)
    platform, query = request.app[PLATFORM], request.query
    account = _account(request, query.get("grant_type"), query.get("appid"), query.get("secret"))
    given, seconds = platform.tokens.plain(account.kind, platform.now())
    return web.json_response({"access_token": given, "expires_in": seconds})


@routes.route("*", "/cgi-bin/stable_token")
async def stable_token(request: web.Request) -> web.Response:
    """The account's token, the same while it is valid; force_refresh kills it."""
    body = await json_body(request)
    account = _account(request, body.get("grant_type"), body.get("appid"), body.get("secret"))
    given, seconds = request.app[PLATFORM].stable_token(account.kind, force=bool(body.get("force_refresh")))
    return web.json_response({"access_token": given, "expires_in": seconds})


@routes.route("*", "/cgi-bin/clear_quota")
async def clear_quota(request: web.Request) -> web.Response:
    """{"appid"}: the account's day begins anew, ten times a month."""
    platform = request.app[PLATFORM]
    account = account_of(request)
    if (await json_body(request)).get("appid") != account.appid:
        raise PlatformError(40013)
    platform.quotas.clear(account.kind, platform.now())
    return ok()


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


def session_signature(session_key: str, message: str = "") -> str:
    """What proves that somebody knows the session_key: the key as it is written, not decoded."""
    return hmac.new(session_key.encode(), message.encode(), hashlib.sha256).hexdigest()


def _session_owner(request: web.Request) -> User:
    """Whose session_key is known by the caller. Raises PlatformError 40003, 87007, 87008, 87009."""
    platform = request.app[PLATFORM]
    user = platform.user_at(account_of(request, only="mini"), request.query.get("openid"))
    if request.query.get("sig_method") != "hmac_sha256":
        raise PlatformError(87008)
    if not user.session_key:
        raise PlatformError(87007)
    if not hmac.compare_digest(session_signature(user.session_key), request.query.get("signature", "")):
        raise PlatformError(87009)
    return user


@routes.get("/wxa/checksession")
async def checksession(request: web.Request) -> web.Response:
    """Whether a session_key is still the person's."""
    _session_owner(request)
    return ok()


@routes.get("/wxa/resetusersessionkey")
async def resetusersessionkey(request: web.Request) -> web.Response:
    """A new session_key for who knows the old one."""
    user = request.app[PLATFORM].new_session(_session_owner(request))
    return ok(openid=user.openid, session_key=user.session_key)


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
    return ok(phone_info=info)


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
