"""What the bot says, as a value: text, the clause that it stands on, and what kind of answer it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.entries import Entry

SOURCE = "依据: 《鹿城区社会救助“一事一议”机制实施办法》(温鹿民〔2021〕8号, 2021年2月4日){clause}。以区民政局公布为准。"


def source_of(clauses: Sequence[str]) -> str:
    """The line that names document, date and clauses; 外 in a clause stands for rules outside the 办法."""
    parts = list(dict.fromkeys(part for clause in clauses for part in clause.split(";")))
    named = "、".join(part for part in parts if part != "外")
    return SOURCE.format(clause=f"{named}和其他有关规定" if "外" in parts else named)


class Outcome(StrEnum):
    """Answered, offered suggestions, handed to a person, or refused."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    HANDOVER = "handover"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `text` is said at once, `more` on a wish; `suggestions` are titles that may be asked next.

    `because`: the words of the question that led here. `person`: somebody should be asked as well.
    """

    outcome: Outcome
    text: str
    intent: str | None = None
    clause: str | None = None
    anchor: str | None = None
    more: str = ""
    suggestions: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    person: bool = False


def from_entry(
    entry: Entry,
    *,
    contact: str = "",
    hotline: str = "",
    worked_out: str = "",
    related: Sequence[str] = (),
    because: tuple[str, ...] = (),
) -> Answer:
    """The entry's answer with its source. `contact` is added where a person should be asked as well.

    `worked_out`: what the rules say to the numbers of the question; `hotline`: a configured number with its name.
    """
    person = contact if entry.handover or not entry.in_scope else ""
    lines = [worked_out, entry.short, entry.next, person, hotline]
    if not entry.in_scope:
        text = "\n".join(line for line in lines if line)
        return Answer(Outcome.REFUSE, text, entry.intent, because=because, person=entry.handover)
    lines.append(source_of([entry.clause]))
    return Answer(
        Outcome.ANSWER,
        "\n".join(line for line in lines if line),
        entry.intent,
        entry.clause,
        entry.anchor,
        more=entry.long,
        suggestions=tuple(related),
        because=because,
        person=entry.handover,
    )


def point_by_point(intent: str, points: Sequence[tuple[Entry, str]], contact: str) -> Answer:
    """Several questions of one message, each answered; `points` are entries with what was worked out for them."""
    lines = [
        f"{number}. {entry.title}: {worked_out}{entry.short}" for number, (entry, worked_out) in enumerate(points, 1)
    ]
    tail = ["属于哪一种情形, 由工作人员认定。", contact, source_of([entry.clause for entry, _ in points])]
    first = points[0][0]
    return Answer(
        Outcome.ANSWER,
        "\n".join([*lines, *(line for line in tail if line)]),
        intent,
        "; ".join(dict.fromkeys(entry.clause for entry, _ in points)),
        first.anchor,
        more="\n".join(f"{entry.title}: {entry.long}" for entry, _ in points),
        suggestions=tuple(entry.title for entry, _ in points),
        person=True,
    )
