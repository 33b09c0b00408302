"""Reads a QR code back: versions 1 to 5 of level L in byte mode, straight on and undamaged, as our own are drawn."""

import io

from PIL import Image

_MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)
_FORMAT_MASK = 0b101010000010010
_LEVEL_L = 0b01


def read(picture: bytes) -> str:
    """The words of the one code in the picture."""
    dark = _modules(Image.open(io.BytesIO(picture)).convert("L"))
    size = len(dark)
    assert size in range(21, 38, 4), size
    form = _format(dark)
    assert form >> 13 == _LEVEL_L, "another level"
    mask = _MASKS[form >> 10 & 0b111]
    bits = [dark[y][x] ^ (mask(y, x) == 0) for y, x in _path(size)]
    assert _number(bits[:4]) == 0b0100, "not in bytes"
    length = _number(bits[4:12])
    return bytes(_number(bits[12 + 8 * at : 20 + 8 * at]) for at in range(length)).decode()


def _modules(picture: Image.Image) -> list[list[bool]]:
    """Dark or light, module by module: the top left finder says how large one is, the bounds how many there are."""
    left, top, right, bottom = picture.point(lambda light: 255 if light < 128 else 0).getbbox()
    run = 0
    while picture.getpixel((left + run, top)) < 128:
        run += 1
    size = round((right - left) / (run / 7))
    step = (right - left) / size
    assert abs((bottom - top) - (right - left)) <= 2
    return [
        [picture.getpixel((int(left + (x + 0.5) * step), int(top + (y + 0.5) * step))) < 128 for x in range(size)]
        for y in range(size)
    ]


def _format(dark: list[list[bool]]) -> int:
    places = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    return _number([dark[y][x] for y, x in places]) ^ _FORMAT_MASK


def _path(size: int) -> list[tuple[int, int]]:
    """Where the data stands, in order: two columns at a time from the right, up and down in turn."""
    places, upward = [], True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        rows = range(size - 1, -1, -1) if upward else range(size)
        places += [(y, x) for y in rows for x in (right, right - 1) if not _is_drawn(y, x, size)]
        upward = not upward
    return places


def _is_drawn(y: int, x: int, size: int) -> bool:
    """Finders with the format beside them, timing, and the one alignment pattern from version 2 on."""
    corner = (y < 9 and (x < 9 or x >= size - 8)) or (y >= size - 8 and x < 9)
    alignment = size > 21 and size - 9 <= y < size - 4 and size - 9 <= x < size - 4
    return corner or alignment or 6 in (y, x)


def _number(bits: list[bool]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)
