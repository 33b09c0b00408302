"""更正: the person says what is wrong and what is right; staff answer with the change, or with the reason why not."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from redis.asyncio import Redis
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import ALLOWED, Action, Actor
from backend.clock import local_day
from backend.edge import limits
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.privacy import particulars, persons
from models.people import Person
from models.privacy import CorrectionRequest
from rules import masking
from rules.statuses import Role

FIELDS = {"name": "姓名", "born_on": "出生日期", **particulars.TITLES, "other": "其他"}
STATUS = {"open": "等工作人员核对", "accepted": "已更正", "refused": "没有更正"}
COMPLAIN = "不同意这个答复, 可以向镇(街道)纪(工)委、区民政局反映, 也可以到镇(街道)救助窗口当面说; 见“异议与投诉”。"
MOST = 500
LEAST_ANSWER = 4
_MOST_LISTED = 200


async def ask(
    actor: Actor, *, field: str, wanted: str, why: str, answer_days: int | None, now: datetime
) -> CorrectionRequest:
    """The person, on the phone. `answer_days`: natural days that the district promises; None promises nothing.

    Raises InvalidInputError; ConflictError while the same field waits for an answer.
    """
    return await _ask(actor, persons.subject_of(actor), field, wanted, why, answer_days, now)


async def ask_for(
    actor: Actor, person_id: UUID, *, field: str, wanted: str, why: str, answer_days: int | None, now: datetime
) -> CorrectionRequest:
    """Staff write it down for somebody without a phone. Raises NotFoundError, NotAllowedError besides."""
    await persons.found(person_id, actor, Action.ANSWER_RIGHTS)
    return await _ask(actor, person_id, field, wanted, why, answer_days, now)


async def _ask(
    actor: Actor, person_id: UUID | None, field: str, wanted: str, why: str, answer_days: int | None, now: datetime
) -> CorrectionRequest:
    wanted, why, today = wanted.strip(), why.strip(), local_day(now)
    if field not in FIELDS:
        raise InvalidInputError("field_unknown", "没有这一项, 请重新选择。")
    if not wanted or not why or len(wanted) > MOST or len(why) > MOST:
        raise InvalidInputError("correction_incomplete", f"请写清楚应该是什么、为什么, 各不超过{MOST}个字。")
    wanted = _in_one_form(field, wanted, today)
    async with in_transaction():
        await Person.filter(id=person_id).select_for_update().get()
        if await CorrectionRequest.exists(person_id=person_id, field=field, status="open"):
            raise ConflictError("correction_waiting", f"{FIELDS[field]}已经有一个更正请求在等答复。")
        asked = await CorrectionRequest.create(
            id=uuid4(),
            person_id=person_id,
            field=field,
            wanted=wanted,
            why=why,
            recorded_by_id=actor.account_id,
            asked_at=now,
            due_on=None if answer_days is None else today + timedelta(days=answer_days),
        )
        await audit.record(
            actor, "correction_asked", f"person:{person_id}", now=now, detail={"field": field, "request": str(asked.id)}
        )
    return asked


def _in_one_form(field: str, wanted: str, today: date) -> str:
    match field:
        case "name":
            if len(wanted) > 40:
                raise InvalidInputError("name_too_long", "姓名不超过40个字。")
            return wanted
        case "born_on":
            return _day(wanted, today).isoformat()
        case "other":
            return wanted
        case _:
            return particulars.check(field, wanted, today=today).value


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day > today or day.year < 1900:
        raise InvalidInputError("born_on_invalid", "出生日期请写成 1958-05-20 这样。")
    return day


async def own(actor: Actor) -> list[dict[str, Any]]:
    """The person's own requests with what became of them, the newest first."""
    rows = await CorrectionRequest.filter(person_id=persons.subject_of(actor)).order_by("-asked_at")
    return [
        {
            "id": str(row.id),
            "field": row.field,
            "title": FIELDS[row.field],
            "wanted": row.wanted,
            "asked_at": row.asked_at,
            "answer_by": row.due_on,
            "status": row.status,
            "plain": STATUS[row.status],
            "answer": row.answer,
            "how_to_complain": COMPLAIN if row.status == "refused" else None,
        }
        for row in rows
    ]


