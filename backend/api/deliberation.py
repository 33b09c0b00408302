"""Step 2 over HTTP: convene, answer, check in, recuse, supervise, close."""

from dataclasses import asdict
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw

from backend.access import Action
from backend.api.contract import Bytes, Returned, Who, contract
from backend.api.fields import Moment, Nothing, Reason
from backend.api.http import Body, actor, answer, asked, services
from backend.api.shapes import Done, Made
from backend.casework import card, deliberation, duties, meeting_calendar, rsvp, view
from rules.quorum import Capacity, QuorumFinding

blueprint = Blueprint("deliberation", url_prefix="/api")


class Meeting(Body):
    meets_at: Moment
    place: str = Field(min_length=1, max_length=60)
    panel: list[UUID] = Field(min_length=1, max_length=100)
    supervisor: UUID


class NewTime(Body):
    meets_at: Moment
    place: str = Field(min_length=1, max_length=60)


class Answer(Body):
    answer: Literal["attending", "leave", "recusal"]
    substitute: UUID | None = None


class Substitution(Body):
    person_id: UUID
    substitute: UUID | None = None


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


class Named(Returned):
    person_id: UUID
    name: str


class Unanswered(Named):
    duty: Literal["member", "supervisor", "recorder", "investigator"]


class Away(Unanswered):
    answer: Literal["unanswered", "attending", "leave", "recusal"]
    replaced: bool
    substitute_wanted: Named | None


class Suggested(Named):
    capacities: list[Capacity | Literal["supervisor"]]
    closes: list[Capacity | Literal["supervisor"]]


class Forecast(Finding):
    """`unanswered`, `away`: for who may know the panel; `substitutes`: whom the convener could ask."""

    unanswered: list[Unanswered]
    away: list[Away]
    substitutes: list[Suggested]


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
    answer_until: AwareDatetime
    substitute_wanted: UUID | None
    replaced: bool
    changes: int
    calendar: str


CALENDAR = Bytes(("text/calendar",))


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
@contract(Action.READ_CASE, returns=Forecast)
async def forecast(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Who and what is still missing, from the answers; for the convener also whom one could ask."""
    now = await services(request).clock.now()
    seen = await rsvp.read_forecast(deliberation_id, await actor(request), now=now)
    return answer(_finding(seen.pop("finding")) | seen)


@blueprint.post("/deliberations/<deliberation_id:uuid>/answer")
@contract(Who.PERSON, body=Answer, returns=Done, errors=(403, 409))
async def answer_notice(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """参加, 请假, 需要回避."""
    who, body, now = await asked(request, Answer)
    await rsvp.answer(deliberation_id, who, answer=body.answer, substitute=body.substitute, now=now)
    return answer({"ok": True})


@blueprint.get("/deliberations/<deliberation_id:uuid>/substitutes")
@contract(Who.PERSON, returns=list[Suggested], errors=(403,))
async def may_replace_me(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Whom a member of the panel may name when they ask for leave."""
    now = await services(request).clock.now()
    found = await rsvp.may_replace_me(deliberation_id, await actor(request), now=now)
    return answer([asdict(candidate) for candidate in found])


@blueprint.post("/deliberations/<deliberation_id:uuid>/substitute")
@contract(Action.CONVENE, body=Substitution, returns=Done, errors=(409,))
async def call_substitute(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Somebody comes instead of a member who cannot; without a name, whom the member wished for."""
    who, body, now = await asked(request, Substitution)
    await rsvp.call_substitute(deliberation_id, who, now=now, **body.model_dump())
    return answer({"ok": True})


@blueprint.post("/deliberations/<deliberation_id:uuid>/change")
@contract(Action.CONVENE, body=NewTime, returns=Done, errors=(409,))
async def change(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """Another time or place; everybody is asked anew."""
    who, body, now = await asked(request, NewTime)
    await deliberation.change(deliberation_id, who, now=now, **body.model_dump())
    return answer({"ok": True})


@blueprint.get("/deliberations/<deliberation_id:uuid>/meeting.ics")
@contract(Who.PERSON, returns=CALENDAR, errors=(403,))
async def calendar_file(request: Request, deliberation_id: UUID) -> HTTPResponse:
    """The meeting for the phone's own calendar; for the panel and the town."""
    now = await services(request).clock.now()
    made = await meeting_calendar.meeting_file(deliberation_id, await actor(request), now=now)
    return raw(made, content_type="text/calendar; charset=utf-8", headers={"Cache-Control": "no-store"})


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
