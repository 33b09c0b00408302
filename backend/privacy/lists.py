"""Particulars of several people in one file, for payment: one human asks, another grants, the file is taken once."""

import asyncio
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from openpyxl import Workbook
from openpyxl.cell import Cell
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import ALLOWED, Action, Actor, Place, require
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.privacy.particulars import TITLES, reason_of
from models.application import Case
from models.determination import Determination
from models.places import Village
from models.privacy import UnmaskedList
from rules.statuses import Role, Status

COLUMNS = ("id_number", "phone", "bank_account")
TAKEABLE = timedelta(minutes=30)
WAITS = timedelta(days=7)
MOST_PEOPLE = 2000
_MOST_LISTED = 50


async def ask(
    actor: Actor,
    *,
    town_id: int,
    village_id: int | None,
    columns: Sequence[str],
    kind: str,
    text: str = "",
    now: datetime,
) -> UnmaskedList:
    """Ask for the people of a town or village whose aid is in force; who is in it is settled now.

    Raises NotAllowedError, InvalidInputError.
    """
    why = reason_of(kind, text)
    wanted = [name for name in COLUMNS if name in columns]
    if not wanted:
        raise InvalidInputError("columns_missing", "请先勾选名单里要有哪些号码。")
    async with in_transaction():
        require(actor, Action.UNMASK, Place(town_id, village_id or 0))
        if village_id is not None and not await Village.exists(id=village_id, town_id=town_id):
            raise InvalidInputError("village_not_found", "这个村(社区)不在这个镇(街道), 请重新选择。")
        cases = Case.filter(status=Status.IN_FORCE.value, village__town_id=town_id)
        if village_id is not None:
            cases = cases.filter(village_id=village_id)
        people = list(dict.fromkeys(await cases.order_by("number").values_list("applicant_id", flat=True)))
        if not people:
            raise InvalidInputError("nobody_in_list", "这个范围里现在没有正在救助的人。")
        if len(people) > MOST_PEOPLE:
            raise InvalidInputError("list_too_long", f"一次最多{MOST_PEOPLE}人, 请按村(社区)分开申请。")
        asked = await UnmaskedList.create(
            id=uuid4(),
            town_id=town_id,
            village_id=village_id,
            columns=wanted,
            people=[str(person) for person in people],
            number=len(people),
            reason=why,
            asked_by_id=actor.account_id,
            asked_person=actor.person_id,
            asked_at=now,
        )
        detail = {"columns": wanted, "number": len(people), "town": town_id, "village": village_id}
        await audit.record(actor, "list_asked", f"list:{asked.id}", now=now, why=why, detail=detail)
    return asked


async def grant(list_id: UUID, actor: Actor, *, now: datetime) -> None:
    """The second human agrees: the file can be taken once within half an hour.

    Raises NotFoundError, NotAllowedError for the human who asked, ConflictError for what is settled already.
    """
    async with in_transaction():
        asked = await _asked(list_id, actor, now)
        asked.status, asked.granted_by_id, asked.granted_person = "granted", actor.account_id, actor.person_id
        asked.granted_at = now
        await asked.save(update_fields=["status", "granted_by_id", "granted_person", "granted_at"])
        await audit.record(actor, "list_granted", f"list:{asked.id}", now=now, detail={"number": asked.number})


async def refuse(list_id: UUID, actor: Actor, *, now: datetime) -> None:
    """The second human does not agree. Raises as `grant`."""
    async with in_transaction():
        asked = await _asked(list_id, actor, now)
        asked.status, asked.people = "refused", []
        await asked.save(update_fields=["status", "people"])
        await audit.record(actor, "list_refused", f"list:{asked.id}", now=now)


