"""The person's own side: the notice, what they agreed to, what is kept about them, what they want corrected."""

from typing import Literal
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.http import Body, actor, answer, asked, services
from backend.api.people import Nothing, Wanted
from backend.errors import NotFoundError
from backend.privacy import consents, corrections, own_data, persons, texts
from backend.privacy.consents import Giver
from backend.web.pages import PRIVATE, render

blueprint = Blueprint("privacy", url_prefix="/api")


class Version(Body):
    version: str = Field(min_length=1, max_length=16)


class Given(Version):
    purpose: Literal["property_check", "child_under_14", "list_messages", "photo_elsewhere"]
    given_by: Literal["self", "guardian", "agent"] = "self"
    name: str | None = Field(default=None, max_length=40)
    relation: str | None = Field(default=None, max_length=20)


@blueprint.get("/privacy/notice")
async def notice(_request: Request) -> HTTPResponse:
    """The current notice; no login."""
    return answer(texts.current(texts.NOTICE).as_json())


@blueprint.get("/privacy/texts/<purpose:[a-z0-9_]+>")
async def text(request: Request, purpose: str) -> HTTPResponse:
    """The text that is agreed to, or with `?version=` an earlier one; no login."""
    if purpose not in texts.PURPOSES:
        raise NotFoundError("text_not_found", "没有这份文书, 请返回。")
    version = request.args.get("version")
    found = texts.known(purpose, str(version)) if version else texts.current(purpose)
    if found is None:
        raise NotFoundError("text_not_found", "没有这个版本的文书, 请返回。")
    return answer(found.as_json())


@blueprint.get("/me/privacy")
async def standing(request: Request) -> HTTPResponse:
    """Whether the current notice was acknowledged, and what was agreed to."""
    return answer(await consents.standing(persons.subject_of(await actor(request))))


@blueprint.post("/me/privacy/acknowledgement")
async def acknowledge(request: Request) -> HTTPResponse:
    """知道了."""
    who, body, now = await asked(request, Version)
    await consents.acknowledge(who, body.version, now=now)
    return answer({"ok": True}, 201)


@blueprint.post("/me/privacy/agreements")
async def give(request: Request) -> HTTPResponse:
    """Agree on the phone, as oneself, as the guardian or as the agent."""
    who, body, now = await asked(request, Given)
    giver = Giver(body.given_by, body.name, body.relation)
    given = await consents.give(who, body.purpose, body.version, giver, now=now)
    return answer({"id": str(given.id)}, 201)


@blueprint.post("/privacy/agreements/<consent_id:uuid>/withdrawal")
async def withdraw(request: Request, consent_id: UUID) -> HTTPResponse:
    """Take it back: one's own, or staff for somebody without a phone."""
    who, _, now = await asked(request, Nothing)
    given = await consents.withdraw(who, consent_id, now=now)
    return answer({"id": str(given.id), "means": consents.WITHDRAWN_MEANS[given.purpose]})


@blueprint.get("/me/data")
async def own(request: Request) -> HTTPResponse:
    """Everything about oneself; `?form=print` as a page."""
    document = await own_data.own(await actor(request), now=await services(request).clock.now())
    if request.args.get("form") == "print":
        return render(request, "own_data.html", headers=PRIVATE, document=document)
    return answer(document)


@blueprint.get("/me/corrections")
async def own_corrections(request: Request) -> HTTPResponse:
    """What became of one's requests."""
    return answer(await corrections.own(await actor(request)))


@blueprint.post("/me/corrections")
async def correct(request: Request) -> HTTPResponse:
    """Say what is wrong and what is right."""
    who, body, now = await asked(request, Wanted)
    row = await corrections.ask(who, answer_days=services(request).answer_days, now=now, **body.model_dump())
    return answer({"id": str(row.id), "answer_by": row.due_on}, 201)
