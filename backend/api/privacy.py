"""The person's own side: the notice, what they agreed to, what is kept about them, what they want corrected."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import Bytes, Returned, Who, contract
from backend.api.fields import Nothing
from backend.api.http import Body, actor, answer, asked, asked_for, services
from backend.api.own_data_shapes import OwnData
from backend.api.people import Correction, CorrectionField, CorrectionMade, CorrectionState, Given, Purpose
from backend.api.shapes import Done, Made
from backend.errors import NotFoundError
from backend.privacy import consents, corrections, own_data, persons, texts
from backend.privacy.consents import Giver
from backend.web.pages import PRIVATE, render

blueprint = Blueprint("privacy", url_prefix="/api")


class NoticeRead(Body):
    version: str = Field(min_length=1, max_length=16)


class Agreement(NoticeRead):
    purpose: Purpose
    given_by: Given = "self"
    name: str | None = Field(default=None, max_length=40)
    relation: str | None = Field(default=None, max_length=20)


class TextVersion(Body):
    """An earlier version; without it the current one."""

    version: str | None = Field(default=None, min_length=1, max_length=16)


class TextBlock(Returned):
    kind: Literal["heading", "item", "paragraph"]
    text: str


class TextShown(Returned):
    version: str
    title: str
    summary: list[str]
    text: list[TextBlock]


class Acknowledged(Returned):
    version: str
    how: Literal["phone", "read_aloud", "paper"]
    at: AwareDatetime


class AgreementSeen(Returned):
    id: UUID
    purpose: Purpose
    title: str
    version: str
    given_by: Given
    relation: str | None
    how: Literal["phone", "read_aloud", "paper"]
    given_at: AwareDatetime
    withdrawn_at: AwareDatetime | None
    withdrawing_means: str


class PrivacyStanding(Returned):
    """`acknowledged`: whether the current version of the notice was read."""

    current_version: str
    acknowledged: bool
    acknowledgements: list[Acknowledged]
    consents: list[AgreementSeen]


class Withdrawn(Returned):
    """`means`: what follows from it, in a sentence."""

    id: UUID
    means: str


class OwnCorrection(CorrectionState, CorrectionMade):
    field: CorrectionField
    title: str
    wanted: str
    asked_at: AwareDatetime
    plain: str
    answer: str | None
    how_to_complain: str | None


PAGE = Bytes(("text/html",))


@blueprint.get("/privacy/notice")
@contract(Who.OPEN, returns=TextShown)
async def notice(_request: Request) -> HTTPResponse:
    """The current notice; no login."""
    return answer(texts.current(texts.NOTICE).as_json())


@blueprint.get("/privacy/texts/<purpose:[a-z0-9_]+>")
@contract(Who.OPEN, query=TextVersion, returns=TextShown)
async def text(request: Request, purpose: str) -> HTTPResponse:
    """The text that is agreed to, or with `?version=` an earlier one; no login."""
    if purpose not in texts.PURPOSES:
        raise NotFoundError("text_not_found", "没有这份文书, 请返回。")
    version = asked_for(request, TextVersion).version
    found = texts.known(purpose, version) if version else texts.current(purpose)
    if found is None:
        raise NotFoundError("text_not_found", "没有这个版本的文书, 请返回。")
    return answer(found.as_json())


@blueprint.get("/me/privacy")
@contract(Who.PERSON, returns=PrivacyStanding)
async def standing(request: Request) -> HTTPResponse:
    """Whether the current notice was acknowledged, and what was agreed to."""
    return answer(await consents.standing(persons.subject_of(await actor(request))))


@blueprint.post("/me/privacy/acknowledgement")
@contract(Who.PERSON, body=NoticeRead, returns=Done, statuses=(201,))
async def acknowledge(request: Request) -> HTTPResponse:
    """知道了."""
    who, body, now = await asked(request, NoticeRead)
    await consents.acknowledge(who, body.version, now=now)
    return answer({"ok": True}, 201)


@blueprint.post("/me/privacy/agreements")
@contract(Who.PERSON, body=Agreement, returns=Made, statuses=(201,), errors=(409,))
async def give(request: Request) -> HTTPResponse:
    """Agree on the phone, as oneself, as the guardian or as the agent."""
    who, body, now = await asked(request, Agreement)
    giver = Giver(body.given_by, body.name, body.relation)
    given = await consents.give(who, body.purpose, body.version, giver, now=now)
    return answer({"id": str(given.id)}, 201)


@blueprint.post("/privacy/agreements/<consent_id:uuid>/withdrawal")
@contract(Who.PERSON, body=Nothing, returns=Withdrawn, errors=(409,))
async def withdraw(request: Request, consent_id: UUID) -> HTTPResponse:
    """Take it back: one's own, or staff for somebody without a phone."""
    who, _, now = await asked(request, Nothing)
    given = await consents.withdraw(who, consent_id, now=now)
    return answer({"id": str(given.id), "means": consents.WITHDRAWN_MEANS[given.purpose]})


@blueprint.get("/me/data")
@contract(Who.PERSON, returns=OwnData)
async def own(request: Request) -> HTTPResponse:
    """Everything about oneself."""
    return answer(await own_data.own(await actor(request), now=await services(request).clock.now()))


@blueprint.get("/me/data/print")
@contract(Who.PERSON, returns=PAGE)
async def own_on_paper(request: Request) -> HTTPResponse:
    """The same as a page to print."""
    document = await own_data.own(await actor(request), now=await services(request).clock.now())
    return render(request, "own_data.html", headers=PRIVATE, document=document)


@blueprint.get("/me/corrections")
@contract(Who.PERSON, returns=list[OwnCorrection])
async def own_corrections(request: Request) -> HTTPResponse:
    """What became of one's requests."""
    return answer(await corrections.own(await actor(request)))


@blueprint.post("/me/corrections")
@contract(Who.PERSON, body=Correction, returns=CorrectionMade, statuses=(201,), errors=(409,))
async def correct(request: Request) -> HTTPResponse:
    """Say what is wrong and what is right."""
    who, body, now = await asked(request, Correction)
    row = await corrections.ask(who, answer_days=services(request).answer_days, now=now, **body.model_dump())
    return answer({"id": str(row.id), "answer_by": row.due_on}, 201)
