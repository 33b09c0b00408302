"""The table, every refused move, and the guards."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from rules import commands
from rules.circumstances import Circumstance
from rules.process import TRANSITIONS, CaseState, Moved, Refused, advance, allowed_commands
from rules.quorum import QuorumFinding
from rules.statuses import STARTS, TERMINAL, Origin, Role, Status

NOW = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
GOOD = QuorumFinding(12, 0, (), passed=True)
READY = {
    "circumstance": Circumstance.C6,
    "visitors": 2,
    "visit_signed": True,
    "evidence_count": 1,
    "deliberation_passed": True,
    "valid_from": date(2025, 10, 1),
    "ordinary_case_ref": "DB-1",
}
# A case that is in ordinary review with a reference has begun it: only the linked one without may begin.
UNLIKE_READY = {(Status.UNDER_REVIEW, commands.BeginReview): {"ordinary_case_ref": ""}}
EXAMPLES: dict[type, commands.Command] = {
    type(command): command
    for command in (
        commands.BeginReview("DB-1"),
        commands.ResolveByOrdinaryAid("低保"),
        commands.ReferToVillage(Circumstance.C6, "重病"),
        commands.ReferAgain("再次核实"),
        commands.Initiate(),
        commands.Decline("不是本村"),
        commands.GatherEvidence(),
        commands.ReturnEvidence("照片看不清"),
        commands.Confirm(),
        commands.Schedule(NOW + timedelta(days=1), GOOD),
        commands.ChangeMeeting(NOW + timedelta(days=1), GOOD),
        commands.VoidMeeting("人数不够"),
        commands.RecordDeliberation(GOOD),
        commands.SubmitToLeaders(),
        commands.Approve(100_00, None, ""),
        commands.Reject("不符合"),
        commands.ReturnToDeliberation("重议"),
        commands.ReturnForSupplement("补材料"),
        commands.EnterForce(date(2026, 10, 9)),
        commands.Expire(date(2026, 10, 9)),
        commands.Terminate("去世"),
        commands.Withdraw("不办了"),
        commands.Close("搬走"),
    )
}
TABLE = {(status, row.command, role): row for row in TRANSITIONS for status in row.frm for role in row.roles}


@pytest.mark.parametrize(("status", "kind", "role"), list(itertools.product(Status, EXAMPLES, Role)))
def test_only_the_table_moves_a_case(status: Status, kind: type, role: Role) -> None:
    state = CaseState(status, **READY | UNLIKE_READY.get((status, kind), {}))
    result = advance(state, EXAMPLES[kind], role=role, now=NOW)
    row = TABLE.get((status, kind, role))
    if row is None:
        assert isinstance(result, Refused)
        assert result.message.endswith("。")
    else:
        assert isinstance(result, Moved)
        assert (result.status, result.event, result.clause) == (row.to, row.event, row.clause)
        assert (result.starts, result.stops, result.tells) == (row.starts, row.stops, row.tells)


def test_every_command_has_a_row_and_no_pair_has_two() -> None:
    assert {row.command for row in TRANSITIONS} == set(EXAMPLES)
    pairs = [(status, row.command) for row in TRANSITIONS for status in row.frm]
    assert len(pairs) == len(set(pairs))


def test_no_transition_leaves_a_terminal_status_and_every_other_can_end() -> None:
    ways = {status: {row.to for row in TRANSITIONS if status in row.frm} for status in Status}
    assert all(not ways[status] for status in TERMINAL)
    can_end = set(TERMINAL)
    while grown := {status for status in Status if ways[status] & can_end} - can_end:
        can_end |= grown
    assert can_end == set(Status)


@pytest.mark.parametrize(
    ("state", "command", "role", "reason"),
    [
        (CaseState(Status.SUBMITTED), commands.BeginReview(" "), Role.WORKER, "受理编号"),
        (CaseState(Status.UNDER_REVIEW), commands.ReferToVillage(Circumstance.C6, ""), Role.WORKER, "理由"),
        (CaseState(Status.UNDER_REVIEW), commands.ReferToVillage(Circumstance.C6, "重病"), Role.WORKER, "先按普通救助"),
        (
            CaseState(Status.UNDER_REVIEW, ordinary_case_ref="DB-1"),
            commands.BeginReview("DB-2"),
            Role.WORKER,
            "已经在审核",
        ),
        (CaseState(Status.UNDER_REVIEW), commands.BeginReview(""), Role.WORKER, "受理编号"),
        (CaseState(Status.GATHERING_EVIDENCE), commands.ReturnEvidence(" "), Role.TOWN, "理由"),
        (
            CaseState(Status.GATHERING_EVIDENCE, Circumstance.C6, 2, True, 0, " "),
            commands.Confirm(),
            Role.TOWN,
            "佐证",
        ),
        (
            CaseState(Status.SCHEDULED, overdue=frozenset({"review"})),
            commands.RecordDeliberation(GOOD, " "),
            Role.TOWN,
            "已过5个工作日",
        ),
        (CaseState(Status.GATHERING_EVIDENCE, Circumstance.C1, 1, True, 1), commands.Confirm(), Role.TOWN, "至少2人"),
        (
            CaseState(Status.GATHERING_EVIDENCE, Circumstance.C3, 2, False, 1, "理由"),
            commands.Confirm(),
            Role.TOWN,
            "双方签字",
        ),
        (CaseState(Status.GATHERING_EVIDENCE, Circumstance.C6, 2, True, 0), commands.Confirm(), Role.TOWN, "佐证"),
        (
            CaseState(Status.GATHERING_EVIDENCE, Circumstance.C6, 2, True, 1),
            commands.Confirm(Circumstance.C1, " "),
            Role.TOWN,
            "与反馈时不同",
        ),
        (
            CaseState(Status.GATHERING_EVIDENCE, Circumstance.C6, 1, True, 1, "在住院"),
            commands.Confirm(Circumstance.C3, "是独居老人"),
            Role.TOWN,
            "至少2人",
        ),
        (CaseState(Status.CONFIRMED), commands.Schedule(NOW, GOOD), Role.TOWN, "已经过去"),
        (
            CaseState(Status.CONFIRMED),
            commands.Schedule(NOW + timedelta(hours=1), QuorumFinding(9, 3, ("3人",))),
            Role.TOWN,
            "3人",
        ),
        (
            CaseState(Status.SCHEDULED),
            commands.RecordDeliberation(QuorumFinding(12, 0, ("纪(工)委",), passed=True)),
            Role.TOWN,
            "纪(工)委",
        ),
        (CaseState(Status.SCHEDULED), commands.RecordDeliberation(QuorumFinding(12, 0, ())), Role.TOWN, "表决"),
        (CaseState(Status.BEFORE_LEADERS), commands.Approve(0, None, ""), Role.LEADERS, "金额"),
        (CaseState(Status.BEFORE_LEADERS), commands.Approve(2_000_01, 2_000_00, ""), Role.LEADERS, "上限2000元"),
        (
            CaseState(Status.BEFORE_LEADERS, deliberation_passed=False),
            commands.Approve(100, None, ""),
            Role.LEADERS,
            "不一致",
        ),
        (CaseState(Status.APPROVED), commands.EnterForce(date(2026, 1, 1)), Role.SYSTEM, "生效"),
        (
            CaseState(Status.APPROVED, valid_from=date(2026, 1, 2)),
            commands.EnterForce(date(2026, 1, 1)),
            Role.SYSTEM,
            "生效",
        ),
        (
            CaseState(Status.IN_FORCE, valid_from=date(2026, 1, 1)),
            commands.Expire(date(2027, 1, 1)),
            Role.SYSTEM,
            "期限",
        ),
    ],
)
def test_a_guard_says_what_is_wanting(state: CaseState, command: commands.Command, role: Role, reason: str) -> None:
    result = advance(state, command, role=role, now=NOW)
    assert isinstance(result, Refused)
    assert any(reason in sentence for sentence in result.reasons)


def test_evidence_and_visit_may_be_waived_with_a_reason_where_the_text_does_not_ask_for_the_visit() -> None:
    state = CaseState(Status.GATHERING_EVIDENCE, Circumstance.C6, evidence_waiver="住院, 医院已证明")
    assert isinstance(advance(state, commands.Confirm(), role=Role.TOWN, now=NOW), Moved)


def test_a_late_deliberation_is_recorded_with_its_reason_and_another_late_clock_asks_for_none() -> None:
    late = CaseState(Status.SCHEDULED, overdue=frozenset({"review", "result"}))
    recorded = advance(late, commands.RecordDeliberation(GOOD, "台风停工"), role=Role.TOWN, now=NOW)
    assert isinstance(recorded, Moved)
    other = CaseState(Status.SCHEDULED, overdue=frozenset({"result"}))
    assert isinstance(advance(other, commands.RecordDeliberation(GOOD), role=Role.TOWN, now=NOW), Moved)


def test_a_linked_case_starts_in_ordinary_review_and_begins_it_once() -> None:
    assert STARTS == {
        Origin.LEAD: Status.SUBMITTED,
        Origin.RENEWAL: Status.UNDER_REVIEW,
        Origin.AFTER_URGENT: Status.UNDER_REVIEW,
    }
    begun = advance(CaseState(STARTS[Origin.RENEWAL]), commands.BeginReview("DB-9"), role=Role.WORKER, now=NOW)
    assert isinstance(begun, Moved)
    assert begun.status is Status.UNDER_REVIEW


def test_a_case_expires_the_day_after_its_last_day() -> None:
    state = CaseState(Status.IN_FORCE, valid_from=date(2026, 1, 1))
    assert isinstance(advance(state, commands.Expire(date(2027, 1, 2)), role=Role.SYSTEM, now=NOW), Moved)


def test_buttons_are_the_commands_of_the_table() -> None:
    assert allowed_commands(Status.REFERRED, Role.VILLAGE) == ("Initiate", "Decline")
    assert allowed_commands(Status.EXPIRED, Role.TOWN) == ()
