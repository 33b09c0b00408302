"""A meeting that does not take place: its row, and everybody who was asked to it told. Any step may need this."""

from datetime import datetime

from backend.clock import SHANGHAI
from models.application import Case
from models.deliberation import Deliberation, PanelMember
from notices.kinds import Kind
from notices.outbox import announce


def meeting_facts(case: Case, deliberation: Deliberation) -> dict[str, str]:
    """What a notice of a meeting says. `case` with its village and town loaded."""
    return {
        "meets_at": deliberation.meets_at.astimezone(SHANGHAI).isoformat(),
        "place": deliberation.place,
        "town": case.village.town.name,
        "page_id": str(deliberation.id),
    }


async def call_off(case: Case, deliberation: Deliberation, *, reason: str, now: datetime) -> None:
    """Void the meeting and tell its panel. Call inside the transaction of what makes it void."""
    deliberation.status, deliberation.void_reason = "void", reason
    await deliberation.save(update_fields=["status", "void_reason"])
    people = await PanelMember.filter(deliberation_id=deliberation.id).values_list("person_id", flat=True)
    facts = meeting_facts(case, deliberation)
    await announce(Kind.MEETING_VOIDED, f"meeting-void:{deliberation.id}", facts, list(people), now=now)


async def call_off_open(case: Case, *, reason: str, now: datetime) -> None:
    """The case ended: whoever was asked to its meeting need not come."""
    for deliberation in await Deliberation.filter(case_id=case.id, status="convened"):
        await call_off(case, deliberation, reason=reason, now=now)
