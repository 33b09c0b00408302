"""Steps 3 and 4 over HTTP: the leaders' decision, the three receipts, the listing, termination."""

from dataclasses import asdict
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.access import Action
from backend.api.contract import Returned, contract
from backend.api.fields import Day, Fen, Nothing, Reason
from backend.api.http import Body, answer, asked
from backend.api.shapes import Made, StatusNow
from backend.casework import determination, disclosure, follow_up
from models.disclosure import Listing
from rules.statuses import Recipient

blueprint = Blueprint("determination", url_prefix="/api")


class Approval(Body):
    meeting_no: str = Field(min_length=1, max_length=40)
    aid_type: Literal["低保", "特困", "临时救助"]
    amount_fen: int = Field(gt=0, le=1_000_000_000)
    valid_from: Day
    medical_cost_fen: Fen | None = None
    departure_reason: str = Field(default="", max_length=500)
    other_causes: dict[str, str] = Field(default_factory=dict, max_length=20)


class CapQuestion(Body):
    medical_cost_fen: Fen | None = None
    other_causes: dict[str, str] = Field(default_factory=dict, max_length=20)


class Rejection(Body):
    meeting_no: str = Field(min_length=1, max_length=40)
    reason: str = Field(min_length=1, max_length=500)


class Return(Body):
    reason: str = Field(min_length=1, max_length=500)
    deliberate_again: bool


class Told(Body):
    recipient: Recipient
    channel: str = Field(min_length=1, max_length=20)
    note: str = Field(default="", max_length=120)
    late_reason: str = Field(default="", max_length=500)


class Publication(Body):
    late_reason: str = Field(default="", max_length=500)


class GrantCounted(Returned):
    number: str
    granted_on: date
    amount_fen: int
    counted: bool


class CapToday(Returned):
    """`allowed_fen` null: no cap applies."""

    allowed_fen: int | None
    lines: list[str]
    notes: list[str]
    grants: list[GrantCounted]


class Term(Made):
    valid_from: date
    valid_to: date


class Complete(Returned):
    complete: bool


class Listed(Returned):
    online: bool
    offline_reason: str | None
    village_id: int
    masked_name: str
    published_at: AwareDatetime | None


@blueprint.post("/cases/<case_id:uuid>/to-leaders")
@contract(Action.CONVENE, body=Nothing, returns=StatusNow, errors=(409,))
async def to_leaders(request: Request, case_id: UUID) -> HTTPResponse:
    """The packet goes to the leadership meeting."""
    who, _, now = await asked(request, Nothing)
    case = await determination.submit_to_leaders(case_id, who, now=now)
    return answer({"status": case.status})


@blueprint.post("/cases/<case_id:uuid>/cap")
@contract(Action.READ_MONEY, body=CapQuestion, returns=CapToday)
async def preview_cap(request: Request, case_id: UUID) -> HTTPResponse:
    """The 三(五) cap of today with its working and the grants that it counts; null where no cap applies."""
    who, body, now = await asked(request, CapQuestion)
    cap, grants = await determination.preview_cap(case_id, who, now=now, **body.model_dump())
    return answer(
        {
            "allowed_fen": cap.allowed_fen if cap else None,
            "lines": cap.lines if cap else [],
            "notes": cap.notes if cap else [],
            "grants": [asdict(grant) | {"counted": grant.number not in body.other_causes} for grant in grants],
        }
    )


@blueprint.post("/cases/<case_id:uuid>/approve")
@contract(Action.DETERMINE, body=Approval, returns=Term, statuses=(201,), errors=(409,))
async def approve(request: Request, case_id: UUID) -> HTTPResponse:
    """Approved, with the amount and the first day."""
    who, body, now = await asked(request, Approval)
    row = await determination.approve(case_id, who, determination.Decision(**body.model_dump()), now=now)
    return answer({"id": str(row.id), "valid_from": row.valid_from, "valid_to": row.valid_to}, 201)


@blueprint.post("/cases/<case_id:uuid>/reject")
@contract(Action.DETERMINE, body=Rejection, returns=Made, statuses=(201,), errors=(409,))
async def reject(request: Request, case_id: UUID) -> HTTPResponse:
    """Rejected, with the reason that the applicant is told."""
    who, body, now = await asked(request, Rejection)
    row = await determination.reject(case_id, who, meeting_no=body.meeting_no, reason=body.reason, now=now)
    return answer({"id": str(row.id)}, 201)


@blueprint.post("/cases/<case_id:uuid>/return")
@contract(Action.DETERMINE, body=Return, returns=StatusNow, errors=(409,))
async def send_back(request: Request, case_id: UUID) -> HTTPResponse:
    """Deliberate again, or supplement."""
    who, body, now = await asked(request, Return)
    case = await determination.send_back(
        case_id, who, reason=body.reason, deliberate_again=body.deliberate_again, now=now
    )
    return answer({"status": case.status})


@blueprint.post("/cases/<case_id:uuid>/receipts")
@contract(Action.TELL_RESULT, body=Told, returns=Complete, errors=(409,))
async def tell_result(request: Request, case_id: UUID) -> HTTPResponse:
    """One of the three was told."""
    who, body, now = await asked(request, Told)
    complete = await determination.tell_result(
        case_id,
        who,
        recipient=body.recipient,
        channel=body.channel,
        note=body.note,
        late_reason=body.late_reason,
        now=now,
    )
    return answer({"complete": complete})


@blueprint.post("/cases/<case_id:uuid>/listing")
@contract(Action.PUBLISH, body=Nothing, returns=Listed, statuses=(201,), errors=(409,))
async def prepare_listing(request: Request, case_id: UUID) -> HTTPResponse:
    """One person prepares the row, and sees what would be shown."""
    who, _, now = await asked(request, Nothing)
    return answer(_listing(await disclosure.prepare(case_id, who, now=now)), 201)


@blueprint.post("/cases/<case_id:uuid>/listing/publish")
@contract(Action.RELEASE_LISTING, body=Publication, returns=Listed, statuses=(201,), errors=(409,))
async def publish(request: Request, case_id: UUID) -> HTTPResponse:
    """Another publishes it."""
    who, body, now = await asked(request, Publication)
    return answer(_listing(await disclosure.publish(case_id, who, late_reason=body.late_reason, now=now)), 201)


def _listing(row: Listing) -> dict[str, object]:
    return {
        "online": row.online,
        "offline_reason": row.offline_reason,
        "village_id": row.village_id,
        "masked_name": row.masked_name,
        "published_at": row.published_at,
    }


@blueprint.post("/cases/<case_id:uuid>/terminate")
@contract(Action.PUBLISH, body=Reason, returns=StatusNow, errors=(409,))
async def terminate(request: Request, case_id: UUID) -> HTTPResponse:
    """End decided help, with a reason."""
    who, body, now = await asked(request, Reason)
    case = await follow_up.terminate(case_id, who, reason=body.reason, now=now)
    return answer({"status": case.status})
