"""Photos: pixels are kept, everything else is taken out; what is no photo is said so."""

import io
from pathlib import Path
from uuid import uuid4

import obstore
import pytest
from PIL import Image, ImageDraw
from pillow_heif import register_heif_opener

from backend import photos
from backend.access import Actor
from backend.casework import application
from backend.errors import InvalidInputError, NotAllowedError
from models.application import Photo
from rules.statuses import Role
from tests.backend import district
from tests.conftest import NOW

register_heif_opener()


def picture(form: str, size: tuple[int, int] = (300, 200), *, orientation: int = 1) -> bytes:
    """A picture with a place, a device and a comment inside."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1]), fill="red")
    exif = Image.Exif()
    exif[0x0110] = "SecretPhone"
    exif[0x0112] = orientation
    exif.get_ifd(0x8825)[2] = (28.0, 0.0, 42.0)
    out = io.BytesIO()
    image.save(out, form, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
async def test_place_device_and_time_are_gone_whatever_the_format(form: str) -> None:
    data = picture(form)
    assert b"SecretPhone" in data
    clean = await photos.clean(data)
    assert b"SecretPhone" not in clean.data
    with Image.open(io.BytesIO(clean.data)) as kept:
        assert kept.format == "JPEG"
        assert not kept.getexif()
        assert kept.size == (300, 200)


async def test_a_picture_taken_sideways_stands_upright_afterwards() -> None:
    clean = await photos.clean(picture("JPEG", orientation=6))
    assert (clean.width, clean.height) == (200, 300)


async def test_a_large_picture_is_made_smaller() -> None:
    clean = await photos.clean(picture("JPEG", (4000, 3000)))
    assert (clean.width, clean.height) == (2000, 1500)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo_empty"),
        (b"%PDF-1.7", "photo_unreadable"),
        (b"\xff\xd8\xff\xe0 not really", "photo_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo_unreadable"),
        (b"x" * (photos.MAX_BYTES + 1), "photo_too_large"),
        (picture("JPEG")[:500], "photo_unreadable"),
    ],
)
async def test_what_is_no_photo_is_said_so_in_one_sentence(data: bytes, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await photos.clean(data)
    assert refused.value.code == code
    assert refused.value.message.endswith("。")


async def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    out = io.BytesIO()
    Image.new("1", (10_000, 6_000)).save(out, "PNG")
    with pytest.raises(InvalidInputError, match="尺寸太大"):
        await photos.clean(out.getvalue())


async def test_a_stored_photo_is_a_clean_file_kept_once_and_only_for_ones_own_case(
    database: str, tmp_path: Path
) -> None:
    place = await district.build()
    case = await place.case("submitted")
    store = photos.open_store(f"file://{tmp_path}/photos")
    me = place.actors[Role.RESIDENT]
    first = await application.add_photo(me, case.id, picture("JPEG"), store=store, now=NOW)
    again = await application.add_photo(me, case.id, picture("JPEG"), store=store, now=NOW)
    assert first.id == again.id
    assert await Photo.all().count() == 1
    stored = bytes((await obstore.get_async(store, first.key)).bytes())
    assert b"SecretPhone" not in stored
    stranger = Actor(Role.RESIDENT, "路人", person_id=uuid4())
    with pytest.raises(NotAllowedError):
        await application.add_photo(stranger, case.id, picture("PNG"), store=store, now=NOW)


async def test_a_thirteenth_photo_is_refused_with_a_way_out(database: str, tmp_path: Path) -> None:
    place = await district.build()
    case = await place.case("submitted")
    store = photos.open_store(f"file://{tmp_path}/photos")
    me = place.actors[Role.RESIDENT]
    for width in range(application.MAX_PHOTOS):
        await application.add_photo(me, case.id, picture("JPEG", (100 + width, 50)), store=store, now=NOW)
    with pytest.raises(InvalidInputError, match="带到窗口"):
        await application.add_photo(me, case.id, picture("JPEG", (300, 50)), store=store, now=NOW)
