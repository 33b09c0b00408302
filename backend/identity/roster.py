"""A roster from a sheet: what it would change, then exactly that, all of it or nothing (policy-model §1.6)."""

import asyncio
import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from redis.asyncio import Redis
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.clock import local_day
from backend.errors import ConflictError
from backend.identity import roster_sheet, tickets, wecom
from backend.identity.roster_people import KnownPeople
from backend.identity.roster_sheet import CAPACITIES, TO, VILLAGE, WECOM, Fault, Line
from models.people import Person, RosterEntry, StaffAccount
from models.places import Town, Village

KEPT_SECONDS = 1800
_PREVIEW = "roster-preview"
_TOLD = ("entry", "do", "from", "to", "was_from", "was_to")
"""What the trail is told of a change: no name and no telephone."""
_OF_THE_TOWN = frozenset(("town_staff", "supervisor"))
"""Capacities that a village's own list leaves out as a rule: not being on it says something only if some are on it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a preview."""

    village: str
    name: str
    capacity: str
    before: str = ""
    after: str = ""
    note: str = ""


@dataclass
class Plan:
    """What a sheet would do. `actions` is what the digest covers."""

    added: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)
    unchanged: int = 0
    actions: list[dict[str, Any]] = field(default_factory=list)
    leaving: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The same for the same changes to the same roster."""
        said = json.dumps([self.actions, self.leaving], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan to look at, and the number under which its rows are kept for half an hour."""

    plan: Plan
    token: str


async def in_office(actor: Actor, *, today: date) -> list[tuple[Village, list[RosterEntry]]]:
    """The town's villages with who is in office today. Raises NotAllowedError."""
    town_id = _town_of(actor)
    villages = await Village.filter(town_id=town_id).order_by("id")
    rows = await _entries(town_id, today)
    order = list(CAPACITIES)
    rows.sort(key=lambda row: (order.index(row.capacity), row.person.name))
    return [(village, [row for row in rows if row.village_id == village.id]) for village in villages]


async def preview(redis: Redis, actor: Actor, content: bytes, *, now: datetime) -> Preview:
    """What the sheet would change. Raises InvalidInputError with every mistake, NotAllowedError."""
    town_id, today = _town_of(actor), local_day(now)
    lines, faults = await asyncio.to_thread(roster_sheet.read, content, today=today)
    plan = await _plan(town_id, lines, today)
    roster_sheet.refuse(faults + plan.faults)
    kept = {"town": town_id, "lines": [asdict(line) for line in lines]}
    token = await tickets.put(redis, _PREVIEW, json.loads(json.dumps(kept, default=str)), seconds=KEPT_SECONDS)
    assert token is not None
    return Preview(plan, token)


async def looked_at(redis: Redis, actor: Actor, token: str, *, now: datetime) -> Plan:
    """The plan of a preview again, over the roster as it is now. Raises ConflictError when its half hour is over."""
    return await _plan(_town_of(actor), await _kept(redis, actor, token), local_day(now))


async def carry_out(redis: Redis, actor: Actor, token: str, digest: str, *, end_missing: bool, now: datetime) -> Plan:
    """Import exactly what was previewed, in one transaction. `end_missing`: who is not on the sheet has left office.

    Raises ConflictError when the half hour is over or the roster is another one since, NotAllowedError.
    """
    town_id = _town_of(actor)
    lines = await _kept(redis, actor, token)
    try:
        plan = await _carry_out(actor, town_id, lines, digest, end_missing=end_missing, now=now)
    except IntegrityError as error:
        raise ConflictError(
            "roster_contradicts", "名册里同一个人的任期互相重叠, 没有导入; 请联系系统管理员。"
        ) from error
    await tickets.drop(redis, _PREVIEW, token)
    return plan


async def _carry_out(
    actor: Actor, town_id: int, lines: list[Line], digest: str, *, end_missing: bool, now: datetime
) -> Plan:
    today = local_day(now)
    async with in_transaction():
        await Town.filter(id=town_id).select_for_update().get()  # one import a town at a time
        plan = await _plan(town_id, lines, today)
        if plan.faults or plan.digest != digest:
            raise ConflictError("roster_moved", "名册在您预览以后变了, 没有导入; 请重新上传, 再看一遍。")
        people: dict[str, UUID] = {}
        made = [entry for action in plan.actions if (entry := await _apply(actor, action, people, now)) is not None]
        for leaving in plan.leaving if end_missing else ():
            await RosterEntry.filter(id=leaving["entry"]).update(to_day=date.fromisoformat(leaving["to"]))
        detail = {
            "added": made,
            "changed": [{name: action[name] for name in _TOLD} for action in plan.actions if "entry" in action],
            "ended": plan.leaving if end_missing else [],
        }
        await audit.record(actor, "roster_imported", f"town:{town_id}", now=now, detail=detail)
    return plan


