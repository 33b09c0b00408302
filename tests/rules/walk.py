"""Any command with any fields, for properties and for the model that walks the process."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from rules.caps import Band
from rules.circumstances import Circumstance
from rules.commands import Command
from rules.process import TRANSITIONS, CaseState
from rules.quorum import QuorumFinding
from rules.statuses import Status

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
KINDS = sorted({row.command for row in TRANSITIONS}, key=lambda kind: kind.__name__)
FINDINGS = st.builds(
    QuorumFinding,
    counted=st.integers(0, 40),
    short_of=st.integers(0, 12),
    missing=st.sampled_from([(), ("1人",), ("纪(工)委",)]),
    passed=st.sampled_from([None, True, False]),
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "ordinary_case_ref": st.sampled_from(["", "普通-1"]),
    "reason": st.sampled_from(["", " ", "有理由"]),
    "departure_reason": st.sampled_from(["", "有理由"]),
    "circumstance": st.sampled_from(list(Circumstance)),
    "meets_at": st.sampled_from([NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]),
    "forecast": FINDINGS,
    "finding": FINDINGS,
    "amount_fen": st.integers(-1, 200),
    "cap_fen": st.none() | st.integers(0, 200),
    "change_reason": st.sampled_from(["", " ", "有理由"]),
    "late_reason": st.sampled_from(["", " ", "有理由"]),
    "today": st.dates(date(2026, 9, 1), date(2028, 1, 1)),
}
CASES = st.builds(
    CaseState,
    status=st.sampled_from(list(Status)),
    circumstance=st.none() | st.sampled_from(list(Circumstance)),
    visitors=st.integers(0, 3),
    visit_signed=st.booleans(),
    evidence_count=st.integers(0, 2),
    evidence_waiver=st.sampled_from([None, "", "有理由"]),
    deliberation_passed=st.sampled_from([None, True, False]),
    valid_from=st.none() | st.dates(date(2026, 9, 1), date(2027, 9, 1)),
    savings=st.none() | st.sampled_from(list(Band)),
    overdue=st.frozensets(st.sampled_from(["review", "result", "listing"])),
    ordinary_case_ref=st.sampled_from(["", " ", "普通-1"]),
)


def command_of(data: st.DataObject, kind: type) -> Command:
    """One command of this kind with any fields."""
    values = {name: data.draw(_FIELDS[name], label=name) for name in kind.__dataclass_fields__}
    return kind(**values)


def any_command(data: st.DataObject, status: Status) -> tuple[CaseState, Command, datetime]:
    """A case at this status, and any command."""
    from dataclasses import replace

    case = replace(data.draw(CASES), status=status)
    return case, command_of(data, data.draw(st.sampled_from(KINDS))), NOW


__all__ = ["CASES", "KINDS", "NOW", "any_command", "command_of"]
