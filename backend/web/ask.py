"""The bot as pages, without login and JavaScript: ask, say whether it helped, go to a person, read the answer."""

import re
import secrets

from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import Who
from backend.api.contract import page as declared
from backend.api.http import address_of, services
from backend.desk import handover, limits
from backend.errors import CaseworkError
from backend.talk import Asker, rate, reply, to_person
from backend.web.pages import PRIVATE, render, typed
from bot.safety import URGENT
from models.places import Town

blueprint = Blueprint("ask")
_TALK = re.compile(r"[A-Za-z0-9_-]{22}")


@blueprint.get("/ask")
@declared(Who.OPEN)
async def ask_page(request: Request) -> HTTPResponse:
    """The form."""
    return _page(request, "ask.html", question="", found=None, thanked=False)


@blueprint.post("/ask")
@declared(Who.OPEN)
async def ask(request: Request) -> HTTPResponse:
    """One question, one answer with its clause; sent as a form body, so that no question stands in an address."""
    question, live = typed(request, "question", 500), services(request)
    talk, found = _talk(request), None
    if question:
        found = await reply(live.talk, question, Asker("page", talk), now=await live.clock.now())
    return _page(request, "ask.html", talk=talk, question=question, found=found, thanked=False)


@blueprint.post("/ask/rate")
@declared(Who.OPEN)
async def rate_answer(request: Request) -> HTTPResponse:
    """有用, 没用; then one may go on."""
    live, talk = services(request), _talk(request)
    if (useful := typed(request, "useful", 3)) in ("yes", "no"):
        await rate(live.talk, Asker("page", talk), useful == "yes", now=await live.clock.now())
    return _page(request, "ask.html", talk=talk, question="", found=None, thanked=True)


@blueprint.get("/ask/person")
@declared(Who.OPEN)
async def person_page(request: Request) -> HTTPResponse:
    """Which town, and what to add."""
    return await _person_page(request, talk=secrets.token_urlsafe(16), more="", wrong="")


@blueprint.post("/ask/person")
@declared(Who.OPEN)
async def ask_a_person(request: Request) -> HTTPResponse:
    """From an answer: the form with the conversation; with a town chosen: into its queue."""
    live, talk, more = services(request), _talk(request), typed(request, "more", 500)
    town = typed(request, "town", 10)
    if not town:
        wrong = "请选一个镇(街道), 不知道的选“不知道”。" if typed(request, "sending", 3) else ""
        return await _person_page(request, talk=talk, more=more, wrong=wrong)
    town_id = int(town) if town.isdecimal() and len(town) <= 9 and await handover.is_town(int(town)) else None
    try:
        await limits.one_more_person(live.redis, address_of(request))
    except CaseworkError as error:
        return await _person_page(request, talk=talk, more=more, wrong=error.message)
    told, code = await to_person(live.talk, Asker("page", talk), town_id=town_id, more=more, now=await live.clock.now())
    return _page(request, "ask_waiting.html", told=told, code=code)


@blueprint.get("/ask/replies")
@declared(Who.OPEN)
async def replies_page(request: Request) -> HTTPResponse:
    """Where the code is typed in."""
    return _page(request, "ask_replies.html", code="", found=None, wrong="", done="", more="")


@blueprint.post("/ask/replies")
@declared(Who.OPEN)
async def read_replies(request: Request) -> HTTPResponse:
    """What was answered; with words in the box, they are added first. A mistake keeps what was typed."""
    live, code, more = services(request), typed(request, "code", 20), typed(request, "more", 500)
    now, done, address = await live.clock.now(), "", address_of(request)
    try:
        if more:
            await limits.with_code(live.redis, address, handover.add_by_code(code, more, now=now))
            done, more = "已补充给工作人员。", ""
        found = await limits.with_code(live.redis, address, handover.by_code(code, now=now))
    except CaseworkError as error:
        return _page(
            request,
            "ask_replies.html",
            status=error.status,
            code=code,
            found=None,
            wrong=error.message,
            done="",
            more=more,
        )
    return _page(request, "ask_replies.html", code=code, found=found, wrong="", done=done, more=more)


async def _person_page(request: Request, *, talk: str, more: str, wrong: str) -> HTTPResponse:
    towns = await Town.all().order_by("id")
    status = 422 if wrong else 200
    return _page(request, "ask_person.html", status=status, talk=talk, towns=towns, more=more, wrong=wrong)


def _page(request: Request, name: str, *, status: int = 200, **values: object) -> HTTPResponse:
    values.setdefault("talk", secrets.token_urlsafe(16))
    return render(request, name, status=status, headers=PRIVATE, urgent=URGENT, **values)


def _talk(request: Request) -> str:
    """The conversation that the form carries; another one where somebody made it up."""
    given = typed(request, "talk", 40)
    return given if _TALK.fullmatch(given) else secrets.token_urlsafe(16)
