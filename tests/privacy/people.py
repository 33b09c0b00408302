"""People with particulars, and photos in a store, for the tests of privacy."""

import io
from datetime import datetime
from uuid import uuid4

from obstore.store import MemoryStore
from PIL import Image

from backend import photos
from models.application import Application, Case, Evidence, HomeVisit, Photo
from models.people import Person
from rules.particulars import check_digit
from rules.statuses import Role
from tests.backend.district import SmallDistrict

STORY = "家里有人生重病, 借了很多钱"


def id_number(order: int = 2, born: str = "19600101") -> str:
    """A number of a place that does not exist."""
    first = f"999999{born}{order:03d}"
    return first + check_digit(first)


def picture(width: int) -> bytes:
    """A JPEG; another width is another picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, 30), "red").save(out, "JPEG")
    return out.getvalue()


async def full_case(
    place: SmallDistrict, store: MemoryStore, status: str, *, person: Person, ended: datetime, width: int = 1
) -> Case:
    """A case with application, visit, evidence and two photos, that came to its status at `ended`."""
    case = await place.case(
        status, applicant_id=person.id, changed_at=ended, reason="到期", referral_reason="符合情形", deposit_fen=100
    )
    await Application.create(
        id=uuid4(),
        person_id=person.id,
        case=case,
        submission_key=uuid4().hex,
        story=STORY,
        facts={},
        submitted_at=ended,
    )
    await HomeVisit.create(
        id=uuid4(),
        case=case,
        visited_at=ended,
        visitors=2,
        signed=True,
        findings="床上躺着一位老人",
        recorded_by_id=place.actors[Role.WORKER].account_id,
    )
    await Evidence.create(id=uuid4(), case=case, title="诊断书", recorded_at=ended)
    for number in range(2):
        clean = await photos.clean(picture(width * 10 + number))
        key = f"photos/{uuid4()}.jpg"
        await photos.store(store, key, clean)
        await Photo.create(
            id=uuid4(),
            case=case,
            key=key,
            sha256=clean.sha256,
            width=clean.width,
            height=clean.height,
            size=len(clean.data),
            stored_at=ended,
        )
    return case
