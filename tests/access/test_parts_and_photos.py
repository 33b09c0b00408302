"""What of a case each role sees, and the look at a photo."""

import io
from uuid import uuid4

import pytest
from obstore.store import LocalStore
from PIL import Image, ImageChops

from backend import photos
from backend.access import SIGHT, Actor, Part
from backend.casework import pictures, view
from backend.casework.parts import READERS
from backend.errors import InvalidInputError, NotAllowedError, NotFoundError
from models.application import Application, Case, Evidence, HomeVisit, Photo
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.backend.steps import NOW

PLANTED = {
    Part.STORY: "植入故事",
    Part.FINDINGS: "植入调查",
    Part.MONEY: "123456",
    Part.RELATIVES: "near_relatives",
    Part.APPLICANT: "陈安宁",
    Part.MEETINGS: "deliberations",
    Part.DEADLINES: "clocks",
    Part.CIRCUMSTANCE: "三(六)",
    Part.PHOTOS: "photos",
}


async def _case(place: SmallDistrict) -> Case:
    case = await place.case(
        "confirmed", referral_reason="植入调查的转办理由", evidence_waiver="植入调查的免交理由", deposit_fen=123_456
    )
    story = {"story": "植入故事", "submission_key": "k" * 8, "submitted_at": NOW}
    await Application.create(id=uuid4(), person=place.resident, case=case, **story)
    worker = place.actors[Role.WORKER].account_id
    values = {"visited_at": NOW, "visitors": 2, "signed": True, "findings": "植入调查结果", "recorded_by_id": worker}
    await HomeVisit.create(id=uuid4(), case=case, **values)
    await Evidence.create(id=uuid4(), case=case, title="植入调查诊断书", recorded_at=NOW)
    return case


@pytest.mark.parametrize("role", [*(role for role in Role if role.value in district._STAFF), Role.RESIDENT])
async def test_each_role_sees_its_parts_and_no_others(database: str, role: Role) -> None:
    place = await district.build()
    case = await _case(place)
    actor = place.actors[role]
    if role not in SIGHT[Part.PROGRESS]:
        with pytest.raises(NotAllowedError):
            await view.read_case(case.id, actor, now=NOW)
        return
    text = str(await view.read_case(case.id, actor, now=NOW))
    for part, planted in PLANTED.items():
        assert (planted in text) is (role in SIGHT[part]), (role, part)


def test_every_part_has_a_reader_and_a_row_in_the_table() -> None:
    assert set(READERS) | {Part.PROGRESS} == set(Part) == set(SIGHT)
    assert Role.ADMIN not in frozenset().union(*SIGHT.values()), "the administrator sees no case"


@pytest.fixture
def store(tmp_path: object) -> LocalStore:
    """A photo store."""
    return photos.open_store(f"file://{tmp_path}/photos")


async def _photo(place: SmallDistrict, store: LocalStore) -> Photo:
    case = await place.case("submitted")
    picture = io.BytesIO()
    Image.new("RGB", (900, 600), (200, 120, 80)).save(picture, "JPEG")
    clean = await photos.clean(picture.getvalue())
    photo = await Photo.create(
        id=uuid4(), case=case, key="photos/a.jpg", sha256=clean.sha256, width=1, height=1, size=1, stored_at=NOW
    )
    await photos.store(store, photo.key, clean)
    return photo


async def _look(photo: Photo, actor: Actor, store: LocalStore, reason: str = "") -> Image.Image:
    data = await pictures.look_at(photo.case_id, photo.id, actor, reason=reason, store=store, now=NOW)
    return Image.open(io.BytesIO(data)).convert("RGB")


async def test_staff_see_a_photo_with_a_mark_all_over_and_each_look_is_in_the_trail(
    database: str, store: LocalStore
) -> None:
    place = await district.build()
    photo = await _photo(place, store)
    plain = await _look(photo, place.actors[Role.RESIDENT], store)
    marked = await _look(photo, place.actors[Role.WORKER], store)
    changed = ImageChops.difference(plain, marked).convert("L").point(lambda value: 255 if value > 20 else 0)
    for corner in ((0, 0, 450, 300), (450, 0, 900, 300), (0, 300, 450, 600), (450, 300, 900, 600)):
        assert changed.crop(corner).getbbox() is not None, "no corner can be cut out unmarked"
    entries = await TrailEntry.filter(action="photo_read")
    assert [entry.actor for entry in entries] == [place.actors[Role.WORKER].label]


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.BUREAU])
async def test_who_oversees_says_why(database: str, store: LocalStore, role: Role) -> None:
    place = await district.build()
    photo = await _photo(place, store)
    with pytest.raises(InvalidInputError, match="为什么"):
        await _look(photo, place.actors[role], store, "看看")
    assert await _look(photo, place.actors[role], store, "核对举报反映的情况")
    assert await TrailEntry.filter(action="photo_read").count() == 1


async def test_village_leaders_administrator_and_other_towns_see_no_photo(database: str, store: LocalStore) -> None:
    place, other = await district.build(), await district.build("乙")
    photo = await _photo(place, store)
    for actor in (
        place.actors[Role.VILLAGE],
        place.actors[Role.LEADERS],
        place.actors[Role.ADMIN],
        other.actors[Role.WORKER],
        other.actors[Role.SUPERVISOR],
        other.actors[Role.RESIDENT],
    ):
        with pytest.raises(NotAllowedError):
            await _look(photo, actor, store, "核对举报反映的情况")
    with pytest.raises(NotFoundError):
        await pictures.look_at(uuid4(), photo.id, place.actors[Role.WORKER], reason="", store=store, now=NOW)
