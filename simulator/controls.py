"""A page to make WeChat go wrong, to move its clock, and to see what it pushed."""

import math
from html import escape

from aiohttp import web

from simulator.api import PLATFORM
from simulator.faults import Faults
from simulator.page import button, clock_time, page, section
from simulator.platform import Platform

routes = web.RouteTableDef()
_KINDS: dict[str, tuple[str, Faults]] = {
    "busy": ("系统繁忙 (-1)", Faults(errcode=-1)),
    "day": ("今天的次数用完 (45009)", Faults(errcode=45009)),
    "minute": ("这一分钟的次数用完 (45011)", Faults(errcode=45011)),
    "slow": ("很慢 (没填秒数就是 5 秒)", Faults()),
    "gateway": ("网关错误 (HTTP 502)", Faults(http_status=502)),
    "before": ("还没处理就断线", Faults(reset="before")),
    "after": ("处理完了才断线", Faults(reset="after")),
}
_PATHS = {
    "": "所有接口",
    "/cgi-bin/message/subscribe/send": "发订阅消息",
    "/cgi-bin/message/custom/send": "发客服消息",
    "/cgi-bin/message/template/send": "发模板消息",
    "/cgi-bin/stable_token": "取凭证",
    "/sns/jscode2session": "登录",
}
_MOVES = (("60", "1 分钟"), ("3600", "1 小时"), ("86400", "1 天"), ("172800", "2 天"))
_MOST_SECONDS = 120.0
_SHOWN = 20
_WRONG = {
    "kind": "没有开故障: 请选一种故障。",
    "number": "没有开故障: 次数要是 0 到 100000 的整数, 慢多少秒要是 0 到 120 的数字。请改一改再开。",
    "clock": "时钟没有动: 请点一个按钮。",
}


@routes.get("/faults")
async def shown(request: web.Request) -> web.Response:
    """What is switched on, forms to switch on and off, the clock, and the last pushes."""
    platform = request.app[PLATFORM]
    wrong = _WRONG.get(request.query.get("wrong", ""))
    alert = f"<p class='told' role='alert'>{wrong}</p>" if wrong else ""
    body = alert + _now(platform) + _form() + _tokens() + _clock(platform) + _events(platform) + _pushes(platform)
    return page("故障和时钟", body + "<p><a class='link' href='/'>返回所有手机</a></p>")


@routes.post("/faults")
async def switch_on(request: web.Request) -> web.Response:
    """One fault, for every call or one path; a second one in the same place takes its place."""
    platform, form = request.app[PLATFORM], await request.post()
    if str(form.get("kind")) not in _KINDS or str(form.get("path", "")) not in _PATHS:
        raise web.HTTPSeeOther("/faults?wrong=kind")
    kind, path = str(form["kind"]), str(form.get("path", ""))
    try:
        times, seconds = int(str(form.get("times") or 0)), float(str(form.get("seconds") or 0))
    except ValueError as error:
        raise web.HTTPSeeOther("/faults?wrong=number") from error
    if not 0 <= times <= 100_000 or not math.isfinite(seconds) or not 0 <= seconds <= _MOST_SECONDS:
        raise web.HTTPSeeOther("/faults?wrong=number")
    of_kind = _KINDS[kind][1]
    latency = seconds or (5.0 if kind == "slow" else 0.0)
    fault = Faults(of_kind.errcode, latency, of_kind.http_status, of_kind.reset, times)
    if path:
        platform.faults_at[path] = fault
    else:
        platform.faults = fault
    raise web.HTTPSeeOther("/faults")


@routes.post("/faults/off")
async def switch_off(request: web.Request) -> web.Response:
    """Everything works again."""
    platform = request.app[PLATFORM]
    platform.faults = Faults()
    platform.faults_at.clear()
    raise web.HTTPSeeOther("/faults")


@routes.post("/faults/revoke")
async def revoke(request: web.Request) -> web.Response:
    """Every token is invalid at once."""
    request.app[PLATFORM].tokens.clear(None)
    raise web.HTTPSeeOther("/faults#tokens")


