"""人工: a conversation goes to the town's queue, somebody there answers, and the answer returns where it was asked."""

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import ALLOWED, SYSTEM, Action, Actor, Place, require
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from bot.scrubbing import scrub
from models.desk import Handover, HandoverReply
from models.people import Person
from models.places import Town
from rules.statuses import Role

MOST_TURNS = 100
MOST_REPLY = 500
"""Characters."""
MOST_REPLY_BYTES = 1600
"""What WeChat carries in one message is 2,048 bytes, and a reply may have words before it."""
QUIET = timedelta(days=7)
"""An answered conversation in which nobody says anything any more is closed after this."""
READABLE = timedelta(days=30)
"""How long after its end a conversation is still read with its code."""
MOST_LISTED = 200
_OPEN = ("waiting", "taken", "answered")
_CODE_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said: `who` is asker, bot or staff."""

    who: str
    text: str

    def as_json(self, now: datetime) -> dict[str, str]:
        """As it is stored. What the asker typed can hold personal data; the bot and staff are quoted as they were."""
        return {"who": self.who, "text": scrub(self.text) if self.who == "asker" else self.text, "at": now.isoformat()}


@dataclass(frozen=True, slots=True)
class Door:
    """The way back: an openid at one of the two accounts, or a code that the asker keeps."""

    name: str
    openid: str | None = None
    person_id: UUID | None = None


async def open_(door: Door, town_id: int | None, said: Sequence[Turn], *, now: datetime) -> tuple[Handover, str | None]:
    """Queue a conversation; (it, the code to read the answer with where there is no openid).

    Somebody who waits already is not queued twice: what was said is added.
    """
    try:
        return await _open_once(door, town_id, said, now)
    except IntegrityError:  # the same phone asked twice at once: the other one made it
        return await _open_once(door, town_id, said, now)


async def _open_once(
    door: Door, town_id: int | None, said: Sequence[Turn], now: datetime
) -> tuple[Handover, str | None]:
    async with in_transaction():
        known = await of_openid(door.name, door.openid, lock=True) if door.openid else None
        if known is not None:
            if known.town_id is None and town_id is not None and known.status == "waiting":
                known.town_id = town_id
                await known.save(update_fields=["town_id"])
            # Even without a word: who asks for a person again waits again.
            await _append(known, said or [Turn("asker", "人工")], now)
            return known, None
        code = None if door.openid else "".join(secrets.choice("0123456789") for _ in range(_CODE_DIGITS))
        handover = await Handover.create(
            id=uuid4(),
            door=door.name,
            openid=door.openid,
            code_digest=_digest(code) if code else None,
            person_id=door.person_id,
            town_id=town_id,
            conversation=[turn.as_json(now) for turn in said][-MOST_TURNS:],
            opened_at=now,
            last_at=now,
        )
        await audit.record(SYSTEM, "handover_opened", f"handover:{handover.id}", now=now, detail={"door": door.name})
    return handover, code


async def of_openid(door: str, openid: str, *, lock: bool = False) -> Handover | None:
    """The conversation that this phone has open with a person."""
    found = Handover.filter(door=door, openid=openid, status__in=_OPEN)
    return await (found.select_for_update() if lock else found).first()


async def add(handover_id: UUID, said: Sequence[Turn], *, now: datetime) -> None:
    """What the asker says while somebody is being waited for."""
    async with in_transaction():
        if (handover := await _open_now(handover_id)) is not None:
            await _append(handover, said, now)


async def end(handover_id: UUID, *, now: datetime) -> None:
    """The asker needs nobody any more."""
    async with in_transaction():
        if (handover := await _open_now(handover_id)) is not None:
            await _close(SYSTEM, handover, now)


async def _open_now(handover_id: UUID) -> Handover | None:
    """Held; None when it was closed meanwhile."""
    return await Handover.filter(id=handover_id, status__in=_OPEN).select_for_update().first()


async def known(door: str, openid: str, person: Person, *, now: datetime) -> None:
    """The platform has told who this is (`person` with the village): the conversation that is open goes to their town.

    One that somebody has taken stays where it is.
    """
    async with in_transaction():
        found = await of_openid(door, openid, lock=True)
        if found is None or found.person_id is not None:
            return
        found.person_id = person.id
        if found.town_id is None and found.status == "waiting" and person.village is not None:
            found.town_id = person.village.town_id
        await found.save(update_fields=["person_id", "town_id"])
        detail = {"person": str(person.id)}
        await audit.record(SYSTEM, "handover_known", f"handover:{found.id}", now=now, detail=detail)


async def kept_replies(door: str, openid: str, *, now: datetime) -> list[str]:
    """Answers that WeChat would not carry and that go before the next answer: as many as one message holds."""
    return [row.text for row in await _kept(door, openid, now)]


async def mark_shown(door: str, openid: str, *, now: datetime) -> None:
    """The answer that carried `kept_replies` of the same `now` is on its way: they are not said again."""
    async with in_transaction():
        await _show(await _kept(door, openid, now), now)


async def _kept(door: str, openid: str, now: datetime) -> list[HandoverReply]:
    rows = await HandoverReply.filter(
        status="kept", handover__door=door, handover__openid=openid, made_at__lte=now
    ).order_by("made_at")
    size, fitting = 0, []
    for row in rows:
        size += len(row.text.encode())
        if fitting and size > MOST_REPLY_BYTES:
            break
        fitting.append(row)
    return fitting


async def by_code(code: str, *, now: datetime) -> dict[str, Any]:
    """What the holder of a code may read: {"status", "replies": [{"text", "at"}]}. Raises NotFoundError."""
    async with in_transaction():
        handover = await _coded(code, now)
        rows = await HandoverReply.filter(handover_id=handover.id).order_by("made_at").select_for_update()
        await _show([row for row in rows if row.status == "kept"], now)
    return {
        "status": handover.status,
        "opened_at": handover.opened_at,
        "replies": [{"text": row.text, "at": row.made_at} for row in rows],
    }


async def add_by_code(code: str, text: str, *, now: datetime) -> None:
    """The holder of a code says more. Raises NotFoundError, ConflictError for a closed conversation."""
    async with in_transaction():
        handover = await _coded(code, now)
        if handover.status not in _OPEN:
            raise ConflictError("handover_closed", "这次对话已经结束, 还有问题请重新转给工作人员。")
        await _append(handover, [Turn("asker", text)], now)


async def _coded(code: str, now: datetime) -> Handover:
    """The conversation of a code, held."""
    handover = await Handover.filter(code_digest=_digest(code)).select_for_update().first()
    if handover is None or (handover.closed_at and handover.closed_at < now - READABLE):
        raise NotFoundError("code_not_found", "没有找到这个回复码, 请对照着再输一遍。")
    return handover


async def _show(rows: Sequence[HandoverReply], now: datetime) -> None:
    await HandoverReply.filter(id__in=[row.id for row in rows]).update(status="shown", reached_at=now)


async def is_town(town_id: int) -> bool:
    """Whether there is such a town."""
    return await Town.exists(id=town_id)


# -- staff


async def queue(actor: Actor) -> list[dict[str, Any]]:
    """Open conversations of the actor's region, who waits longest first; the bureau sees the district."""
    require(actor, Action.ANSWER_PERSON, Place(actor.town_id or 0, 0))
    # Who waits is listed first and never hidden behind those who have been answered.
    found = []
    for statuses in (("waiting", "taken"), ("answered",)):
        part = _in_region(actor, statuses).order_by("opened_at").limit(MOST_LISTED)
        found += await part.select_related("town", "taken_by__person")
    order = {status: place for place, status in enumerate(("waiting", "taken", "answered"))}
    return [
        {
            "id": row.id,
            "status": row.status,
            "door": row.door,
            "town": row.town.name if row.town else None,
            "opened_at": row.opened_at,
            "last_at": row.last_at,
            "taken_by": row.taken_by.person.name if row.taken_by else None,
        }
        for row in sorted(found, key=lambda row: (order[row.status], row.opened_at))
    ]


