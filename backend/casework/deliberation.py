"""Step 2, 民主评议: convene, answer, check in, recuse, supervise, close (四(二)a)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor
from backend.casework import duties
from backend.casework.meetings import call_off, meeting_facts
from backend.casework.moves import Work, step
from backend.casework.panel import SUPERVISOR, as_attendees, eligible_capacities, investigators_of
from backend.casework.readings_in_force import readings_of
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.identity.acting import agents_of
from models.deliberation import Deliberation, PanelMember
from models.people import Person
from notices.kinds import Kind
from notices.outbox import announce
from rules import commands, quorum


async def convene(
    case_id: UUID,
    actor: Actor,
    *,
    meets_at: datetime,
    place: str,
    panel: Sequence[UUID],
    supervisor: UUID,
    now: datetime,
) -> Deliberation:
    """Schedule the meeting with a panel from the village's roster; notices leave with the same transaction.

    Raises InvalidInputError for a person who is not on the roster; ConflictError when the rules refuse.
    """
    if meets_at <= now:
        raise InvalidInputError("meeting_in_past", "开会时间已经过去, 请选一个以后的时间。")
    async with step(case_id, actor, Action.CONVENE, now) as work:
        capacities = await eligible_capacities(work.case.village_id, local_day(meets_at))
        missing = [person for person in panel if person not in capacities]
        if missing or SUPERVISOR not in capacities.get(supervisor, ()):
            raise InvalidInputError("not_on_roster", "有人不在本村(社区)评议名册或监督员名册上, 请先更新名册。")
        if supervisor in await duties.relatives_of(case_id):
            raise InvalidInputError("supervisor_is_relative", "这位监督人员是申请人的近亲属, 请换一位。")
        if work.case.applicant_id in (*panel, supervisor):
            raise InvalidInputError("applicant_on_panel", "申请人不能评议或监督自己的事项, 请从名单中去掉。")
        if await agents_of(work.case.applicant_id, local_day(now)) & {*panel, supervisor}:
            raise InvalidInputError("agent_on_panel", "替申请人代办的人不能评议或监督这件事项, 请从名单中去掉。")
        deliberation = Deliberation(id=uuid4(), case_id=case_id, meets_at=meets_at, place=place, status="convened")
        investigators = await investigators_of(case_id)
        relatives = await duties.relatives_of(case_id)
        members = [
            PanelMember(
                id=uuid4(),
                deliberation_id=deliberation.id,
                person_id=person,
                duty="investigator" if person in investigators else "member",
                capacities=sorted(capacities[person] - {SUPERVISOR}),
                recused_reason=relatives.get(person),
            )
            for person in dict.fromkeys(panel)
            if person != supervisor
        ]
        members.append(
            PanelMember(
                id=uuid4(), deliberation_id=deliberation.id, person_id=supervisor, duty="supervisor", capacities=[]
            )
        )
        in_village = not work.case.village.is_community
        forecast_now = quorum.count(
            as_attendees(members, expected=True), in_village=in_village, readings=readings_of(work.case)
        )
        await work.move(commands.Schedule(meets_at, forecast_now))
        await deliberation.save(force_create=True)
        await PanelMember.bulk_create(members)
        await announce(
            Kind.MEETING_CONVENED,
            f"meeting:{deliberation.id}",
            meeting_facts(work.case, deliberation),
            [member.person_id for member in members],
            now=now,
        )
    return deliberation


async def answer_notice(deliberation_id: UUID, actor: Actor, *, answer: str, now: datetime) -> quorum.QuorumFinding:
    """A panel member answers 参加, 请假 or 需要回避; returns the forecast as it stands now.

    Raises NotAllowedError for somebody who is not on the panel, ConflictError after the meeting.
    """
    async with in_transaction():
        deliberation = await Deliberation.filter(id=deliberation_id).select_for_update().get_or_none()
        if deliberation is None:
            raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
        if deliberation.status != "convened":
            raise ConflictError("meeting_over", "这次会议已经结束或改期, 不用再回复了。")
        changed = await PanelMember.filter(deliberation_id=deliberation_id, person_id=actor.person_id).update(
            answer=answer, answered_at=now
        )
        if not changed:
            raise NotAllowedError("not_on_panel", "您不在这次会议的名单上, 请联系召集人。")
        await audit.record(
            actor,
            "notice_answered",
            f"deliberation:{deliberation_id}",
            now=now,
            clause="四(二)a",
            detail={"answer": answer},
        )
    return await forecast(deliberation_id)


async def roster(case_id: UUID, actor: Actor, *, now: datetime) -> list[dict[str, object]]:
    """Who may sit on the panel today, with names and capacities, for the convener.

    `investigated`: recorded the home visit of this case, so by reading A7 does not count.
    """
    async with step(case_id, actor, Action.CONVENE, now) as work:
        capacities = await eligible_capacities(work.case.village_id, local_day(now))
        investigators = await investigators_of(case_id)
        people = await Person.filter(id__in=list(capacities)).order_by("name")
    return [
        {
            "person_id": str(person.id),
            "name": person.name,
            "capacities": sorted(capacities[person.id]),
            "investigated": person.id in investigators,
        }
        for person in people
    ]


async def read_forecast(deliberation_id: UUID, actor: Actor, *, now: datetime) -> quorum.QuorumFinding:
    """The forecast, for those who may convene or supervise here."""
    found = await Deliberation.get_or_none(id=deliberation_id)
    if found is None:
        raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
    async with step(found.case_id, actor, Action.READ_CASE, now):
        return await forecast(deliberation_id)


async def forecast(deliberation_id: UUID) -> quorum.QuorumFinding:
    """Who and what is still missing, from the answers: 已确认9人,还差3人,缺纪(工)委."""
    deliberation = await Deliberation.get_or_none(id=deliberation_id).select_related("case__village")
    if deliberation is None:
        raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
    members = await PanelMember.filter(deliberation_id=deliberation_id)
    return quorum.count(
        as_attendees(members, expected=True, answered_only=True),
        in_village=not deliberation.case.village.is_community,
        readings=readings_of(deliberation.case),
    )


async def check_in(deliberation_id: UUID, actor: Actor, *, person_id: UUID, now: datetime) -> None:
    """签到: the town's clerk signs a person in; signing in twice keeps the first time, coming back is noted."""
    async with _convened(deliberation_id, actor, Action.SIGN_IN, now) as (_work, deliberation):
        member = await PanelMember.get_or_none(deliberation_id=deliberation.id, person_id=person_id)
        if member is None:
            raise NotFoundError("not_on_panel", "这个人不在会议名单上, 请核对姓名。")
        if member.checked_in_at is None or member.left_at is not None:
            back = member.checked_in_at is not None
            await PanelMember.filter(id=member.id).update(checked_in_at=member.checked_in_at or now, left_at=None)
            await audit.record(
                actor,
                "came_back" if back else "checked_in",
                f"deliberation:{deliberation.id}",
                now=now,
                clause="四(二)a",
                detail={"member": str(member.id)},
            )


