"""Whose affair a person is: the villages of their home, their cases and their urgent reliefs."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q

from backend.access import ALLOWED, Action, Actor, Place, require
from backend.errors import NotAllowedError, NotFoundError
from models.agents import Agency
from models.application import Case
from models.desk import Handover
from models.disclosure import ListSubscription
from models.duties import NearRelative
from models.identities import PlatformIdentity
from models.people import Person
from models.places import Village
from models.urgent_relief import UrgentRelief
from rules.statuses import Role

NOBODY = UUID("00000000-0000-4000-8000-000000000000")
"""Stands for the applicant of a case whose people were deleted."""


_NOT_FOR_ONES_OWN = frozenset({Action.WRITE_PARTICULARS, Action.UNMASK, Action.ANSWER_RIGHTS})


async def found(person_id: UUID, actor: Actor, action: Action, *, lock: bool = False) -> Person:
    """The person, where this actor may do this. Raises NotFoundError, NotAllowedError."""
    rows = Person.filter(id=person_id)
    person = await (rows.select_for_update() if lock else rows).first()
    if person is None or person.id == NOBODY:
        raise NotFoundError("person_not_found", "没有找到这个人, 请返回重新查找。")
    await require_for(actor, action, person)
    if action in _NOT_FOR_ONES_OWN and actor.account_id is not None:
        if person.id == actor.person_id:
            raise NotAllowedError("own_person", "这是您本人的信息, 请由同事办理。")
        if await NearRelative.exists(case__applicant_id=person.id, person_id=actor.person_id):
            raise NotAllowedError("near_relative", "您登记为这个人的近亲属, 请由同事办理。")
    return person


async def require_for(actor: Actor, action: Action, person: Person) -> None:
    """Let the actor act where one of the person's places is theirs. Raises NotAllowedError.

    Staff act through this alone: what residents do with their own data names no person.
    """
    refused = NotAllowedError("not_your_region", "这个人不在您负责的镇街或村社, 请联系当地办理。")
    for place in await places_of(person):
        try:
            return require(actor, action, place)
        except NotAllowedError as error:
            refused = error
    if actor.role not in ALLOWED[action]:
        raise NotAllowedError("role_not_allowed", "您的岗位不能做这一步, 请联系负责这一步的同事。")
    raise refused


async def places_of(person: Person) -> list[Place]:
    """Where the person lives or has a case; nowhere is the district's."""
    ids = {person.village_id} if person.village_id else set()
    ids |= set(await Case.filter(applicant_id=person.id).values_list("village_id", flat=True))
    ids |= set(await UrgentRelief.filter(person_id=person.id).values_list("village_id", flat=True))
    villages = await Village.filter(id__in=list(ids)).order_by("id")
    return [Place(village.town_id, village.id) for village in villages] or [Place(0, 0)]


async def home(person: Person) -> tuple[str, str]:
    """(town, village) by name; empty where the person has not said."""
    village = await Village.get_or_none(id=person.village_id).select_related("town") if person.village_id else None
    return (village.town.name, village.name) if village else ("", "")


def talks_of(person: Person, openids: Collection[str]) -> Q:
    """The conversations of a person, those begun before the phone was known to be theirs too."""
    whose = Q(person_id=person.id)
    return whose | Q(openid__in=list(openids)) if openids else whose


async def openids_of(person: Person) -> list[str]:
    """By which the platform's accounts know this person."""
    known = await PlatformIdentity.filter(person_id=person.id).values_list("openid", flat=True)
    return sorted({*known, *([person.openid] if person.openid else [])})


# What goes with the person: their own, or a way to them. Everything else that restricts keeps the person's row.
_GOES_ALONG = {
    ("delivery", "person_id"),
    ("handover", "person_id"),
    ("platform_identity", "person_id"),
    ("invitation", "person_id"),
    ("agency", "principal_id"),
}


async def is_needed(person: Person, today: date) -> bool:
    """Whether anything but what goes along with the person refers to them, in whichever table.

    Staff, panel members, applicants, agents of others, who is subscribed to a list, who waits for an answer, for whom
    somebody may act today.
    """
    if await Handover.filter(talks_of(person, await openids_of(person))).exclude(status="closed").exists():
        return True
    if await ListSubscription.exists(person_id=person.id):
        return True
    if await Agency.filter(Q(to_day__gte=today) | Q(to_day=None), principal_id=person.id, ended_at=None).exists():
        return True
    for name in sorted(person._meta.backward_fk_fields | person._meta.backward_o2o_fields):
        relation = person._meta.fields_map[name]
        model, column = relation.related_model, relation.relation_field  # type: ignore[attr-defined]
        restricts = model._meta.fields_map[column.removesuffix("_id")].on_delete == fields.RESTRICT
        along = (model._meta.db_table, column) in _GOES_ALONG
        if restricts and not along and await model.filter(**{column: person.id}).exists():
            return True
    return False


def subject_of(actor: Actor) -> UUID | None:
    """Whose data these are: one's own, or the principal's where a guardian acts. Raises NotAllowedError.

    Another agent was entrusted with an affair, and not with everything that is kept of the person.
    """
    if actor.role is Role.AGENT and actor.acting_as != "guardian":
        raise NotAllowedError("agency_does_not_cover", "代办不包括这一项, 请本人来办, 或者到镇(街道)救助窗口办。")
    return actor.subject_id
