"""What docs/process.md says, as data: the drawing and the table of moves."""

import re
from pathlib import Path

from rules.process import TRANSITIONS, Transition
from rules.urgent import URGENT_TRANSITIONS, UrgentTransition

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "process.md").read_text("utf-8")
_EDGE = re.compile(r"^\s+(\w+) --> (\w+): (\w+)$", re.MULTILINE)
_ANY = ("Withdraw", "Close")


def drawn_edges() -> set[tuple[str, str, str]]:
    """(from, to, command) of the drawing."""
    return set(_EDGE.findall(DOCUMENT))


def coded_edges(transitions: tuple[Transition, ...] = TRANSITIONS) -> set[tuple[str, str, str]]:
    """The same of the code, without the two that lead out of every undecided status."""
    edges = {(frm.value, row.to.value, row.command.__name__) for row in transitions for frm in row.frm}
    return {edge for edge in edges if edge[2] not in _ANY}


def written_rows() -> list[str]:
    """The lines of the table of moves."""
    table = DOCUMENT.split("## Moves")[1].split("## Statuses")[0]
    return [line for line in table.splitlines() if line.startswith("|")][2:]


def coded_rows(transitions: tuple[Transition, ...] = TRANSITIONS) -> list[str]:
    """The same lines from the code."""
    return [_line(row) for row in transitions]


def _line(row: Transition) -> str:
    name = row.command.__name__
    frm = "any undecided" if name in _ANY else ", ".join(sorted(status.value for status in row.frm))
    clocks = "; ".join([f"starts {clock}" for clock in row.starts] + [f"stops {clock}" for clock in row.stops]) or "–"
    roles = ", ".join(sorted(role.value for role in row.roles))
    tells = ", ".join(audience.value for audience in row.tells) or "–"
    return f"| {frm} | {name} | {roles} | {row.to.value} | {row.clause} | {clocks} | {row.event} | {tells} |"


def written_urgent_rows() -> list[str]:
    """The lines of the table of the urgent track."""
    table = DOCUMENT.split("## The urgent track")[1]
    return [line for line in table.splitlines() if line.startswith("|")][2:]


def coded_urgent_rows(transitions: tuple[UrgentTransition, ...] = URGENT_TRANSITIONS) -> list[str]:
    """The same lines from the code."""
    return [_urgent_line(row) for row in transitions]


def _urgent_line(row: UrgentTransition) -> str:
    frm = ", ".join(sorted(status.value for status in row.frm))
    clocks = "; ".join([f"starts {clock}" for clock in row.starts] + [f"stops {clock}" for clock in row.stops]) or "–"
    tells = ", ".join(audience.value for audience in row.tells)
    return f"| {frm} | {row.command.__name__} | {row.to.value} | {clocks} | {row.event} | {tells} |"
