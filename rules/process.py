"""The process of one case: statuses, the whole transition table, and `advance`, the only function that moves a case.

Policy-model §1.2 with §1.10; the drawing is docs/process.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.caps import Band
from rules.circumstances import Circumstance
from rules.deadlines import one_year_term
from rules.figures import LISTING_WORKING_DAYS, RESULT_WORKING_DAYS, REVIEW_WORKING_DAYS, VISITORS
from rules.quorum import QuorumFinding
from rules.readings import DEFAULT, Readings, ReviewStart


class Status(StrEnum):
    """Where a case is. Persisted: these names are for ever."""

    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    RESOLVED = "resolved"
    REFERRED = "referred"
    DECLINED = "declined"
    INITIATED = "initiated"
    GATHERING_EVIDENCE = "gathering_evidence"
    CONFIRMED = "confirmed"
    SCHEDULED = "scheduled"
    VOID = "void"
    DELIBERATED = "deliberated"
    BEFORE_LEADERS = "before_leaders"
    APPROVED = "approved"
    REJECTED = "rejected"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Role(StrEnum):
    """Who acts."""

    RESIDENT = "resident"
    AGENT = "agent"
    WORKER = "worker"
    VILLAGE = "village"
    TOWN = "town"
    SUPERVISOR = "supervisor"
    LEADERS = "leaders"
    BUREAU = "bureau"
    SYSTEM = "system"


class Recipient(StrEnum):
    """Who must be told the result (四(三))."""

    APPLICANT = "applicant"
    DISCIPLINE = "discipline"
    BUREAU = "bureau"


TERMINAL = frozenset(
    {Status.RESOLVED, Status.REJECTED, Status.EXPIRED, Status.TERMINATED, Status.WITHDRAWN, Status.CLOSED}
)
UNDECIDED = frozenset(Status) - TERMINAL - {Status.APPROVED, Status.IN_FORCE}


@dataclass(frozen=True, slots=True)
class CaseState:
    """What the guards look at; casework reads it from the rows."""

    status: Status
    circumstance: Circumstance | None = None
    visitors: int = 0
    visit_signed: bool = False
    evidence_count: int = 0
    evidence_waiver: str | None = None
    deliberation_passed: bool | None = None
    receipts: frozenset[Recipient] = frozenset()
    valid_from: date | None = None
    savings: Band | None = None
    """For 三(四): where the deposit lies, by the standard in force at confirmation."""


# Commands: imperative. A reason is a sentence for the record.


@dataclass(frozen=True, slots=True)
class BeginReview:
    ordinary_case_ref: str


@dataclass(frozen=True, slots=True)
class ResolveByOrdinaryAid:
    reason: str


@dataclass(frozen=True, slots=True)
class ReferToVillage:
    circumstance: Circumstance
    reason: str


@dataclass(frozen=True, slots=True)
class ReferAgain:
    reason: str


@dataclass(frozen=True, slots=True)
class Initiate:
    pass


@dataclass(frozen=True, slots=True)
class Decline:
    reason: str


@dataclass(frozen=True, slots=True)
class GatherEvidence:
    pass


@dataclass(frozen=True, slots=True)
class Confirm:
    pass


@dataclass(frozen=True, slots=True)
class Schedule:
    """`forecast`: the quorum finding for everybody invited, as if all came."""

    meets_at: datetime
    forecast: QuorumFinding


@dataclass(frozen=True, slots=True)
class VoidMeeting:
    reason: str


@dataclass(frozen=True, slots=True)
class RecordDeliberation:
    """`finding`: the quorum finding at the close of the vote, with the tally counted."""

    finding: QuorumFinding


@dataclass(frozen=True, slots=True)
class SubmitToLeaders:
    pass


@dataclass(frozen=True, slots=True)
class Approve:
    """`cap_fen`: the most that 三(五) allows, None where no cap applies."""

    amount_fen: int
    cap_fen: int | None
    departure_reason: str


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnToDeliberation:
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnForSupplement:
    reason: str


@dataclass(frozen=True, slots=True)
class EnterForce:
    today: date


@dataclass(frozen=True, slots=True)
class Expire:
    today: date


@dataclass(frozen=True, slots=True)
class Terminate:
    reason: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    reason: str


Command = (
    BeginReview
    | ResolveByOrdinaryAid
    | ReferToVillage
    | ReferAgain
    | Initiate
    | Decline
    | GatherEvidence
    | Confirm
    | Schedule
    | VoidMeeting
    | RecordDeliberation
    | SubmitToLeaders
    | Approve
    | Reject
    | ReturnToDeliberation
    | ReturnForSupplement
    | EnterForce
    | Expire
    | Terminate
    | Withdraw
    | Close
)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A working-day clock of a case."""

    working_days: int
    clause: str


CLOCKS = {
    "review": ClockRule(REVIEW_WORKING_DAYS, "四(二)a"),
    "result": ClockRule(RESULT_WORKING_DAYS, "四(三)"),
    "listing": ClockRule(LISTING_WORKING_DAYS, "四(四)a"),
}