async def _plan(town_id: int, lines: list[Line], today: date) -> Plan:
    villages = {roster_sheet.tight(v.name): v for v in await Village.filter(town_id=town_id)}
    known = await KnownPeople.load(town_id, lines)
    current = await _entries(town_id, today)
    taken = await _wecom_owners(lines)
    plan, kept = Plan(), set()
    for line in lines:
        village = villages.get(line.village)
        if village is None:
            plan.faults.append(Fault(line.number, VILLAGE, f"本镇(街道)没有这个村(社区): {line.village}"))
            continue
        person, fault = known.match(line, village.id)
        if fault is not None:
            plan.faults.append(fault)
            continue
        if line.wecom in taken and (person is None or taken[line.wecom] != person.id):
            plan.faults.append(Fault(line.number, WECOM, "已经登记在另一个人名下, 请核对"))
            continue
        mine = [
            row
            for row in current
            if person is not None
            and (row.person_id, row.village_id, row.capacity) == (person.id, village.id, line.capacity)
        ]
        entry = max(mine, key=lambda row: row.from_day, default=None)
        kept.update(row.id for row in mine)
        is_other = person is None and known.has_namesake(line, village.id)
        note = "手机不同, 和名册里同名的不是一个人" if is_other else ""
        _compare(plan, line, village, person, entry, today, note=note)
    missing = [row for row in current if row.id not in kept]
    _find_gone(plan, lines, villages, missing, await _with_account(missing), today)
    return plan


def _compare(
    plan: Plan,
    line: Line,
    village: Village,
    person: Person | None,
    entry: RosterEntry | None,
    today: date,
    *,
    note: str,
) -> None:
    """What this line is to the roster."""
    said = _term(line.from_day, line.to_day)
    phone = line.phone if person is None or person.phone is None else None
    account = line.wecom if person is None or person.wecom_userid != line.wecom else None
    whom = {"village": village.id, "capacity": line.capacity, "from": _iso(line.from_day), "to": _iso(line.to_day)}
    whom |= {"wecom": account}
    if entry is None:
        if line.to_day is not None and line.to_day < today:
            plan.faults.append(Fault(line.number, TO, "已经过了; 卸任的人不用写, 或者改正日期"))
            return
        # Without a telephone a name means one person within a village only.
        key = f"{line.name}|{line.phone or village.id}"
        who = {"person": str(person.id)} if person else {"name": line.name, "key": key}
        plan.actions.append({"do": "add", "phone": phone, **who, **whom})
        note = "; ".join(filter(None, (note, account and f"企业微信 {account}")))
        plan.added.append(Change(village.name, line.name, CAPACITIES[line.capacity], "", said, note))
        return
    was = _term(entry.from_day, entry.to_day)
    if (entry.from_day, entry.to_day) == (line.from_day, line.to_day) and not phone and not account:
        plan.unchanged += 1
        return
    # A later beginning is another term of office: the one before stays as it was, up to the day before.
    do = "renew" if line.from_day > entry.from_day else "term"
    before = {"was_from": _iso(entry.from_day), "was_to": _iso(entry.to_day)}
    plan.actions.append({"do": do, "entry": entry.id, "person": str(entry.person_id), "phone": phone, **whom, **before})
    note = "; ".join(filter(None, (phone and "补上手机", account and f"企业微信 {account}")))
    plan.changed.append(Change(village.name, line.name, CAPACITIES[line.capacity], was, said, note))