async def waiting(actor: Actor) -> int:
    """How many wait for a word in the actor's region: nobody's yet, or somebody's who has not answered the last."""
    if actor.role not in ALLOWED[Action.ANSWER_PERSON]:
        return 0
    return await _in_region(actor, ("waiting", "taken")).count()


async def read(handover_id: UUID, actor: Actor, *, now: datetime) -> tuple[Handover, list[HandoverReply]]:
    """One conversation with its replies; the reading leaves a trail entry. Raises NotFoundError, NotAllowedError."""
    async with in_transaction():
        handover = await _found(handover_id, actor)
        await audit.record(actor, "handover_read", f"handover:{handover.id}", now=now)
    return handover, await HandoverReply.filter(handover_id=handover.id).order_by("made_at")


async def take(handover_id: UUID, actor: Actor, *, now: datetime) -> None:
    """I answer this one; another's can be taken over, and the trail says so. Raises ConflictError for a closed one."""
    async with in_transaction():
        handover = await _found(handover_id, actor, lock=True)
        _require_open(handover)
        await _take(handover, actor, now)


async def answer(handover_id: UUID, actor: Actor, text: str, *, now: datetime) -> HandoverReply:
    """Send words back. Raises InvalidInputError, ConflictError while somebody else has taken it or it is closed."""
    text = text.strip()
    if not text:
        raise InvalidInputError("reply_missing", "请先写回复。")
    if len(text) > MOST_REPLY or len(text.encode()) > MOST_REPLY_BYTES:
        raise InvalidInputError("reply_too_long", f"回复有{len(text)}个字, 最多{MOST_REPLY}个字, 请分两次发。")
    async with in_transaction():
        handover = await _found(handover_id, actor, lock=True)
        _require_open(handover)
        if handover.taken_by_id not in (None, actor.account_id):
            raise ConflictError("taken_by_another", "这位群众正由别的同事回复; 要换您来, 请先按“我来回复”。")
        if handover.taken_by_id is None:
            await _take(handover, actor, now)
        reply = await HandoverReply.create(
            id=uuid4(),
            handover_id=handover.id,
            text=text,
            by=actor.label,
            by_name=actor.name,
            made_at=now,
            due_at=now,
            status="pending" if handover.openid else "kept",
        )
        handover.status = "answered"
        await _append(handover, [Turn("staff", text)], now)
        await audit.record(actor, "handover_answered", f"handover:{handover.id}", now=now)
    return reply


