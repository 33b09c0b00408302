"""A person's particulars over HTTP: numbers only ever in bodies, whole ones only for a reason, nothing is cached."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw

from backend.access import Action
from backend.api.contract import Bytes, Returned, contract
from backend.api.fields import Nothing, Number
from backend.api.http import Body, actor, answer, asked, services
from backend.api.own_data_shapes import OwnData
from backend.api.shapes import Done, Made
from backend.privacy import consents, corrections, lists, own_data, particulars
from backend.privacy.consents import Giver

blueprint = Blueprint("people", url_prefix="/api")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = Bytes((XLSX,))
_Field = Literal["id_number", "phone", "bank_account", "address"]
CorrectionField = Literal["name", "born_on", "phone", "id_number", "bank_account", "address", "other"]
Purpose = Literal["property_check", "child_under_14", "list_messages", "photo_elsewhere"]
Given = Literal["self", "guardian", "agent"]
_Reason = Literal["核对身份", "发放款项", "联系本人", "审计检查", "其他"]


class Particulars(Body):
    """What is named is stored; null or an empty text clears it."""

    id_number: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, max_length=40)
    bank_account: str | None = Field(default=None, max_length=60)
    address: str | None = Field(default=None, max_length=200)
    sure: bool = False
    take_birthday: bool = False


class LookAtNumber(Body):
    reason: _Reason
    text: str = Field(default="", max_length=100)


class Unmask(LookAtNumber):
    field: _Field


class NumberSearch(Body):
    field: Literal["id_number", "phone"]
    number: str = Field(min_length=1, max_length=40)


class NumberList(Body):
    town_id: Number
    village_id: Number | None = None
    columns: list[Literal["id_number", "phone", "bank_account"]] = Field(min_length=1, max_length=3)
    reason: _Reason
    text: str = Field(default="", max_length=100)


class NoticeTold(Body):
    how: Literal["read_aloud", "paper"]


class AgreementFor(NoticeTold):
    purpose: Purpose
    given_by: Given = "self"
    name: str | None = Field(default=None, max_length=40)
    relation: str | None = Field(default=None, max_length=20)
    giver_id: UUID | None = None
    photo_id: UUID | None = None


class Correction(Body):
    field: CorrectionField
    wanted: str = Field(min_length=1, max_length=500)
    why: str = Field(min_length=1, max_length=500)


class CorrectionAnswer(Body):
    accept: bool
    answer: str = Field(default="", max_length=500)
    sure: bool = False


class IdentityChecked(Body):
    checked: Literal["id_card", "household_book", "agent_papers"]


class PersonMasked(Returned):
    """What may be seen without a reason; null where nothing is on record."""

    id: UUID
    name: str
    town: str
    village: str
    id_number: str | None
    phone: str | None
    bank_account: str | None
    address: str | None


class ParticularsWritten(Returned):
    """`warnings`: what whoever wrote it should look at."""

    changed: list[_Field]
    warnings: list[str]


class NumberShown(Returned):
    value: str


class Unmasked(NumberShown):
    field: _Field


class CorrectionMade(Returned):
    """`answer_by`: where the district promises a day."""

    id: UUID
    answer_by: date | None


class CorrectionWaiting(CorrectionMade):
    """`wanted`: numbers masked."""

    person_id: UUID
    field: CorrectionField
    wanted: str
    why: str
    asked_at: AwareDatetime


class CorrectionState(Returned):
    id: UUID
    status: Literal["open", "accepted", "refused"]


class NumberListAsked(Returned):
    """`number`: of people in it."""

    id: UUID
    number: int


@blueprint.post("/people/search")
@contract(Action.READ_PARTICULARS, body=NumberSearch, returns=list[PersonMasked])
async def search(request: Request) -> HTTPResponse:
    """Who in one's region has exactly this number."""
    who, body, now = await asked(request, NumberSearch)
    return answer(await particulars.search(services(request).redis, who, body.field, body.number, now=now))


@blueprint.get("/people/<person_id:uuid>")
@contract(Action.READ_PARTICULARS, returns=PersonMasked)
async def read(request: Request, person_id: UUID) -> HTTPResponse:
    """Masked."""
    return answer(await particulars.read(await actor(request), person_id, now=await services(request).clock.now()))


@blueprint.post("/people/<person_id:uuid>/particulars")
@contract(Action.WRITE_PARTICULARS, body=Particulars, returns=ParticularsWritten)
async def write(request: Request, person_id: UUID) -> HTTPResponse:
    """By worker and town."""
    who, body, now = await asked(request, Particulars)
    named = body.model_fields_set - {"sure", "take_birthday"}
    changes = {name: getattr(body, name) for name in particulars.TITLES if name in named}
    written = await particulars.write(
        who, person_id, changes, sure=body.sure, take_birthday=body.take_birthday, now=now
    )
    return answer({"changed": list(written.changed), "warnings": list(written.warnings)})


@blueprint.post("/people/<person_id:uuid>/unmask")
@contract(Action.UNMASK, body=Unmask, returns=Unmasked)
async def unmask(request: Request, person_id: UUID) -> HTTPResponse:
    """One number whole, once."""
    who, body, now = await asked(request, Unmask)
    value = await particulars.unmask(
        services(request).redis, who, person_id, body.field, kind=body.reason, text=body.text, now=now
    )
    return answer({"field": body.field, "value": value})


