"""A meeting that does not take place: its row, and everybody who was asked to it told. Any step may need this."""

from datetime import datetime

from backend.clock import SHANGHAI
from models.application import Case
from models.deliberation import Deliberation, PanelMember
from models.people import Person
from notices import outbox
from notices.kinds import Kind


def about(deliberation: Deliberation) -> str:
    """What notices of a meeting are found by."""
    return f"deliberation:{deliberation.id}"


async def meeting_facts(case: Case, deliberation: Deliberation) -> dict[str, str]:
    """What a notice of a meeting says. `case` with its village and town loaded.

    A place that names the applicant (“陈安宁家”) is left out: no notice says whose matter it is.
    """
    applicant = await Person.get(id=case.applicant_id).only("name")
    return {
        "meets_at": deliberation.meets_at.astimezone(SHANGHAI).isoformat(),
        "place": "" if applicant.name in deliberation.place else deliberation.place,
        "town": case.village.town.name,
        "page_id": str(deliberation.id),
    }


async def call_off(case: Case, deliberation: Deliberation, *, reason: str, now: datetime) -> None:
    """Void the meeting and tell its panel. Call inside the transaction of what makes it void."""
    deliberation.status, deliberation.void_reason = "void", reason
    await deliberation.save(update_fields=["status", "void_reason"])
    people = await PanelMember.filter(deliberation_id=deliberation.id).values_list("person_id", flat=True)
    facts = await meeting_facts(case, deliberation)
    # What nobody has heard of yet need not be said; who has heard is told.
    await outbox.call_off(about(deliberation), now=now)
    await outbox.announce(
        Kind.MEETING_VOIDED,
        f"meeting-void:{deliberation.id}",
        facts,
        list(people),
        now=now,
        subject=about(deliberation),
        useless_after=deliberation.meets_at if deliberation.meets_at > now else None,
    )


async def call_off_open(case: Case, *, reason: str, now: datetime) -> None:
    """The case ended: whoever was asked to its meeting need not come."""
    for deliberation in await Deliberation.filter(case_id=case.id, status="convened"):
        await call_off(case, deliberation, reason=reason, now=now)
