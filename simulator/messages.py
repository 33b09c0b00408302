"""Messages about something: subscribe messages of both accounts, and the service account's template messages."""

from typing import Any

from aiohttp import web

from simulator import fields
from simulator.accounts import Kind, User
from simulator.api import PLATFORM, account_of, dwell, json_body, ok
from simulator.errors import PlatformError
from simulator.platform import Platform

ONCE_SECONDS = 600
_MOST_URL = 2048
_LANGUAGES = ("zh_CN", "en_US", "zh_HK", "zh_TW")
_STATES = ("developer", "trial", "formal")
routes = web.RouteTableDef()


@routes.route("*", "/cgi-bin/message/subscribe/send")
async def subscribe_send(request: web.Request) -> web.Response:
    """The mini-program's: token, openid, template, page, version, one at a time, consent, fields, in this order."""
    platform = request.app[PLATFORM]
    account = account_of(request, only="mini")
    body = await json_body(request)
    user = platform.user_at(account, body.get("touser"))
    template = _template(platform, "mini", "subscribe", body.get("template_id"))
    page = _page(platform, body.get("page"))
    state, language = body.get("miniprogram_state", "formal"), body.get("lang", "zh_CN")
    if state not in _STATES or language not in _LANGUAGES:
        raise PlatformError(40097)
    if user.openid in platform.busy:
        raise PlatformError(43108)
    platform.busy.add(user.openid)
    try:
        await dwell(request)
        _consent(user, template)
        msgid = _put(platform, user, template, body.get("data"), page, {"state": state, "lang": language})
        _spend(user, template)
    finally:
        platform.busy.discard(user.openid)
    platform.sent_events.append(
        {"openid": user.openid, "template_id": str(template["id"]), "msgid": str(msgid), "error": ""}
    )
    return ok(msgid=msgid)


@routes.route("*", "/cgi-bin/message/subscribe/bizsend")
async def bizsend(request: web.Request) -> web.Response:
    """The service account's subscribe message, to followers and to others; the mini-program may not (48001)."""
    platform = request.app[PLATFORM]
    account = account_of(request, only="service", otherwise=48001)
    body = await json_body(request)
    user = platform.user_at(account, body.get("touser"))
    template = _template(platform, "service", "subscribe", body.get("template_id"))
    page = _card(platform, body.get("miniprogram")) or str(body.get("page") or "")
    _consent(user, template)
    msgid = _put(platform, user, template, body.get("data"), page, {"in_chat": user.follows})
    _spend(user, template)
    _told_later(platform, user, template, msgid, "subscribe")
    return ok(msgid=msgid)


@routes.route("*", "/cgi-bin/message/template/send")
async def template_send(request: web.Request) -> web.Response:
    """The service account's template message, to followers alone; a client_msg_id arrives once in ten minutes."""
    platform = request.app[PLATFORM]
    account = account_of(request, only="service", otherwise=48001)
    body = await json_body(request)
    user = platform.user_at(account, body.get("touser"))
    if not user.follows:
        raise PlatformError(43004)
    if not body.get("template_id"):
        raise PlatformError(40036)
    template = _template(platform, "service", "message", body["template_id"])
    url = str(body.get("url") or "")
    if len(url) > _MOST_URL:
        raise PlatformError(40039)
    page = _card(platform, body.get("miniprogram")) or url
    key = (user.service_openid, str(body.get("client_msg_id") or ""))
    msgid, until = platform.sent_once.get(key, (0, 0.0))
    if not key[1] or until < platform.now():
        msgid = _put(platform, user, template, body.get("data"), page, {"in_chat": True})
        if key[1]:
            platform.sent_once[key] = (msgid, platform.now() + ONCE_SECONDS)
        _told_later(platform, user, template, msgid, "message")
    return ok(msgid=msgid)


def _told_later(platform: Platform, user: User, template: dict[str, Any], msgid: int, sort: str) -> None:
    """The service account hears what became of its message."""
    entry = {"openid": user.openid, "template_id": str(template["id"]), "msgid": str(msgid), "error": ""}
    platform.sent_events.append(entry | {"account": "service", "sort": sort})


def _template(platform: Platform, kind: Kind, sort: str, template_id: object) -> dict[str, Any]:
    """Raises PlatformError 40037 for another account's or another sort's too, 43107, 40247, 43116."""
    template = platform.templates.get(template_id) if isinstance(template_id, str) else None
    if template is None or (template.get("account", "mini"), template.get("sort", "subscribe")) != (kind, sort):
        raise PlatformError(40037)
    if template_id in platform.banned or kind in platform.banned:
        raise PlatformError(43107 if sort == "subscribe" else 43116)
    if template.get("is_old"):
        raise PlatformError(40247)
    return template


def _page(platform: Platform, page: object) -> str:
    """Raises PlatformError 40165 for what is no path, 41030 for a page that the released version lacks."""
    if page is None or page == "":
        return ""
    if not isinstance(page, str) or page.startswith("/"):
        raise PlatformError(40165)
    if page.split("?")[0] not in platform.pages:
        raise PlatformError(41030)
    return page


def _card(platform: Platform, card: object) -> str:
    """The mini-program's page of a service account's message. Raises PlatformError 47001, 40013, 40165."""
    if card is None:
        return ""
    if not isinstance(card, dict):
        raise PlatformError(47001)
    if card.get("appid") != platform.accounts["mini"].appid:
        raise PlatformError(40013)
    try:
        return _page(platform, card.get("pagepath"))
    except PlatformError as error:
        raise PlatformError(40165) from error


def _consent(user: User, template: dict[str, Any]) -> None:
    """Raises PlatformError 43101: never asked, refused, used up and switched off look the same."""
    is_long_term = template.get("type") == 3
    allowed = template["id"] in user.long_term if is_long_term else user.credits.get(template["id"], 0) > 0
    if not (user.main_switch and allowed):
        raise PlatformError(43101)


def _spend(user: User, template: dict[str, Any]) -> None:
    if template.get("type") != 3:
        user.credits[template["id"]] -= 1


def _put(
    platform: Platform, user: User, template: dict[str, Any], data: object, page: str, more: dict[str, object]
) -> int:
    """The message is on the phone; returns its number. Raises PlatformError 47003, 45168."""
    values = fields.check(template["fields"], data, template.get("enums"))
    for word in platform.sensitive_words:
        if any(word in value for value in values.values()):
            raise PlatformError(45168)
    msgid = platform.new_msgid()
    user.inbox.append(
        {
            "template": template["id"],
            "title": template["title"],
            "fields": {template["fields"][name]: value for name, value in values.items()},
            "page": page,
            "at": platform.now(),
            "account": template.get("account", "mini"),
            "msgid": msgid,
            **more,
        }
    )
    platform.touch()
    return msgid
