"""An amount as people write it -> 分: 50000, 5万, 3.5万元, ５０，０００, 48000.01. Pure."""

import re
import unicodedata

MOST_FEN = 99_999_999_999
"""Just below ten 亿 of 元: more is a slip of the hand."""

_AMOUNT = re.compile(r"(?P<whole>\d+)(?:\.(?P<part>\d+))?(?P<unit>万|千|百)?(?:元|块钱?|人民币)?")
_UNITS = {"万": 10_000, "千": 1_000, "百": 100, None: 1}


def fen_of(text: str) -> int | None:
    """The amount in 分; None for what is no amount, is finer than a 分, or is too large to be meant."""
    plain = re.sub(r"[\s,、_]", "", unicodedata.normalize("NFKC", text)).replace(",", "")
    found = _AMOUNT.fullmatch(plain)
    if found is None or len(plain) > 20:
        return None
    part = found["part"] or ""
    scale: int = 10 ** len(part)
    fen, finer = divmod(int(found["whole"] + part) * _UNITS[found["unit"]] * 100, scale)
    return None if finer or fen > MOST_FEN else fen
