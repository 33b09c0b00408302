"""The call list: people whom no message reached, in the order of who must be told first, and what came of each call."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import ALLOWED, Action, Actor
from backend.casework import notice_words as words
from backend.casework import rsvp
from backend.casework.notice_board import answered_meeting, names_shown
from backend.casework.notice_regions import MUST_REACH, condition, require_role, require_row
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from models.outbox import Delivery, Notice, Reached
from models.people import Person
from notices import outbox, reached
from notices.kinds import LABELS, Kind
from notices.outbox import CALL_LIST

MOST = 200
TOLD, IN_PERSON = "told", "in_person"
OUTCOMES = {TOLD: "说到了", "no_answer": "没人接", "wrong_number": "号码不对", IN_PERSON: "当面说到了"}
ANSWERS = {"attending": "说到了, 会参加", "leave": "说到了, 请假", "recusal": "说到了, 需要回避"}
"""What a member of a panel says to a meeting's notice: written down as their answer too."""
MOST_NOTE = 200
_ON_FILE = "地址见系统"
_ACTION_OF = {"telephoned": "telephoned", IN_PERSON: "told_in_person"}
REACHES = frozenset({TOLD, IN_PERSON, *ANSWERS})
"""What says that the person knows now."""


@dataclass(frozen=True, slots=True)
class ToCall:
    """Somebody to be told. `phone` None: whoever goes there finds `address`, where this role may see it.

    `wants_answer`: a meeting, to which they say whether they come. `tries`: how often somebody called already, with
    what came of it the last time.
    """

    id: UUID
    notice_id: UUID
    person_id: UUID
    about: str
    details: str
    name: str
    phone: str | None
    address: str | None
    village: str | None
    lane: str
    wants_answer: bool
    latest: datetime | None
    tries: int
    last: str


async def to_call(actor: Actor, *, now: datetime) -> list[ToCall]:
    """Who must be telephoned in the actor's region: the most urgent first, then what is needed soonest; at most 200.

    What is too late or called off, and whoever was reached otherwise, is not on it. The reading is on the trail.
    """
    require_role(actor, Action.CALL)
    mine, parameters = condition(actor, 1)
    _, rows = await connections.get("default").execute_query(
        "SELECT d.id FROM delivery d JOIN notice n ON n.id = d.notice_id JOIN person p ON p.id = d.person_id "
        f"WHERE d.channel = 'call_list' AND d.status = 'pending' AND {mine} AND n.cancelled_at IS NULL "  # noqa: S608 - our own words
        "AND (n.useless_after IS NULL OR n.useless_after > $2) "
        "AND NOT EXISTS (SELECT 1 FROM reached r WHERE r.notice_id = d.notice_id AND r.person_id = d.person_id) "
        "ORDER BY d.lane, n.useless_after NULLS LAST, d.due_at, d.id LIMIT $3",
        [*parameters, now, MOST],
    )
    order = {row["id"]: number for number, row in enumerate(rows)}
    found = await Delivery.filter(id__in=list(order)).select_related("notice", "person__village")
    if found:
        await audit.record(actor, "call_list_read", f"account:{actor.account_id}", now=now, detail={"rows": len(found)})
    return [_row(actor, one) for one in sorted(found, key=lambda one: order[one.id])]


def _row(actor: Actor, row: Delivery) -> ToCall:
    kind, person = Kind(row.notice.kind), row.person
    address = None
    if not person.phone:
        # Who writes addresses down goes there; a list of them is nobody else's.
        address = person.address if actor.role in ALLOWED[Action.WRITE_PARTICULARS] else _ON_FILE
    return ToCall(
        id=row.id,
        notice_id=row.notice_id,
        person_id=row.person_id,
        about=LABELS[kind],
        details=words.brief(kind, row.notice.facts),
        name=person.name if names_shown(actor, kind) else _ON_FILE,
        phone=person.phone,
        address=address,
        village=person.village.name if person.village else None,
        lane=words.LANES[row.lane],
        wants_answer=answered_meeting(kind, row.notice.subject) is not None,
        latest=row.notice.useless_after,
        tries=row.attempts,
        last=row.error or "",
    )


async def called(delivery_id: UUID, actor: Actor, *, outcome: str = TOLD, note: str, now: datetime) -> bool:
    """Record a call of the list; whether the person was reached by it. Raises as `record` does."""
    row = await Delivery.get_or_none(id=delivery_id, channel=CALL_LIST)
    if row is None:
        require_role(actor, Action.CALL)
        raise NotFoundError("call_not_found", "没有找到这条电话记录, 请刷新名单。")
    return await record(actor, row.notice_id, row.person_id, outcome, note=note, now=now)


