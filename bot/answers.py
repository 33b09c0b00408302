"""What the bot says, as a value: text, the clause that it stands on, and what kind of answer it is."""

from dataclasses import dataclass
from enum import StrEnum

from bot.entries import Entry

SOURCE = "依据: 《鹿城区社会救助“一事一议”机制实施办法》(温鹿民〔2021〕8号){clause}。以区民政局公布为准。"


class Outcome(StrEnum):
    """Answered, offered suggestions, handed to a person, or refused."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    HANDOVER = "handover"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `suggestions` are titles that may be asked next."""

    outcome: Outcome
    text: str
    intent: str | None = None
    clause: str | None = None
    anchor: str | None = None
    suggestions: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


def from_entry(entry: Entry, contact: str, because: tuple[str, ...] = ()) -> Answer:
    """The entry's answer with its source; `contact` is added where a person should be asked as well."""
    if not entry.in_scope:
        return Answer(Outcome.REFUSE, entry.answer, entry.intent, because=because)
    parts = [entry.answer]
    if entry.handover and contact:
        parts.append(contact)
    parts.append(SOURCE.format(clause=entry.clause))
    return Answer(Outcome.ANSWER, "\n".join(parts), entry.intent, entry.clause, entry.anchor, because=because)
