"""Step 1 over HTTP: the application with its photos, and the moves up to confirmation."""

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw

from backend.access import Action
from backend.api.contract import Bytes, Returned, Who, contract
from backend.api.fields import Day, Fen, Household, HouseholdSize, Moment, Nothing, Number, Phone, Reason
from backend.api.guide import Facts, carried, given
from backend.api.http import Body, actor, answer, asked, services
from backend.api.shapes import CaseFile, CaseState, Made, OwnCase, ToldRow, VillageRow
from backend.casework import application, linked_cases, pictures, view
from backend.guide import carry
from models.application import Case
from rules.circumstances import Circumstance
from rules.facts import HouseholdFacts

blueprint = Blueprint("application", url_prefix="/api")


class Submission(Body):
    submission_key: str = Field(min_length=8, max_length=64)
    story: str = Field(min_length=1, max_length=2000)
    household_size: HouseholdSize
    facts: Facts = Field(default_factory=Facts)
    guide_number: str | None = Field(default=None, min_length=10, max_length=20)
    renewal_of: UUID | None = None


class Review(Body):
    ordinary_case_ref: str = Field(max_length=40)


class Referral(Reason):
    circumstance: Circumstance


class AnotherReferral(Reason):
    circumstance: Circumstance | None = None


class Lead(Body):
    """What a worker writes down for somebody who has no phone."""

    submission_key: str = Field(min_length=8, max_length=64)
    village_id: Number
    name: str = Field(min_length=1, max_length=40)
    phone: Phone | None = None
    born_on: Day | None = None
    household_size: HouseholdSize
    story: str = Field(min_length=1, max_length=2000)


class Look(Body):
    reason: str = Field(default="", max_length=200)


class Visit(Body):
    visited_at: Moment
    visitors: int = Field(ge=1, le=20)
    visitor_ids: list[UUID] = Field(default_factory=list, max_length=20)
    signed: bool
    findings: str = Field(min_length=1, max_length=2000)


class EvidenceNote(Body):
    title: str = Field(min_length=1, max_length=80)


class Confirmation(Body):
    household_size: HouseholdSize
    circumstance: Circumstance | None = None
    change_reason: str = Field(default="", max_length=500)
    evidence_waiver: str | None = Field(default=None, max_length=500)
    deposit_fen: Fen | None = None


class PhotoKept(Returned):
    id: UUID
    width: int
    height: int
    size: int


PICTURE = Bytes(("image/jpeg", "image/png", "image/webp", "image/heic"))
JPEG = Bytes(("image/jpeg",))


def _case(case: Case) -> dict[str, object]:
    return {"id": str(case.id), "number": case.number, "status": case.status}


@blueprint.get("/villages")
@contract(Who.OPEN, returns=list[VillageRow])
async def villages(_request: Request) -> HTTPResponse:
    """Towns and villages to choose from; no login."""
    return answer(
        [
            {"id": village.id, "name": village.name, "town": village.town.name, "phone": village.phone}
            for village in await application.villages()
        ]
    )


@blueprint.post("/applications")
@contract(Who.PERSON, body=Submission, returns=CaseState, statuses=(200, 201), errors=(403, 404, 409))
async def submit(request: Request) -> HTTPResponse:
    """A preliminary application; the same submission_key again answers 200 with the first.

    `guide_number`: what the person took along from the guide; it is deleted once it has arrived.
    """
    who, body, now = await asked(request, Submission)
    facts = given(HouseholdFacts(**body.facts.model_dump()))
    if body.guide_number and not await application.has_submitted(who, body.submission_key):
        facts["guide"] = await carried(request, body.guide_number, who.label)
    submitted = await application.submit(
        who,
        submission_key=body.submission_key,
        story=body.story,
        household_size=body.household_size,
        facts=facts,
        renewal_of=body.renewal_of,
        now=now,
    )
    if body.guide_number:
        await carry.forget(services(request).redis, body.guide_number)
    return answer(_case(submitted.case), 200 if submitted.again else 201)


