"""Step 2 over HTTP: convene, answer, check in, recuse, supervise, close."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, Who, contract
from backend.api.fields import Moment, Nothing, Reason
from backend.api.http import Body, actor, answer, asked, services
from backend.api.shapes import Done, Made
from backend.casework import card, deliberation, duties, view
from rules.quorum import Capacity, QuorumFinding

blueprint = Blueprint("deliberation", url_prefix="/api")


class Meeting(Body):
    meets_at: Moment
    place: str = Field(min_length=1, max_length=60)
    panel: list[UUID] = Field(min_length=1, max_length=100)
    supervisor: UUID


class Answer(Body):
    answer: Literal["attending", "leave", "recusal"]


class PersonRef(Body):
    person_id: UUID


class RecusalNote(PersonRef):
    reason: str = Field(min_length=1, max_length=200)


class Opinion(Body):
    opinion: str = Field(min_length=1, max_length=1000)


class Vote(Body):
    agree: int = Field(ge=0, le=200)
    against: int = Field(ge=0, le=200)
    abstain: int = Field(ge=0, le=200)
    late_reason: str = Field(default="", max_length=500)


class Because(Body):
    reason: str = Field(min_length=4, max_length=500)


class Relative(Body):
    person_id: UUID
    relation: str = Field(min_length=2, max_length=8)


class Card(Returned):
    number: str
    applicant: str
    village: str
    household_size: int
    circumstance: str | None
    about: str | None
    visited_on: date | None
    visitors: int
    evidence_count: int
    meets_at: AwareDatetime
    place: str
    to_judge: list[str]
    open_until: AwareDatetime


class Finding(Returned):
    counted: int
    short_of: int
    missing: list[str]
    warnings: list[str]
    passed: bool | None
    sentence: str


class Candidate(Returned):
    person_id: UUID
    name: str
    capacities: list[Capacity | Literal["supervisor"]]
    investigated: bool


class OwnMeeting(Returned):
    id: UUID
    meets_at: AwareDatetime
    place: str
    answer: Literal["unanswered", "attending", "leave", "recusal"]


def _finding(finding: QuorumFinding) -> dict[str, object]:
    return {
        "counted": finding.counted,
        "short_of": finding.short_of,
        "missing": finding.missing,
        "warnings": finding.warnings,
        "passed": finding.passed,
        "sentence": finding.sentence,
    }


@blueprint.get("/cases/<case_id:uuid>/roster")
@contract(Action.CONVENE, returns=list[Candidate])
async def roster(request: Request, case_id: UUID) -> HTTPResponse:
    """Who may sit on the panel of this case, with capacities; for the convener."""
    now = await services(request).clock.now()
    return answer(await deliberation.roster(case_id, await actor(request), now=now))


@blueprint.post("/cases/<case_id:uuid>/deliberations")
@contract(Action.CONVENE, body=Meeting, returns=Made, statuses=(201,), errors=(409,))
async def convene(request: Request, case_id: UUID) -> HTTPResponse:
    """Schedule a meeting; notices go out."""
    who, body, now = await asked(request, Meeting)
    row = await deliberation.convene(case_id, who, now=now, **body.model_dump())
    return answer({"id": str(row.id)}, 201)


@blueprint.get("/me/meetings")
@contract(Who.PERSON, returns=list[OwnMeeting])
async def own_meetings(request: Request) -> HTTPResponse:
    """The meetings that I am asked to."""
    return answer(await view.own_meetings(await actor(request)))


@blueprint.get("/deliberations/<deliberation_id:uuid>/card")
@contract(Who.PERSON, returns=Card, errors=(403,))
async def read_card(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """个案卡片, for the panel."""
    who, now = await actor(request), await services(request).clock.now()
    return answer(await card.read_card(deliberation_id, who, now=now))


@blueprint.get("/deliberations/<deliberation_id:uuid>/forecast")
@contract(Action.READ_CASE, returns=Finding)
async def forecast(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Who and what is still missing, from the answers."""
    now = await services(request).clock.now()
    return answer(_finding(await deliberation.read_forecast(deliberation_id, await actor(request), now=now)))


@blueprint.post("/deliberations/<deliberation_id:uuid>/answer")
@contract(Who.PERSON, body=Answer, returns=Done, errors=(403, 409))
async def answer_notice(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """参加, 请假, 需要回避."""
    who, body, now = await asked(request, Answer)
    await deliberation.answer_notice(deliberation_id, who, answer=body.answer, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/check-in")
@contract(Action.SIGN_IN, body=PersonRef, returns=Done, errors=(409,))
async def check_in(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """签到."""
    who, body, now = await asked(request, PersonRef)
    await deliberation.check_in(deliberation_id, who, person_id=body.person_id, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/leave")
@contract(Action.SIGN_IN, body=PersonRef, returns=Done, errors=(409,))
async def leave(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Somebody leaves before the vote is closed."""
    who, body, now = await asked(request, PersonRef)
    await deliberation.leave(deliberation_id, who, person_id=body.person_id, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/recuse")
@contract(Action.SIGN_IN, body=RecusalNote, returns=Done, errors=(409,))
async def recuse(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """回避."""
    who, body, now = await asked(request, RecusalNote)
    await deliberation.recuse(deliberation_id, who, person_id=body.person_id, reason=body.reason, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/opinion")
@contract(Action.SUPERVISE, body=Opinion, returns=Done, errors=(409,))
async def give_opinion(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """监督意见."""
    who, body, now = await asked(request, Opinion)
    await deliberation.give_opinion(deliberation_id, who, opinion=body.opinion, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/close")
@contract(Action.TALLY, body=Vote, returns=Finding, errors=(409,))
async def close(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Close the vote with the tally."""
    who, body, now = await asked(request, Vote)
    return answer(_finding(await deliberation.close(deliberation_id, who, now=now, **body.model_dump())))


@blueprint.post("/deliberations/<deliberation_id:uuid>/override")
@contract(Action.TALLY, body=Because, returns=Done, statuses=(201,), errors=(409,))
async def ask_override(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Fewer than 12: one asks with the reason."""
    who, body, now = await asked(request, Because)
    await deliberation.ask_override(deliberation_id, who, reason=body.reason, now=now)
    return answer({"ok": True}, 201)


@blueprint.post("/deliberations/<deliberation_id:uuid>/override/agree")
@contract(Action.AGREE_TO_OVERRIDE, body=Nothing, returns=Done, errors=(409,))
async def agree_to_override(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """And a leader agrees."""
    who, _, now = await asked(request, Nothing)
    await deliberation.agree_to_override(deliberation_id, who, now=now)
    return answer({"ok": True})


@blueprint.post("/cases/<case_id:uuid>/relatives")
@contract(Action.DECLARE_RELATIVE, body=Relative, returns=Done, statuses=(201,))
async def declare_relative(request: Request, case_id: UUID) -> HTTPResponse:
    """近亲属登记备案."""
    who, body, now = await asked(request, Relative)
    await duties.declare_relative(case_id, who, person_id=body.person_id, relation=body.relation, now=now)
    return answer({"ok": True}, 201)


@blueprint.post("/deliberations/<deliberation_id:uuid>/void")
@contract(Action.CONVENE, body=Reason, returns=Done, errors=(409,))
async def void(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """The meeting did not come about."""
    who, body, now = await asked(request, Reason)
    await deliberation.void(deliberation_id, who, reason=body.reason, now=now)
    return answer({"ok": True})
