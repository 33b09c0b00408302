"""代办: when one person may act for another, and the actor that then acts (policy-model §1.1, §1.7).

A recorded agency is looked at anew for every request: its days, what the principal's age asks for, and what else the
agent is by now. Who decides or deliberates on a case never acts for it.
"""

from dataclasses import replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from tortoise.expressions import Q

from backend.access import Action, Actor
from backend.errors import InvalidInputError, NotAllowedError
from models.agents import Agency
from models.deliberation import PanelMember
from models.people import Person, RosterEntry, StaffAccount
from rules.dates import full_years
from rules.particulars import CHILD_AGE
from rules.statuses import Role

ADULT_AGE = 18


class AgentKind(StrEnum):
    """On what ground somebody acts for another."""

    GUARDIAN = "guardian"
    RELATIVE = "relative"
    ENTRUSTED = "entrusted"
    CADRE = "cadre"


NAMES = {
    AgentKind.GUARDIAN: "监护人",
    AgentKind.RELATIVE: "近亲属",
    AgentKind.ENTRUSTED: "受托人",
    AgentKind.CADRE: "村(社区)代办员",
}
_USUAL = frozenset({Action.READ_OWN, Action.APPLY, Action.ADD_PHOTO, Action.WITHDRAW})
MOST_ACTS: dict[AgentKind, frozenset[Action]] = {
    AgentKind.GUARDIAN: _USUAL | {Action.DESCRIBE},
    AgentKind.RELATIVE: _USUAL,
    AgentKind.ENTRUSTED: _USUAL,
    # A cadre runs errands: giving an application up stays with the household.
    AgentKind.CADRE: _USUAL - {Action.WITHDRAW},
}
"""What may be recorded at most. Telephone, devices, invitations, messages and meetings are one's own, whoever acts."""
_CADRES = ("village_committee", "resident_cadre")
_OF_THE_TOWN = tuple(role.value for role in (Role.WORKER, Role.TOWN, Role.LEADERS, Role.SUPERVISOR))
_OF_THE_DISTRICT = (Role.BUREAU.value, Role.ADMIN.value)


async def acting_for(who: Actor, principal: str, *, today: date) -> Actor:
    """`who` as the agent of `principal` (the id that the phone sent).

    Raises InvalidInputError for what is no id, NotAllowedError where no agency in force covers it, for staff too.
    """
    if who.role is not Role.RESIDENT:
        raise NotAllowedError("staff_do_not_act", "工作人员的账号不能代办, 请用本人的微信小程序。")
    try:
        principal_id = UUID(principal)
    except ValueError as error:
        raise InvalidInputError("principal_invalid", "没有说明替谁办, 请从“我代办的”里重新选择。") from error
    agency = (
        await Agency.filter(
            principal_id=principal_id, agent_id=who.person_id, ended_at=None, confirmed_at__isnull=False
        )
        .select_related("principal__village", "agent")
        .first()
    )
    if agency is None:
        raise NotAllowedError("no_agency", "没有登记您替这个人办事, 请到村(社区)登记代办。")
    if reason := await why_not(agency, today):
        raise NotAllowedError("agency_not_in_force", reason)
    kind = AgentKind(agency.kind)
    return replace(
        who,
        role=Role.AGENT,
        village_id=agency.principal.village_id,
        acting_for=agency.principal_id,
        acting_as=kind.value,
        acts=frozenset(Action(act) for act in agency.acts) & MOST_ACTS[kind],
    )


async def why_not(agency: Agency, today: date) -> str | None:
    """Why a confirmed agency does not hold today, as a sentence; None when it does. Principal and agent are loaded."""
    if today < agency.from_day:
        return f"代办从{agency.from_day}开始, 现在还不能办。"
    if agency.to_day is not None and today > agency.to_day:
        return f"代办在{agency.to_day}已经到期, 请到村(社区)重新登记。"
    return await unfit(AgentKind(agency.kind), agency.principal, agency.agent, today=today)


async def unfit(kind: AgentKind, principal: Person, agent: Person, *, today: date) -> str | None:
    """Why this person may not act for that one today, whatever was recorded; None when they may.

    `principal` with the village.
    """
    if principal.id == agent.id:
        return "本人办自己的事不用登记代办。"
    if agent.born_on is not None and full_years(agent.born_on, today) < ADULT_AGE:
        return f"代办人要满{ADULT_AGE}周岁, 请换一个人。"
    if kind is not AgentKind.GUARDIAN:
        if principal.born_on is None:
            return "请先登记被代办人的出生日期, 再登记代办人。"
        if full_years(principal.born_on, today) < CHILD_AGE:
            return f"不满{CHILD_AGE}周岁的孩子只能由监护人代办。"
    if await _decides(principal, agent):
        return "他参与办理或评议这里的事项, 不能同时替人代办, 请换一个人。"
    if kind is AgentKind.CADRE and not await _cadre_of(principal.village_id, agent, today):
        return "村(社区)干部只能替本村(社区)的人代办, 请换一个人。"
    return None


async def agents_of(principal_id: object, today: date) -> set[UUID]:
    """Who has been confirmed to act for somebody, and has not been ended by today."""
    rows = Agency.filter(Q(to_day=None) | Q(to_day__gte=today), principal_id=principal_id, ended_at=None)
    return set(await rows.filter(confirmed_at__isnull=False).values_list("agent_id", flat=True))


async def _decides(principal: Person, agent: Person) -> bool:
    """Staff of the principal's town and of the district, and who sits on a meeting about the principal's case."""
    town_id = principal.village.town_id if principal.village else None
    office = Q(role__in=_OF_THE_TOWN, town_id=town_id) | Q(role__in=_OF_THE_DISTRICT)
    if await StaffAccount.filter(office, person_id=agent.id, ended_at=None).exists():
        return True
    return await PanelMember.filter(
        person_id=agent.id, deliberation__status="convened", deliberation__case__applicant_id=principal.id
    ).exists()


async def _cadre_of(village_id: int | None, agent: Person, today: date) -> bool:
    if village_id is None:
        return False
    entries = RosterEntry.filter(Q(to_day=None) | Q(to_day__gte=today), person_id=agent.id, village_id=village_id)
    if await entries.filter(capacity__in=_CADRES, from_day__lte=today).exists():
        return True
    accounts = StaffAccount.filter(person_id=agent.id, role=Role.VILLAGE.value, village_id=village_id, ended_at=None)
    return await accounts.exists()