async def record_many(actor: Actor, told: Mapping[UUID, tuple[str, str]], *, now: datetime) -> dict[str, int]:
    """What came of several calls of the list, delivery -> (outcome, note), all or nothing: how many by outcome.

    Raises as `record` does, and InvalidInputError for none at all.
    """
    if not told:
        raise InvalidInputError("nothing_chosen", "请至少给一个人选结果, 再按“登记”。")
    numbers = dict.fromkeys((outcome for outcome, _ in told.values()), 0)
    async with in_transaction():
        if answered := [row for row, (outcome, _) in told.items() if outcome in ANSWERS]:
            await _hold_meetings(answered)
        # In one order, whoever else records at the same time.
        for delivery_id in sorted(told):
            outcome, note = told[delivery_id]
            await called(delivery_id, actor, outcome=outcome, note=note, now=now)
            numbers[outcome] += 1
    return numbers


async def record(
    actor: Actor, notice_id: UUID, person_id: UUID, outcome: str, *, note: str = "", now: datetime
) -> bool:
    """What came of a call, or of going there (`in_person`); whether the person knows of it now for the first time.

    Only who was spoken to is reached; a call that nobody took leaves the row open and is counted. What a member of a
    panel said to a meeting (`ANSWERS`) is their answer. Raises NotFoundError, NotAllowedError, InvalidInputError, and
    ConflictError for an answer to what has begun or is over.
    """
    if outcome not in (*OUTCOMES, *ANSWERS):
        raise InvalidInputError("outcome_missing", "请先选结果: 说到了、没人接, 或者号码不对。")
    if len(note) > MOST_NOTE:
        raise InvalidInputError("note_too_long", f"备注最多写{MOST_NOTE}个字, 请写短一点。")
    async with in_transaction():
        await require_row(actor, Action.CALL, notice_id, person_id)
        how = await _how(outcome, person_id)
        if outcome in ANSWERS:
            await _note_answer(actor, notice_id, person_id, outcome, how, now)
        is_told = outcome in REACHES
        if await Reached.exists(notice_id=notice_id, person_id=person_id):
            return False
        row = await _locked(notice_id, person_id, make=not is_told, now=now)
        if row is not None and row.status == "pending":
            row.attempts, row.note = row.attempts + 1, note or row.note
            row.error = None if is_told else OUTCOMES[outcome]
            await row.save(update_fields=["attempts", "note", "error"])
        is_new = is_told and await reached.mark(notice_id, person_id, how, now=now, recorded_by=actor.account_id)
        subject = f"delivery:{row.id}" if row else f"notice:{notice_id}"
        detail = {"person": str(person_id), "outcome": outcome}
        await audit.record(actor, _ACTION_OF[how] if is_told else "call_tried", subject, now=now, detail=detail)
    return is_new


async def _note_answer(actor: Actor, notice_id: UUID, person_id: UUID, answer: str, how: str, now: datetime) -> None:
    """Before the row of the list: whoever changes the meeting locks case, meeting, rows in this order."""
    notice = await Notice.get(id=notice_id)
    meeting = answered_meeting(Kind(notice.kind), notice.subject)
    if meeting is None or notice.subject is None:
        raise InvalidInputError("no_answer_wanted", "这条通知不用回复参加还是请假, 请选“说到了”。")
    await rsvp.heard(meeting, person_id, actor, answer=answer, now=now)
    # Looked at behind the lock: whoever changed the meeting has called its notices off by now.
    if await Notice.filter(id=notice_id, cancelled_at__isnull=False).exists():
        raise ConflictError("meeting_changed", "会议已经改期或取消, 请刷新名单, 按新的时间再问一次。")
    # What else asks them about this meeting has its answer too.
    await reached.mark_subject(notice.subject, person_id, how, now=now, recorded_by=actor.account_id, but=notice_id)


async def _how(outcome: str, person_id: UUID) -> str:
    """Who has no telephone was not telephoned, whatever they answered."""
    if outcome in ANSWERS and not await Person.filter(id=person_id, phone__isnull=False).exists():
        return IN_PERSON
    return IN_PERSON if outcome == IN_PERSON else "telephoned"


async def _hold_meetings(delivery_ids: Collection[UUID]) -> None:
    rows = await Delivery.filter(id__in=list(delivery_ids)).select_related("notice")
    await rsvp.hold({found for row in rows if (found := answered_meeting(Kind(row.notice.kind), row.notice.subject))})


async def _locked(notice_id: UUID, person_id: UUID, *, make: bool, now: datetime) -> Delivery | None:
    """The row of the call list; made where somebody called before the list asked them to and must call again."""
    rows = Delivery.filter(notice_id=notice_id, person_id=person_id)
    on_list = rows.filter(channel=CALL_LIST).select_for_update()
    if make and not await on_list.exists():
        notice = await Notice.get(id=notice_id)
        other = await rows.first()
        if other is not None and Kind(notice.kind) in MUST_REACH and notice.cancelled_at is None:
            await outbox.put_on_call_list(other, now=now)
    return await on_list.first()
