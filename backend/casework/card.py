"""个案卡片: the one page that a panel member reads before and after the meeting (policy-model §1.7).

No identity number, no bank, no medical paper, no story: what the clause is about in plain words, and what was done to
find out. Open from the notice to some days after the meeting (reading 1.7), shut for whoever is recused.
"""

from datetime import datetime, timedelta
from uuid import UUID

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.casework.readings_in_force import in_force
from backend.clock import SHANGHAI
from backend.errors import NotAllowedError, NotFoundError
from models.application import Evidence, HomeVisit
from models.deliberation import Deliberation, PanelMember
from rules.circumstances import Circumstance
from rules.statuses import Role

_TO_JUDGE = ("说的情况属实吗", "证据够不够", "同不同意上报认定")


async def read_card(deliberation_id: UUID, actor: Actor, *, now: datetime) -> dict[str, object]:
    """The card, for a member of the panel, or for the town to print. The reading leaves a trail entry.

    Raises NotFoundError; NotAllowedError for everybody else, for the recused, and when its time is over.
    """
    found = await Deliberation.get_or_none(id=deliberation_id).select_related("case__village__town", "case__applicant")
    if found is None:
        raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
    until = found.meets_at + timedelta(days=in_force().card_days)
    case = found.case
    if actor.role is Role.TOWN:
        require(actor, Action.PRINT_CARD, Place(case.village.town_id, case.village_id))
    else:
        seat = await PanelMember.get_or_none(deliberation_id=deliberation_id, person_id=actor.person_id)
        if seat is None:
            raise NotAllowedError("not_on_panel", "您不在这次会议的名单上, 请联系召集人。")
        if seat.recused_reason is not None or seat.answer == "recusal":
            raise NotAllowedError("recused", "您已回避这件事项, 不再查看材料。")
    if found.status == "void" or now > until:
        raise NotAllowedError("card_closed", "会议已经结束, 卡片已收回。")
    visit = await HomeVisit.filter(case_id=case.id).order_by("-signed", "-visitors").first()
    await audit.record(actor, "card_read", f"deliberation:{deliberation_id}", now=now, clause="四(二)a")
    circumstance = Circumstance[case.circumstance] if case.circumstance else None
    return {
        "number": case.number,
        "applicant": case.applicant.name,
        "village": case.village.name,
        "household_size": case.household_size,
        "circumstance": circumstance.clause if circumstance else None,
        "about": circumstance.plain if circumstance else None,
        "visited_on": visit.visited_at.astimezone(SHANGHAI).date() if visit else None,
        "visitors": visit.visitors if visit else 0,
        "evidence_count": await Evidence.filter(case_id=case.id).count(),
        "meets_at": found.meets_at.astimezone(SHANGHAI).isoformat(),
        "place": found.place,
        "to_judge": list(_TO_JUDGE),
        "open_until": until.astimezone(SHANGHAI).isoformat(),
    }
