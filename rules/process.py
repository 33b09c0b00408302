"""The process of one case: the whole transition table, and `advance`, the only function that moves a case.

Policy-model §1.2 with §1.10; the drawing is docs/process.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from rules import commands
from rules.caps import Band
from rules.circumstances import Circumstance
from rules.commands import Command
from rules.deadlines import one_year_term
from rules.figures import LISTING_WORKING_DAYS, RESULT_WORKING_DAYS, REVIEW_WORKING_DAYS, VISITORS
from rules.readings import DEFAULT, Readings, ReviewStart
from rules.statuses import UNDECIDED, Audience, Recipient, Role, Status


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
    overdue: frozenset[str] = frozenset()
    """Clocks that run and whose last day is over."""
    ordinary_case_ref: str = ""
    supplement_open: bool = False
    """The leaders wanted the packet supplemented, and nothing was added since."""


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
    """The case moves: its new status, the event, the clause, clocks that start and stop, and who is to be told."""

    status: Status
    event: str
    clause: str
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    tells: tuple[Audience, ...] = ()


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
    tells: tuple[Audience, ...] = ()
    guard: Callable[..., tuple[str, ...]] | None = None


def _reasoned(_case: CaseState, command: commands.ResolveByOrdinaryAid, _now: datetime) -> tuple[str, ...]:
    return () if command.reason.strip() else ("请写明理由",)


def _reviewed_with_reference(case: CaseState, command: commands.BeginReview, _now: datetime) -> tuple[str, ...]:
    # A linked case starts in ordinary review without a reference (§1.10.3): its review begins once.
    if case.status is Status.UNDER_REVIEW and case.ordinary_case_ref.strip():
        return ("普通救助已经在审核",)
    return () if command.ordinary_case_ref.strip() else ("请填写普通救助的受理编号",)


def _referable(case: CaseState, command: commands.ReferToVillage, _now: datetime) -> tuple[str, ...]:
    # 三首: only what ordinary policy cannot solve; so there is an ordinary review to point to.
    reasons = [] if case.ordinary_case_ref.strip() else ["先按普通救助审核, 并填写受理编号"]
    if not command.reason.strip():
        reasons.append("请写明理由")
    return tuple(reasons)


_SAVINGS_REASONS = {
    None: "请填写核对后的银行存款",
    Band.NOT_OVER: "存款没有超过年低保标准的4倍, 不需要走“一事一议”",
    Band.TOO_HIGH: "存款达到年低保标准的10倍, 不属于三(四); 有其他困难请换情形",
}


def _confirmable(case: CaseState, command: commands.Confirm, _now: datetime) -> tuple[str, ...]:
    circumstance = command.circumstance or case.circumstance
    # §1.10.12: for 三(一) and 三(三) the text itself asks for the visit; elsewhere a reason may stand for it.
    visited = case.visitors >= VISITORS and case.visit_signed
    by_text = circumstance in (Circumstance.C1, Circumstance.C3)
    waived = bool((case.evidence_waiver or "").strip())
    reasons = []
    if not visited and (by_text or not waived):
        reasons.append(f"入户调查要有至少{VISITORS}人并双方签字")
    if not case.evidence_count and not waived:
        reasons.append("还没有登记佐证材料, 确实没有的请写明理由")
    if circumstance is not case.circumstance and not command.change_reason.strip():
        reasons.append("适用情形与反馈时不同, 请写明理由")
    if circumstance is Circumstance.C4 and case.savings is not Band.BETWEEN:
        reasons.append(_SAVINGS_REASONS[case.savings])
    return tuple(reasons)


def _schedulable(
    _case: CaseState, command: commands.Schedule | commands.ChangeMeeting, now: datetime
) -> tuple[str, ...]:
    reasons = [] if command.meets_at > now else ["开会时间已经过去"]
    if not command.forecast.met:
        reasons.append(f"名单不够: 缺{'、'.join(command.forecast.missing)}")
    return tuple(reasons)


def _concludable(case: CaseState, command: commands.RecordDeliberation, _now: datetime) -> tuple[str, ...]:
    reasons = [f"缺{name}" for name in command.finding.missing]
    if command.finding.passed is None:
        reasons.append("还没有登记表决结果")
    if "review" in case.overdue and not command.late_reason.strip():
        reasons.append(f"已过{REVIEW_WORKING_DAYS}个工作日的评议期限, 请写明原因")  # 9b: late is recorded, never hidden
    return tuple(reasons)


def _submittable(case: CaseState, _command: commands.SubmitToLeaders, _now: datetime) -> tuple[str, ...]:
    return ("班子会议要求补充材料, 请先登记补充的材料",) if case.supplement_open else ()


def _approvable(case: CaseState, command: commands.Approve, _now: datetime) -> tuple[str, ...]:
    reasons = [] if command.amount_fen > 0 else ["请填写保障金额"]
    if command.cap_fen is not None and command.amount_fen > command.cap_fen:
        reasons.append(f"金额超过上限{command.cap_fen // 100}元")  # a hard cap: §1.10.4
    if case.deliberation_passed is False and not command.departure_reason.strip():
        reasons.append("与评议结果不一致, 请写明理由")
    return tuple(reasons)


def _startable(case: CaseState, command: commands.EnterForce, _now: datetime) -> tuple[str, ...]:
    begun = case.valid_from is not None and case.valid_from <= command.today
    return () if begun else ("还没到生效日期",)


def _over(case: CaseState, command: commands.Expire, _now: datetime) -> tuple[str, ...]:
    ended = case.valid_from is not None and one_year_term(case.valid_from).last_day < command.today
    return () if ended else ("一年期限还没有满",)


_S, _R, _A = Status, Role, Audience


def _row(
    frm: Status | frozenset[Status],
    command: type,
    roles: set[Role],
    to: Status,
    event: str,
    clause: str,
    tells: tuple[Audience, ...],
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
        tells,
        guard,
    )


# fmt: off
TRANSITIONS: tuple[Transition, ...] = (
    _row(frozenset({_S.SUBMITTED, _S.UNDER_REVIEW}), commands.BeginReview, {_R.WORKER}, _S.UNDER_REVIEW,
         "ReviewBegun", "四(一)", (_A.APPLICANT,), _reviewed_with_reference),
    _row(_S.UNDER_REVIEW, commands.ResolveByOrdinaryAid, {_R.WORKER}, _S.RESOLVED,
         "ResolvedByOrdinaryAid", "三首", (_A.APPLICANT,), _reasoned),
    _row(_S.UNDER_REVIEW, commands.ReferToVillage, {_R.WORKER}, _S.REFERRED,
         "ReferredToVillage", "四(一)", (_A.APPLICANT, _A.VILLAGE), _referable),
    _row(_S.REFERRED, commands.Initiate, {_R.VILLAGE}, _S.INITIATED,
         "Initiated", "四(一)", (_A.APPLICANT, _A.WORKER)),
    _row(_S.REFERRED, commands.Decline, {_R.VILLAGE}, _S.DECLINED,
         "Declined", "四(一)", (_A.WORKER, _A.TOWN), _reasoned),
    _row(_S.DECLINED, commands.ReferAgain, {_R.TOWN}, _S.REFERRED,
         "ReferredToVillage", "四(一)", (_A.WORKER, _A.VILLAGE), _reasoned),
    _row(_S.INITIATED, commands.GatherEvidence, {_R.WORKER}, _S.GATHERING_EVIDENCE,
         "EvidenceBegun", "四(二)a", (_A.APPLICANT,)),
    _row(_S.GATHERING_EVIDENCE, commands.ReturnEvidence, {_R.TOWN}, _S.GATHERING_EVIDENCE,
         "EvidenceReturned", "四(二)a", (_A.WORKER,), _reasoned),
    _row(_S.GATHERING_EVIDENCE, commands.Confirm, {_R.TOWN}, _S.CONFIRMED,
         "Confirmed", "四(二)a", (_A.APPLICANT, _A.WORKER, _A.DISCIPLINE), _confirmable, starts="review"),
    _row(frozenset({_S.CONFIRMED, _S.VOID}), commands.Schedule, {_R.TOWN}, _S.SCHEDULED,
         "Scheduled", "四(二)a", (_A.APPLICANT, _A.PANEL, _A.DISCIPLINE), _schedulable),
    _row(_S.SCHEDULED, commands.ChangeMeeting, {_R.TOWN}, _S.SCHEDULED,
         "MeetingChanged", "四(二)a", (_A.APPLICANT, _A.PANEL, _A.DISCIPLINE), _schedulable),
    _row(_S.SCHEDULED, commands.VoidMeeting, {_R.TOWN}, _S.VOID,
         "MeetingVoided", "四(二)a", (_A.APPLICANT, _A.PANEL, _A.DISCIPLINE), _reasoned),
    _row(_S.SCHEDULED, commands.RecordDeliberation, {_R.TOWN}, _S.DELIBERATED,
         "Deliberated", "四(二)a", (_A.APPLICANT,), _concludable, stops="review"),
    _row(_S.DELIBERATED, commands.SubmitToLeaders, {_R.TOWN}, _S.BEFORE_LEADERS,
         "SubmittedToLeaders", "四(三)", (_A.LEADERS,), _submittable),
    _row(_S.BEFORE_LEADERS, commands.Approve, {_R.LEADERS}, _S.APPROVED,
         "Approved", "四(三)", (_A.APPLICANT, _A.TOWN, _A.DISCIPLINE, _A.BUREAU), _approvable, starts="result listing"),
    _row(_S.BEFORE_LEADERS, commands.Reject, {_R.LEADERS}, _S.REJECTED,
         "Rejected", "四(三)", (_A.APPLICANT, _A.TOWN, _A.DISCIPLINE, _A.BUREAU), _reasoned, starts="result"),
    _row(_S.BEFORE_LEADERS, commands.ReturnToDeliberation, {_R.LEADERS}, _S.CONFIRMED,
         "ReturnedToDeliberation", "四(三)", (_A.TOWN, _A.DISCIPLINE), _reasoned, starts="review"),
    _row(_S.BEFORE_LEADERS, commands.ReturnForSupplement, {_R.LEADERS}, _S.DELIBERATED,
         "SupplementWanted", "四(三)", (_A.WORKER, _A.TOWN), _reasoned),
    _row(_S.APPROVED, commands.EnterForce, {_R.SYSTEM}, _S.IN_FORCE,
         "EnteredForce", "四(四)a", (), _startable),
    _row(_S.IN_FORCE, commands.Expire, {_R.SYSTEM}, _S.EXPIRED,
         "Expired", "四(四)a", (_A.APPLICANT, _A.WORKER), _over),
    _row(frozenset({_S.APPROVED, _S.IN_FORCE}), commands.Terminate, {_R.TOWN}, _S.TERMINATED,
         "Terminated", "四(四)a", (_A.APPLICANT, _A.BUREAU), _reasoned, stops="listing"),
    _row(UNDECIDED, commands.Withdraw, {_R.RESIDENT, _R.AGENT}, _S.WITHDRAWN,
         "Withdrawn", "四(一)", (_A.WORKER, _A.VILLAGE, _A.PANEL), _reasoned, stops="review"),
    _row(UNDECIDED, commands.Close, {_R.WORKER, _R.TOWN}, _S.CLOSED,
         "Closed", "四(一)", (_A.APPLICANT, _A.VILLAGE, _A.PANEL), _reasoned, stops="review"),
)
# fmt: on

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
    return Moved(row.to, row.event, row.clause, _starts(row, readings), row.stops, row.tells)


_REVIEW_STARTS = {
    ReviewStart.REFERRED: commands.ReferToVillage,
    ReviewStart.INITIATED: commands.Initiate,
    ReviewStart.CONFIRMED: commands.Confirm,
}


def _starts(row: Transition, readings: Readings) -> tuple[str, ...]:
    """The clocks that a move starts: the five days begin where reading A1 says. A return begins them anew always."""
    if row.command in _REVIEW_STARTS.values():
        return ("review",) if row.command is _REVIEW_STARTS[readings.review_start] else ()
    return row.starts


def allowed_commands(status: Status, role: Role) -> tuple[str, ...]:
    """The names of the commands that this role may try on a case of this status: what buttons a page shows."""
    return tuple(row.command.__name__ for row in TRANSITIONS if status in row.frm and role in row.roles)
