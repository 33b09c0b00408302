"""Every notice of one's region: what became of it by person and channel, who is not reached yet, once more."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Part, sees
from backend.casework import notice_words as words
from backend.casework.notice_figures import counted
from backend.casework.notice_regions import MUST_REACH, condition, require_role, require_row, values
from backend.clock import day_start
from backend.errors import ConflictError, NotFoundError
from models.outbox import Delivery, Notice, Reached
from models.people import StaffAccount
from notices import outbox
from notices.kinds import LABELS, POLICIES, Kind, Lane

_NOT_FOR_THE_VILLAGE = frozenset(
    {Kind.OBJECTION_ANSWERED, *(kind for kind, policy in POLICIES.items() if policy.lane is Lane.MEETING)}
)
PAGE = 30
PEOPLE = 50
_ASKS = (Kind.MEETING_CONVENED, Kind.MEETING_CHANGED, Kind.MEETING_REMINDER, Kind.ANSWER_WANTED)


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; None: all. `unreached`: only where somebody who must be reached is not."""

    kind: Kind | None = None
    lane: Lane | None = None
    day: date | None = None
    unreached: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A notice in the list. `reached` of `people` know of it; `must_reach`: whoever does not is telephoned."""

    id: UUID
    label: str
    about: str
    lane: str
    created_at: datetime
    people: int
    reached: int
    must_reach: bool
    called_off: bool
    too_late: bool
    meeting: UUID | None = None
    """Where it is about a meeting that is still to be, for an opened notice."""
    wants_answer: bool = False
    """Whether whoever was told says if they come."""


@dataclass(frozen=True, slots=True)
class Try:
    """One channel to one person."""

    id: UUID
    channel: str
    state: str
    at: datetime
    why: str
    attempts: int
    note: str
    may_go_again: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One person of a notice. `reached`: how they came to know of it; empty while they do not."""

    person_id: UUID
    name: str
    place: str
    has_phone: bool
    reached: str
    reached_at: datetime | None
    tries: list[Try]


async def listed(actor: Actor, wanted: Filter, *, page: int, now: datetime) -> tuple[list[Heading], bool]:
    """A page of notices, the newest first, counted over the actor's region; and whether there are more."""
    require_role(actor, Action.READ_NOTICES)
    mine, parameters = condition(actor, 1)
    kinds = [kind for kind in Kind if wanted.kind in (None, kind) and wanted.lane in (None, POLICIES[kind].lane)]
    begin = day_start(wanted.day) if wanted.day else None
    _, rows = await connections.get("default").execute_query(
        "WITH chosen AS (SELECT n.* FROM notice n WHERE n.kind = ANY($2::text[]) "
        "AND ($3::timestamptz IS NULL OR n.created_at >= $3 AND n.created_at < $4::timestamptz) "
        "AND (NOT $5::bool OR n.kind = ANY($6::text[]) AND n.cancelled_at IS NULL "
        "AND (n.useless_after IS NULL OR n.useless_after > $7)) "
        "AND EXISTS (SELECT 1 FROM delivery d JOIN person p ON p.id = d.person_id WHERE d.notice_id = n.id "
        f"AND {mine} AND NOT ($5 AND EXISTS "  # noqa: S608 - our own words
        "(SELECT 1 FROM reached r WHERE r.notice_id = n.id AND r.person_id = p.id))) "
        "ORDER BY n.created_at DESC, n.id LIMIT $8 OFFSET $9) "
        "SELECT n.id, n.kind, n.facts, n.created_at, n.cancelled_at, n.useless_after, counted.people, counted.reached "
        "FROM chosen n CROSS JOIN LATERAL (SELECT count(DISTINCT d.person_id) AS people, "
        "count(DISTINCT r.person_id) AS reached FROM delivery d JOIN person p ON p.id = d.person_id "
        "LEFT JOIN reached r ON r.notice_id = d.notice_id AND r.person_id = d.person_id "
        f"WHERE d.notice_id = n.id AND {mine}) counted ORDER BY n.created_at DESC, n.id",
        [
            *parameters,
            values(frozenset(kinds)),
            begin,
            begin + timedelta(days=1) if begin else None,
            wanted.unreached,
            values(MUST_REACH),
            now,
            PAGE + 1,
            (page - 1) * PAGE,
        ],
    )
    return [_heading(row, now) for row in rows[:PAGE]], len(rows) > PAGE


