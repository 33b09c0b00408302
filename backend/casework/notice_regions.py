"""Whose notices a staff member sees: those of the people of their region.

A resident's notice is their home's affair. What somebody is told by office, a meeting or a clock, is the affair of
wherever they hold that office; staff without a home on record belong where their account is.
"""

from collections.abc import Sequence
from uuid import UUID

from tortoise import connections

from backend.access import ALLOWED, Action, Actor
from backend.errors import NotAllowedError, NotFoundError
from notices.kinds import POLICIES, Channel, Kind
from rules.statuses import Role

BY_OFFICE = frozenset(
    {
        Kind.MEETING_CONVENED,
        Kind.MEETING_CHANGED,
        Kind.MEETING_VOIDED,
        Kind.MEETING_REMINDER,
        Kind.ANSWER_WANTED,
        Kind.QUORUM_AT_RISK,
        Kind.URGENT_REPORTED,
        Kind.TERM_ENDING_HERE,
        Kind.CLOCK_AT_RISK,
        Kind.CLOCK_OVERDUE,
        Kind.DEADLINE_MOVED,
        Kind.URGENT_DUE,
        Kind.URGENT_PAPERWORK,
    }
)
MUST_REACH = frozenset(kind for kind, policy in POLICIES.items() if Channel.CALL_LIST in policy.ladder)
"""Whoever is not reached of one of these is telephoned; the others may be missed."""

_OFFICES = ",".join(f"'{kind.value}'" for kind in sorted(BY_OFFICE))
_BY_OFFICE = f"(p.village_id IS NULL OR n.kind IN ({_OFFICES}))"
_IN_TOWN = (
    f"CASE WHEN {_BY_OFFICE} THEN "
    "EXISTS (SELECT 1 FROM roster_entry e JOIN village v ON v.id = e.village_id "
    "WHERE e.person_id = p.id AND v.town_id = {at}) "
    "OR EXISTS (SELECT 1 FROM staff_account s WHERE s.person_id = p.id AND s.town_id = {at}) "
    "ELSE p.village_id IN (SELECT id FROM village WHERE town_id = {at}) END"
)
_IN_VILLAGE = (
    f"CASE WHEN {_BY_OFFICE} THEN "
    "EXISTS (SELECT 1 FROM roster_entry e WHERE e.person_id = p.id AND e.village_id = {at}) "
    "OR EXISTS (SELECT 1 FROM staff_account s WHERE s.person_id = p.id AND s.village_id = {at}) "
    "ELSE p.village_id = {at} END"
)


def condition(actor: Actor, number: int) -> tuple[str, list[object]]:
    """For a statement over notice n and person p: which rows are this actor's, with $`number` as its parameter."""
    if actor.role in (Role.BUREAU, Role.SYSTEM):
        return f"(${number}::int IS NULL)", [None]
    if actor.role is Role.VILLAGE:
        return f"({_IN_VILLAGE.format(at=f'${number}::int')})", [actor.village_id or 0]
    return f"({_IN_TOWN.format(at=f'${number}::int')})", [actor.town_id or 0]


async def require_row(actor: Actor, action: Action, notice_id: UUID, person_id: UUID) -> None:
    """Let the actor act on what this person was to be told.

    Raises NotFoundError for who was to be told nothing, NotAllowedError.
    """
    require_role(actor, action)
    mine, parameters = condition(actor, 3)
    _, rows = await connections.get("default").execute_query(
        f"SELECT {mine} AS mine FROM delivery d "  # noqa: S608 - our own words
        "JOIN notice n ON n.id = d.notice_id JOIN person p ON p.id = d.person_id "
        "WHERE d.notice_id = $1 AND d.person_id = $2 LIMIT 1",
        [notice_id, person_id, *parameters],
    )
    if not rows:
        raise NotFoundError("notice_not_found", "没有找到这条通知, 请返回重新打开。")
    if not rows[0]["mine"]:
        raise NotAllowedError("not_your_region", "这个人不在您负责的镇街或村社, 请联系当地办理。")


def require_role(actor: Actor, action: Action, *others: Action) -> None:
    """Raise NotAllowedError for a role that does none of these."""
    if not any(actor.role in ALLOWED[one] for one in (action, *others)):
        raise NotAllowedError("role_not_allowed", "您的岗位不能做这一步, 请联系负责这一步的同事。")


def values(kinds: Sequence[Kind] | frozenset[Kind]) -> list[str]:
    """For an array parameter."""
    return sorted(kind.value for kind in kinds)