@dataclass(frozen=True, slots=True)
class Moved:
    """The case moves: its new status, the clocks that start and stop, the clause, and what is announced."""

    status: Status
    event: str
    clause: str
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The case stays: a stable code, one sentence that says what to do next, the reasons."""

    code: str
    message: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table. `guard` returns reasons against; none means the way is free."""

    frm: frozenset[Status]
    command: type
    roles: frozenset[Role]
    to: Status
    event: str
    clause: str
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    guard: Callable[..., tuple[str, ...]] | None = None


def _reasoned(_case: CaseState, command: ResolveByOrdinaryAid, _now: datetime) -> tuple[str, ...]:
    return () if command.reason.strip() else ("请写明理由",)


def _reviewed_with_reference(_case: CaseState, command: BeginReview, _now: datetime) -> tuple[str, ...]:
    return () if command.ordinary_case_ref.strip() else ("请填写普通救助的受理编号",)


_SAVINGS_REASONS = {
    None: "请填写核对后的银行存款",
    Band.NOT_OVER: "存款没有超过年低保标准的4倍, 不需要走“一事一议”",
    Band.TOO_HIGH: "存款达到年低保标准的10倍, 不属于三(四); 有其他困难请换情形",
}


def _confirmable(case: CaseState, _command: Confirm, _now: datetime) -> tuple[str, ...]:
    # §1.10.12: for 三(一) and 三(三) the text itself asks for the visit; elsewhere a reason may stand for it.
    visited = case.visitors >= VISITORS and case.visit_signed
    by_text = case.circumstance in (Circumstance.C1, Circumstance.C3)
    reasons = []
    if not visited and (by_text or not case.evidence_waiver):
        reasons.append(f"入户调查要有至少{VISITORS}人并双方签字")
    if not case.evidence_count and not case.evidence_waiver:
        reasons.append("还没有登记佐证材料, 确实没有的请写明理由")
    if case.circumstance is Circumstance.C4 and case.savings is not Band.BETWEEN:
        reasons.append(_SAVINGS_REASONS[case.savings])
    return tuple(reasons)


def _schedulable(_case: CaseState, command: Schedule, now: datetime) -> tuple[str, ...]:
    reasons = [] if command.meets_at > now else ["开会时间已经过去"]
    if not command.forecast.met:
        reasons.append(f"名单不够: 缺{'、'.join(command.forecast.missing)}")
    return tuple(reasons)


def _concludable(_case: CaseState, command: RecordDeliberation, _now: datetime) -> tuple[str, ...]:
    reasons = [f"缺{name}" for name in command.finding.missing]
    if command.finding.passed is None:
        reasons.append("还没有登记表决结果")
    return tuple(reasons)


def _approvable(case: CaseState, command: Approve, _now: datetime) -> tuple[str, ...]:
    reasons = [] if command.amount_fen > 0 else ["请填写保障金额"]
    if command.cap_fen is not None and command.amount_fen > command.cap_fen:
        reasons.append(f"金额超过上限{command.cap_fen // 100}元")  # a hard cap: §1.10.4
    if case.deliberation_passed is False and not command.departure_reason.strip():
        reasons.append("与评议结果不一致, 请写明理由")
    return tuple(reasons)


def _startable(case: CaseState, command: EnterForce, _now: datetime) -> tuple[str, ...]:
    begun = case.valid_from is not None and case.valid_from <= command.today
    return () if begun else ("还没到生效日期",)


def _over(case: CaseState, command: Expire, _now: datetime) -> tuple[str, ...]:
    ended = case.valid_from is not None and one_year_term(case.valid_from).last_day < command.today
    return () if ended else ("一年期限还没有满",)


_S, _R = Status, Role


def _row(
    frm: Status | frozenset[Status],
    command: type,
    roles: set[Role],
    to: Status,
    event: str,
    clause: str,
    guard: Callable[..., tuple[str, ...]] | None = None,
    *,
    starts: str = "",
    stops: str = "",
) -> Transition:
    return Transition(
        frm if isinstance(frm, frozenset) else frozenset({frm}),
        command,
        frozenset(roles),
        to,
        event,
        clause,
        tuple(starts.split()),
        tuple(stops.split()),
        guard,
    )


