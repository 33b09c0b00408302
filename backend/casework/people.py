"""What residents say about themselves, and whose list they want to be told of."""

from datetime import date, datetime
from uuid import uuid4

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import ANYWHERE, Action, Actor, require
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from models.disclosure import ListSubscription
from models.people import Person
from models.places import Village
from models.privacy import GivenConsent
from rules.dates import full_years
from rules.particulars import CHILD_AGE
from rules.statuses import Role


async def describe(
    actor: Actor, *, name: str, village_id: int, born_on: date | None, phone: str | None, now: datetime
) -> None:
    """Store the person's own account of name, village and birthday, or a guardian's; NotFoundError for the village.

    What is left out stays as it is known: a birthday decides what a child may do alone, and a guardian does not see the
    telephone. Raises InvalidInputError for a birthday that the identity number on record contradicts.
    """
    async with in_transaction():
        await _village(village_id)
        person = await Person.filter(id=actor.subject_id).select_for_update().get()
        if actor.role is Role.AGENT:
            require(actor, Action.DESCRIBE, ANYWHERE, owner_id=person.id)
        if born_on and person.id_number and f"{born_on:%Y%m%d}" != person.id_number[6:14]:
            raise InvalidInputError(
                "birthday_contradicts", "生日和已登记的身份证号不一样, 请核对; 登记错了请申请更正。"
            )
        before = _said(person)
        person.name, person.village_id = name, village_id
        person.born_on, person.phone = born_on or person.born_on, phone or person.phone
        await person.save(update_fields=["name", "village_id", "born_on", "phone"])
        subject = f"person:{person.id}"
        await audit.record(actor, "person_described", subject, now=now, before=before, after=_said(person))


def _said(person: Person) -> dict[str, object]:
    """What a person says of themself, for the trail: digests, and where they live."""
    said = {"name": person.name, "born_on": str(person.born_on or ""), "phone": person.phone or ""}
    return {name: audit.digest(value) for name, value in said.items() if value} | {"village": person.village_id}


async def find_or_write_down(
    name: str, phone: str | None, village_id: int, *, born_on: date | None = None, now: datetime
) -> Person:
    """The person of this name and telephone in the village, written down anew where there is none.

    Call inside a transaction that holds the village's household lock.
    """
    known = await Person.filter(name=name, phone_index=phone, village_id=village_id).first() if phone else None
    return known or await Person.create(
        id=uuid4(), name=name, phone=phone, village_id=village_id, born_on=born_on, created_at=now
    )


def is_child(person: Person, today: date) -> bool:
    """Whether the person is known to be under 14."""
    return person.born_on is not None and full_years(person.born_on, today) < CHILD_AGE


async def require_guardian(person: Person, today: date) -> None:
    """Raises ConflictError while no guardian agreed to an application of a child under 14 by phone.

    Asked for there alone: what staff write down in person, and an emergency, wait for nothing.
    """
    if not is_child(person, today):
        return
    if not await GivenConsent.exists(person_id=person.id, purpose="child_under_14", withdrawn_at=None):
        raise ConflictError(
            "guardian_consent_needed",
            f"申请人不满{CHILD_AGE}周岁, 要先由监护人看过说明、写上姓名同意, 再提交; 已填写的内容不会丢失。"
            "情况紧急不用等, 请直接打电话或到镇(街道)救助窗口。",
        )


async def subscribe_to_list(actor: Actor, *, village_id: int, now: datetime) -> None:
    """Ask to be told when the village's list changes; asking twice changes nothing."""
    async with in_transaction():
        await _village(village_id)
        await ListSubscription.get_or_create(defaults={"since": now}, person_id=actor.person_id, village_id=village_id)
        await audit.record(
            actor, "list_subscribed", f"person:{actor.person_id}", now=now, detail={"village": village_id}
        )


async def _village(village_id: int) -> Village:
    village = await Village.get_or_none(id=village_id)
    if village is None:
        raise NotFoundError("village_not_found", "没有找到这个村(社区), 请重新选择。")
    return village
