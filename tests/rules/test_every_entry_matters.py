"""Tables of numbers and moves, one entry at a time: change it, and something that is checked comes out differently.

Mutation testing leaves module-level tables alone; this does for them what it does for functions.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import pytest

from backend.check_rules import check
from rules import commands, figures, process
from rules.process import TRANSITIONS, Transition
from rules.readings import Readings
from rules.statuses import Audience, Role, Status
from rules.urgent import URGENT_TRANSITIONS, UrgentStatus, UrgentTransition
from tests.architecture.process_document import (
    DOCUMENT,
    coded_edges,
    coded_rows,
    coded_urgent_rows,
    drawn_edges,
    written_rows,
    written_urgent_rows,
)
from tests.scenarios.tables import load
from tests.scenarios.test_scenarios import differs

FIGURES = {name: value for name, value in vars(figures).items() if name.isupper()}


def something_fails() -> bool:
    """Whether any named situation comes out differently from its table."""
    for scenario in load():
        try:
            if differs(scenario, check(scenario.case)):
                return True
        except (ValueError, TypeError):
            return True
    return False


@contextmanager
def changed(name: str, value: object) -> Iterator[None]:
    """Every module of the rules sees another figure."""
    holders = [m for key, m in sys.modules.items() if key.split(".")[0] == "rules" and hasattr(m, name)]
    before = {module: getattr(module, name) for module in holders}
    try:
        for module in holders:
            setattr(module, name, value)
        yield
    finally:
        for module, old in before.items():
            setattr(module, name, old)


def test_nothing_fails_while_nothing_is_changed() -> None:
    assert not something_fails()


# Numbers that are read once, when a table is made: docs/process.md names them, and the tables are compared with it.
WRITTEN = {
    "REVIEW_WORKING_DAYS": "| `review` | {} working days | 四(二)a |",
    "RESULT_WORKING_DAYS": "| `result` | {} working days | 四(三) |",
    "LISTING_WORKING_DAYS": "| `listing` | {} working days | 四(四)a |",
    "URGENT_PAPERWORK_WORKING_DAYS": "| paperwork after an urgent relief | {} working days | 四(二)b |",
}
# The default of a reading, fixed with its class: the readings are changed one by one below.
READ_ONCE = {"MINIMUM_PANEL"}


@pytest.mark.parametrize("name", sorted(set(FIGURES) - READ_ONCE - set(WRITTEN)))
@pytest.mark.parametrize("step", [-1, 1])
def test_no_figure_can_be_changed_unnoticed(name: str, step: int) -> None:
    with changed(name, FIGURES[name] + step):
        assert something_fails()


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_the_days_of_a_clock_are_those_that_the_process_names(name: str, step: int) -> None:
    assert (WRITTEN[name].format(FIGURES[name] + step) in DOCUMENT) is (step == 0)


CHANGED = [
    ("minimum_panel", 13),
    ("quorum_override", False),
    ("supervisor_counts", True),
    ("investigator_votes", True),
    ("pass_rule", "two_thirds"),
    ("review_start", "initiated"),
    ("review_start", "referred"),
    ("urgent_start", "town_informed"),
    ("contact_lost_warning_months", 5),
    ("contact_lost_warning_months", 7),
    ("small_village_households", 11),
    ("small_village_households", 9),
]
# Read where rows are: changed in tests/backend/test_money.py, test_evidence_and_lists.py, rules/test_urgent.py and
# tests/access/test_card.py.
CHANGED_ELSEWHERE = {"cap_window_months", "standard_date", "listing_tail_days", "review_after_urgent", "card_days"}


def test_every_reading_is_changed_somewhere() -> None:
    assert {name for name, _ in CHANGED} | CHANGED_ELSEWHERE == {field.name for field in fields(Readings)}


@pytest.mark.parametrize(("reading", "value"), CHANGED)
def test_no_reading_can_be_changed_unnoticed(reading: str, value: object) -> None:
    differing = []
    for scenario in load():
        if scenario.case["kind"] in ("quorum", "transition", "listing", "circumstances", "urgent"):
            case = scenario.case | {"readings": {reading: value} | scenario.case.get("readings", {})}
            differing.append(differs(scenario, check(case)) != {})
    assert any(differing)


PERTURBED: dict[str, Callable[[Transition], Transition | None]] = {
    "another goal": lambda row: replace(row, to=Status.CLOSED if row.to is not Status.CLOSED else Status.WITHDRAWN),
    "another role": lambda row: replace(row, roles=row.roles ^ {Role.SUPERVISOR}),
    "another clause": lambda row: replace(row, clause="五(一)"),
    "another clock started": lambda row: replace(row, starts=() if row.starts else ("listing",)),
    "another event": lambda row: replace(row, event="Lost"),
    "another audience": lambda row: replace(row, tells=() if row.tells else (Audience.SUBSCRIBERS,)),
    "another clock stopped": lambda row: replace(row, stops=() if row.stops else ("listing",)),
    "another origin": lambda row: replace(row, frm=frozenset({Status.EXPIRED})),
    "no guard": lambda row: replace(row, guard=None) if row.guard else None,
}


@pytest.mark.parametrize("how", PERTURBED)
@pytest.mark.parametrize("index", range(len(TRANSITIONS)))
def test_no_row_of_the_process_can_be_changed_unnoticed(index: int, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = PERTURBED[how](TRANSITIONS[index])
    if row is None:
        return
    rows = (*TRANSITIONS[:index], row, *TRANSITIONS[index + 1 :])
    by_command: dict[Any, Transition] = {(status, item.command): item for item in rows for status in item.frm}
    monkeypatch.setattr(process, "_BY_COMMAND", by_command)
    noticed = drawn_edges() != coded_edges(rows) or written_rows() != coded_rows(rows)
    assert noticed or something_fails()


URGENT_PERTURBED: dict[str, Callable[[UrgentTransition], UrgentTransition]] = {
    "another goal": lambda row: replace(
        row, to=UrgentStatus.REFUSED if row.to is not UrgentStatus.REFUSED else UrgentStatus.LIFTED
    ),
    "another origin": lambda row: replace(row, frm=frozenset({UrgentStatus.PAPERWORK_DONE})),
    "another event": lambda row: replace(row, event="Lost"),
    "another clock started": lambda row: replace(row, starts=() if row.starts else ("urgent",)),
    "another clock stopped": lambda row: replace(row, stops=() if row.stops else ("paperwork",)),
    "another audience": lambda row: replace(row, tells=()),
}


@pytest.mark.parametrize("how", URGENT_PERTURBED)
@pytest.mark.parametrize("index", range(len(URGENT_TRANSITIONS)))
def test_no_row_of_the_urgent_track_can_be_changed_unnoticed(index: int, how: str) -> None:
    row = URGENT_PERTURBED[how](URGENT_TRANSITIONS[index])
    rows = (*URGENT_TRANSITIONS[:index], row, *URGENT_TRANSITIONS[index + 1 :])
    assert written_urgent_rows() == coded_urgent_rows()
    assert written_urgent_rows() != coded_urgent_rows(rows)


def test_a_row_is_built_from_what_is_written_in_the_table() -> None:
    """The table is made when the module is loaded, where mutation testing cannot reach: so the maker is called here."""

    def guard(*_: object) -> tuple[str, ...]:
        return ()

    made = process._row(
        Status.SUBMITTED,
        commands.BeginReview,
        {Role.WORKER, Role.TOWN},
        Status.UNDER_REVIEW,
        "ReviewBegun",
        "四(一)",
        (Audience.APPLICANT,),
        guard,
        starts="review result",
        stops="listing",
    )
    assert made == Transition(
        frozenset({Status.SUBMITTED}),
        commands.BeginReview,
        frozenset({Role.WORKER, Role.TOWN}),
        Status.UNDER_REVIEW,
        "ReviewBegun",
        "四(一)",
        ("review", "result"),
        ("listing",),
        (Audience.APPLICANT,),
        guard,
    )
    several = frozenset({Status.APPROVED, Status.IN_FORCE})
    bare = process._row(several, commands.Terminate, {Role.TOWN}, Status.TERMINATED, "Terminated", "四(四)a", ())
    assert bare == Transition(
        several, commands.Terminate, frozenset({Role.TOWN}), Status.TERMINATED, "Terminated", "四(四)a"
    )