@blueprint.post("/people/<person_id:uuid>/acknowledgement")
@contract(Action.ANSWER_RIGHTS, body=NoticeTold, returns=Done, statuses=(201,))
async def acknowledge_for(request: Request, person_id: UUID) -> HTTPResponse:
    """The notice was read aloud or signed on paper."""
    who, body, now = await asked(request, NoticeTold)
    await consents.acknowledge_for(who, person_id, how=body.how, now=now)
    return answer({"ok": True}, 201)


@blueprint.post("/people/<person_id:uuid>/agreements")
@contract(Action.ANSWER_RIGHTS, body=AgreementFor, returns=Made, statuses=(201,), errors=(409,))
async def give_for(request: Request, person_id: UUID) -> HTTPResponse:
    """Agreed to in person, recorded by staff."""
    who, body, now = await asked(request, AgreementFor)
    giver = Giver(body.given_by, body.name, body.relation, body.giver_id)
    given = await consents.give_for(who, person_id, body.purpose, giver, how=body.how, photo_id=body.photo_id, now=now)
    return answer({"id": str(given.id)}, 201)


@blueprint.post("/people/<person_id:uuid>/corrections")
@contract(Action.ANSWER_RIGHTS, body=Correction, returns=CorrectionMade, statuses=(201,), errors=(409,))
async def correct_for(request: Request, person_id: UUID) -> HTTPResponse:
    """A correction that somebody without a phone asks for."""
    who, body, now = await asked(request, Correction)
    row = await corrections.ask_for(
        who, person_id, answer_days=services(request).answer_days, now=now, **body.model_dump()
    )
    return answer({"id": str(row.id), "answer_by": row.due_on}, 201)


@blueprint.post("/people/<person_id:uuid>/data")
@contract(Action.ANSWER_RIGHTS, body=IdentityChecked, returns=OwnData)
async def hand_over(request: Request, person_id: UUID) -> HTTPResponse:
    """Everything about one person, for that person, whose papers were looked at."""
    who, body, now = await asked(request, IdentityChecked)
    return answer(await own_data.handed_over(who, person_id, checked=body.checked, now=now))


@blueprint.get("/corrections")
@contract(Action.ANSWER_RIGHTS, returns=list[CorrectionWaiting])
async def waiting(request: Request) -> HTTPResponse:
    """What waits for an answer in one's region."""
    rows = await corrections.waiting(await actor(request))
    return answer(
        [
            {
                "id": str(row.id),
                "person_id": str(row.person_id),
                "field": row.field,
                "wanted": corrections.shown(row),
                "why": row.why,
                "asked_at": row.asked_at,
                "answer_by": row.due_on,
            }
            for row in rows
        ]
    )


@blueprint.post("/corrections/<request_id:uuid>/look")
@contract(Action.ANSWER_RIGHTS, body=LookAtNumber, returns=NumberShown, errors=(409,))
async def look_at_correction(request: Request, request_id: UUID) -> HTTPResponse:
    """What is wanted, whole, once."""
    who, body, now = await asked(request, LookAtNumber)
    live = services(request)
    return answer(
        {"value": await corrections.look(live.redis, request_id, who, kind=body.reason, text=body.text, now=now)}
    )


@blueprint.post("/corrections/<request_id:uuid>/answer")
@contract(Action.ANSWER_RIGHTS, body=CorrectionAnswer, returns=CorrectionState, errors=(409,))
async def answer_correction(request: Request, request_id: UUID) -> HTTPResponse:
    """Accept, or refuse with the reason."""
    who, body, now = await asked(request, CorrectionAnswer)
    row = await corrections.answer(request_id, who, accept=body.accept, words=body.answer, sure=body.sure, now=now)
    return answer({"id": str(row.id), "status": row.status})


@blueprint.post("/people/lists")
@contract(Action.UNMASK, body=NumberList, returns=NumberListAsked, statuses=(201,))
async def ask_list(request: Request) -> HTTPResponse:
    """Ask for a file of numbers; another human grants it."""
    who, body, now = await asked(request, NumberList)
    row = await lists.ask(
        who,
        town_id=body.town_id,
        village_id=body.village_id,
        columns=body.columns,
        kind=body.reason,
        text=body.text,
        now=now,
    )
    return answer({"id": str(row.id), "number": row.number}, 201)


@blueprint.post("/people/lists/<list_id:uuid>/<what:grant|refuse>")
@contract(Action.GRANT_UNMASK, body=Nothing, returns=Done, errors=(409,))
async def settle_list(request: Request, list_id: UUID, what: str) -> HTTPResponse:
    """The second human."""
    who, _, now = await asked(request, Nothing)
    await (lists.grant if what == "grant" else lists.refuse)(list_id, who, now=now)
    return answer({"ok": True})


@blueprint.post("/people/lists/<list_id:uuid>/file")
@contract(Action.UNMASK, body=Nothing, returns=SHEET, errors=(409,))
async def take_list(request: Request, list_id: UUID) -> HTTPResponse:
    """The file, once, for who asked."""
    who, _, now = await asked(request, Nothing)
    return file_of(await lists.take(list_id, who, now=now))


def file_of(book: bytes) -> HTTPResponse:
    """A sheet to save; its name says nothing."""
    headers = {
        "Content-Disposition": 'attachment; filename="list.xlsx"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return raw(book, content_type=XLSX, headers=headers)
