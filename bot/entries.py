"""The entries of `bot/faq/*.toml`, a file an intent: what can be asked and what is said."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_NUMERALS = "一二三四五六七"
_CLAUSE = re.compile(r"(?P<part>[一二三四五])(?:\((?P<item>[一二三四五六七])\)(?P<half>[ab])?|首)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One intent. Those whose id begins with `oos_` are not ours to answer.

    `short` is what is said at once (at most 120 characters), `long` what is said on a wish, `next` what to do now.
    `must`: phrases, a group a point, that stand in short or long whoever edits them; `absent`: what stands in neither.
    """

    intent: str
    title: str
    short: str
    long: str
    next: str
    ask: tuple[str, ...]
    clause: str = ""
    related: tuple[str, ...] = ()
    handover: bool = False
    hotlines: tuple[str, ...] = ()
    must: tuple[tuple[str, ...], ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def in_scope(self) -> bool:
        """Whether the 办法 answers it."""
        return not self.intent.startswith("oos_")

    @property
    def anchor(self) -> str:
        """Where its first clause stands on the policy page; empty for an entry without one."""
        return anchor_of(self.clause)


def anchor_of(clause: str) -> str:
    """四(二)a -> p4-2a, 三首 -> p3, 文首 -> p0; empty for what names no clause."""
    if clause.startswith("文首"):
        return "p0"
    found = _CLAUSE.match(clause)
    if found is None:
        return ""
    item = f"-{_NUMERALS.index(found['item']) + 1}{found['half'] or ''}" if found["item"] else ""
    return f"p{_NUMERALS.index(found['part']) + 1}{item}"


def entry_of(intent: str, fields: Mapping[str, Any]) -> Entry:
    """An entry from the fields of its file, good or not (`bot.entry_checks`). Raises KeyError for a missing field."""
    return Entry(
        intent=intent,
        title=fields["title"],
        short=fields["short"],
        long=fields["long"],
        next=fields["next"],
        ask=tuple(dict.fromkeys(fields["ask"])),
        clause=fields.get("clause", ""),
        related=tuple(fields.get("related", ())),
        handover=fields.get("handover", False),
        hotlines=tuple(fields.get("hotlines", ())),
        must=tuple(tuple(point) for point in fields.get("must", ())),
        absent=tuple(fields.get("absent", ())),
    )


def fields_of(entry: Entry) -> dict[str, Any]:
    """What `entry_of` makes the entry from again: for keeping it as JSON."""
    fields = asdict(entry)
    fields.pop("intent")
    return fields


@cache
def load_entries() -> dict[str, Entry]:
    """All shipped entries by intent, in the order of their files."""
    entries = {}
    for file in sorted(files("bot.faq").iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            intent = file.name.removesuffix(".toml")
            entries[intent] = entry_of(intent, tomllib.loads(file.read_text("utf-8")))
    return entries
