"""The work list: questions that were not answered or were rated badly, and what staff made of each."""

from datetime import datetime
from typing import Any

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, require_district
from backend.desk import entries
from backend.errors import ConflictError, NotFoundError
from models.desk import AskedQuestion

PAGE = 50


async def work_list(actor: Actor, *, page: int = 1, status: str = "open") -> tuple[list[dict[str, Any]], int]:
    """(one page of questions, how many there are): those rated badly and asked most come first."""
    require_district(actor, Action.EDIT_ENTRIES)
    found = AskedQuestion.filter(status=status)
    rows = (
        await found.annotate(weight=F("times") + F("bad_ratings") * 3)
        .order_by("-weight", "-last_on", "id")
        .offset((max(page, 1) - 1) * PAGE)
        .limit(PAGE)
        .values()
    )
    return [dict(row) for row in rows], await AskedQuestion.filter(status=status).count()


async def give(actor: Actor, question_id: int, intent: str, way: str, *, now: datetime) -> None:
    """This question belongs to that entry: settled, and `way` becomes one of the ways of asking in the entry's draft.

    An empty `way` settles it without adding one. Raises NotFoundError, ConflictError, and what `add_way` raises.
    """
    require_district(actor, Action.EDIT_ENTRIES)
    async with in_transaction():
        question = await _open(question_id)
        if way.strip():
            await entries.add_way(actor, intent, way, now=now)
        elif intent not in await entries.in_force():
            raise NotFoundError("entry_not_found", "没有这个条目, 请重新选。")
        question.status, question.right_intent = "settled", intent
        await _settle(actor, question, now)


async def leave(actor: Actor, question_id: int, note: str, *, now: datetime) -> None:
    """Nothing to be done about it. Raises NotFoundError, ConflictError."""
    require_district(actor, Action.EDIT_ENTRIES)
    async with in_transaction():
        question = await _open(question_id)
        question.status, question.note = "left", note.strip()[:200]
        await _settle(actor, question, now)


async def reopen(actor: Actor, question_id: int, *, now: datetime) -> None:
    """Take a decision back. Raises NotFoundError."""
    require_district(actor, Action.EDIT_ENTRIES)
    async with in_transaction():
        question = await AskedQuestion.filter(id=question_id).select_for_update().first()
        if question is None:
            raise NotFoundError("question_not_found", "没有这个问题, 请刷新列表。")
        question.status, question.right_intent, question.note = "open", None, ""
        question.settled_by, question.settled_at = None, None
        await question.save()
        await audit.record(actor, "question_reopened", f"question:{question.id}", now=now)


async def _open(question_id: int) -> AskedQuestion:
    question = await AskedQuestion.filter(id=question_id).select_for_update().first()
    if question is None:
        raise NotFoundError("question_not_found", "没有这个问题, 请刷新列表。")
    if question.status != "open":
        raise ConflictError("question_settled", "这个问题别人已经处理过了, 请刷新列表。")
    return question


async def _settle(actor: Actor, question: AskedQuestion, now: datetime) -> None:
    question.settled_by, question.settled_at = actor.label, now
    await question.save()
    detail = {"status": question.status, "intent": question.right_intent}
    await audit.record(actor, "question_settled", f"question:{question.id}", now=now, detail=detail)
