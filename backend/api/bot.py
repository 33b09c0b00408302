"""The FAQ bot over HTTP, for the mini-program: a question in, an answer with its suggestions as buttons out."""

import hashlib
from typing import Literal

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import Returned, Who, contract
from backend.api.fields import Number
from backend.api.http import Body, actor, address_of, answer, parse, services, token_of
from backend.api.shapes import Done
from backend.desk import handover, limits
from backend.errors import InvalidInputError
from backend.talk import Asker, rate, reply, to_person
from bot.answers import Answer

blueprint = Blueprint("bot", url_prefix="/api/bot")


class Talking(Body):
    """`conversation`: any text that the phone makes up for one conversation; without it nothing is remembered."""

    conversation: str | None = Field(default=None, min_length=8, max_length=64)


class Question(Talking):
    text: str = Field(min_length=1, max_length=500)


class Rating(Body):
    conversation: str = Field(min_length=8, max_length=64)
    useful: bool


class ToPerson(Talking):
    town_id: Number | None = None
    text: str = Field(default="", max_length=500)


class Code(Body):
    code: str = Field(min_length=12, max_length=20)


class More(Code):
    text: str = Field(min_length=1, max_length=500)


class BotAnswer(Returned):
    """`link`: where the clause stands; `suggestions`: what may be asked next; `person`: ask somebody as well."""

    outcome: Literal["answer", "suggest", "handover", "refuse"]
    intent: str | None
    text: str
    more: str
    clause: str | None
    link: str | None
    suggestions: list[str]
    because: list[str]
    person: bool


class Counted(Returned):
    counted: bool


class WithPerson(Returned):
    """`code`: what the answer is read with; null where WeChat brings it."""

    text: str
    code: str | None


class PersonReply(Returned):
    text: str
    at: AwareDatetime


class Replies(Returned):
    status: Literal["waiting", "taken", "answered", "closed"]
    opened_at: AwareDatetime
    replies: list[PersonReply]


def as_json(found: Answer) -> dict[str, object]:
    """An answer with its clause and the link to it."""
    return {
        "outcome": found.outcome.value,
        "intent": found.intent,
        "text": found.text,
        "more": found.more,
        "clause": found.clause,
        "link": f"/policy#{found.anchor}" if found.anchor else None,
        "suggestions": found.suggestions,
        "because": found.because,
        "person": found.person,
    }


@blueprint.post("/ask")
@contract(Who.OPEN, body=Question, returns=BotAnswer, errors=(401, 403))
async def ask(request: Request) -> HTTPResponse:
    """No login is needed; whoever is logged in may ask for their own cases and meetings."""
    body, live = parse(request, Question), services(request)
    asker = await _asker(request, body.conversation)
    return answer(as_json(await reply(live.talk, body.text, asker, now=await live.clock.now())))


@blueprint.post("/rate")
@contract(Who.OPEN, body=Rating, returns=Counted, errors=(401, 403))
async def rate_answer(request: Request) -> HTTPResponse:
    """Whether the last answer of a conversation was of use; once an answer."""
    body, live = parse(request, Rating), services(request)
    asker = await _asker(request, body.conversation)
    return answer({"counted": await rate(live.talk, asker, body.useful, now=await live.clock.now())})


@blueprint.post("/person")
@contract(Who.OPEN, body=ToPerson, returns=WithPerson, statuses=(201,), errors=(401, 403))
async def ask_a_person(request: Request) -> HTTPResponse:
    """The conversation to the town's queue; returns what to tell, and the code that the answer is read with."""
    body, live = parse(request, ToPerson), services(request)
    asker = await _asker(request, body.conversation)
    if body.town_id is not None and not await handover.is_town(body.town_id):
        raise InvalidInputError("town_missing", "请选一个镇(街道), 不知道的可以不选。")
    await limits.one_more_person(live.redis, address_of(request))
    told, code = await to_person(live.talk, asker, town_id=body.town_id, more=body.text, now=await live.clock.now())
    return answer({"text": told, "code": code}, 201)


@blueprint.post("/person/replies")
@contract(Who.OPEN, body=Code, returns=Replies, errors=(403, 404))
async def read_replies(request: Request) -> HTTPResponse:
    """What was answered, for who holds the code; posted, so that no code stands in an address."""
    body, live = parse(request, Code), services(request)
    found = handover.by_code(body.code, now=await live.clock.now())
    return answer(await limits.with_code(live.redis, address_of(request), found))


@blueprint.post("/person/more")
@contract(Who.OPEN, body=More, returns=Done, errors=(403, 404, 409))
async def say_more(request: Request) -> HTTPResponse:
    """The holder of the code adds something."""
    body, live = parse(request, More), services(request)
    added = handover.add_by_code(body.code, body.text, now=await live.clock.now())
    await limits.with_code(live.redis, address_of(request), added)
    return answer({"ok": True})


async def _asker(request: Request, conversation: str | None) -> Asker:
    who = await actor(request) if token_of(request) else None
    # The phone's own word is no key by itself: two phones with the same word are two conversations.
    near = hashlib.sha256(f"{who.label if who else address_of(request)}:{conversation}".encode()).hexdigest()
    return Asker("api", near if conversation else None, who)
