"""What a person may read of a case: its progress in plain words, its clocks, what can be done next."""

from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from backend import audit
from backend.access import ANYWHERE, Action, Actor, Part, Place, require, sees
from backend.casework import parts
from backend.casework.by_agents import done_on
from backend.clock import SHANGHAI
from backend.errors import NotFoundError
from backend.identity.acting import AgentKind
from models.application import Case, CaseClock
from models.deliberation import Deliberation, PanelMember
from models.determination import Determination
from models.outbox import Delivery
from rules.masking import in_text
from rules.process import allowed_commands
from rules.statuses import Role, Status

# The applicant reads why a case ended (§1.10.2); what village, town and leaders write to one another stays with them.
_REASON_IS_THEIRS = (Status.RESOLVED, Status.REJECTED, Status.WITHDRAWN, Status.CLOSED, Status.TERMINATED)
_APPLICANTS = (Role.RESIDENT, Role.AGENT)

PLAIN = {
    Status.SUBMITTED: "已收到, 等工作人员联系您",
    Status.UNDER_REVIEW: "在办: 正在按普通救助审核",
    Status.RESOLVED: "有结果: 按普通救助办理",
    Status.REFERRED: "在办: 已转给村(社区)",
    Status.DECLINED: "在办: 村(社区)有不同意见, 镇(街道)再看",
    Status.INITIATED: "在办: 村(社区)已启动",
    Status.GATHERING_EVIDENCE: "在办: 工作人员会上门了解情况",
    Status.CONFIRMED: "在办: 准备开评议会",
    Status.SCHEDULED: "在办: 已约好评议会",
    Status.VOID: "在办: 评议会改期",
    Status.DELIBERATED: "已开会",
    Status.BEFORE_LEADERS: "已开会, 等镇(街道)认定",
    Status.APPROVED: "有结果: 同意救助",
    Status.REJECTED: "有结果: 没有通过, 会告诉您原因",
    Status.IN_FORCE: "有结果: 救助有效期内",
    Status.EXPIRED: "一年已满, 有困难可以重新申请",
    Status.TERMINATED: "已停止",
    Status.WITHDRAWN: "您已撤回",
    Status.CLOSED: "已结束, 会告诉您原因",
}


async def read_case(case_id: UUID, actor: Actor, *, now: datetime) -> dict[str, object]:
    """One case, in the parts that this actor sees (`access.SIGHT`; policy-model §1.7).

    A reading by anybody but the applicant leaves a trail entry. A cadre runs errands for somebody, and reads neither
    the amount nor the reasons. Raises NotFoundError, NotAllowedError.
    """
    case = await _readable(case_id, actor)
    status = Status(case.status)
    decision = await Determination.filter(case_id=case_id).order_by("-recorded_at").first()
    seen: dict[str, object] = {
        "id": str(case.id),
        "number": case.number,
        "status": status.value,
        "plain": PLAIN[status],
        "village": case.village.name,
        "can_do": _can_do(status, actor),
        "result": _result(decision),
        "reason": _reason(case, status, actor),
    }
    opened = parts.Opened(case, decision, actor)
    for part, read in parts.READERS.items():
        if sees(actor, part):
            seen |= await read(opened)
    if actor.role is not Role.AGENT:
        seen["by_agents"] = await done_on(case_id)
    if actor.role is not Role.RESIDENT:
        await audit.record(actor, "case_read", f"case:{case_id}", now=now)
    return _for_cadre(seen) if actor.acting_as == AgentKind.CADRE else seen


def _reason(case: Case, status: Status, actor: Actor) -> str | None:
    """Why the case stands where it does: the end's is everybody's, the village's own refusal the village's."""
    theirs = status in _REASON_IS_THEIRS or (status is Status.DECLINED and actor.role is Role.VILLAGE)
    if case.reason is None or not (theirs or sees(actor, Part.FINDINGS)):
        return None
    return case.reason if actor.role is Role.RESIDENT else in_text(case.reason)


async def own_cases(actor: Actor) -> list[dict[str, object]]:
    """The cases that this person, or the one they act for, applied for, the newest first."""
    if actor.role is Role.AGENT:
        require(actor, Action.READ_OWN, ANYWHERE, owner_id=actor.subject_id)
    cases = await Case.filter(applicant_id=actor.subject_id).order_by("-created_at")
    return [
        {"id": str(case.id), "number": case.number, "status": case.status, "plain": PLAIN[Status(case.status)]}
        for case in cases
    ]


