"""The phones as pages: what arrived, a popup to answer, the settings, and a box to type into for each account."""

from html import escape
from urllib.parse import quote

from aiohttp import web

from simulator import phone_parts as parts
from simulator import push, subscriptions
from simulator.accounts import User
from simulator.acts import Act
from simulator.admin import HTTP
from simulator.api import PLATFORM
from simulator.errors import PlatformError
from simulator.page import page

routes = web.RouteTableDef()


@routes.get("/")
async def phones(request: web.Request) -> web.Response:
    """All phones, those with messages first."""
    users = sorted(request.app[PLATFORM].users.values(), key=lambda user: (-len(user.inbox), user.name))
    items = "".join(
        f"<li><a href='/phones/{escape(user.openid)}'><span>{escape(user.name)}</span>"
        f"<span>{len(user.inbox)} 条消息</span></a></li>"
        for user in users
    )
    note = (
        "<p>点一部手机, 看它收到的消息。</p><p><a class='link' href='/wecom/'>模拟企业微信</a> "
        "<a class='link' href='/sms/'>模拟短信</a> <a class='link' href='/faults'>让微信出故障、拨时钟、看推送</a></p>"
    )
    return page("模拟手机", note + (f"<ul class='list'>{items}</ul>" if items else "<p>还没有手机。</p>"))


@routes.get("/phones/{openid}")
async def phone(request: web.Request) -> web.Response:
    """One phone: its service messages, its popups and settings, and its chats with both accounts."""
    platform, user = request.app[PLATFORM], _user(request)
    body = (
        parts.messages(user)
        + parts.popups(platform, user, request.query.get("told", ""))
        + parts.consents(platform, user)
        + parts.follows(user)
        + parts.chat(user, "service")
        + parts.chat(user, "mini")
    )
    return page(f"{user.name}的手机", body + "<p><a class='link' href='/'>返回所有手机</a></p>")


@routes.post("/phones/{openid}/{kind:service|mini}/say")
async def say(request: web.Request) -> web.Response:
    """The form of a chat."""
    text = str((await request.post()).get("text", "")).strip()
    if text:
        await _do(request, request.match_info["kind"], Act(text=text))
    raise _back(request, request.match_info["kind"])


@routes.post("/phones/{openid}/mini/enter")
async def enter(request: web.Request) -> web.Response:
    """The button that opens the mini-program's customer service; one can write without it."""
    await _do(request, "mini", Act("event", event="user_enter_tempsession"))
    raise _back(request, "mini")


@routes.post("/phones/{openid}/follow")
async def follow(request: web.Request) -> web.Response:
    """Follow the service account, or leave it."""
    await _do(request, "service", Act("event", event="unsubscribe" if _user(request).follows else "subscribe"))
    raise _back(request, "follow")


@routes.post("/phones/{openid}/popup")
async def popup(request: web.Request) -> web.Response:
    """The popup is answered; why it did not open stands on the page."""
    form = await request.post()
    choices = {name.removeprefix("choice:"): str(value) for name, value in form.items() if name.startswith("choice:")}
    asked = {template: choice for template, choice in choices.items() if choice}
    try:
        subscriptions.ask(request.app[PLATFORM], _user(request), asked, always="always" in form)
    except subscriptions.PopupError as error:
        raise _back(request, "popup", f"?told={error.errcode}") from error
    raise _back(request, "popup")


@routes.post("/phones/{openid}/{choice:refuse|allow}")
async def settings(request: web.Request) -> web.Response:
    """A template is refused, or a long-term one allowed again, in the phone's settings."""
    template_id = str((await request.post())["template"])
    change = subscriptions.refuse if request.match_info["choice"] == "refuse" else subscriptions.allow
    change(request.app[PLATFORM], _user(request), template_id)
    raise _back(request, "consent")


@routes.post("/phones/{openid}/switch")
async def switch(request: web.Request) -> web.Response:
    """The main switch of subscribe messages."""
    user = _user(request)
    user.main_switch = not user.main_switch
    request.app[PLATFORM].touch()
    raise _back(request, "consent")


def _user(request: web.Request) -> User:
    try:
        return request.app[PLATFORM].user(request.match_info["openid"])
    except PlatformError as error:
        raise web.HTTPNotFound(text="没有这部手机") from error


async def _do(request: web.Request, kind: str, act: Act) -> None:
    platform = request.app[PLATFORM]
    account = platform.accounts[kind]
    way = push.Way.of(account, "safe", None)
    await push.say(platform, request.app[HTTP], account, _user(request).openid, act, way)


def _back(request: web.Request, part: str, query: str = "") -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/phones/{quote(request.match_info['openid'])}{query}#{part}")
