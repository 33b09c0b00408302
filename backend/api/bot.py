"""The FAQ bot over HTTP, for the mini-program."""

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.http import Body, answer, parse, services
from bot.answers import Answer

blueprint = Blueprint("bot", url_prefix="/api")


class Question(Body):
    text: str = Field(min_length=1, max_length=500)


def as_json(found: Answer) -> dict[str, object]:
    """An answer with its clause and the link to it."""
    return {
        "outcome": found.outcome.value,
        "intent": found.intent,
        "text": found.text,
        "clause": found.clause,
        "link": f"/policy#{found.anchor}" if found.anchor else None,
        "suggestions": found.suggestions,
    }


@blueprint.post("/bot/ask")
async def ask(request: Request) -> HTTPResponse:
    """A question in, an answer out. No login, nothing stored."""
    body = parse(request, Question)
    return answer(as_json(services(request).bot.answer(body.text)))
