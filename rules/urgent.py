"""The urgent track, 先行救助 (四(二)b): money first, paper later; never blocked by missing paper (§1.10.5-6)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rules.caps import urgent_room
from rules.deadlines import urgent_due
from rules.figures import URGENT_CAP_FEN, URGENT_HOURS
from rules.process import Refused
from rules.readings import DEFAULT, Readings, UrgentStart
from rules.statuses import Audience, Role


class UrgentStatus(StrEnum):
    """Where an urgent relief is. Persisted: for ever."""

    REPORTED = "reported"
    DELIVERED = "delivered"
    LIFTED = "lifted"
    PAPERWORK_DONE = "paperwork_done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class UrgentState:
    """One urgent event of one household: what has been given so far, in 分.

    `reported_at`: the first report to village or town; `due_at`: as it was stored then, None for 24 hours later.
    """

    status: UrgentStatus
    reported_at: datetime
    delivered_fen: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deliver:
    """Money or goods (at value) in the household's hands. `late_reason` is asked for after the 24 hours."""

    amount_fen: int
    at: datetime
    late_reason: str = ""


@dataclass(frozen=True, slots=True)
class Lift:
    pass


@dataclass(frozen=True, slots=True)
class CompletePaperwork:
    pass


@dataclass(frozen=True, slots=True)
class Refuse:
    reason: str


UrgentCommand = Deliver | Lift | CompletePaperwork | Refuse


@dataclass(frozen=True, slots=True)
class UrgentMoved:
    """The new state, the event, clocks, who is to be told; `late` when the delivery came after the 24 hours."""

    state: UrgentState
    event: str
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    tells: tuple[Audience, ...] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class UrgentTransition:
    """One row of the table. `guard` refuses, or lets the command pass."""

    frm: frozenset[UrgentStatus]
    command: type
    to: UrgentStatus
    event: str
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    tells: tuple[Audience, ...]
    guard: Callable[..., Refused | None] | None = None


def due_at(reported_at: datetime, informed_at: datetime | None, readings: Readings = DEFAULT) -> datetime:
    """When help must be there: 24 natural hours after the report, or after the town knew (reading A11)."""
    late_start = readings.urgent_start is UrgentStart.TOWN_INFORMED and informed_at is not None
    return urgent_due(informed_at if late_start and informed_at else reported_at)


def _deliverable(state: UrgentState, command: Deliver) -> Refused | None:
    room = urgent_room(state.delivered_fen)
    if command.amount_fen <= 0:
        return Refused("amount_missing", "请填写实际给到的金额, 实物按价值折算。")
    if command.amount_fen > room:
        most = URGENT_CAP_FEN // 100
        return Refused("urgent_cap", f"每户每次紧急情况最高{most}元, 还可以给{room // 100}元; 需要更多请走“一事一议”。")
    if command.at < state.reported_at:
        return Refused("before_report", "救助时间不能早于报告时间, 请改正。")
    if _late(state, command) and not command.late_reason.strip():
        return Refused("late_without_reason", f"已超过{URGENT_HOURS}小时, 请写明原因后再登记; 钱物照常先给。")
    return None


def _late(state: UrgentState, command: UrgentCommand) -> bool:
    # The 24 hours are for the first help to be there; a further tranche is not late.
    if not isinstance(command, Deliver) or state.status is not UrgentStatus.REPORTED:
        return False
    return command.at > (state.due_at or urgent_due(state.reported_at))


def _refusable(_state: UrgentState, command: Refuse) -> Refused | None:
    if command.reason.strip():
        return None
    return Refused("reason_missing", "请写明为什么不属于特别紧急, 并告诉对方可以走普通救助。")


_S, _A = UrgentStatus, Audience
_ROLES = frozenset({Role.WORKER, Role.TOWN})
REPORT_TELLS = (Audience.TOWN, Audience.BUREAU)
"""Who is told when an emergency is reported: “同时报告区民政部门”."""

# fmt: off
URGENT_TRANSITIONS = (
    UrgentTransition(frozenset({_S.REPORTED}), Deliver, _S.DELIVERED, "UrgentDelivered",
                     (), ("urgent",), (_A.BUREAU,), _deliverable),
    UrgentTransition(frozenset({_S.DELIVERED}), Deliver, _S.DELIVERED, "UrgentDeliveredAgain",
                     (), (), (_A.BUREAU,), _deliverable),
    UrgentTransition(frozenset({_S.DELIVERED}), Lift, _S.LIFTED, "UrgencyLifted", ("paperwork",), (), (_A.WORKER,)),
    UrgentTransition(frozenset({_S.LIFTED}), CompletePaperwork, _S.PAPERWORK_DONE, "PaperworkDone",
                     (), ("paperwork",), (_A.BUREAU,)),
    UrgentTransition(frozenset({_S.REPORTED}), Refuse, _S.REFUSED, "UrgentRefused",
                     (), ("urgent",), (_A.APPLICANT, _A.BUREAU), _refusable),
)
# fmt: on

_BY_COMMAND = {(status, row.command): row for row in URGENT_TRANSITIONS for status in row.frm}


def advance_urgent(state: UrgentState, command: UrgentCommand, *, role: Role) -> UrgentMoved | Refused:
    """Where the command takes the urgent relief, or why it does not. 5000 元 over all tranches is a hard cap."""
    if role not in _ROLES:
        return Refused("role_not_allowed", "先行救助由镇(街道)工作人员办理, 请马上打电话给值班人员。")
    row = _BY_COMMAND.get((state.status, type(command)))
    if row is None:
        return Refused(
            "move_not_possible", "先行救助现在不能做这一步, 请刷新后看当前进度。", (f"当前状态: {state.status}",)
        )
    if row.guard is not None and (refused := row.guard(state, command)):
        return refused
    given = command.amount_fen if isinstance(command, Deliver) else 0
    moved = replace(state, status=row.to, delivered_fen=state.delivered_fen + given)
    return UrgentMoved(moved, row.event, row.starts, row.stops, row.tells, _late(state, command))


def paperwork(readings: Readings = DEFAULT) -> tuple[str, ...]:
    """What 补齐相关手续 asks for once the urgency is over; whether a 评议 is among it is reading A13 (§1.10.18)."""
    asked = ("登记对象、事由、金额", "补签字盖章", "领取凭证")
    return (*asked, "补一次民主评议") if readings.review_after_urgent else asked
