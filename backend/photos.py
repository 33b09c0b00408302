"""Supporting photos: validated, turned upright, re-encoded without metadata, encrypted, stored through obstore."""

import asyncio
import hashlib
import io
from dataclasses import dataclass

import obstore
from obstore.store import ObjectStore, from_url
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from backend.errors import InvalidInputError
from models.keyring import held, key_number

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
LONG_EDGE = 2000


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A JPEG that holds pixels and nothing else: no place, no time, no device, no thumbnail."""

    data: bytes
    sha256: str
    width: int
    height: int


def open_store(url: str) -> ObjectStore:
    """The photo store for a `file:///folder` or S3-compatible URL; a folder is made when missing."""
    options = {"mkdir": True, "automatic_cleanup": True} if url.startswith("file:") else {}
    return from_url(url, **options)


async def clean(data: bytes) -> CleanPhoto:
    """Decode a JPEG, PNG, WebP or HEIC and re-encode it, off the event loop.

    Raises InvalidInputError for what is too large or is no picture.
    """
    if not data:
        raise InvalidInputError("photo_empty", "没有收到照片, 请重新选择一张。")
    if len(data) > MAX_BYTES:
        raise InvalidInputError("photo_too_large", "照片超过10MB, 请换一张小一点的照片。")
    return await asyncio.to_thread(_clean, data)


def _clean(data: bytes) -> CleanPhoto:
    register_heif_opener()
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "HEIF"]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise InvalidInputError("photo_too_many_pixels", "照片尺寸太大, 请换一张普通照片。")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInputError("photo_unreadable", "这张照片打不开, 请重新拍一张。") from error
    upright.thumbnail((LONG_EDGE, LONG_EDGE))
    # A fresh picture from pixels alone: whatever chunk or profile the decoder kept stays behind.
    bare = Image.frombytes("RGB", upright.size, upright.tobytes())
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=85, optimize=True)
    encoded = out.getvalue()
    return CleanPhoto(encoded, hashlib.sha256(encoded).hexdigest(), bare.width, bare.height)


async def store(photos: ObjectStore, key: str, photo: CleanPhoto) -> None:
    """Write the picture under `key`, sealed for this key: a file that is renamed does not open."""
    await obstore.put_async(photos, key, held().seal(photo.data, _place(key)))


async def read(photos: ObjectStore, key: str) -> bytes:
    """The JPEG under `key`. Raises FileNotFoundError, SealError."""
    found = await obstore.get_async(photos, key)
    return held().open(bytes(await found.bytes_async()), _place(key))


async def watermarked(picture: bytes, mark: str) -> bytes:
    """The picture with `mark` (ASCII) all over it, off the event loop: who photographs the screen names themself."""
    return await asyncio.to_thread(_watermarked, picture, mark)


def _watermarked(picture: bytes, mark: str) -> bytes:
    with Image.open(io.BytesIO(picture)) as opened:
        base = opened.convert("RGBA")
    size = max(18, base.width // 28)
    font = ImageFont.load_default(size)
    line = Image.new("RGBA", (round(font.getlength(mark)) + size, size * 2))
    drawn = ImageDraw.Draw(line)
    drawn.text((2, 2), mark, font=font, fill=(0, 0, 0, 90))
    drawn.text((0, 0), mark, font=font, fill=(255, 255, 255, 130))
    stamp = line.rotate(20, expand=True, resample=Image.Resampling.BILINEAR)
    for top in range(0, base.height, stamp.height + size):
        for left in range(0, base.width, stamp.width + size):
            base.alpha_composite(stamp, (left, top))
    out = io.BytesIO()
    base.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


async def key_number_of(photos: ObjectStore, key: str) -> int | None:
    """Which data key the picture is sealed with; None for a plain one, or one that is not there."""
    try:
        start = await obstore.get_range_async(photos, key, start=0, end=64)
    except FileNotFoundError:
        return None
    return key_number(bytes(start))


async def reseal(photos: ObjectStore, key: str) -> None:
    """Seal the picture with the key that writes now; one that is not there stays away."""
    try:
        stored = bytes(await (await obstore.get_async(photos, key)).bytes_async())
    except FileNotFoundError:
        return
    plain = stored if key_number(stored) is None else held().open(stored, _place(key))
    await obstore.put_async(photos, key, held().seal(plain, _place(key)))


def _place(key: str) -> str:
    return f"object:{key}"
