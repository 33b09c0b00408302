"""docs/process.md draws the process that the code runs: every move in one is in the other."""

import re
from pathlib import Path

from rules.process import CLOCKS, TRANSITIONS, Status

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "process.md").read_text("utf-8")
_EDGE = re.compile(r"^\s+(\w+) --> (\w+): (\w+)$", re.MULTILINE)


def test_the_drawing_and_the_table_of_transitions_are_the_same() -> None:
    drawn = {(frm, to, command) for frm, to, command in _EDGE.findall(DOCUMENT)}
    coded = {(frm.value, row.to.value, row.command.__name__) for row in TRANSITIONS for frm in row.frm}
    undecided = {edge for edge in coded if edge[2] in ("Withdraw", "Close")}
    assert drawn == coded - undecided
    assert "any undecided status --> withdrawn" in DOCUMENT
    assert "any undecided status --> closed" in DOCUMENT


def test_every_status_and_clock_is_explained() -> None:
    for status in Status:
        assert f"`{status.value}`" in DOCUMENT
    for name, clock in CLOCKS.items():
        assert f"| `{name}` | {clock.working_days} working days | {clock.clause} |" in DOCUMENT
