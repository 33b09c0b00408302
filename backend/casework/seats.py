"""Who may sit at a meeting, who can still take a seat that would be empty, and who has not answered (四(二)a)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.casework import duties
from backend.casework.panel import SUPERVISOR, as_attendees, eligible_capacities, investigators_of
from backend.casework.readings_in_force import readings_of
from backend.clock import local_day
from backend.errors import InvalidInputError
from backend.identity.acting import agents_of
from models.application import Case
from models.deliberation import Deliberation, PanelMember
from models.people import Person
from rules import quorum
from rules.quorum import Capacity

MOST_SUGGESTED = 20


async def check(
    case: Case, panel: Collection[UUID], supervisor: UUID, *, meets_at: datetime, now: datetime
) -> dict[UUID, frozenset[str]]:
    """The capacities of everybody on the roster on the day of the meeting, where these may sit at it.

    `case` with its village loaded. Raises InvalidInputError.
    """
    if meets_at <= now:
        raise InvalidInputError("meeting_in_past", "开会时间已经过去, 请选一个以后的时间。")
    capacities = await eligible_capacities(case.village_id, local_day(meets_at))
    missing = [person for person in panel if person not in capacities]
    if missing or SUPERVISOR not in capacities.get(supervisor, ()):
        raise InvalidInputError("not_on_roster", "有人不在本村(社区)评议名册或监督员名册上, 请先更新名册。")
    if supervisor in await duties.relatives_of(case.id):
        raise InvalidInputError("supervisor_is_relative", "这位监督人员是申请人的近亲属, 请换一位。")
    if case.applicant_id in (*panel, supervisor):
        raise InvalidInputError("applicant_on_panel", "申请人不能评议或监督自己的事项, 请从名单中去掉。")
    if await agents_of(case.applicant_id, local_day(now)) & {*panel, supervisor}:
        raise InvalidInputError("agent_on_panel", "替申请人代办的人不能评议或监督这件事项, 请从名单中去掉。")
    return capacities


def forecast_of(case: Case, members: Sequence[PanelMember], *, answered_only: bool) -> quorum.QuorumFinding:
    """Whether this panel may conclude: with everybody who has not refused, or with those who said 参加 alone."""
    return quorum.count(
        as_attendees(members, expected=True, answered_only=answered_only),
        in_village=not case.village.is_community,
        readings=readings_of(case),
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody on the roster who could still be asked. `closes`: which missing 名额类别 they would fill."""

    person_id: UUID
    name: str
    capacities: tuple[str, ...]
    closes: tuple[str, ...]


def closes_the_gap(held: Collection[str], lacking: Collection[str]) -> bool:
    """Whether this person helps: they hold what is missing, or only people are missing and they hold anything."""
    own = {str(name) for name in held} - {SUPERVISOR}
    return bool(own & {str(name) for name in lacking}) if lacking else bool(own)


def lacking_without(case: Case, members: Sequence[PanelMember], absent: PanelMember | None) -> frozenset[Capacity]:
    """The 名额类别 that are missing when `absent` does not come and everybody else who has not refused does."""
    present = [member for member in members if absent is None or member.person_id != absent.person_id]
    return quorum.missing_capacities(
        as_attendees(present, expected=True),
        in_village=not case.village.is_community,
        readings=readings_of(case),
    )


async def candidates(
    case: Case,
    deliberation: Deliberation,
    members: Sequence[PanelMember],
    absent: PanelMember | None,
    *,
    now: datetime,
    most: int | None = MOST_SUGGESTED,
) -> list[Candidate]:
    """Whom one could ask in place of `absent`, or for a panel that is too small: who fills a gap first, then by name.

    Nobody who sits at the meeting, is the applicant, their relative or agent, or investigated the case. `most`: as
    many as one looks through; None for whoever fits.
    """
    capacities = await eligible_capacities(case.village_id, local_day(deliberation.meets_at))
    out = {UUID(str(member.person_id)) for member in members} | {UUID(str(case.applicant_id))}
    out |= set(await duties.relatives_of(case.id)) | await agents_of(case.applicant_id, local_day(now))
    out |= await investigators_of(case.id)
    if absent is not None and absent.duty == "supervisor":
        fitting = {person: held for person, held in capacities.items() if SUPERVISOR in held}
        lacking: frozenset[str] = frozenset({SUPERVISOR})
    else:
        lacking = frozenset(name.value for name in lacking_without(case, members, absent))
        fitting = {person: held for person, held in capacities.items() if closes_the_gap(held, lacking)}
    wanted = Person.filter(id__in=list(fitting.keys() - out)).order_by("name", "id")
    people = await (wanted if most is None else wanted.limit(most))
    held = {person.id: fitting[person.id] for person in people}
    return [
        Candidate(person.id, person.name, tuple(sorted(held[person.id])), tuple(sorted(held[person.id] & lacking)))
        for person in people
    ]
