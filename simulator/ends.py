"""What the two other ends share, WeCom and the SMS gateway: faults, a clock to move, admin calls, a page.

Neither was ever checked against the live service; docs/channels.md says what was read and what is from memory.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from functools import wraps
from html import escape
from typing import Any

from aiohttp import web

NEVER_CHECKED = "从未对照真实的服务核对过。"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_STYLE = """
*{box-sizing:border-box}body{font:18px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;margin:0;background:#ececec;
color:#1a1a1a}main{max-width:46rem;margin:0 auto;padding:1rem}h1{font-size:1.5rem}h2{font-size:1.15rem}
.card{background:#fff;border-radius:.8rem;padding:1rem;margin:.8rem 0;overflow-wrap:anywhere}.note{color:#595959}
a{color:#0b4f8a}
"""


@dataclass
class Fault:
    """What goes wrong on purpose; `times` counts down (0: for ever until cleared)."""

    code: str = ""
    latency: float = 0.0
    http_status: int = 0
    reset: str = ""
    """`before` or `after` processing: the connection is cut."""
    place: str = "error"
    """Of an SMS code: `error` for the whole call, `status` for each number."""
    times: int = 0

    @property
    def is_on(self) -> bool:
        """Whether anything goes wrong."""
        return bool(self.code or self.latency or self.http_status or self.reset)


class Refusal(Exception):
    """The end refuses a call: its code, and what it says about it."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class End:
    """The state that every end has. Times are real seconds plus an offset that tests move."""

    def __init__(self) -> None:
        self.fault = Fault()
        self.calls: Counter[str] = Counter()
        self.offset = 0.0

    def now(self) -> float:
        """The end's clock."""
        return time.time() + self.offset

    def refused(self, refusal: Refusal) -> web.Response:
        """The answer to a call that is refused, as this end writes it."""
        raise NotImplementedError

    def take_fault(self) -> Fault:
        """The fault for this call."""
        fault = self.fault
        if fault.is_on and fault.times:
            fault.times -= 1
            if not fault.times:
                self.fault = Fault()
        return fault


END = web.AppKey("end", End)


def public(handler: Callable[[web.Request, Fault], Awaitable[web.Response]]) -> Handler:
    """A call of the service itself: counted, refused in its own words, with the faults that were switched on."""

    @wraps(handler)
    async def ruled(request: web.Request) -> web.StreamResponse:
        end = request.app[END]
        end.calls[handler.__name__] += 1
        fault = end.take_fault()
        await asyncio.sleep(fault.latency)
        if fault.reset == "before":
            return _cut(request)
        if fault.http_status:
            return web.Response(status=fault.http_status)
        try:
            if fault.code and fault.place == "error":
                raise Refusal(fault.code)
            answer = await handler(request, fault)
        except Refusal as refusal:
            answer = end.refused(refusal)
        return _cut(request) if fault.reset == "after" else answer

    return ruled


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def admin_of(routes: web.RouteTableDef) -> None:
    """What only tests and the local run may do at any end: move its clock, switch faults on, count."""

    @routes.post("/admin/clock")
    async def clock(request: web.Request) -> web.Response:
        """{"seconds"}: everything is so much older at once."""
        end = request.app[END]
        end.offset += float((await request.json())["seconds"])
        return web.json_response({"offset": end.offset})

    @routes.post("/admin/faults")
    async def faults(request: web.Request) -> web.Response:
        """The next calls go wrong: code, latency (seconds), http_status, reset (before|after), place, times."""
        end = request.app[END]
        end.fault = Fault(**await request.json())
        return web.json_response(asdict(end.fault))

    @routes.get("/admin/stats")
    async def stats(request: web.Request) -> web.Response:
        """How often each call was made."""
        return web.json_response({"calls": dict(request.app[END].calls)})


def page(title: str, what: str, people: list[tuple[str, list[dict[str, Any]]]]) -> web.Response:
    """Who has which messages, the newest first; each message with `title`, `text` and `url`, where it has them."""
    sections = []
    for name, inbox in people:
        cards = "".join(_card(message) for message in reversed(inbox)) or "<p class='note'>还没有消息。</p>"
        sections.append(f"<section><h2>{escape(name)}</h2>{cards}</section>")
    return web.Response(
        content_type="text/html",
        text=f"<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<meta name='viewport' content='width=device-width,initial-scale=1'><style>{_STYLE}</style><main>"
        f"<h1>{escape(title)}</h1><p class='note'>{escape(what)}{NEVER_CHECKED}</p>"
        f"{''.join(sections) or '<p>还没有人。</p>'}<p><a href='/'>返回所有模拟手机</a></p></main></html>",
    )


def _card(message: dict[str, Any]) -> str:
    lines = [f"<strong>{escape(message['title'])}</strong><br>"] if message.get("title") else []
    lines.append(escape(message["text"]))
    if message.get("url"):
        shown = escape(message["url"])
        is_web = message["url"].startswith(("http://", "https://"))
        way = f"<a href='{shown}' rel='noreferrer'>{shown}</a>" if is_web else shown
        lines.append(f"<br><span class='note'>打开 {way}</span>")
    return f"<p class='card'>{''.join(lines)}</p>"
