"""Who acts for whom: recorded by the village or a worker, named by the person on the phone, confirmed, ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import SYSTEM, Action, Actor, Place, require
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.identity import acting
from backend.identity.acting import MOST_ACTS, AgentKind
from models.agents import Agency
from models.application import Photo
from models.people import Person
from models.places import Village
from rules.statuses import Role

LONGEST = timedelta(days=366)
"""Whoever acts for a year is asked for once a year; a guardian is one until the guardianship ends."""
MOST_NAMED = 3
"""How many people one may name on the phone who are not confirmed yet."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who is to act: somebody known by id, or by name and telephone, who then comes in with an invitation."""

    id: UUID | None = None
    name: str = ""
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is recorded of an agency; without days it begins today and, but for a guardian, holds a year."""

    kind: AgentKind
    acts: frozenset[Action]
    authority: str
    wish: str
    from_day: date | None = None
    to_day: date | None = None
    photo_id: UUID | None = None


async def record(
    actor: Actor, principal_id: UUID, agent: Agent, terms: Terms, *, born_on: date | None = None, now: datetime
) -> Agency:
    """Staff record that somebody acts for a person of their region, who wants it so; it holds from its first day.

    `born_on`: the principal's birthday where none was known: who is under 14 is spoken for by a guardian alone. The
    agent is never found by a name and telephone that somebody typed about themself: such an agent is written down, and
    comes in with an invitation. Raises NotFoundError, NotAllowedError, InvalidInputError, ConflictError.
    """
    async with in_transaction():
        principal = await _principal(principal_id)
        require(actor, Action.RECORD_AGENT, _place(principal))
        if principal.born_on is None and born_on is not None:
            principal.born_on = born_on
            await principal.save(update_fields=["born_on"])
        someone = await _agent(agent, principal, now)
        if someone.id == actor.person_id:
            raise NotAllowedError("own_agency", "不能登记自己为代办人, 请镇(街道)救助员或另一位同事登记。")
        agency = await _write(actor, principal, someone, terms, now=now, confirmed_by=actor.account_id)
        await audit.record(actor, "agency_recorded", f"agency:{agency.id}", now=now, detail=_detail(agency))
    return agency


async def name_relative(actor: Actor, agent: Agent, acts: frozenset[Action], *, wish: str, now: datetime) -> Agency:
    """A resident names a relative; it holds once staff have confirmed it.

    Raises NotAllowedError for anybody who acts for another, InvalidInputError, ConflictError.
    """
    if actor.role is not Role.RESIDENT:
        raise NotAllowedError("residents_only", "只有本人能在自己的微信里指定代办人。")
    async with in_transaction():
        principal = await _principal(actor.person_id)
        if await Agency.filter(principal_id=principal.id, ended_at=None, confirmed_at=None).count() >= MOST_NAMED:
            raise ConflictError("too_many_named", "还有几位没有核对, 请等村(社区)核对后再指定。")
        someone = await _agent(Agent(name=agent.name, phone=agent.phone), principal, now)
        terms = Terms(AgentKind.RELATIVE, acts, authority="本人在小程序里指定", wish=wish)
        agency = await _write(actor, principal, someone, terms, now=now)
        await audit.record(actor, "agent_named", f"agency:{agency.id}", now=now, detail=_detail(agency))
    return agency


async def confirm(actor: Actor, agency_id: UUID, *, authority: str, now: datetime) -> Agency:
    """Staff have asked and confirm what a resident named; `authority`: how it was checked.

    Raises NotFoundError, NotAllowedError, ConflictError where it is ended or confirmed, InvalidInputError where it may
    not be any more.
    """
    async with in_transaction():
        agency = await _held(agency_id)
        require(actor, Action.RECORD_AGENT, _place(agency.principal))
        if agency.ended_at is not None or agency.confirmed_at is not None:
            raise ConflictError("agency_settled", "这条代办已经核对过或已结束, 请刷新后看。")
        if agency.agent_id == actor.person_id:
            raise NotAllowedError("own_agency", "不能核对自己的代办, 请镇(街道)救助员或另一位同事核对。")
        await _require_fit(AgentKind(agency.kind), agency.principal, agency.agent, local_day(now))
        agency.authority, agency.confirmed_by_id, agency.confirmed_at = authority, actor.account_id, now
        await agency.save(update_fields=["authority", "confirmed_by_id", "confirmed_at"])
        await audit.record(actor, "agency_confirmed", f"agency:{agency.id}", now=now, detail=_detail(agency))
    return agency


async def end(actor: Actor, agency_id: UUID, *, why: str, now: datetime) -> None:
    """The principal, the agent, or staff of the region end it; from this moment nothing is done for the person.

    Raises NotFoundError, for anybody whom it does not concern too; ConflictError where it is ended.
    """
    async with in_transaction():
        agency = await _held(agency_id)
        if actor.account_id:
            require(actor, Action.RECORD_AGENT, _place(agency.principal))
        elif actor.person_id not in (agency.principal_id, agency.agent_id) or actor.acting_for:
            raise _unknown()
        if agency.ended_at is not None:
            raise ConflictError("agency_settled", "这条代办已经结束, 请刷新后看。")
        await _end(agency, actor, why, now)


async def listed(actor: Actor, *, now: datetime) -> list[dict[str, object]]:
    """For staff: the agencies of their village or town that are not ended, those to be confirmed first."""
    require(actor, Action.RECORD_AGENT, Place(actor.town_id or 0, actor.village_id or 0))
    rows = Agency.filter(ended_at=None)
    if actor.role is Role.VILLAGE:
        rows = rows.filter(principal__village_id=actor.village_id)
    else:
        rows = rows.filter(principal__village__town_id=actor.town_id)
    found = await rows.order_by("-confirmed_at", "recorded_at").limit(200).select_related("principal__village", "agent")
    return [await _shown(row, local_day(now)) | {"principal": row.principal.name} for row in found]


async def own(actor: Actor, *, now: datetime) -> dict[str, list[dict[str, object]]]:
    """Who acts for this person, and for whom this person acts. Always one's own, whoever one acts for just now."""
    today = local_day(now)
    for_me = await Agency.filter(principal_id=actor.person_id, ended_at=None).select_related(
        "principal__village", "agent"
    )
    by_me = await Agency.filter(agent_id=actor.person_id, ended_at=None, confirmed_at__isnull=False).select_related(
        "principal__village", "agent"
    )
    return {
        "act_for_me": [await _shown(row, today) for row in for_me],
        "i_act_for": [
            await _shown(row, today) | {"principal_id": str(row.principal_id), "principal": row.principal.name}
            for row in by_me
        ],
    }


