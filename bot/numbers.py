"""Numbers as people write and say them -> Decimal: 35000, 3.5万, 三万五, 两千五百块, 十一. Pure.

A trailing digit after a unit is the next unit down, as it is said: 三万五 is 35000, 一百二 is 120.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_NUMBER = r"(?:\d+(?:\.\d+)?|[零〇一二两俩三四五六七八九十百千])(?:\d|\.|[零〇一二两俩三四五六七八九十百千万亿])*"
_WHOLE = re.compile(_NUMBER)
_FOUND = re.compile(
    rf"(?P<number>{_NUMBER})(?:多|来|几|余)?(?P<unit>元|块钱|块|倍|周岁|岁|个工作日|工作日|个月|个人|口人|年|月|天|日|人|口|户)?"
)
_MOST_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Spoken:
    """One number in a text with the unit behind it, empty where there is none."""

    value: Decimal
    unit: str
    start: int
    end: int


def number_of(text: str) -> Decimal | None:
    """The whole text as one number; None for what is none."""
    return _value(text) if len(text) <= _MOST_CHARACTERS and _WHOLE.fullmatch(text) else None


def numbers_in(text: str) -> list[Spoken]:
    """Every number of a text in order; what looks like one and cannot be is left out."""
    found = []
    for match in _FOUND.finditer(text):
        value = _value(match["number"]) if len(match["number"]) <= _MOST_CHARACTERS else None
        if value is not None:
            found.append(Spoken(value, match["unit"] or "", match.start(), match.end()))
    return found


def _value(text: str) -> Decimal | None:
    """Digits are gathered until a unit closes them; None for two numbers in a row or a point that is not one."""
    total = section = Decimal(0)
    current: Decimal | None = None
    last_unit = 0
    for part in re.findall(r"\d+(?:\.\d+)?|.", text):
        if part[0].isdecimal():
            if current is not None:
                return None
            current = Decimal(part)
        elif part in _DIGITS:
            if part in "零〇":
                last_unit = 0
                continue
            if current is not None:
                return None
            current = Decimal(_DIGITS[part])
        elif part in _SMALL:
            section += (Decimal(1) if current is None else current) * _SMALL[part]
            current, last_unit = None, _SMALL[part]
        elif part in _LARGE:
            total += (section + (current or 0)) * _LARGE[part]
            section, current, last_unit = Decimal(0), None, _LARGE[part]
        else:
            return None
    if current is not None and current < 10 and last_unit >= 100:
        current *= last_unit // 10
    return total + section + (current or 0)
