"""The entries of `bot/faq/*.toml`: what can be asked and what is said."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Entry:
    """One intent. Those whose id begins with `oos_` are not ours to answer."""

    intent: str
    title: str
    answer: str
    ask: tuple[str, ...]
    clause: str = ""
    anchor: str = ""
    handover: bool = False

    @property
    def in_scope(self) -> bool:
        """Whether the 办法 answers it."""
        return not self.intent.startswith("oos_")


@cache
def load_entries() -> dict[str, Entry]:
    """All entries by intent. Raises ValueError for an id that stands twice, KeyError for a missing field."""
    entries: dict[str, Entry] = {}
    for file in sorted(files("bot.faq").iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".toml"):
            continue
        for intent, fields in tomllib.loads(file.read_text("utf-8")).items():
            if intent in entries:
                raise ValueError(f"{intent} stands twice")
            entries[intent] = Entry(
                intent=intent,
                title=fields["title"],
                answer=fields["answer"],
                ask=tuple(fields["ask"]),
                clause=fields.get("clause", ""),
                anchor=fields.get("anchor", ""),
                handover=fields.get("handover", False),
            )
    return entries