async def leave(deliberation_id: UUID, actor: Actor, *, person_id: UUID, now: datetime) -> None:
    """Somebody leaves before the vote is closed, and is not counted: the electorate is who is there at the close."""
    async with _convened(deliberation_id, actor, Action.SIGN_IN, now) as (_work, deliberation):
        changed = await PanelMember.filter(
            deliberation_id=deliberation.id, person_id=person_id, checked_in_at__isnull=False, left_at=None
        ).update(left_at=now)
        if not changed:
            raise NotFoundError("not_present", "这个人没有签到或已经离开, 请核对姓名。")
        await audit.record(actor, "left", f"deliberation:{deliberation.id}", now=now, clause="四(二)a")


async def recuse(deliberation_id: UUID, actor: Actor, *, person_id: UUID, reason: str, now: datetime) -> None:
    """回避: takes effect before anything is counted (policy-model §1.10.16). Near relatives must, others may."""
    async with _convened(deliberation_id, actor, Action.SIGN_IN, now) as (work, deliberation):
        member = await PanelMember.get_or_none(deliberation_id=deliberation.id, person_id=person_id)
        if member is None:
            raise NotFoundError("not_on_panel", "这个人不在会议名单上, 请核对姓名。")
        member.recused_reason = reason
        await member.save(update_fields=["recused_reason"])
        if reason in quorum.NEAR_RELATIVES:
            await duties.note_relative(work.case, person_id, reason, actor, now=now)
        await audit.record(
            actor,
            "recused",
            f"deliberation:{deliberation.id}",
            now=now,
            clause="四(二)a",
            detail={"near_relative": reason in quorum.NEAR_RELATIVES},
        )


async def give_opinion(deliberation_id: UUID, actor: Actor, *, opinion: str, now: datetime) -> None:
    """The 纪(工)委 observer's 监督意见; only the observer of this meeting gives it."""
    async with _convened(deliberation_id, actor, Action.SUPERVISE, now) as (_work, deliberation):
        if not await PanelMember.exists(
            deliberation_id=deliberation.id, person_id=actor.person_id, duty="supervisor", checked_in_at__isnull=False
        ):
            raise NotAllowedError("not_the_supervisor", "监督意见由到会签到的纪(工)委人员填写。")
        deliberation.supervisor_opinion = opinion
        await deliberation.save(update_fields=["supervisor_opinion"])
        await audit.record(
            actor, "supervisor_opinion_given", f"deliberation:{deliberation.id}", now=now, clause="四(二)a"
        )