@blueprint.post("/cases")
@contract(Action.REVIEW, body=Lead, returns=CaseState, statuses=(200, 201), errors=(404,))
async def submit_for(request: Request) -> HTTPResponse:
    """A worker writes a lead down; the same submission_key again answers 200 with the first."""
    who, body, now = await asked(request, Lead)
    submitted = await application.submit_for(who, now=now, **body.model_dump())
    return answer(_case(submitted.case), 200 if submitted.again else 201)


@blueprint.post("/cases/<case_id:uuid>/photos")
@contract(Action.ADD_PHOTO, body=PICTURE, returns=PhotoKept, statuses=(201,))
async def add_photo(request: Request, case_id: UUID) -> HTTPResponse:
    """The raw bytes of one picture."""
    who = await actor(request)
    live = services(request)
    photo = await application.add_photo(who, case_id, request.body, store=live.photos, now=await live.clock.now())
    return answer({"id": str(photo.id), "width": photo.width, "height": photo.height, "size": photo.size}, 201)


@blueprint.post("/cases/<case_id:uuid>/photos/<photo_id:uuid>/look")
@contract(Action.LOOK_AT_PHOTO, body=Look, returns=JPEG)
async def look_at_photo(request: Request, case_id: UUID, photo_id: UUID) -> HTTPResponse:
    """One photo as JPEG, marked with who looks; posted, since a reason may be needed and stands in no address."""
    who, body, now = await asked(request, Look)
    store = services(request).photos
    picture = await pictures.look_at(case_id, photo_id, who, reason=body.reason, store=store, now=now)
    return raw(picture, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


@blueprint.get("/me/cases")
@contract(Who.PERSON, returns=list[OwnCase])
async def own_cases(request: Request) -> HTTPResponse:
    """我的进度."""
    return answer(await view.own_cases(await actor(request)))


@blueprint.get("/cases/<case_id:uuid>")
@contract(Action.READ_OWN, Action.READ_CASE, returns=CaseFile)
async def read_case(request: Request, case_id: UUID) -> HTTPResponse:
    """One case, as this person may see it."""
    return answer(await view.read_case(case_id, await actor(request), now=await _now(request)))


@blueprint.get("/cases/<case_id:uuid>/told")
@contract(Action.READ_TOLD, returns=list[ToldRow])
async def told(request: Request, case_id: UUID) -> HTTPResponse:
    """Who was told what; for those who may read the case as staff."""
    return answer(await view.told(case_id, await actor(request), now=await _now(request)))


@blueprint.post("/cases/<case_id:uuid>/review")
@contract(Action.REVIEW, body=Review, returns=CaseState, errors=(409,))
async def begin_review(request: Request, case_id: UUID) -> HTTPResponse:
    """The ordinary review begins."""
    who, body, now = await asked(request, Review)
    return answer(
        _case(await application.begin_review(case_id, who, ordinary_case_ref=body.ordinary_case_ref, now=now))
    )


@blueprint.post("/cases/<case_id:uuid>/resolve")
@contract(Action.REVIEW, body=Reason, returns=CaseState, errors=(409,))
async def resolve(request: Request, case_id: UUID) -> HTTPResponse:
    """Ordinary aid serves."""
    who, body, now = await asked(request, Reason)
    return answer(_case(await application.resolve(case_id, who, reason=body.reason, now=now)))


@blueprint.post("/cases/<case_id:uuid>/refer")
@contract(Action.REVIEW, body=Referral, returns=CaseState, errors=(409,))
async def refer(request: Request, case_id: UUID) -> HTTPResponse:
    """反馈村(社区)."""
    who, body, now = await asked(request, Referral)
    return answer(
        _case(await application.refer(case_id, who, circumstance=body.circumstance, reason=body.reason, now=now))
    )


@blueprint.post("/cases/<case_id:uuid>/refer-again")
@contract(Action.REFER_AGAIN, body=AnotherReferral, returns=CaseState, errors=(409,))
async def refer_again(request: Request, case_id: UUID) -> HTTPResponse:
    """The village declined, the town refers once more."""
    who, body, now = await asked(request, AnotherReferral)
    return answer(_case(await application.refer_again(case_id, who, now=now, **body.model_dump())))


@blueprint.post("/cases/<case_id:uuid>/return-evidence")
@contract(Action.RETURN_EVIDENCE, body=Reason, returns=CaseState, errors=(409,))
async def return_evidence(request: Request, case_id: UUID) -> HTTPResponse:
    """Back to be completed."""
    who, body, now = await asked(request, Reason)
    return answer(_case(await application.return_evidence(case_id, who, reason=body.reason, now=now)))


@blueprint.post("/cases/<case_id:uuid>/renew")
@contract(Action.RENEW, body=Household, returns=CaseState, statuses=(201,), errors=(409,))
async def renew(request: Request, case_id: UUID) -> HTTPResponse:
    """A worker renews for somebody without a phone."""
    who, body, now = await asked(request, Household)
    return answer(_case(await linked_cases.renew_for(case_id, who, household_size=body.household_size, now=now)), 201)


@blueprint.post("/cases/<case_id:uuid>/initiate")
@contract(Action.START, body=Nothing, returns=CaseState, errors=(409,))
async def initiate(request: Request, case_id: UUID) -> HTTPResponse:
    """启动."""
    who, _, now = await asked(request, Nothing)
    return answer(_case(await application.initiate(case_id, who, now=now)))


@blueprint.post("/cases/<case_id:uuid>/decline")
@contract(Action.START, body=Reason, returns=CaseState, errors=(409,))
async def decline(request: Request, case_id: UUID) -> HTTPResponse:
    """The village declines, with a reason."""
    who, body, now = await asked(request, Reason)
    return answer(_case(await application.decline(case_id, who, reason=body.reason, now=now)))


@blueprint.post("/cases/<case_id:uuid>/gather-evidence")
@contract(Action.INVESTIGATE, body=Nothing, returns=CaseState, errors=(409,))
async def gather_evidence(request: Request, case_id: UUID) -> HTTPResponse:
    """Home visit and evidence begin."""
    who, _, now = await asked(request, Nothing)
    return answer(_case(await application.gather_evidence(case_id, who, now=now)))


@blueprint.post("/cases/<case_id:uuid>/visits")
@contract(Action.INVESTIGATE, body=Visit, returns=Made, statuses=(201,), errors=(409,))
async def record_visit(request: Request, case_id: UUID) -> HTTPResponse:
    """入户调查."""
    who, body, now = await asked(request, Visit)
    visit = await application.record_visit(case_id, who, now=now, **body.model_dump())
    return answer({"id": str(visit.id)}, 201)


@blueprint.post("/cases/<case_id:uuid>/evidence")
@contract(Action.INVESTIGATE, body=EvidenceNote, returns=Made, statuses=(201,), errors=(409,))
async def add_evidence(request: Request, case_id: UUID) -> HTTPResponse:
    """佐证材料."""
    who, body, now = await asked(request, EvidenceNote)
    evidence = await application.add_evidence(case_id, who, title=body.title, now=now)
    return answer({"id": str(evidence.id)}, 201)


@blueprint.post("/cases/<case_id:uuid>/confirm")
@contract(Action.CONFIRM, body=Confirmation, returns=CaseState, errors=(409,))
async def confirm(request: Request, case_id: UUID) -> HTTPResponse:
    """The town confirms: five working days to the meeting."""
    who, body, now = await asked(request, Confirmation)
    return answer(_case(await application.confirm(case_id, who, now=now, **body.model_dump())))


@blueprint.post("/cases/<case_id:uuid>/withdraw")
@contract(Action.WITHDRAW, body=Reason, returns=CaseState, errors=(409,))
async def withdraw(request: Request, case_id: UUID) -> HTTPResponse:
    """The applicant withdraws."""
    who, body, now = await asked(request, Reason)
    return answer(_case(await application.withdraw(case_id, who, reason=body.reason, now=now)))


@blueprint.post("/cases/<case_id:uuid>/close")
@contract(Action.CLOSE, body=Reason, returns=CaseState, errors=(409,))
async def close(request: Request, case_id: UUID) -> HTTPResponse:
    """Staff close an undecided case, with a reason."""
    who, body, now = await asked(request, Reason)
    return answer(_case(await application.close(case_id, who, reason=body.reason, now=now)))


async def _now(request: Request) -> datetime:
    return await services(request).clock.now()