async def take(list_id: UUID, actor: Actor, *, now: datetime) -> bytes:
    """The file (xlsx), for the human who asked, once; an entry in the trail for every person in it.

    Raises NotFoundError, NotAllowedError, ConflictError when it is too late, or was taken already.
    """
    async with in_transaction():
        asked = await _locked(list_id)
        if asked.asked_person != actor.person_id:
            raise NotAllowedError("not_your_list", "名单只能由申请的人自己下载。")
        require(actor, Action.UNMASK, Place(asked.town_id or 0, asked.village_id or 0))
        if asked.status != "granted" or asked.granted_at is None or now > asked.granted_at + TAKEABLE:
            raise ConflictError("list_not_takeable", "这份名单没有同意、已经下载过, 或者过了30分钟; 需要请重新申请。")
        rows = await _rows(asked)
        for person_id in asked.people:
            await audit.record(
                actor,
                "unmasked_in_list",
                f"person:{person_id}",
                now=now,
                why=asked.reason,
                detail={"list": str(asked.id), "fields": asked.columns},
            )
        await audit.record(actor, "list_taken", f"list:{asked.id}", now=now, detail={"number": asked.number})
        asked.status, asked.taken_at, asked.people = "taken", now, []
        await asked.save(update_fields=["status", "taken_at", "people"])
    titles = ["个案编号", "村(社区)", "姓名", *(TITLES[name] for name in asked.columns), "救助类型", "金额(元)"]
    return await asyncio.to_thread(workbook, titles, rows)


async def listed(actor: Actor) -> list[UnmaskedList]:
    """What the actor asked for, and what waits for the actor's word; the newest first. Raises NotAllowedError."""
    if actor.role not in ALLOWED[Action.UNMASK] | ALLOWED[Action.GRANT_UNMASK]:
        raise NotAllowedError("role_not_allowed", "您的岗位不能申请或者同意号码名单。")
    mine = Q(asked_person=actor.person_id)
    if actor.role in ALLOWED[Action.GRANT_UNMASK]:
        waiting = Q(status="asked")
        mine |= waiting if actor.role is Role.BUREAU else waiting & Q(town_id=actor.town_id)
    rows = UnmaskedList.filter(mine).order_by("-asked_at").limit(_MOST_LISTED)
    return await rows.select_related("asked_by__person", "granted_by__person")


async def lapse(*, now: datetime) -> int:
    """What nobody answered or took in time names nobody any more; returns how many."""
    lapsed = 0
    late = Q(status="asked", asked_at__lt=now - WAITS) | Q(status="granted", granted_at__lt=now - TAKEABLE)
    async with in_transaction():
        for row in await UnmaskedList.filter(late).select_for_update():
            row.status, row.people = "lapsed", []
            await row.save(update_fields=["status", "people"])
            lapsed += 1
    return lapsed


async def _asked(list_id: UUID, actor: Actor, now: datetime) -> UnmaskedList:
    asked = await _locked(list_id)
    require(actor, Action.GRANT_UNMASK, Place(asked.town_id or 0, asked.village_id or 0))
    if asked.asked_person == actor.person_id:
        raise NotAllowedError("four_eyes", "申请和同意要两个人, 请另一位同事来看。")
    if asked.status != "asked" or now > asked.asked_at + WAITS:
        raise ConflictError("list_settled", "这份名单已经有人处理过, 或者过期了; 请刷新页面。")
    return asked


async def _locked(list_id: UUID) -> UnmaskedList:
    row = await UnmaskedList.filter(id=list_id).select_for_update().first()
    if row is None:
        raise NotFoundError("list_not_found", "没有这份名单, 请刷新页面。")
    return row


async def _rows(asked: UnmaskedList) -> list[list[str]]:
    cases = Case.filter(applicant_id__in=asked.people, status=Status.IN_FORCE.value, village__town_id=asked.town_id)
    if asked.village_id is not None:
        cases = cases.filter(village_id=asked.village_id)
    rows: list[list[str]] = []
    for case in await cases.order_by("number").select_related("applicant", "village"):
        decision = await Determination.filter(case_id=case.id, outcome="approved").order_by("-recorded_at").first()
        numbers = [getattr(case.applicant, name) or "" for name in asked.columns]
        aid = [decision.aid_type or "", f"{(decision.amount_fen or 0) / 100:.2f}"] if decision else ["", ""]
        rows.append([case.number, case.village.name, case.applicant.name, *numbers, *aid])
    return rows


def workbook(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A sheet of texts: long numbers keep every digit, and what begins with = is a text like any other."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "名单"
    for line, row in enumerate([titles, *rows], 1):
        for column, text in enumerate(row, 1):
            cell: Cell = sheet.cell(line, column, text)
            cell.data_type = "s"
            # Also when somebody edits the cell: the text does not become a formula then.
            cell.quotePrefix = True  # type: ignore[attr-defined]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
