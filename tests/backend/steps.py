"""Steps that several tests take: a meeting convened and attended, a case confirmed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backend.access import Actor
from backend.casework import (
    application,
    deliberation,
)
from models.application import Case
from models.deliberation import Deliberation
from rules.statuses import Role
from tests.backend.district import SmallDistrict

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


async def confirm(case_id: UUID, town: Actor, **facts: object) -> Case:
    """The town confirms a household of three."""
    return await application.confirm(case_id, town, **{"household_size": 3, "now": NOW} | facts)


async def convened(place: SmallDistrict, **columns: object) -> Deliberation:
    """A scheduled meeting."""
    case = await place.case("confirmed", **columns)
    return await deliberation.convene(
        case.id,
        place.actors[Role.TOWN],
        meets_at=NOW + timedelta(days=1),
        place="礼堂",
        panel=place.members,
        supervisor=place.supervisor,
        now=NOW,
    )


async def gathered(place: SmallDistrict, meeting: Deliberation, people: Sequence[UUID], *, now: datetime = NOW) -> None:
    """These have signed in, and the supervisor has given the opinion."""
    for person in people:
        await deliberation.check_in(meeting.id, place.actors[Role.TOWN], person_id=person, now=now)
    await deliberation.give_opinion(meeting.id, place.actors[Role.SUPERVISOR], opinion="规范", now=now)
