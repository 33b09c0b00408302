"""docs/process.md draws the process that the code runs: every move in one is in the other."""

from rules.process import CLOCKS
from rules.statuses import STARTS, UNDECIDED, Status
from tests.architecture.process_document import (
    DOCUMENT,
    coded_edges,
    coded_rows,
    coded_urgent_rows,
    drawn_edges,
    written_rows,
    written_urgent_rows,
)


def test_the_drawing_and_the_table_of_transitions_are_the_same() -> None:
    assert drawn_edges() == coded_edges()
    assert "any undecided status --> withdrawn" in DOCUMENT
    assert "any undecided status --> closed" in DOCUMENT


def test_every_row_of_the_table_is_written_with_its_roles_clause_clocks_event_and_audience() -> None:
    assert written_rows() == coded_rows()
    assert written_urgent_rows() == coded_urgent_rows()


def test_every_status_and_clock_is_explained() -> None:
    for status in Status:
        assert f"`{status.value}`" in DOCUMENT
    for origin, start in STARTS.items():
        assert f"- `{origin.value}` -> `{start.value}`" in DOCUMENT
    for name, clock in CLOCKS.items():
        assert f"| `{name}` | {clock.working_days} working days | {clock.clause} |" in DOCUMENT


def test_undecided_is_every_status_before_the_decision() -> None:
    decided = {"approved", "in_force", "resolved", "rejected", "expired", "terminated", "withdrawn", "closed"}
    assert {status.value for status in Status} - {status.value for status in UNDECIDED} == decided
