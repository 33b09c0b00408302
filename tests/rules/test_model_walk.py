"""Random commands through `advance`: whatever order they come in, the invariants of policy-model §1.2 hold."""

from dataclasses import replace
from datetime import date

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rules.caps import Band
from rules.circumstances import Circumstance
from rules.commands import Approve, Confirm, RecordDeliberation, Schedule
from rules.process import CaseState, Moved, Refused, advance
from rules.statuses import TERMINAL, Role, Status
from tests.rules.walk import CASES, KINDS, NOW, command_of

_CONFIRMED = {
    Status.CONFIRMED,
    Status.SCHEDULED,
    Status.VOID,
    Status.DELIBERATED,
    Status.BEFORE_LEADERS,
    Status.APPROVED,
    Status.IN_FORCE,
    Status.EXPIRED,
    Status.REJECTED,
}


class Walk(RuleBasedStateMachine):
    """One case; its facts may change at any moment, its status by `advance` alone."""

    def __init__(self) -> None:
        super().__init__()
        self.case = CaseState(Status.SUBMITTED)
        self.reviewed = False
        self.referred = self.initiated = self.confirmed = self.held = self.decided = False
        self.running: set[str] = set()
        self.ended = False

    @rule(facts=CASES)
    def facts_change(self, facts: CaseState) -> None:
        self.case = replace(facts, status=self.case.status)

    @rule(data=st.data(), kind=st.sampled_from(KINDS), role=st.sampled_from(list(Role)))
    def somebody_tries(self, data: st.DataObject, kind: type, role: Role) -> None:
        command = command_of(data, kind)
        before = self.case
        moved = advance(before, command, role=role, now=NOW)
        assert moved == advance(before, command, role=role, now=NOW), "the same question has the same answer"
        if isinstance(moved, Refused):
            assert moved.message.endswith("。")
            return
        self._moved(before, command, moved)
        self.case = replace(before, status=moved.status)

    def _moved(self, before: CaseState, command: object, moved: Moved) -> None:
        assert before.status not in TERMINAL
        assert moved.clause
        self.reviewed |= moved.status is Status.UNDER_REVIEW
        self.referred |= moved.status is Status.REFERRED
        if moved.status is Status.REFERRED and before.status is Status.UNDER_REVIEW:
            assert before.ordinary_case_ref.strip(), "ordinary policy was tried first"
        self.initiated |= moved.status is Status.INITIATED
        if isinstance(command, Confirm):
            self.confirmed = True
            assert before.evidence_count or before.evidence_waiver
            if before.circumstance in (Circumstance.C1, Circumstance.C3):
                assert before.visitors >= 2
                assert before.visit_signed
            if before.circumstance is Circumstance.C4:
                assert before.savings is Band.BETWEEN
        if isinstance(command, Schedule):
            assert command.forecast.met
            assert command.meets_at > NOW
        if isinstance(command, RecordDeliberation):
            self.held = True
            assert not command.finding.missing
            assert command.finding.passed is not None
            assert "review" not in before.overdue or command.late_reason.strip(), "late is never without a reason"
        if isinstance(command, Approve):
            assert command.amount_fen > 0
            assert command.cap_fen is None or command.amount_fen <= command.cap_fen
            assert before.deliberation_passed is not False or command.departure_reason
        self.decided |= moved.status in (Status.APPROVED, Status.REJECTED)
        self.running -= set(moved.stops)
        self.running |= set(moved.starts)

    @invariant()
    def nothing_is_approved_without_referral_start_confirmation_and_a_held_deliberation(self) -> None:
        if self.case.status in _CONFIRMED:
            assert self.reviewed
            assert self.referred
            assert self.initiated
            assert self.confirmed
        if self.case.status in (Status.BEFORE_LEADERS, Status.APPROVED, Status.REJECTED, Status.IN_FORCE):
            assert self.held
        if self.case.status in (Status.IN_FORCE, Status.EXPIRED):
            assert self.decided

    @invariant()
    def the_five_day_clock_runs_from_confirmation_to_the_meeting_and_at_no_other_time(self) -> None:
        waiting = {Status.CONFIRMED, Status.SCHEDULED, Status.VOID}
        assert ("review" in self.running) == (self.case.status in waiting)


TestWalk = Walk.TestCase
TestWalk.settings = settings(stateful_step_count=60, deadline=None)


def test_the_walk_reaches_the_end_when_it_is_led() -> None:
    """The machine above may stop anywhere; this shows that its invariants were met on a full way."""
    from rules import commands as p
    from rules.quorum import QuorumFinding

    met = QuorumFinding(13, 0, (), passed=True)
    case = CaseState(
        Status.SUBMITTED, Circumstance.C6, 2, True, 1, valid_from=date(2026, 9, 28), ordinary_case_ref="普通-1"
    )
    way: list[tuple[p.Command, Role]] = [
        (p.BeginReview("1"), Role.WORKER),
        (p.ReferToVillage(Circumstance.C6, "x"), Role.WORKER),
        (p.Initiate(), Role.VILLAGE),
        (p.GatherEvidence(), Role.WORKER),
        (p.Confirm(), Role.TOWN),
        (p.Schedule(NOW.replace(year=2027), met), Role.TOWN),
        (p.RecordDeliberation(met), Role.TOWN),
        (p.SubmitToLeaders(), Role.TOWN),
        (p.Approve(100, None, ""), Role.LEADERS),
        (p.EnterForce(date(2026, 9, 28)), Role.SYSTEM),
        (p.Expire(date(2027, 9, 29)), Role.SYSTEM),
    ]
    for command, role in way:
        moved = advance(case, command, role=role, now=NOW)
        assert isinstance(moved, Moved), (command, moved)
        case = replace(case, status=moved.status)
    assert case.status is Status.EXPIRED
