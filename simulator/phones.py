"""The phones as a page: who has which messages, and a box to type into for the chat with each account."""

from datetime import datetime, timedelta, timezone
from html import escape
from urllib.parse import quote

from aiohttp import web

from simulator import push
from simulator.accounts import User
from simulator.acts import Act
from simulator.admin import HTTP
from simulator.api import PLATFORM
from simulator.errors import PlatformError

routes = web.RouteTableDef()
_CHINA = timezone(timedelta(hours=8))
_STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:18px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;margin:0;background:#ececec;color:#1a1a1a}
main{max-width:46rem;margin:0 auto;padding:1rem}h1{font-size:1.5rem}h2{font-size:1.15rem;margin:0 0 .4rem}
a{color:#0b4f8a}.phone,.card{background:#fff;border-radius:.8rem;padding:1rem;margin:.8rem 0}
ul{list-style:none;padding:0}.list a{display:flex;justify-content:space-between;gap:1rem;min-height:60px;
align-items:center;background:#fff;border-radius:.6rem;margin:.5rem 0;padding:.6rem 1rem;text-decoration:none}
dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem;margin:0}dt{color:#595959}dd{margin:0}
.me{text-align:right}.me span{background:#95ec69}.chat span{display:inline-block;padding:.5rem .8rem;
border-radius:.5rem;white-space:pre-wrap;text-align:left;max-width:85%}.it span{background:#f3f3f3}
form{display:flex;gap:.6rem;flex-wrap:wrap}input{flex:1;min-width:12rem;font:inherit;padding:.6rem;min-height:60px}
button{font:inherit;min-height:60px;padding:0 1.4rem;background:#0b6b3a;color:#fff;border:0;border-radius:.5rem}
.who{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
section{margin-top:1.6rem}.quiet{background:#fff;color:#0b6b3a;border:2px solid #0b6b3a;margin-top:.6rem}
.note{color:#595959}
"""


def _page(title: str, body: str) -> web.Response:
    return web.Response(
        content_type="text/html",
        text=f"<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<meta name='viewport' content='width=device-width,initial-scale=1'><style>{_STYLE}</style>"
        f"<main><h1>{escape(title)}</h1>{body}</main></html>",
    )


def _time(moment: object) -> str:
    return f"{datetime.fromtimestamp(float(str(moment)), _CHINA):%m-%d %H:%M}"


@routes.get("/")
async def phones(request: web.Request) -> web.Response:
    """All phones, those with messages first."""
    users = sorted(request.app[PLATFORM].users.values(), key=lambda user: (-len(user.inbox), user.name))
    items = "".join(
        f"<li><a href='/phones/{escape(user.openid)}'><span>{escape(user.name)}</span>"
        f"<span>{len(user.inbox)} 条消息</span></a></li>"
        for user in users
    )
    note = "<p class='note'>演示用的微信模拟器, 不是真的微信。点一部手机, 看它收到的消息。</p>"
    return _page("模拟手机", note + (f"<ul class='list'>{items}</ul>" if items else "<p>还没有手机。</p>"))


@routes.get("/phones/{openid}")
async def phone(request: web.Request) -> web.Response:
    """One phone: its service messages and its chats with both accounts."""
    try:
        user = request.app[PLATFORM].user(request.match_info["openid"])
    except PlatformError as error:
        raise web.HTTPNotFound(text="没有这部手机") from error
    chats = _chat(user, "service") + _chat(user, "mini")
    return _page(f"{user.name}的手机", _messages(user) + chats + "<p><a href='/'>返回所有手机</a></p>")


@routes.post("/phones/{openid}/{kind:service|mini}/say")
async def say(request: web.Request) -> web.Response:
    """The form of a chat."""
    text = str((await request.post()).get("text", "")).strip()
    if text:
        await _do(request, Act(text=text))
    raise _back(request)


@routes.post("/phones/{openid}/{kind:mini}/enter")
async def enter(request: web.Request) -> web.Response:
    """The button that opens the mini-program's customer service; one can write without it."""
    await _do(request, Act("event", event="user_enter_tempsession"))
    raise _back(request)


async def _do(request: web.Request, act: Act) -> None:
    platform, where = request.app[PLATFORM], request.match_info
    account = platform.accounts[where["kind"]]
    way = push.Way.of(account, "safe", None)
    await push.say(platform, request.app[HTTP], account, where["openid"], act, way)


def _back(request: web.Request) -> web.HTTPSeeOther:
    where = request.match_info
    return web.HTTPSeeOther(f"/phones/{quote(where['openid'])}#{where['kind']}")


def _messages(user: User) -> str:
    cards = "".join(
        f"<section class='card'><h2>{escape(str(message['title']))}</h2><dl>"
        + "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in message["fields"].items())
        + f"</dl><p class='note'>{_time(message['at'])} · 打开 {escape(str(message['page']))}</p></section>"
        for message in reversed(user.inbox)
    )
    return f"<h2>服务通知</h2>{cards or '<p>还没有消息。</p>'}"


_TITLES = {"service": "和公众号的对话", "mini": "和小程序客服的对话"}
_LABELS = {"service": ("问一问", "发送"), "mini": ("写给小程序客服", "发给客服")}


def _chat(user: User, kind: str) -> str:
    lines = "".join(
        f"<p class='{'me' if line['from'] == 'me' else 'it'}'>"
        f"<b class='who'>{'我' if line['from'] == 'me' else '对方'}: </b><span>{escape(str(line['text']))}</span></p>"
        for line in user.chat_with(kind)
    )
    label, button = _LABELS[kind]
    address = f"/phones/{escape(user.openid)}/{kind}"
    form = (
        f"<form method='post' action='{address}/say'><label for='{kind}-text'>{label}</label>"
        f"<input id='{kind}-text' name='text' maxlength='500' autocomplete='off'><button>{button}</button></form>"
    )
    enter = f"<form method='post' action='{address}/enter'><button class='quiet'>进入客服会话</button></form>"
    return (
        f"<section id='{kind}' aria-labelledby='{kind}-title'><h2 id='{kind}-title'>{_TITLES[kind]}</h2>"
        f"<div class='chat'>{lines}</div>{form}{enter if kind == 'mini' else ''}</section>"
    )