@routes.post("/faults/clock")
async def move(request: web.Request) -> web.Response:
    """The platform's clock goes ahead by one of the steps, or back to the real time."""
    seconds = str((await request.post()).get("seconds", ""))
    platform = request.app[PLATFORM]
    if seconds not in {"0", *(step for step, _ in _MOVES)}:
        raise web.HTTPSeeOther("/faults?wrong=clock")
    platform.offset = platform.offset + int(seconds) if seconds != "0" else 0.0
    raise web.HTTPSeeOther("/faults#clock")


@routes.post("/faults/events")
async def events(request: web.Request) -> web.Response:
    """Whether the platform tells choices and deliveries."""
    pushing = request.app[PLATFORM].pushing
    pushing.events = not pushing.events
    raise web.HTTPSeeOther("/faults#events")


def _now(platform: Platform) -> str:
    on = [("", platform.faults), *platform.faults_at.items()]
    lines = "".join(
        f"<li>{escape(_PATHS.get(path, path))}: {_described(fault)}</li>" for path, fault in on if _described(fault)
    )
    off = button("/faults/off", "全部关掉") if lines else ""
    return section("now", "现在开着的故障", (f"<ul>{lines}</ul>" if lines else "<p>没有, 一切正常。</p>") + off)


def _described(fault: Faults) -> str:
    """In words; empty for a fault that is off."""
    if fault == Faults():
        return ""
    effect = (fault.errcode, fault.http_status, fault.reset)
    known = {(of.errcode, of.http_status, of.reset): words for words, of in _KINDS.values() if of != Faults()}
    what = known.get(effect) or (f"返回 {fault.errcode}" if fault.errcode else "")
    slow = f"慢 {fault.latency:g} 秒" if fault.latency else ""
    times = f"还有 {fault.times} 次" if fault.times else "直到关掉"
    return ", ".join(filter(None, (what, slow, times)))


def _form() -> str:
    kinds = "".join(
        f"<label class='tick'><input type='radio' name='kind' value='{name}'>{words}</label>"
        for name, (words, _) in _KINDS.items()
    )
    paths = "".join(f"<option value='{path}'>{words}</option>" for path, words in _PATHS.items())
    form = (
        f"<form method='post' action='/faults'><fieldset><legend>哪一种</legend>{kinds}</fieldset>"
        f"<label for='path'>哪个接口</label><select id='path' name='path'>{paths}</select>"
        "<label for='times'>几次(0: 直到关掉)</label>"
        "<input id='times' name='times' type='number' min='0' max='100000' value='0'>"
        "<label for='seconds'>先慢多少秒</label>"
        f"<input id='seconds' name='seconds' type='number' min='0' max='{_MOST_SECONDS:g}' step='0.1' value='0'>"
        "<button>打开故障</button></form>"
    )
    return section("make", "打开一种故障", form)


def _tokens() -> str:
    words = "<p>所有 access_token 马上失效, 下一次调用要重新取。</p>"
    return section("tokens", "接口凭证", words + button("/faults/revoke", "让凭证失效"))


def _clock(platform: Platform) -> str:
    steps = "".join(button("/faults/clock", f"往前拨 {words}", {"seconds": step}) for step, words in _MOVES)
    back = button("/faults/clock", "拨回真实时间", {"seconds": "0"}) if platform.offset else ""
    words = (
        f"<p>微信这一边的时钟: {clock_time(platform.now())}。只管登录码、凭证和客服消息的期限, 不动我们系统的时钟。</p>"
    )
    return section("clock", "时钟", f"{words}<div class='row'>{steps}{back}</div>")


def _events(platform: Platform) -> str:
    state, turn = ("开着", "关掉") if platform.pushing.events else ("关着", "打开")
    words = f"<p>居民允许或拒绝通知、消息送到没有, 微信会另外告诉我们: {state}。</p>"
    return section("events", "事件推送", words + button("/faults/events", turn))


def _pushes(platform: Platform) -> str:
    outcomes = {"answered": "有回复", "nothing said": "收到, 没有话说"}
    lines = "".join(
        f"<li class='card'>{clock_time(each['at'])} · {'公众号' if each['account'] == 'service' else '小程序'} · "
        f"{escape(each['what'])} · {each['tries']} 次 · {outcomes.get(each['outcome'], escape(each['outcome']))}</li>"
        for each in list(platform.pushes)[: -_SHOWN - 1 : -1]
    )
    return section("pushes", f"最近 {_SHOWN} 次推送", f"<ul>{lines}</ul>" if lines else "<p>还没有推送过。</p>")
