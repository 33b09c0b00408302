"""The 办法's full text with an anchor at each clause: p3-1 is 三(一), p4-2b the second paragraph of 四(二)."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SECTION = re.compile(r"^([一二三四五])、(.+)$")
_CLAUSE = re.compile(r"^\(([一二三四五六七])\)(.+)$")
_NUMBER = {numeral: number for number, numeral in enumerate("一二三四五六七", 1)}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph with its anchor; `heading` for 一、 to 五、."""

    anchor: str
    text: str
    heading: bool = False


@cache
def paragraphs() -> tuple[Paragraph, ...]:
    """The text in order. Paragraphs of a clause that has several are a, b; `p4` and `p4-2` exist besides."""
    lines = files("backend.web").joinpath("policy.txt").read_text("utf-8").splitlines()
    raw: list[tuple[str, str, bool]] = []
    place = "p0"
    for line in lines:
        if found := _SECTION.match(line):
            place = f"p{_NUMBER[found[1]]}"
            raw.append((place, line, True))
            continue
        if found := _CLAUSE.match(line):
            place = f"{place.split('-')[0]}-{_NUMBER[found[1]]}"
        raw.append((place, line, False))
    several = {
        anchor for anchor, _, heading in raw if sum(a == anchor and not h for a, _, h in raw) > 1 and "-" in anchor
    }
    letters: dict[str, int] = {}
    done: list[Paragraph] = []
    for anchor, text, heading in raw:
        if anchor in several:
            letters[anchor] = letters.get(anchor, -1) + 1
            anchor += "abcdef"[letters[anchor]]
        elif not heading and any(item.anchor == anchor for item in done):
            anchor += "-text"
        done.append(Paragraph(anchor, text, heading))
    return tuple(done)
