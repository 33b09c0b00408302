"""An amount as people write it -> 分: 50000, 5万, 三万五, 3.5万元, ５０，０００, 48000.01. Pure."""

import re
import unicodedata

from bot.numbers import number_of

MOST_FEN = 99_999_999_999
"""Just below ten 亿 of 元: more is a slip of the hand."""

_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_UNIT = re.compile(r"(?:元|块钱?|人民币)+$")


def fen_of(text: str) -> int | None:
    """The amount in 分; None for what is no amount, is finer than a 分, or is too large to be meant."""
    written = _UNIT.sub("", unicodedata.normalize("NFKC", text).strip()).strip()
    # A comma stands between thousands, or between two numbers: 5,6万 is fifty to sixty thousand, and no amount.
    yuan = number_of(written.replace(",", "") if _GROUPS.fullmatch(written) else written)
    if yuan is None or yuan * 100 != int(yuan * 100) or yuan * 100 > MOST_FEN:
        return None
    return int(yuan * 100)
