"""The urgent track, 先行救助 (四(二)b): money first, paper later; never blocked by missing paper (§1.10.5-6)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.caps import urgent_room
from rules.deadlines import urgent_due
from rules.process import Refused, Role
from rules.readings import DEFAULT, Readings


class UrgentStatus(StrEnum):
    """Where an urgent relief is. Persisted: for ever."""

    REPORTED = "reported"
    DELIVERED = "delivered"
    LIFTED = "lifted"
    PAPERWORK_DONE = "paperwork_done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class UrgentState:
    """One urgent event of one household: what has been given so far, in 分."""

    status: UrgentStatus
    reported_at: datetime
    delivered_fen: int = 0


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
    """The new state; `late` when the delivery came after the 24 hours."""

    state: UrgentState
    late: bool = False


def paperwork(readings: Readings = DEFAULT) -> tuple[str, ...]:
    """What 补齐相关手续 asks for once the urgency is over; whether a 评议 is among it is reading A13 (§1.10.18)."""
    asked = ("登记对象、事由、金额", "补签字盖章", "领取凭证")
    return (*asked, "补一次民主评议") if readings.review_after_urgent else asked


_ROLES = frozenset({Role.WORKER, Role.TOWN})


def advance_urgent(state: UrgentState, command: UrgentCommand, *, role: Role) -> UrgentMoved | Refused:
    """Where the command takes the urgent relief, or why it does not. 5000 元 over all tranches is a hard cap."""
    if role not in _ROLES:
        return Refused("role_not_allowed", "先行救助由镇(街道)工作人员办理, 请马上打电话给值班人员。")
    match command, state.status:
        case Deliver(), UrgentStatus.REPORTED | UrgentStatus.DELIVERED:
            return _deliver(state, command)
        case Lift(), UrgentStatus.DELIVERED:
            return UrgentMoved(UrgentState(UrgentStatus.LIFTED, state.reported_at, state.delivered_fen))
        case CompletePaperwork(), UrgentStatus.LIFTED:
            return UrgentMoved(UrgentState(UrgentStatus.PAPERWORK_DONE, state.reported_at, state.delivered_fen))
        case Refuse(reason), UrgentStatus.REPORTED:
            if not reason.strip():
                return Refused("reason_missing", "请写明为什么不属于特别紧急, 并告诉对方可以走普通救助。")
            return UrgentMoved(UrgentState(UrgentStatus.REFUSED, state.reported_at))
    return Refused(
        "move_not_possible", "先行救助现在不能做这一步, 请刷新后看当前进度。", (f"当前状态: {state.status}",)
    )


def _deliver(state: UrgentState, command: Deliver) -> UrgentMoved | Refused:
    room = urgent_room(state.delivered_fen)
    if command.amount_fen <= 0:
        return Refused("amount_missing", "请填写实际给到的金额, 实物按价值折算。")
    if command.amount_fen > room:
        return Refused("urgent_cap", f"每户每次紧急情况最高5000元, 还可以给{room // 100}元; 需要更多请走“一事一议”。")
    if command.at < state.reported_at:
        return Refused("before_report", "救助时间不能早于报告时间, 请改正。")
    late = command.at > urgent_due(state.reported_at)
    if late and not command.late_reason.strip():
        return Refused("late_without_reason", "已超过24小时, 请写明原因后再登记; 钱物照常先给。")
    total = state.delivered_fen + command.amount_fen
    return UrgentMoved(UrgentState(UrgentStatus.DELIVERED, state.reported_at, total), late)
