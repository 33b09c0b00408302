"""The FAQ bot over HTTP, for the mini-program: a question in, an answer with its suggestions as buttons out."""

import hashlib

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.http import Body, actor, answer, parse, services, token_of
from backend.talk import Asker, reply
from bot.answers import Answer

blueprint = Blueprint("bot", url_prefix="/api")


class Question(Body):
    """`conversation`: any text that the phone makes up for one conversation; without it nothing is remembered."""

    text: str = Field(min_length=1, max_length=500)
    conversation: str | None = Field(default=None, min_length=8, max_length=64)


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


@blueprint.post("/bot/ask")
async def ask(request: Request) -> HTTPResponse:
    """No login is needed and no question is stored; whoever is logged in may ask for their own cases and meetings."""
    body, live = parse(request, Question), services(request)
    who = await actor(request) if token_of(request) else None
    # The phone's own word is no key by itself: two phones with the same word are two conversations.
    near = hashlib.sha256(f"{who.label if who else request.ip}:{body.conversation}".encode()).hexdigest()
    asker = Asker(near if body.conversation else None, who)
    return answer(as_json(await reply(live.bot, live.redis, body.text, asker, now=await live.clock.now())))
