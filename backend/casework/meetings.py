"""What people are told of a meeting, and a meeting that does not take place. Any step may need this."""

from collections.abc import Mapping, Sequence
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


async def place_told(case: Case, deliberation: Deliberation) -> str:
    """Where it is, for a notice, a calendar, a sheet; empty where the place names the applicant (“陈安宁家”).

    None of them says whose matter it is.
    """
    applicant = await Person.get(id=case.applicant_id).only("name")
    return "" if applicant.name in deliberation.place else deliberation.place


async def meeting_facts(case: Case, deliberation: Deliberation) -> dict[str, str]:
    """What a notice of a meeting says. `case` with its village and town loaded."""
    return {
        "meets_at": deliberation.meets_at.astimezone(SHANGHAI).isoformat(),
        "place": await place_told(case, deliberation),
        "town": case.village.town.name,
        "page_id": str(deliberation.id),
    }


async def tell(
    kind: Kind,
    case: Case,
    deliberation: Deliberation,
    people: Sequence[UUID],
    key: str,
    *,
    now: datetime,
    facts: Mapping[str, str] | None = None,
) -> bool:
    """Announce something of a meeting, of no use once it has begun; whether anything is told.

    `key` is the same for the same event; `facts` go before what every notice of the meeting says. Loaded as for
    `meeting_facts`.
    """
    return await outbox.announce(
        kind,
        key,
        await meeting_facts(case, deliberation) | dict(facts or {}),
        people,
        now=now,
        subject=about(deliberation),
        useless_after=deliberation.meets_at,
    )


async def tell_convened(
    case: Case, deliberation: Deliberation, people: Sequence[UUID], key: str, *, now: datetime
) -> None:
    """These people are asked to the meeting; `key` is the same for the same asking."""
    await tell(Kind.MEETING_CONVENED, case, deliberation, people, f"meeting:{key}", now=now)


async def tell_changed(case: Case, deliberation: Deliberation, people: Sequence[UUID], *, now: datetime) -> None:
    """Time or place are others: what still waits about the old ones is not sent any more."""
    await outbox.call_off(about(deliberation), now=now)
    key = f"meeting-change:{deliberation.id}:{deliberation.changes}"
    await tell(Kind.MEETING_CHANGED, case, deliberation, people, key, now=now)


async def call_off(case: Case, deliberation: Deliberation, *, reason: str, now: datetime) -> None:
    """Void the meeting and tell who was to come. Call inside the transaction of what makes it void."""
    deliberation.status, deliberation.void_reason = "void", reason
    await deliberation.save(update_fields=["status", "void_reason"])
    members = await PanelMember.filter(deliberation_id=deliberation.id, replaced_by=None, recused_reason=None)
    people = [UUID(str(member.person_id)) for member in members if member.answer != "recusal"]
    facts = await meeting_facts(case, deliberation)
    # What nobody has heard of yet need not be said; who has heard is told.
    await outbox.call_off(about(deliberation), now=now)
    await outbox.announce(
        Kind.MEETING_VOIDED,
        f"meeting-void:{deliberation.id}",
        facts,
        people,
        now=now,
        subject=about(deliberation),
        useless_after=deliberation.meets_at if deliberation.meets_at > now else None,
    )


async def call_off_open(case: Case, *, reason: str, now: datetime) -> None:
    """The case ended: whoever was asked to its meeting need not come."""
    for deliberation in await Deliberation.filter(case_id=case.id, status="convened"):
        await call_off(case, deliberation, reason=reason, now=now)