async def _shown(row: Agency, today: date) -> dict[str, object]:
    refusal = await acting.why_not(row, today)
    return {
        "id": str(row.id),
        "kind": row.kind,
        "kind_name": acting.NAMES[AgentKind(row.kind)],
        "agent_id": str(row.agent_id),
        "agent": row.agent.name,
        "acts": sorted(row.acts),
        "from_day": row.from_day,
        "to_day": row.to_day,
        "confirmed": row.confirmed_at is not None,
        "in_force": row.confirmed_at is not None and refusal is None,
        "why_not": refusal,
    }


async def _write(
    actor: Actor, principal: Person, agent: Person, terms: Terms, *, now: datetime, confirmed_by: UUID | None = None
) -> Agency:
    today = local_day(now)
    if not terms.acts or not terms.acts <= MOST_ACTS[terms.kind]:
        raise InvalidInputError("acts_not_possible", f"{acting.NAMES[terms.kind]}不能代办其中的某一项, 请重新选择。")
    from_day = terms.from_day or today
    to_day = terms.to_day or (None if terms.kind is AgentKind.GUARDIAN else from_day + LONGEST)
    if to_day is not None and (to_day < from_day or to_day < today or to_day - from_day > LONGEST):
        raise InvalidInputError("term_not_possible", "代办的期限最长一年, 结束的日子不能在今天以前, 请改正。")
    await _require_fit(terms.kind, principal, agent, today)
    if terms.photo_id and not await Photo.exists(id=terms.photo_id, case__applicant_id=principal.id):
        raise NotFoundError("photo_not_found", "没有找到这张照片, 请先上传到他的事项里。")
    lapsed = await Agency.filter(principal_id=principal.id, agent_id=agent.id, ended_at=None, to_day__lt=today)
    for row in lapsed:
        await _end(row, SYSTEM, "到期", now)
    try:
        return await Agency.create(
            id=uuid4(),
            principal_id=principal.id,
            agent_id=agent.id,
            kind=terms.kind.value,
            acts=sorted(act.value for act in terms.acts),
            authority=terms.authority,
            wish=terms.wish,
            photo_id=terms.photo_id,
            from_day=from_day,
            to_day=to_day,
            recorded_by_id=actor.account_id,
            recorded_at=now,
            confirmed_by_id=confirmed_by,
            confirmed_at=now if confirmed_by else None,
        )
    except IntegrityError as error:
        raise ConflictError("agency_known", "已经登记他替这个人代办; 要改, 请先结束原来的登记。") from error