async def ask_override(deliberation_id: UUID, actor: Actor, *, reason: str, now: datetime) -> None:
    """The town asks a leader to agree that fewer than 12 conclude (“一般”, 四(二)a); asking anew replaces it."""
    async with _convened(deliberation_id, actor, Action.TALLY, now) as (_work, deliberation):
        deliberation.override_reason, deliberation.override_asked_by = reason, actor.person_id
        deliberation.override_leader = deliberation.override_agreed_by = None
        await deliberation.save()
        await audit.record(actor, "override_asked", f"deliberation:{deliberation.id}", now=now, clause="四(二)a")


async def agree_to_override(deliberation_id: UUID, actor: Actor, *, now: datetime) -> None:
    """A town leader agrees, and is named: never who asked. Raises ConflictError where nobody asked."""
    async with _convened(deliberation_id, actor, Action.AGREE_TO_OVERRIDE, now) as (_work, deliberation):
        if deliberation.override_reason is None:
            raise ConflictError("override_not_asked", "还没有人申请按不足12人评议, 请先由经办人写明理由。")
        if deliberation.override_asked_by == actor.person_id:
            raise NotAllowedError("same_person", "申请和同意要由两个人分别办理。")
        deliberation.override_leader, deliberation.override_agreed_by = actor.name, actor.person_id
        await deliberation.save()
        await audit.record(actor, "override_agreed", f"deliberation:{deliberation.id}", now=now, clause="四(二)a")


async def close(
    deliberation_id: UUID,
    actor: Actor,
    *,
    agree: int,
    against: int,
    abstain: int,
    late_reason: str = "",
    now: datetime,
) -> quorum.QuorumFinding:
    """Close the vote: the electorate is frozen, the tally is counts only.

    Fewer than 12 need a leader's agreement beforehand (`ask_override`, `agree_to_override`); a meeting after the five
    days needs its reason. Raises ConflictError saying who or what is missing, InvalidInputError.
    """
    async with _convened(deliberation_id, actor, Action.TALLY, now) as (work, deliberation):
        if deliberation.supervisor_opinion is None:
            raise ConflictError("opinion_missing", "请先由纪(工)委人员填写监督意见, 再结束评议。")
        members = await PanelMember.filter(deliberation_id=deliberation.id)
        tally = quorum.Tally(agree=agree, against=against, abstain=abstain)
        readings = readings_of(work.case)
        if tally.total > len(quorum.voters(as_attendees(members, expected=False), readings)):
            raise InvalidInputError("too_many_votes", "票数比计入的到会人数还多, 请核对后再填。")
        override = (
            quorum.Override(
                reason=deliberation.override_reason,
                town_leader=deliberation.override_leader,
                supervisor_note=deliberation.supervisor_opinion,
            )
            if deliberation.override_reason and deliberation.override_leader
            else None
        )
        finding = quorum.count(
            as_attendees(members, expected=False),
            in_village=not work.case.village.is_community,
            tally=tally,
            override=override,
            readings=readings,
        )
        await work.move(commands.RecordDeliberation(finding, late_reason), late_reason=late_reason)
        deliberation.update_from_dict(
            {
                "status": "held",
                "agree": agree,
                "against": against,
                "abstain": abstain,
                "counted": finding.counted,
                "passed": finding.passed,
                "closed_at": now,
                "closed_by": actor.person_id,
            }
        )
        if not finding.overridden:  # asked for in vain: enough people came after all, or no leader agreed
            deliberation.override_reason = deliberation.override_asked_by = None
            deliberation.override_leader = deliberation.override_agreed_by = None
        await deliberation.save()
    return finding


async def void(deliberation_id: UUID, actor: Actor, *, reason: str, now: datetime) -> None:
    """The meeting did not come about; the old clock keeps running (policy-model §1.10.2). Members are told."""
    async with _convened(deliberation_id, actor, Action.CONVENE, now) as (work, deliberation):
        await work.move(commands.VoidMeeting(reason))
        await call_off(work.case, deliberation, reason=reason, now=now)


@asynccontextmanager
async def _convened(
    deliberation_id: UUID, actor: Actor, action: Action, now: datetime
) -> AsyncIterator[tuple[Work, Deliberation]]:
    """The case of a meeting that is still to be concluded, locked: what is counted cannot change meanwhile."""
    found = await Deliberation.get_or_none(id=deliberation_id)
    if found is None:
        raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
    async with step(found.case_id, actor, action, now) as work:
        deliberation = await Deliberation.filter(id=deliberation_id).select_for_update().get()
        if deliberation.status != "convened":
            raise ConflictError("meeting_over", "这次会议已经结束或改期, 请刷新后看当前进度。")
        yield work, deliberation
