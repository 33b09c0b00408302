"""Answers to a meeting's notice, who comes instead of whom, and what the convener sees of it (四(二)a)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import ALLOWED, Action, Actor
from backend.casework import seats
from backend.casework.convened import case_of, convened
from backend.casework.meetings import about, tell_convened
from backend.casework.moves import Work, step
from backend.casework.panel import SUPERVISOR
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from models.application import Case
from models.deliberation import Deliberation, PanelMember
from models.people import Person
from notices import reached
from rules import quorum

_GONE = ("leave", "recusal")
_NOT_ON_PANEL = "不在这次会议的名单上, 请联系召集人。"
_CLOSED = {
    "meeting_over": "这次会议已经结束或改期, 不用再回复了。",
    "meeting_begun": "会议已经开始, 不能再改回复, 请直接联系召集人。",
    "replaced": "已经请了别人替补, 想参加请联系召集人。",
}
_NOT_FOUND = "没有找到这次会议, 请从通知里重新打开。"


async def answer(
    deliberation_id: UUID,
    actor: Actor,
    *,
    answer: str,
    substitute: UUID | None = None,
    as_of: int | None = None,
    through: str | None = None,
    now: datetime,
) -> None:
    """A panel member answers 参加, 请假 or 需要回避; until the meeting they may answer differently.

    With 请假 they may name somebody who fills a gap that they leave. Whoever answers has been reached. `as_of`: how
    often the meeting had been changed when they saw it. `through`: another way than a login, for the trail. Raises
    NotAllowedError for somebody who is not on the panel, ConflictError once it begins or was changed, and
    InvalidInputError.
    """
    if actor.person_id is None:
        raise NotAllowedError("not_on_panel", _NOT_ON_PANEL)
    async with in_transaction():
        deliberation = await _write_down(
            deliberation_id, actor.person_id, actor, answer, substitute, now, as_of=as_of, through=through
        )
        await reached.mark_subject(about(deliberation), actor.person_id, "answered", now=now)


async def heard(deliberation_id: UUID, person_id: UUID, actor: Actor, *, answer: str, now: datetime) -> None:
    """What a member said on the telephone, written down by who called; that they were reached is the caller's to note.

    Whether the actor may call them is asked before. In the caller's transaction. Raises as `answer` does.
    """
    await _write_down(deliberation_id, person_id, actor, answer, None, now, keeps_named=True)


def why_closed(deliberation: Deliberation, seat: PanelMember | None, *, now: datetime) -> str | None:
    """The code of why it is too late for an answer; None while there is time, and for who has no seat to answer for."""
    if deliberation.status != "convened":
        return "meeting_over"
    if seat is None:
        return None
    if now >= deliberation.meets_at:
        return "meeting_begun"
    return "replaced" if seat.replaced_by is not None else None


async def hold(deliberation_ids: Collection[UUID]) -> None:
    """Lock these meetings and their cases, in the order in which everybody does: before several answers at once."""
    meetings = Deliberation.filter(id__in=list(deliberation_ids))
    cases = await meetings.values_list("case_id", flat=True)
    await Case.filter(id__in=list(cases)).order_by("id").select_for_update()
    await meetings.order_by("id").select_for_update()


async def _write_down(
    deliberation_id: UUID,
    person_id: UUID,
    actor: Actor,
    answer: str,
    substitute: UUID | None,
    now: datetime,
    *,
    as_of: int | None = None,
    through: str | None = None,
    keeps_named: bool = False,
) -> Deliberation:
    # Case before meeting, as every step locks them: a convener who changes the meeting waits, and nobody for ever.
    case = await Case.filter(id=await case_of(deliberation_id)).select_for_update().get()
    deliberation = await Deliberation.filter(id=deliberation_id).select_for_update().get()
    members = await PanelMember.filter(deliberation_id=deliberation_id)
    own = next((member for member in members if member.person_id == person_id), None)
    if code := why_closed(deliberation, own, now=now):
        raise ConflictError(code, _CLOSED[code])
    if own is None:
        raise NotAllowedError("not_on_panel", _NOT_ON_PANEL)
    if as_of is not None and as_of != deliberation.changes:
        raise ConflictError("meeting_changed", "会议的时间或地点刚刚改了, 请看清楚再回复。")
    if substitute is not None:
        if answer != "leave":
            raise InvalidInputError("substitute_without_leave", "请假才需要写替补的人, 请去掉或改为请假。")
        await case.fetch_related("village")
        named = await seats.candidates(case, deliberation, members, own, now=now, most=None)
        if substitute not in {candidate.person_id for candidate in named}:
            raise InvalidInputError("substitute_unfit", "这个人不能替补您, 请从可以替补的人里选, 或者空着。")
    if keeps_named and answer == own.answer == "leave":
        substitute = own.substitute_wanted
    if (answer, substitute) == (own.answer, own.substitute_wanted):
        return deliberation
    await PanelMember.filter(id=own.id).update(answer=answer, answered_at=now, substitute_wanted=substitute)
    detail = {"answer": answer} | ({"substitute": str(substitute)} if substitute else {})
    if person_id != actor.person_id:
        detail["person"] = str(person_id)
    if through:
        detail["through"] = through
    await audit.record(actor, "notice_answered", about(deliberation), now=now, clause="四(二)a", detail=detail)
    return deliberation


async def may_replace_me(
    deliberation_id: UUID, actor: Actor, *, most: int | None = seats.MOST_SUGGESTED, now: datetime
) -> list[seats.Candidate]:
    """Whom a member who cannot come may name, `most` of them. Raises NotFoundError, NotAllowedError."""
    deliberation = await Deliberation.get_or_none(id=deliberation_id).select_related("case__village")
    if deliberation is None:
        raise NotFoundError("meeting_not_found", _NOT_FOUND)
    members = await PanelMember.filter(deliberation_id=deliberation_id)
    own = next((member for member in members if member.person_id == actor.person_id), None)
    if own is None:
        raise NotAllowedError("not_on_panel", _NOT_ON_PANEL)
    if deliberation.status != "convened":
        return []
    return await seats.candidates(deliberation.case, deliberation, members, own, now=now, most=most)


async def call_substitute(
    deliberation_id: UUID, actor: Actor, *, person_id: UUID, substitute: UUID | None = None, now: datetime
) -> None:
    """The town asks somebody to come instead of a member who asked for leave or steps aside; that member is free.

    `substitute` None: whom the member named. Asking the same person again changes nothing. Raises InvalidInputError
    for who fills no gap, ConflictError where the member comes, has not answered, or is replaced already.
    """
    async with convened(deliberation_id, actor, Action.CONVENE, now) as (work, deliberation):
        if now >= deliberation.meets_at:
            raise ConflictError("meeting_begun", "会议已经开始, 不能再请人替补。")
        members = await PanelMember.filter(deliberation_id=deliberation_id)
        absent = next((member for member in members if member.person_id == person_id), None)
        if absent is None:
            raise NotFoundError("not_on_panel", "这个人不在会议名单上, 请核对姓名。")
        chosen = substitute or absent.substitute_wanted
        if chosen is None:
            raise InvalidInputError("substitute_missing", "请假的人没有写替补的人, 请从名册里选一位。")
        if absent.replaced_by == chosen:
            return
        if absent.replaced_by is not None:
            raise ConflictError("replaced", "已经请了别人替补这位, 请刷新后看名单。")
        if absent.answer not in _GONE and absent.recused_reason is None:
            raise ConflictError("still_coming", "这位没有请假也没有回避, 不用替补。")
        await _seat(work, deliberation, members, absent, chosen, now=now)


async def _seat(
    work: Work,
    deliberation: Deliberation,
    members: list[PanelMember],
    absent: PanelMember,
    chosen: UUID,
    *,
    now: datetime,
) -> None:
    fitting = await seats.candidates(work.case, deliberation, members, absent, now=now, most=None)
    found = next((candidate for candidate in fitting if candidate.person_id == chosen), None)
    if found is None:
        raise InvalidInputError("substitute_unfit", "这个人替补不了, 请从可以替补的人里选一位。")
    watches = absent.duty == "supervisor"
    await PanelMember.create(
        id=uuid4(),
        deliberation_id=deliberation.id,
        person_id=chosen,
        duty=absent.duty if watches else "member",
        capacities=[] if watches else [name for name in found.capacities if name != SUPERVISOR],
    )
    await PanelMember.filter(id=absent.id).update(replaced_by=chosen)
    await tell_convened(work.case, deliberation, [chosen], f"{deliberation.id}:{chosen}", now=now)
    await audit.record(
        work.actor,
        "substitute_called",
        about(deliberation),
        now=now,
        clause="四(二)a",
        detail={"absent": str(absent.person_id), "substitute": str(chosen)},
    )


async def read_forecast(deliberation_id: UUID, actor: Actor, *, now: datetime) -> dict[str, object]:
    """What is still missing, from the answers; for who may know the panel the names, for the convener whom to ask.

    `finding`; `unanswered` and `away` (with the substitute that they wish for) for who may read who was told;
    `substitutes` for who convenes. Neither the village nor the applicant is told who sits on the panel.
    """
    async with step(await case_of(deliberation_id), actor, Action.READ_CASE, now) as work:
        deliberation = await Deliberation.get(id=deliberation_id)
        members = await PanelMember.filter(deliberation_id=deliberation_id).select_related("person")
        finding = seats.forecast_of(work.case, members, answered_only=True)
        convenes = actor.role in ALLOWED[Action.CONVENE]
        seen: dict[str, object] = {"finding": finding, "unanswered": [], "away": [], "substitutes": []}
        if actor.role in ALLOWED[Action.READ_TOLD]:
            seen["unanswered"] = [_named(member) for member in members if _owes_an_answer(member)]
            seen["away"] = await _away(members, wishes=convenes)
        if convenes and deliberation.status == "convened" and finding.missing:
            seen["substitutes"] = await _would_close(work.case, deliberation, members, finding, now=now)
        return seen


def _owes_an_answer(member: PanelMember) -> bool:
    return member.answer == "unanswered" and member.recused_reason is None and member.replaced_by is None


def _named(member: PanelMember) -> dict[str, object]:
    return {"person_id": member.person_id, "name": member.person.name, "duty": member.duty}


async def _away(members: list[PanelMember], *, wishes: bool) -> list[dict[str, object]]:
    away = [member for member in members if member.answer in _GONE or member.recused_reason is not None]
    wanted = [member.substitute_wanted for member in away if member.substitute_wanted]
    names = dict(await Person.filter(id__in=wanted).values_list("id", "name")) if wishes else {}
    return [
        _named(member)
        | {
            "answer": member.answer,
            "replaced": member.replaced_by is not None,
            "substitute_wanted": {"person_id": member.substitute_wanted, "name": names[member.substitute_wanted]}
            if member.substitute_wanted in names
            else None,
        }
        for member in away
    ]


async def _would_close(
    case: Case, deliberation: Deliberation, members: list[PanelMember], finding: quorum.QuorumFinding, *, now: datetime
) -> list[dict[str, object]]:
    """Suggestions: for the capacities that nobody who said 参加 holds, or for the number alone."""
    coming = [member for member in members if member.answer == "attending"]
    lacking = {name.value for name in seats.lacking_without(case, coming, None)}
    watcher = next((member for member in members if member.duty == "supervisor"), None)
    found = await seats.candidates(case, deliberation, members, None, now=now)
    if "纪(工)委" in finding.missing and watcher is not None and watcher.answer in _GONE:
        found = [*await seats.candidates(case, deliberation, members, watcher, now=now), *found]
    rows = {
        candidate.person_id: {
            "person_id": candidate.person_id,
            "name": candidate.name,
            "capacities": list(candidate.capacities),
            "closes": sorted({*candidate.closes} | (set(candidate.capacities) & lacking)),
        }
        for candidate in found
    }
    return sorted(rows.values(), key=lambda row: (not row["closes"], str(row["name"])))
