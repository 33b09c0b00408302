"""How the simulator's own pages look: plain forms, no script, readable and pressable at 320 pixels."""

from datetime import datetime, timedelta, timezone
from html import escape

from aiohttp import web

_CHINA = timezone(timedelta(hours=8))
NOTE = "<p class='note'>演示用的微信模拟器, 不是真的微信。</p>"
_STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:18px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;margin:0;background:#ececec;color:#1a1a1a}
main{max-width:46rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin:0 0 .4rem}h3{font-size:1.05rem;margin:.6rem 0 .2rem}
a{color:#0b4f8a}.link{display:inline-flex;align-items:center;min-height:60px}
.phone,.card{background:#fff;border-radius:.8rem;padding:1rem;margin:.8rem 0}
ul{list-style:none;padding:0}.list a{display:flex;justify-content:space-between;gap:1rem;min-height:60px;
align-items:center;background:#fff;border-radius:.6rem;margin:.5rem 0;padding:.6rem 1rem;text-decoration:none}
dl{display:grid;grid-template-columns:minmax(4rem,auto) 1fr;gap:.2rem 1rem;margin:0}dt{color:#595959}dd{margin:0}
.me{text-align:right}.me span{background:#95ec69}.chat span{display:inline-block;padding:.5rem .8rem;
border-radius:.5rem;white-space:pre-wrap;text-align:left;max-width:85%}.it span{background:#f3f3f3}
form{display:flex;gap:.6rem;flex-wrap:wrap;align-items:center}
input[type=text],input[type=number],select{flex:1;min-width:min(12rem,100%);font:inherit;padding:.6rem;
min-height:60px;max-width:100%;border:1px solid #767676;border-radius:.4rem;background:#fff;color:inherit}
button{font:inherit;min-height:60px;padding:0 1.4rem;background:#0b6b3a;color:#fff;border:0;border-radius:.5rem}
fieldset{border:1px solid #767676;border-radius:.5rem;margin:0;padding:.2rem .8rem;width:100%;min-width:0}
.tick{display:inline-flex;align-items:center;gap:.5rem;min-height:60px;min-width:60px;margin-right:1rem}
.tick input{width:1.5rem;height:1.5rem}.row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center}
.who{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
section{margin-top:1.6rem}.quiet{background:#fff;color:#0b6b3a;border:2px solid #0b6b3a}
.note{color:#595959}.told{background:#fff;border-left:.4rem solid #8a4b00;padding:.8rem 1rem}
:focus-visible{outline:3px solid #0b4f8a;outline-offset:2px}
"""


def page(title: str, body: str) -> web.Response:
    """One page under its title, marked as no real WeChat."""
    return web.Response(
        content_type="text/html",
        text=f"<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<meta name='viewport' content='width=device-width,initial-scale=1'><style>{_STYLE}</style>"
        f"<main><h1>{escape(title)}</h1>{NOTE}{body}</main></html>",
    )


def button(address: str, words: str, hidden: dict[str, str] | None = None) -> str:
    """A form that is one button; `hidden`: what it carries."""
    fields = "".join(
        f"<input type='hidden' name='{escape(name)}' value='{escape(value)}'>" for name, value in (hidden or {}).items()
    )
    pressed = f"<button class='quiet'>{escape(words)}</button>"
    return f"<form method='post' action='{escape(address)}'>{fields}{pressed}</form>"


def section(name: str, title: str, body: str) -> str:
    """A part of a page that can be jumped to."""
    heading = f"<h2 id='{name}-title'>{escape(title)}</h2>"
    return f"<section id='{name}' aria-labelledby='{name}-title'>{heading}{body}</section>"


def clock_time(moment: object) -> str:
    """A moment of the platform's clock as people in China read it."""
    return f"{datetime.fromtimestamp(float(str(moment)), _CHINA):%m-%d %H:%M}"
