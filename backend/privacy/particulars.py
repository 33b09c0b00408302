"""Identity number, bank account, address, telephone: written by worker and town, read masked, whole for a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import ALLOWED, Action, Actor
from backend.clock import local_day
from backend.edge import limits
from backend.errors import InvalidInputError, NotAllowedError, NotFoundError
from backend.identity import wecom
from backend.privacy import persons
from models.people import Person
from rules import masking, particulars
from rules.particulars import Checked

TITLES = {"id_number": "身份证号", "phone": "电话", "bank_account": "银行账号", "address": "住址"}
SEARCHABLE = ("id_number", "phone")
OTHER = "其他"
REASONS = ("核对身份", "发放款项", "联系本人", "审计检查", OTHER)
LEAST_REASON = 4
MOST_REASON = 100


def reason_of(kind: str, text: str = "") -> str:
    """One of the known reasons, or another in words. Raises InvalidInputError."""
    text = " ".join(text.split())
    if kind not in REASONS:
        raise InvalidInputError("reason_missing", "请先选查看的理由。")
    if kind == OTHER and not LEAST_REASON <= len(text) <= MOST_REASON:
        raise InvalidInputError(
            "reason_missing", f"选“其他”要写明理由, {LEAST_REASON}到{MOST_REASON}个字; 不要写群众的姓名和号码。"
        )
    return f"{OTHER}: {text}" if kind == OTHER else kind


@dataclass(frozen=True, slots=True)
class Written:
    """What was changed, and what whoever wrote it should look at."""

    changed: tuple[str, ...]
    warnings: tuple[str, ...]


async def write(
    actor: Actor,
    person_id: UUID,
    changes: Mapping[str, str | None],
    *,
    sure: bool = False,
    take_birthday: bool = False,
    now: datetime,
) -> Written:
    """Store the particulars named in `changes`; None or an empty text clears one. The trail keeps digests.

    `sure`: a doubt was looked at and the value is right all the same. `take_birthday`: the birthday on record gives
    way to the one in the identity number. Raises NotFoundError, NotAllowedError, InvalidInputError; nothing is
    changed then.
    """
    async with in_transaction():
        person = await persons.found(person_id, actor, Action.WRITE_PARTICULARS, lock=True)
        return await apply(actor, person, changes, sure=sure, take_birthday=take_birthday, now=now)


async def apply(
    actor: Actor,
    person: Person,
    changes: Mapping[str, str | None],
    *,
    sure: bool = False,
    take_birthday: bool = False,
    now: datetime,
) -> Written:
    """The change itself, on a person who is locked, for whoever has been let in already."""
    today, values, warnings = local_day(now), {}, []
    for name, text in changes.items():
        checked = check(name, text, today=today) if text and text.strip() else None
        if checked and checked.doubt and not sure:
            raise InvalidInputError("needs_confirmation", checked.doubt)
        if checked and checked.born_on:
            values |= _birthday(person, checked.born_on, take_it=take_birthday)
        if checked and name == "id_number" and await _somebody_elses(person, checked.value):
            warnings.append("这个身份证号已经登记在另一个名下, 请核对是不是同一个人登记了两次。")
        values[name] = checked.value if checked else None
    before = {name: getattr(person, name) for name in values}
    changed = tuple(name for name, value in values.items() if value != before[name])
    if changed:
        for name in changed:
            setattr(person, name, values[name])
        await person.save(update_fields=list(changed))
        await audit.record(
            actor,
            "particulars_written",
            f"person:{person.id}",
            now=now,
            before={name: digest_of(name, before[name]) for name in changed},
            after={name: digest_of(name, values[name]) for name in changed},
        )
    return Written(changed, tuple(warnings))


async def write_wecom(actor: Actor, person_id: UUID, userid: str, *, now: datetime) -> bool:
    """By which the town's WeCom knows the person; empty clears it. Whether anything changed.

    Raises NotFoundError, NotAllowedError, InvalidInputError.
    """
    async with in_transaction():
        person = await persons.found(person_id, actor, Action.WRITE_PARTICULARS, lock=True)
        return await wecom.write(actor, person, userid.strip() or None, now=now)


def check(name: str, text: str, *, today: date) -> Checked:
    """The value in its one form. Raises InvalidInputError for what cannot be right."""
    match name:
        case "id_number":
            checked = particulars.check_id_number(text, today=today)
        case "bank_account":
            checked = particulars.check_bank_account(text)
        case "phone":
            checked = particulars.check_phone(text)
        case "address":
            checked = particulars.check_address(text)
        case _:
            raise InvalidInputError("field_unknown", "没有这一项, 请重新选择。")
    if checked.fault:
        raise InvalidInputError(f"{name}_invalid", checked.fault)
    return checked


def digest_of(name: str, value: object) -> str | None:
    """What the trail says of a value: equal ones can be told, none can be read."""
    return None if value is None else audit.digest(f"person.{name}:{value}")


def _birthday(person: Person, born_on: date, *, take_it: bool) -> dict[str, Any]:
    if person.born_on is None or person.born_on == born_on or take_it:
        return {"born_on": born_on}
    raise InvalidInputError(
        "birthday_differs",
        f"登记的出生日期是{person.born_on:%Y-%m-%d}, 和身份证号里的不一样; 请对照身份证, 以身份证为准就勾选后再保存。",
    )


async def _somebody_elses(person: Person, number: str) -> bool:
    return await Person.filter(id_number_index=number).exclude(id=person.id).exists()


# -- reading


async def read(actor: Actor, person_id: UUID, *, now: datetime) -> dict[str, Any]:
    """A person's particulars as this actor may see them: masked. The reading leaves a trail entry.

    Raises NotFoundError, NotAllowedError.
    """
    async with in_transaction():
        person = await persons.found(person_id, actor, Action.READ_PARTICULARS)
        await audit.record(actor, "particulars_read", f"person:{person.id}", now=now)
    return await masked(person)


async def masked(person: Person) -> dict[str, Any]:
    """Name and place, and of every particular what may be seen without a reason; None where it is not on record."""
    town, village = await persons.home(person)
    return {
        "id": str(person.id),
        "name": person.name,
        "town": town,
        "village": village,
        "id_number": person.id_number and masking.id_number(person.id_number),
        "phone": person.phone and masking.phone(person.phone),
        "bank_account": person.bank_account and masking.bank_account(person.bank_account),
        "address": person.address and masking.address(town, village),
    }


async def unmask(
    redis: Redis, actor: Actor, person_id: UUID, field: str, *, kind: str, text: str = "", now: datetime
) -> str:
    """One particular whole, once, for a reason; the trail says which and why, never what.

    Raises NotFoundError, NotAllowedError, InvalidInputError, TooManyError.
    """
    why = reason_of(kind, text)
    if field not in TITLES:
        raise InvalidInputError("field_unknown", "没有这一项, 请重新选择。")
    await persons.found(person_id, actor, Action.UNMASK)
    await limits.spend(redis, "unmasked", str(actor.person_id))
    async with in_transaction():
        person = await persons.found(person_id, actor, Action.UNMASK)
        value = getattr(person, field)
        if value is None:
            raise NotFoundError("not_on_record", f"还没有登记{TITLES[field]}。")
        await audit.record(actor, "unmasked", f"person:{person.id}", now=now, why=why, detail={"field": field})
    return str(value)


async def search(redis: Redis, actor: Actor, field: str, number: str, *, now: datetime) -> list[dict[str, Any]]:
    """Who in the actor's region has exactly this identity number or telephone, masked.

    Who lives elsewhere is as good as unknown. Raises NotAllowedError, InvalidInputError, TooManyError.
    """
    if actor.role not in ALLOWED[Action.READ_PARTICULARS]:
        raise NotAllowedError("role_not_allowed", "您的岗位不能按号码找人, 请联系镇(街道)的同事。")
    if field not in SEARCHABLE:
        raise InvalidInputError("field_unknown", "只能按身份证号或电话查找。")
    if not (bare := masking.bare(number)):
        raise InvalidInputError("number_missing", "请先填完整的号码。")
    await limits.spend(redis, "people_found", str(actor.person_id))
    there = []
    for person in await Person.filter(**{f"{field}_index": bare}).order_by("created_at"):
        try:
            await persons.require_for(actor, Action.READ_PARTICULARS, person)
        except NotAllowedError:
            continue
        there.append(person)
    async with in_transaction():
        detail = {"field": field, "number": digest_of(field, bare), "found": len(there)}
        await audit.record(actor, "person_searched", "people", now=now, detail=detail)
    return [await masked(person) for person in there]
