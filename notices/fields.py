"""WeChat's field types: what each accepts, and how our facts are made to fit. Pure.

WeChat publishes no expressions; these are the strict side of its words. Never checked against the live platform.
"""

import re
import unicodedata
from datetime import datetime

from rules.disclosure import pii_findings

_CHINESE = r"一-鿿"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d"
_DAY = r"\d{4}年(?:0?[1-9]|1[0-2])月(?:0?[1-9]|[12]\d|3[01])日"
_DATE, _TIME = rf"{_DAY}(?: {_CLOCK})?", rf"(?:{_DAY} )?{_CLOCK}"

ACCEPTS: dict[str, re.Pattern[str]] = {
    "thing": re.compile(r"(?=.*\S).{1,20}"),
    "number": re.compile(r"(?=.{1,32}$)\d+(?:\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(rf"[^\s\w{_CHINESE}]{{1,5}}"),
    "character_string": re.compile(r"[!-~]{1,32}"),
    "time": re.compile(rf"{_TIME}(?:~{_TIME})?"),
    "date": re.compile(rf"{_DATE}(?:~{_DATE})?"),
    "amount": re.compile(r"[¥$€]?\d{1,10}(?:\.\d{1,2})?元?"),
    "phone_number": re.compile(r"[\d*+\-() ]{1,17}"),
    "car_number": re.compile(r"\S{1,8}"),
    "name": re.compile(rf"[{_CHINESE}]{{1,10}}|[A-Za-z .]{{1,20}}"),
    "phrase": re.compile(rf"[{_CHINESE}]{{1,5}}"),
}
"""By field type; the whole value has to match, a character beyond the basic plane counting two."""

THING, CODE = 20, 32
OPEN_IT = "点开查看"

# On a locked phone, and in a chat: whoever holds it reads what a place or a village was called.
TELLS_TOO_MUCH = re.compile(
    r"评议|救助|低保|特困|困难|申请|补助|保障金|病|癌|瘤|残|瘫|服刑|监狱|看守|坐牢|戒毒|失联|走失|孤儿|贫|存款|欠债|万元|[\d,.]+\s*元"
)
_HARMLESS = frozenset({"门牌号"})
_NOT_CODE = re.compile(r"[^0-9A-Za-z\-_.#/]")
_PHRASE = ACCEPTS["phrase"]


def accepts(field: str, value: str) -> bool:
    """Whether WeChat takes this value in a field such as `thing3`; never for a type that is not known here."""
    rule = ACCEPTS.get(field.rstrip("0123456789"))
    # Doubled, so that what takes two units of UTF-16 is also measured as two.
    measured = "".join(char * (1 if ord(char) < 0x10000 else 2) for char in value)
    return rule is not None and rule.fullmatch(measured) is not None and clean(value) == value


def clean(text: str) -> str:
    """One line without control, format, private or unassigned characters; blanks are single."""
    text = "".join(" " if unicodedata.category(char) in ("Zl", "Zp", "Cc") else char for char in text)
    text = "".join(char for char in text if not unicodedata.category(char).startswith("C"))
    return " ".join(text.split())


def units(text: str) -> int:
    """The length as a phone counts it: UTF-16."""
    return len(text) + sum(ord(char) > 0xFFFF for char in text)


def cut(text: str, most: int) -> str:
    """At most `most` units, the last an ellipsis where something was cut off."""
    if units(text) <= most:
        return text
    while units(text) > most - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def harmless(text: str) -> str:
    """What somebody typed, on one line; empty where it tells of an illness, money, a number or a home's matter."""
    text = clean(text)
    return "" if TELLS_TOO_MUCH.search(text) or set(pii_findings(text)) - _HARMLESS else text


def thing(text: str) -> str:
    """thing: at most 20 units, cut with an ellipsis; never empty, nothing that a locked phone should not show."""
    return cut(harmless(text) or OPEN_IT, THING)


def about(name: str, words: str) -> str:
    """thing: a name with our words behind it, of which the name is cut; the words alone where the name is empty."""
    name = harmless(name)
    return cut(name, THING - units(words)) + words if name else words


def code(text: str) -> str:
    """character_string: digits, letters and symbols only, at most 32; Chinese is dropped. Never a person's number."""
    text = _NOT_CODE.sub("", text)[:CODE]
    return "0" if not text or pii_findings(text) else text


def phrase(text: str) -> str:
    """phrase: one to five Chinese characters. Raises ValueError: a phrase is ours, never somebody's input."""
    if not _PHRASE.fullmatch(text):
        raise ValueError(f"{text!r} does not fit a phrase field")
    return text


def moment(text: str) -> str:
    """date: 2026年10月9日 15:01, from an ISO time in local time."""
    when = datetime.fromisoformat(text)
    return f"{when.year:04d}年{when.month}月{when.day}日 {when:%H:%M}"