async def counts(actor: Actor, *, now: datetime) -> list[tuple[str, str, int]]:
    """(channel, state, how many) of the last thirty days: all that an administrator sees of notices."""
    require_role(actor, Action.OPERATE_NOTICES)
    _, rows = await connections.get("default").execute_query(
        "SELECT d.channel, d.status, count(*) AS number FROM notice n JOIN delivery d ON d.notice_id = n.id "
        "WHERE n.created_at >= $1 GROUP BY d.channel, d.status",
        [now - timedelta(days=30)],
    )
    return counted(rows)


async def opened(actor: Actor, notice_id: UUID, *, page: int, now: datetime) -> tuple[Heading, list[Told], bool]:
    """A notice with everybody of the region who is to be told, the unreached first; and whether there are more.

    The reading is on the trail. Raises NotFoundError, NotAllowedError.
    """
    require_role(actor, Action.READ_NOTICES)
    mine, parameters = condition(actor, 2)
    notice = await Notice.get_or_none(id=notice_id)
    _, rows = await connections.get("default").execute_query(
        "SELECT p.id, r.how, r.at, r.recorded_by, count(*) OVER () AS people, count(r.at) OVER () AS reached "
        "FROM notice n JOIN person p ON p.id IN (SELECT person_id FROM delivery WHERE notice_id = $1) "
        "LEFT JOIN reached r ON r.notice_id = n.id AND r.person_id = p.id "
        f"WHERE n.id = $1 AND {mine} ORDER BY r.at NULLS FIRST, p.name, p.id LIMIT $3 OFFSET $4",  # noqa: S608 - our own words
        [notice_id, *parameters, PEOPLE + 1, (page - 1) * PEOPLE],
    )
    if notice is None or not rows:
        raise NotFoundError("notice_not_found", "没有找到这条通知, 或者它不在您负责的地方。")
    shown = rows[:PEOPLE]
    tries = await Delivery.filter(notice_id=notice_id, person_id__in=[row["id"] for row in shown]).select_related(
        "person__village"
    )
    tellers = await _names([row["recorded_by"] for row in shown if row["recorded_by"]])
    await audit.record(actor, "notice_read", f"notice:{notice_id}", now=now, detail={"people": len(shown)})
    heading = _heading(
        {
            **{name: getattr(notice, name) for name in ("id", "kind", "facts", "created_at", "subject")},
            "cancelled_at": notice.cancelled_at,
            "useless_after": notice.useless_after,
            "people": rows[0]["people"],
            "reached": rows[0]["reached"],
        },
        now,
    )
    is_over = heading.called_off or heading.too_late
    people = [_told(actor, notice, row, tries, tellers, is_over=is_over) for row in shown]
    return heading, people, len(rows) > PEOPLE


async def send_again(actor: Actor, notice_id: UUID, delivery_id: UUID, *, now: datetime) -> None:
    """再发一次: what failed, or was never confirmed, is due now.

    Raises NotFoundError, NotAllowedError; ConflictError for what is under way, done, called off or too late.
    """
    async with in_transaction():
        row = await Delivery.get_or_none(id=delivery_id, notice_id=notice_id).select_related("notice")
        if row is None:
            require_role(actor, Action.CALL)
            raise NotFoundError("notice_not_found", "没有找到这条通知, 请返回重新打开。")
        await require_row(actor, Action.CALL, notice_id, row.person_id)
        too_late = row.notice.useless_after is not None and row.notice.useless_after <= now
        if too_late or await Reached.exists(notice_id=notice_id, person_id=row.person_id):
            raise ConflictError("not_to_be_sent_again", "这个人已经知道了, 或者已经过了时间, 不用再发。")
        if not await outbox.try_again(delivery_id, now=now):
            raise ConflictError("not_to_be_sent_again", "这一条正在发、已经发出或者不用发了; 请刷新页面看现在的情况。")
        await audit.record(
            actor, "notice_sent_again", f"delivery:{delivery_id}", now=now, detail={"channel": row.channel}
        )


