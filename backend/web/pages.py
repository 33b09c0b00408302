"""The public pages. What they show of people comes from `casework.disclosure` alone."""

import time
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, html, redirect

from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import clean, services
from backend.casework import disclosure
from backend.clock import SHANGHAI, local_day
from backend.errors import NotFoundError
from backend.web.policy import paragraphs
from rules import figures

blueprint = Blueprint("pages")

# The page's only style is a file of ours and no script runs at all.
HEADERS: MappingProxyType[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }
)
# Sanic's redirect writes its Location into the headers that it is given: what all pages share cannot be written to.
PRIVATE: MappingProxyType[str, str] = MappingProxyType(HEADERS | {"Cache-Control": "no-store"})
UNLISTED: MappingProxyType[str, str] = MappingProxyType(PRIVATE | {"X-Robots-Tag": "noindex, nofollow, noarchive"})

PAGE_SECONDS = 2.0
"""How long a drawn list is shown again: a row that is taken down is gone from every process within this time."""
MOST_PAGES = 500
_recent: dict[tuple[int, date, bool], tuple[float, str]] = {}


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("backend.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["yuan"] = yuan
    environment.globals["figures"] = figures
    environment.filters["day"] = lambda day: f"{day.year}年{day.month}月{day.day}日"
    environment.filters["moment"] = lambda moment: f"{moment.astimezone(SHANGHAI):%m月%d日 %H:%M}"
    return environment


def typed(request: Request, name: str, most: int | None = None) -> str:
    """One field of the form, trimmed, without control characters, at most `most` characters of it."""
    return clean(str((request.form or {}).get(name) or "")).strip()[:most]


def yuan(fen: int) -> str:
    """1234500 分 -> 12,345 元; 分 are shown only where there are any."""
    whole, rest = divmod(fen, 100)
    return f"{whole:,}.{rest:02d} 元" if rest else f"{whole:,} 元"


def size_of(request: Request) -> str:
    """What an address of ours ends with so that larger type, once wished for, stays."""
    return "?type=large" if request.args.get("type") == "large" else ""


def render(
    request: Request, name: str, *, status: int = 200, headers: Mapping[str, str] = HEADERS, **values: object
) -> HTTPResponse:
    """A page with what every page has: larger type on wish, the telephone, the mark of a demonstration."""
    live = services(request)
    page = _templates().get_template(name)
    large = size_of(request)
    return html(
        page.render(
            elder=bool(large),
            large=large,
            path=request.path,
            is_demo=live.is_demo,
            contact_phone=live.contact_phone,
            **values,
        ),
        status=status,
        headers=dict(headers),
    )


@blueprint.get("/")
@declared(Who.OPEN)
async def home(_request: Request) -> HTTPResponse:
    """The lists are what most people come for."""
    return redirect("/lists")


@blueprint.get("/lists")
@declared(Who.OPEN)
async def lists(request: Request) -> HTTPResponse:
    """Towns and villages with the number of rows."""
    live = services(request)
    if not live.list_is_online:
        return render(request, "lists_off.html", status=404, headers=UNLISTED)
    towns = await disclosure.public_index(local_day(await live.clock.now()))
    return render(request, "lists.html", headers=UNLISTED, towns=towns)


@blueprint.get("/lists/<village_id:int>")
@declared(Who.OPEN)
async def village_list(request: Request, village_id: int) -> HTTPResponse:
    """The list of one village: no search by name, no export, not to be indexed."""
    live = services(request)
    if not live.list_is_online:
        return render(request, "lists_off.html", status=404, headers=UNLISTED)
    today = local_day(await live.clock.now())
    # A push sends a whole village here at once. The day is part of the key: nobody outlasts a term or a birthday.
    key, moment = (village_id, today, bool(size_of(request))), time.monotonic()
    drawn_at, page = _recent.get(key, (0.0, ""))
    if moment - drawn_at < PAGE_SECONDS:
        return html(page, headers=dict(UNLISTED))
    try:
        village, rows = await disclosure.public_rows(village_id, today)
    except NotFoundError as error:
        return render(request, "missing.html", status=404, message=error.message)
    response = render(request, "village_list.html", headers=UNLISTED, village=village, rows=rows, today=today)
    if len(_recent) >= MOST_PAGES:
        _recent.clear()
    _recent[key] = (moment, response.body.decode())
    return response


@blueprint.get("/policy")
@declared(Who.OPEN)
async def policy(request: Request) -> HTTPResponse:
    """The 办法's full text."""
    return render(request, "policy.html", paragraphs=paragraphs())


@blueprint.get("/complaints")
@declared(Who.OPEN)
async def complaints(request: Request) -> HTTPResponse:
    """Where to object, complain and report."""
    return render(request, "complaints.html")


@cache
def _style() -> bytes:
    return files("backend.web").joinpath("static/style.css").read_bytes()


@blueprint.get("/static/style.css")
@declared(Who.OPEN)
async def style(_request: Request) -> HTTPResponse:
    """The one style sheet."""
    return HTTPResponse(_style(), content_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=300"})