async def waiting(actor: Actor) -> list[CorrectionRequest]:
    """What waits in the actor's region, the oldest first. Raises NotAllowedError."""
    if actor.role not in ALLOWED[Action.ANSWER_RIGHTS]:
        raise NotAllowedError("role_not_allowed", "您的岗位不处理更正, 请联系镇(街道)救助窗口。")
    found = []
    rows = CorrectionRequest.filter(status="open").order_by("asked_at")
    if actor.role is not Role.BUREAU:
        mine = await CorrectionRequest.filter(
            Q(person__village__town_id=actor.town_id)
            | Q(person__cases__village__town_id=actor.town_id)
            | Q(person__urgent_reliefs__village__town_id=actor.town_id),
            status="open",
        ).values_list("id", flat=True)
        rows = rows.filter(id__in=list(set(mine)))
    rows = rows.limit(_MOST_LISTED)
    for row in await rows.select_related("person"):
        try:
            await persons.require_for(actor, Action.ANSWER_RIGHTS, row.person)
        except NotAllowedError:
            continue
        found.append(row)
    return found


def shown(row: CorrectionRequest) -> str:
    """What is wanted, as staff see it before they compare it with the paper: numbers masked."""
    match row.field:
        case "id_number":
            return masking.id_number(row.wanted)
        case "phone":
            return masking.phone(row.wanted)
        case "bank_account":
            return masking.bank_account(row.wanted)
        case "address":
            return "***"
        case _:
            return row.wanted


async def look(redis: Redis, request_id: UUID, actor: Actor, *, kind: str, text: str = "", now: datetime) -> str:
    """What is wanted, whole, for a reason: counted and on record like every other look at a number.

    Raises NotFoundError, NotAllowedError, InvalidInputError, TooManyError.
    """
    why = particulars.reason_of(kind, text)
    asked = await _open(request_id, actor)
    await limits.spend(redis, "unmasked", str(actor.person_id))
    async with in_transaction():
        detail = {"field": asked.field, "request": str(asked.id)}
        await audit.record(actor, "unmasked", f"person:{asked.person_id}", now=now, why=why, detail=detail)
    return asked.wanted


async def _open(request_id: UUID, actor: Actor, *, lock: bool = False) -> CorrectionRequest:
    rows = CorrectionRequest.filter(id=request_id)
    asked = await (rows.select_for_update() if lock else rows).first()
    if asked is None:
        raise NotFoundError("correction_not_found", "没有这个更正请求, 请刷新页面。")
    await persons.found(asked.person_id, actor, Action.ANSWER_RIGHTS)
    if asked.status != "open":
        raise ConflictError("correction_answered", "这个更正请求已经答复过了, 请刷新页面。")
    return asked


async def answer(
    request_id: UUID, actor: Actor, *, accept: bool, words: str = "", sure: bool = False, now: datetime
) -> CorrectionRequest:
    """Accept: the change is made, digests of before and after in the trail. Refuse: the reason is told.

    `sure`: a doubtful number was compared with its paper. What is none of the particulars (`other`) is changed where it
    stands, and `words` say what was done. Raises NotFoundError, NotAllowedError, InvalidInputError, ConflictError.
    """
    words = words.strip()
    async with in_transaction():
        asked = await _open(request_id, actor, lock=True)
        person = await persons.found(asked.person_id, actor, Action.ANSWER_RIGHTS, lock=True)
        if (not accept or asked.field == "other") and not LEAST_ANSWER <= len(words) <= MOST:
            raise InvalidInputError("answer_missing", f"请写清楚理由或者做了什么, {LEAST_ANSWER}到{MOST}个字。")
        if accept:
            await _apply(actor, person, asked, sure, now)
        asked.status, asked.answer = "accepted" if accept else "refused", words or None
        asked.answered_by_id, asked.answered_at = actor.account_id, now
        await asked.save(update_fields=["status", "answer", "answered_by_id", "answered_at"])
        detail = {"field": asked.field, "request": str(asked.id), "status": asked.status}
        await audit.record(actor, "correction_answered", f"person:{person.id}", now=now, detail=detail)
    return asked


async def _apply(actor: Actor, person: Person, asked: CorrectionRequest, sure: bool, now: datetime) -> None:
    field = asked.field
    if field == "other":
        return
    if field in particulars.TITLES:
        # The person has said what is right: an identity number brings its birthday along.
        await particulars.apply(actor, person, {field: asked.wanted}, sure=sure, take_birthday=True, now=now)
        return
    before = getattr(person, field)
    value = date.fromisoformat(asked.wanted) if field == "born_on" else asked.wanted
    setattr(person, field, value)
    await person.save(update_fields=[field])
    await audit.record(
        actor,
        "person_corrected",
        f"person:{person.id}",
        now=now,
        before={field: particulars.digest_of(field, before)},
        after={field: particulars.digest_of(field, value)},
    )