async def own_meetings(actor: Actor) -> list[dict[str, object]]:
    """The meetings that this very person is asked to, whoever they act for, the next first, with the answer so far.

    `answer_until`: an answer may be changed until the meeting begins; `calendar`: the address of its calendar file.
    """
    own = PanelMember.filter(person_id=actor.person_id, deliberation__status="convened")
    seats = await own.select_related("deliberation").order_by("deliberation__meets_at")
    return [
        {
            "id": str(seat.deliberation.id),
            "meets_at": seat.deliberation.meets_at.astimezone(SHANGHAI).isoformat(),
            "place": seat.deliberation.place,
            "answer": seat.answer,
            "answer_until": seat.deliberation.meets_at.astimezone(SHANGHAI).isoformat(),
            "substitute_wanted": str(seat.substitute_wanted) if seat.substitute_wanted else None,
            "replaced": seat.replaced_by is not None,
            "changes": seat.deliberation.changes,
            "calendar": f"/api/deliberations/{seat.deliberation.id}/meeting.ics",
        }
        for seat in seats
    ]


async def deliveries_about(case_id: UUID) -> Q:
    """What finds every delivery of a notice about this case, its meetings' included."""
    meetings = await Deliberation.filter(case_id=case_id).values_list("id", flat=True)
    clocks = await CaseClock.filter(case_id=case_id).values_list("id", flat=True)
    subjects = [*(f"deliberation:{meeting}" for meeting in meetings), *(f"clock:{clock}" for clock in clocks)]
    about = Q(notice__subject__in=[f"case:{case_id}", *subjects])
    # Older than subjects.
    about |= Q(notice__event_key__startswith=f"decided:{case_id}:")
    for meeting in meetings:
        about |= Q(notice__event_key__endswith=f":{meeting}")
    return about


async def told(case_id: UUID, actor: Actor, *, now: datetime) -> list[dict[str, object]]:
    """Who was told what of this case, through which channel, and what became of it; the reading leaves an entry.

    Neither the applicant nor the village is told who sits on the panel. Raises NotFoundError, NotAllowedError.
    """
    await _readable(case_id, actor, Action.READ_TOLD)
    await audit.record(actor, "told_read", f"case:{case_id}", now=now)
    about = await deliveries_about(case_id)
    rows = (
        await Delivery.filter(about).select_related("notice", "person").order_by("notice__created_at", "person__name")
    )
    return [
        {"kind": row.notice.kind, "who": row.person.name, "channel": row.channel, "status": row.status} for row in rows
    ]


async def _readable(case_id: UUID, actor: Actor, action: Action | None = None) -> Case:
    case = await Case.get_or_none(id=case_id).select_related("village__town", "applicant", "renewal_of", "after_urgent")
    if case is None:
        raise NotFoundError("case_not_found", "没有找到这个事项, 请返回列表重新选择。")
    action = action or (Action.READ_OWN if actor.role in _APPLICANTS else Action.READ_CASE)
    require(actor, action, Place(case.village.town_id, case.village_id), owner_id=case.applicant_id)
    return case


def _can_do(status: Status, actor: Actor) -> tuple[str, ...]:
    found = allowed_commands(status, actor.role)
    withdraws = actor.role is not Role.AGENT or Action.WITHDRAW in actor.acts
    return found if withdraws else tuple(name for name in found if name != "Withdraw")


def _for_cadre(seen: dict[str, object]) -> dict[str, object]:
    result = seen["result"]
    told = {"outcome": result["outcome"], "decided_on": result["decided_on"]} if isinstance(result, dict) else None
    return seen | {"result": told, "reason": None}


def _result(decision: Determination | None) -> dict[str, object] | None:
    if decision is None:
        return None
    return {
        "outcome": decision.outcome,
        "decided_on": decision.decided_on,
        "aid_type": decision.aid_type,
        "amount_fen": decision.amount_fen,
        "valid_from": decision.valid_from,
        "valid_to": decision.valid_to,
        "reason": decision.reason,
    }