async def _end(agency: Agency, actor: Actor, why: str, now: datetime) -> None:
    agency.ended_at, agency.ended_by, agency.ended_why = now, actor.label, why
    await agency.save(update_fields=["ended_at", "ended_by", "ended_why"])
    await audit.record(actor, "agency_ended", f"agency:{agency.id}", now=now, detail=_detail(agency))


async def _require_fit(kind: AgentKind, principal: Person, agent: Person, today: date) -> None:
    if reason := await acting.unfit(kind, principal, agent, today=today):
        raise InvalidInputError("agent_unfit", reason)


async def _principal(person_id: UUID | None) -> Person:
    person = await Person.filter(id=person_id).select_for_update(of=("person",)).select_related("village").get_or_none()
    if person is None or person.village is None:
        raise NotFoundError("principal_not_found", "没有找到被代办的人, 或还没有登记他住在哪个村(社区)。")
    return person


async def _agent(wanted: Agent, principal: Person, now: datetime) -> Person:
    if wanted.id is not None:
        if (known := await Person.get_or_none(id=wanted.id)) is None:
            raise NotFoundError("agent_not_found", "没有找到代办人, 请核对他“我的”页上的编号。")
        return known
    if not wanted.name.strip() or not wanted.phone:
        raise InvalidInputError("agent_missing", "请填写代办人的姓名和电话。")
    known = await Person.filter(
        name=wanted.name, phone_index=wanted.phone, village_id=principal.village_id, openid=None
    ).first()
    return known or await Person.create(
        id=uuid4(), name=wanted.name, phone=wanted.phone, village_id=principal.village_id, created_at=now
    )


async def _held(agency_id: UUID) -> Agency:
    found = (
        await Agency.filter(id=agency_id)
        .select_for_update(of=("agency",))
        .select_related("principal__village", "agent")
        .get_or_none()
    )
    if found is None:
        raise _unknown()
    return found


def _unknown() -> NotFoundError:
    return NotFoundError("agency_not_found", "没有找到这条代办, 请刷新后看。")


def _place(person: Person) -> Place:
    village: Village = person.village  # type: ignore[assignment]
    return Place(village.town_id, village.id)


def _detail(agency: Agency) -> dict[str, object]:
    acts: Iterable[str] = agency.acts
    return {
        "principal": str(agency.principal_id),
        "agent": str(agency.agent_id),
        "kind": agency.kind,
        "acts": sorted(acts),
    }