TRANSITIONS: tuple[Transition, ...] = (
    _row(_S.SUBMITTED, BeginReview, {_R.WORKER}, _S.UNDER_REVIEW, "ReviewBegun", "四(一)", _reviewed_with_reference),
    _row(_S.UNDER_REVIEW, ResolveByOrdinaryAid, {_R.WORKER}, _S.RESOLVED, "ResolvedByOrdinaryAid", "三首", _reasoned),
    _row(_S.UNDER_REVIEW, ReferToVillage, {_R.WORKER}, _S.REFERRED, "ReferredToVillage", "四(一)", _reasoned),
    _row(_S.REFERRED, Initiate, {_R.VILLAGE}, _S.INITIATED, "Initiated", "四(一)"),
    _row(_S.REFERRED, Decline, {_R.VILLAGE}, _S.DECLINED, "Declined", "四(一)", _reasoned),
    _row(_S.DECLINED, ReferAgain, {_R.WORKER}, _S.REFERRED, "ReferredToVillage", "四(一)", _reasoned),
    _row(_S.INITIATED, GatherEvidence, {_R.WORKER}, _S.GATHERING_EVIDENCE, "EvidenceBegun", "四(二)a"),
    _row(
        _S.GATHERING_EVIDENCE, Confirm, {_R.TOWN}, _S.CONFIRMED, "Confirmed", "四(二)a", _confirmable, starts="review"
    ),
    _row(_S.CONFIRMED, Schedule, {_R.TOWN}, _S.SCHEDULED, "Scheduled", "四(二)a", _schedulable),
    _row(_S.VOID, Schedule, {_R.TOWN}, _S.SCHEDULED, "Scheduled", "四(二)a", _schedulable),
    _row(_S.SCHEDULED, VoidMeeting, {_R.TOWN}, _S.VOID, "MeetingVoided", "四(二)a", _reasoned),
    _row(
        _S.SCHEDULED,
        RecordDeliberation,
        {_R.TOWN},
        _S.DELIBERATED,
        "Deliberated",
        "四(二)a",
        _concludable,
        stops="review",
    ),
    _row(_S.DELIBERATED, SubmitToLeaders, {_R.TOWN}, _S.BEFORE_LEADERS, "SubmittedToLeaders", "四(三)"),
    _row(
        _S.BEFORE_LEADERS,
        Approve,
        {_R.LEADERS},
        _S.APPROVED,
        "Approved",
        "四(三)",
        _approvable,
        starts="result listing",
    ),
    _row(_S.BEFORE_LEADERS, Reject, {_R.LEADERS}, _S.REJECTED, "Rejected", "四(三)", _reasoned, starts="result"),
    _row(
        _S.BEFORE_LEADERS,
        ReturnToDeliberation,
        {_R.LEADERS},
        _S.CONFIRMED,
        "ReturnedToDeliberation",
        "四(三)",
        _reasoned,
        starts="review",
    ),
    _row(_S.BEFORE_LEADERS, ReturnForSupplement, {_R.LEADERS}, _S.DELIBERATED, "SupplementWanted", "四(三)", _reasoned),
    _row(_S.APPROVED, EnterForce, {_R.SYSTEM}, _S.IN_FORCE, "EnteredForce", "四(四)a", _startable),
    _row(_S.IN_FORCE, Expire, {_R.SYSTEM}, _S.EXPIRED, "Expired", "四(四)a", _over),
    _row(
        frozenset({_S.APPROVED, _S.IN_FORCE}), Terminate, {_R.TOWN}, _S.TERMINATED, "Terminated", "四(四)a", _reasoned
    ),
    _row(UNDECIDED, Withdraw, {_R.RESIDENT, _R.AGENT}, _S.WITHDRAWN, "Withdrawn", "四(一)", _reasoned, stops="review"),
    _row(UNDECIDED, Close, {_R.WORKER, _R.TOWN}, _S.CLOSED, "Closed", "四(一)", _reasoned, stops="review"),
)

_BY_COMMAND = {(status, row.command): row for row in TRANSITIONS for status in row.frm}


def advance(
    case: CaseState, command: Command, *, role: Role, now: datetime, readings: Readings = DEFAULT
) -> Moved | Refused:
    """Where `command` by `role` takes the case at the aware moment `now`, or why it does not.

    Pure: nothing is changed. A status that knows no such command, a role that may not, a guard with reasons: Refused.
    """
    row = _BY_COMMAND.get((case.status, type(command)))
    if row is None:
        return Refused(
            "move_not_possible", "这个事项现在不能做这一步, 请刷新后看当前进度。", (f"当前状态: {case.status}",)
        )
    if role not in row.roles:
        return Refused("role_not_allowed", "您的岗位不能做这一步, 请联系负责这一步的同事。")
    if row.guard is not None and (reasons := row.guard(case, command, now)):
        return Refused("not_ready", f"还不能做这一步: {'; '.join(reasons)}。", reasons)
    return Moved(row.to, row.event, row.clause, _starts(row, readings), row.stops)


_REVIEW_STARTS = {ReviewStart.REFERRED: ReferToVillage, ReviewStart.INITIATED: Initiate, ReviewStart.CONFIRMED: Confirm}


def _starts(row: Transition, readings: Readings) -> tuple[str, ...]:
    """The clocks that a move starts: the five days begin where reading A1 says. A return begins them anew always."""
    if row.command in _REVIEW_STARTS.values():
        return ("review",) if row.command is _REVIEW_STARTS[readings.review_start] else ()
    return row.starts


def allowed_commands(status: Status, role: Role) -> tuple[str, ...]:
    """The names of the commands that this role may try on a case of this status: what buttons a page shows."""
    return tuple(row.command.__name__ for row in TRANSITIONS if status in row.frm and role in row.roles)
