"""A meeting that does not take place: its row, and everybody who was asked to it told. Any step may need this."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

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


async def tell_convened(
    case: Case, deliberation: Deliberation, people: Sequence[UUID], key: str, *, now: datetime
) -> None:
    """These people are asked to the meeting; `key` is the same for the same asking."""
    await outbox.announce(
        Kind.MEETING_CONVENED,
        f"meeting:{key}",
        await meeting_facts(case, deliberation),
        people,
        now=now,
        subject=about(deliberation),
        useless_after=deliberation.meets_at,
    )


async def tell_changed(case: Case, deliberation: Deliberation, people: Sequence[UUID], *, now: datetime) -> None:
    """Time or place are others: what still waits about the old ones is not sent any more."""
    await outbox.call_off(about(deliberation), now=now)
    await outbox.announce(
        Kind.MEETING_CHANGED,
        f"meeting-change:{deliberation.id}:{deliberation.changes}",
        await meeting_facts(case, deliberation),
        people,
        now=now,
        subject=about(deliberation),
        useless_after=deliberation.meets_at,
    )


async def call_off(case: Case, deliberation: Deliberation, *, reason: str, now: datetime) -> None:
    """Void the meeting and tell its panel. Call inside the transaction of what makes it void."""
    deliberation.status, deliberation.void_reason = "void", reason
    await deliberation.save(update_fields=["status", "void_reason"])
    # Who was replaced has been free of it since.
    seats = PanelMember.filter(deliberation_id=deliberation.id, replaced_by=None)
    people = await seats.values_list("person_id", flat=True)
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
