"""The panel of a meeting, from the village's roster and from the rows, as `rules.quorum` wants it."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from tortoise.expressions import Q

from models.application import HomeVisit
from models.deliberation import PanelMember
from models.people import RosterEntry
from rules.quorum import Attendee, Capacity, Duty

SUPERVISOR = "supervisor"


async def eligible_capacities(village_id: int, day: date) -> dict[UUID, frozenset[str]]:
    """Who may sit on a panel of this village on this day, by person, with every capacity in office."""
    entries = await RosterEntry.filter(
        Q(to_day=None) | Q(to_day__gte=day), village_id=village_id, from_day__lte=day
    ).values_list("person_id", "capacity")
    held: dict[UUID, set[str]] = {}
    for person_id, capacity in entries:
        held.setdefault(person_id, set()).add(capacity)
    return {person_id: frozenset(capacities) for person_id, capacities in held.items()}


async def investigators_of(case_id: UUID) -> set[UUID]:
    """The persons who visited, or recorded the visit: by reading A7 they may speak, and neither count nor vote."""
    rows = await HomeVisit.filter(case_id=case_id).values_list("recorded_by__person_id", "visitor_ids")
    recorded = {person for person, _ in rows}
    return recorded | {UUID(person) for _, visitors in rows for person in visitors or ()}


def as_attendees(members: Iterable[PanelMember], *, expected: bool, answered_only: bool = False) -> list[Attendee]:
    """Panel rows as attendees: signed in, or `expected` to come (`answered_only`: only those who said 参加)."""
    return [
        Attendee(
            person_id=str(member.person_id),
            capacities=frozenset(Capacity(name) for name in member.capacities),
            duty=Duty(member.duty),
            present=_present(member, expected=expected, answered_only=answered_only),
            # Who answered 需要回避 is out whoever came after all: recusal takes effect before anything is counted.
            recused=member.recused_reason is not None or member.answer == "recusal",
        )
        for member in members
    ]


def _present(member: PanelMember, *, expected: bool, answered_only: bool) -> bool:
    if not expected:
        return member.checked_in_at is not None and member.left_at is None
    return member.answer == "attending" or (not answered_only and member.answer == "unanswered")