async def move(handover_id: UUID, actor: Actor, town_id: int, *, now: datetime) -> None:
    """To another town's queue, where it waits again. Raises InvalidInputError for no town."""
    async with in_transaction():
        handover = await _found(handover_id, actor, lock=True)
        _require_open(handover)
        if not await Town.exists(id=town_id):
            raise InvalidInputError("town_missing", "请选一个镇(街道)。")
        before, handover.town_id = handover.town_id, town_id
        handover.taken_by_id, handover.status = None, "waiting"
        await handover.save(update_fields=["town_id", "taken_by_id", "status"])
        detail = {"before": before, "after": town_id}
        await audit.record(actor, "handover_moved", f"handover:{handover.id}", now=now, detail=detail)


async def close(handover_id: UUID, actor: Actor, *, now: datetime) -> None:
    """Done. Raises ConflictError while nobody has answered: who waits must hear something."""
    async with in_transaction():
        handover = await _found(handover_id, actor, lock=True)
        _require_open(handover)
        if not await HandoverReply.exists(handover_id=handover.id):
            raise ConflictError("not_answered", "还没有回复过, 请先回复一句再结束。")
        await _close(actor, handover, now)


async def resend(reply_id: UUID, actor: Actor, *, now: datetime) -> None:
    """Send a reply again of which nobody knows whether it arrived. Raises NotFoundError, ConflictError."""
    async with in_transaction():
        reply = await HandoverReply.filter(id=reply_id).select_for_update().first()
        if reply is None:
            raise NotFoundError("reply_not_found", "没有这条回复, 请刷新页面。")
        await _found(reply.handover_id, actor)
        if reply.status != "uncertain":
            raise ConflictError("not_uncertain", "这条回复不用再发, 请刷新页面看它现在的情况。")
        reply.status, reply.attempts, reply.due_at = "pending", 0, now
        await reply.save(update_fields=["status", "attempts", "due_at"])
        await audit.record(actor, "handover_reply_resent", f"handover:{reply.handover_id}", now=now)


async def close_quiet(*, now: datetime) -> int:
    """Close what was answered and has been quiet; returns how many. Who waits is never closed."""
    closed = 0
    async with in_transaction():
        for handover in await Handover.filter(status="answered", last_at__lt=now - QUIET).select_for_update():
            await _close(SYSTEM, handover, now)
            closed += 1
    return closed


def _in_region(actor: Actor, statuses: Sequence[str]) -> QuerySet[Handover]:
    rows = Handover.filter(status__in=statuses)
    return rows if actor.role is Role.BUREAU else rows.filter(town_id=actor.town_id)


def _require_open(handover: Handover) -> None:
    if handover.status not in _OPEN:
        raise ConflictError("handover_closed", "这次对话已经结束, 请刷新列表。")


async def _found(handover_id: object, actor: Actor, *, lock: bool = False) -> Handover:
    rows = Handover.filter(id=handover_id)
    handover = await (rows.select_for_update() if lock else rows).first()
    if handover is None:
        raise NotFoundError("handover_not_found", "没有这次对话, 请刷新列表。")
    require(actor, Action.ANSWER_PERSON, Place(handover.town_id or 0, 0))
    return handover


async def _take(handover: Handover, actor: Actor, now: datetime) -> None:
    before, handover.taken_by_id = handover.taken_by_id, actor.account_id
    if handover.status == "waiting":
        handover.status = "taken"
    await handover.save(update_fields=["taken_by_id", "status"])
    detail = {"before": f"account:{before}" if before else None}
    await audit.record(actor, "handover_taken", f"handover:{handover.id}", now=now, detail=detail)


async def _append(handover: Handover, said: Sequence[Turn], now: datetime) -> None:
    handover.conversation = [*handover.conversation, *(turn.as_json(now) for turn in said)][-MOST_TURNS:]
    handover.last_at = now
    if handover.status == "answered" and any(turn.who == "asker" for turn in said):
        # Whoever answered is asked again: back among those who wait for a word.
        handover.status = "taken"
    await handover.save(update_fields=["conversation", "last_at", "status"])
    if any(turn.who == "asker" for turn in said):
        await audit.record(SYSTEM, "handover_said", f"handover:{handover.id}", now=now)


async def _close(actor: Actor, handover: Handover, now: datetime) -> None:
    handover.status, handover.closed_at = "closed", now
    await handover.save(update_fields=["status", "closed_at"])
    await audit.record(actor, "handover_closed", f"handover:{handover.id}", now=now)


def _digest(code: str) -> str:
    code = "".join(str(unicodedata.digit(character)) for character in code if character.isdecimal())
    return hashlib.sha256(f"handover:{code}".encode()).hexdigest()