def _heading(row: Any, now: datetime) -> Heading:
    kind = Kind(row["kind"])
    facts = json.loads(row["facts"]) if isinstance(row["facts"], str) else row["facts"]
    return Heading(
        id=row["id"],
        label=LABELS[kind],
        about=words.brief(kind, facts),
        lane=words.LANES[POLICIES[kind].lane],
        created_at=row["created_at"],
        people=row["people"],
        reached=row["reached"],
        must_reach=kind in MUST_REACH,
        called_off=row["cancelled_at"] is not None,
        too_late=row["useless_after"] is not None and row["useless_after"] <= now,
        meeting=_meeting(kind, row.get("subject")),
        wants_answer=answered_meeting(kind, row.get("subject")) is not None,
    )


def answered_meeting(kind: Kind, subject: str | None) -> UUID | None:
    """The meeting to which this notice asks whoever sits on its panel; None for every other notice."""
    return _meeting(kind, subject) if kind in _ASKS else None


def _meeting(kind: Kind, subject: str | None) -> UUID | None:
    what, _, which = (subject or "").partition(":")
    return UUID(which) if what == "deliberation" and kind is not Kind.MEETING_VOIDED else None


def _told(
    actor: Actor, notice: Notice, row: Any, tries: list[Delivery], tellers: dict[UUID, str], *, is_over: bool
) -> Told:
    own = sorted((one for one in tries if one.person_id == row["id"]), key=lambda one: _order(notice, one))
    person = own[0].person
    reached = words.HOW[row["how"]] if row["how"] else ""
    if teller := tellers.get(row["recorded_by"]):
        reached += f"({teller})"
    return Told(
        person_id=row["id"],
        name=person.name if names_shown(actor, notice.kind) else "(名字不在这里显示)",
        place=person.village.name if person.village else "",
        has_phone=person.phone is not None,
        reached=reached,
        reached_at=row["at"],
        tries=[_try(actor, one, is_final=bool(reached) or is_over) for one in own],
    )


def names_shown(actor: Actor, kind: str) -> bool:
    """Whether this role sees who is told of it.

    Who objected is not for the village that was objected to, nor who sits on a panel for the village of the case.
    """
    return sees(actor, Part.APPLICANT) and (kind not in _NOT_FOR_THE_VILLAGE or sees(actor, Part.STORY))


def _order(notice: Notice, delivery: Delivery) -> int:
    ladder = [step.value for step in POLICIES[Kind(notice.kind)].ladder]
    return ladder.index(delivery.channel) if delivery.channel in ladder else len(ladder)


def _try(actor: Actor, row: Delivery, *, is_final: bool) -> Try:
    return Try(
        id=row.id,
        channel=words.CHANNELS[row.channel],
        state=words.state(row.channel, row.status, confirmed=row.receipt_at is not None),
        at=row.sent_at or row.due_at,
        why=words.reason(row.errcode, row.error, row.channel) if row.status not in ("sent", "cancelled") else "",
        attempts=row.attempts,
        note=(row.note or "") if sees(actor, Part.STORY) else "",
        may_go_again=not is_final and row.channel != outbox.CALL_LIST and row.status in ("failed", "unconfirmed"),
    )


async def _names(accounts: list[UUID]) -> dict[UUID, str]:
    rows = await StaffAccount.filter(id__in=accounts).select_related("person")
    return {row.id: row.person.name for row in rows}
