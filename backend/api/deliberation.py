"""Step 2 over HTTP: convene, answer, check in, recuse, supervise, close."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.http import Body, actor, answer, asked
from backend.casework import card, deliberation, duties, view
from rules.quorum import QuorumFinding

blueprint = Blueprint("deliberation", url_prefix="/api")


class Meeting(Body):
    meets_at: AwareDatetime
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


class Reason(Body):
    reason: str = Field(max_length=500)


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
async def roster(request: Request, case_id: UUID) -> HTTPResponse:
    """Who may sit on the panel of this case, with capacities; for the convener."""
    who, _, now = await asked(request, Body)
    return answer(await deliberation.roster(case_id, who, now=now))


@blueprint.post("/cases/<case_id:uuid>/deliberations")
async def convene(request: Request, case_id: UUID) -> HTTPResponse:
    """Schedule a meeting; notices go out."""
    who, body, now = await asked(request, Meeting)
    row = await deliberation.convene(case_id, who, now=now, **body.model_dump())
    return answer({"id": str(row.id)}, 201)


@blueprint.get("/me/meetings")
async def own_meetings(request: Request) -> HTTPResponse:
    """The meetings that I am asked to."""
    return answer(await view.own_meetings(await actor(request)))


@blueprint.get("/deliberations/<deliberation_id:uuid>/card")
async def read_card(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """个案卡片, for the panel."""
    who, _, now = await asked(request, Body)
    return answer(await card.read_card(deliberation_id, who, now=now))


@blueprint.get("/deliberations/<deliberation_id:uuid>/forecast")
async def forecast(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Who and what is still missing, from the answers."""
    who, _, now = await asked(request, Body)
    return answer(_finding(await deliberation.read_forecast(deliberation_id, who, now=now)))


@blueprint.post("/deliberations/<deliberation_id:uuid>/answer")
async def answer_notice(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """参加, 请假, 需要回避."""
    who, body, now = await asked(request, Answer)
    await deliberation.answer_notice(deliberation_id, who, answer=body.answer, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/check-in")
async def check_in(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """签到."""
    who, body, now = await asked(request, PersonRef)
    await deliberation.check_in(deliberation_id, who, person_id=body.person_id, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/leave")
async def leave(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Somebody leaves before the vote is closed."""
    who, body, now = await asked(request, PersonRef)
    await deliberation.leave(deliberation_id, who, person_id=body.person_id, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/recuse")
async def recuse(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """回避."""
    who, body, now = await asked(request, RecusalNote)
    await deliberation.recuse(deliberation_id, who, person_id=body.person_id, reason=body.reason, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/opinion")
async def give_opinion(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """监督意见."""
    who, body, now = await asked(request, Opinion)
    await deliberation.give_opinion(deliberation_id, who, opinion=body.opinion, now=now)
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/close")
async def close(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Close the vote with the tally."""
    who, body, now = await asked(request, Vote)
    return answer(_finding(await deliberation.close(deliberation_id, who, now=now, **body.model_dump())))


@blueprint.post("/deliberations/<deliberation_id:uuid>/override")
async def ask_override(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Fewer than 12: one asks with the reason."""
    who, body, now = await asked(request, Because)
    await deliberation.ask_override(deliberation_id, who, reason=body.reason, now=now)
    return answer({"ok": True}, 201)


@blueprint.post("/deliberations/<deliberation_id:uuid>/override/agree")
async def agree_to_override(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """And a leader agrees."""
    who, _, now = await asked(request, Body)
    await deliberation.agree_to_override(deliberation_id, who, now=now)
    return answer({"ok": True})


@blueprint.post("/cases/<case_id:uuid>/relatives")
async def declare_relative(request: Request, case_id: UUID) -> HTTPResponse:
    """近亲属登记备案."""
    who, body, now = await asked(request, Relative)
    await duties.declare_relative(case_id, who, person_id=body.person_id, relation=body.relation, now=now)
    return answer({"ok": True}, 201)


@blueprint.post("/deliberations/<deliberation_id:uuid>/void")
async def void(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """The meeting did not come about."""
    who, body, now = await asked(request, Reason)
    await deliberation.void(deliberation_id, who, reason=body.reason, now=now)
    return answer({"ok": True})