def _find_gone(
    plan: Plan,
    lines: list[Line],
    villages: dict[str, Village],
    missing: list[RosterEntry],
    with_account: set[object],
    today: date,
) -> None:
    """Who is in office in a village of the sheet and not on it. Other villages are not touched."""
    listed: dict[int, set[str]] = defaultdict(set)
    for line in lines:
        if line.village in villages:
            listed[villages[line.village].id].add(line.capacity)
    names = {village.id: village.name for village in villages.values()}
    for row in sorted(missing, key=lambda row: row.id):
        if row.village_id not in listed:
            continue
        if row.capacity in _OF_THE_TOWN and row.capacity not in listed[row.village_id]:
            continue
        # Whoever left is not drawn for a panel any more today; who began today has had one day.
        last = max(row.from_day, today - timedelta(days=1))
        plan.leaving.append({"entry": row.id, "to": _iso(last), "was_to": _iso(row.to_day)})
        term, note = (
            _term(row.from_day, row.to_day),
            "还有登录账号, 请到账号页停用" if row.person_id in with_account else "",
        )
        plan.gone.append(
            Change(names[row.village_id], row.person.name, CAPACITIES[row.capacity], term, f"到{last}为止", note)
        )


async def _with_account(rows: list[RosterEntry]) -> set[object]:
    people = [row.person_id for row in rows]
    return set(await StaffAccount.filter(person_id__in=people, ended_at=None).values_list("person_id", flat=True))


async def _apply(actor: Actor, action: dict[str, Any], people: dict[str, UUID], now: datetime) -> int | None:
    """Write one change; the number of the entry that it made."""
    begins, ends = date.fromisoformat(action["from"]), action["to"] and date.fromisoformat(action["to"])
    if action["do"] == "add":
        person_id = UUID(action["person"]) if "person" in action else people.get(action["key"])
        if person_id is None:
            person = await Person.create(
                id=uuid4(), name=action["name"], phone=action["phone"], village_id=action["village"], created_at=now
            )
            people[action["key"]] = person_id = person.id
        elif "person" in action:
            await _add_phone(action)
        await _add_wecom(actor, person_id, action, now)
        return await _enter(person_id, action, begins, ends)
    await _add_phone(action)
    await _add_wecom(actor, UUID(action["person"]), action, now)
    entry = await RosterEntry.filter(id=action["entry"]).select_for_update().get()
    if action["do"] == "renew":
        entry.to_day = begins - timedelta(days=1)
        await entry.save(update_fields=["to_day"])
        return await _enter(entry.person_id, action, begins, ends)
    entry.from_day, entry.to_day = begins, ends
    await entry.save(update_fields=["from_day", "to_day"])
    return None


async def _enter(person_id: object, action: dict[str, Any], begins: date, ends: date | None) -> int:
    entry = await RosterEntry.create(
        person_id=person_id,
        village_id=action["village"],
        capacity=action["capacity"],
        from_day=begins,
        to_day=ends,
    )
    return entry.id


async def _add_phone(action: dict[str, Any]) -> None:
    if action["phone"]:
        person = await Person.filter(id=action["person"]).select_for_update().get()
        person.phone = action["phone"]
        await person.save(update_fields=["phone"])


async def _add_wecom(actor: Actor, person_id: UUID, action: dict[str, Any], now: datetime) -> None:
    if action["wecom"]:
        person = await Person.filter(id=person_id).select_for_update().get()
        await wecom.write(actor, person, action["wecom"], now=now)


async def _wecom_owners(lines: list[Line]) -> dict[str | None, UUID]:
    """Whose the sheet's accounts are already, in whichever town."""
    userids = list({line.wecom for line in lines if line.wecom})
    return dict(await Person.filter(wecom_userid__in=userids).values_list("wecom_userid", "id")) if userids else {}


async def _entries(town_id: int, today: date) -> list[RosterEntry]:
    current = Q(to_day=None) | Q(to_day__gte=today)
    return await RosterEntry.filter(current, village__town_id=town_id).select_related("person")


async def _kept(redis: Redis, actor: Actor, token: str) -> list[Line]:
    kept = await tickets.read(redis, _PREVIEW, token) if token else None
    if kept is None or kept["town"] != actor.town_id:
        raise ConflictError("preview_expired", "预览超过半小时, 或者已经导入; 请重新上传表格。")
    return [
        Line(**line | {"from_day": date.fromisoformat(line["from_day"]), "to_day": _date(line["to_day"])})
        for line in kept["lines"]
    ]


def _town_of(actor: Actor) -> int:
    require(actor, Action.MANAGE_ROSTER, Place(actor.town_id or 0, 0))
    assert actor.town_id is not None
    return actor.town_id


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _term(begins: date, ends: date | None) -> str:
    return f"{begins} 至 {ends or '今后'}"
