"""Step 2, 民主评议: convene, change, check in, recuse, supervise, close (四(二)a). Answers stand in `rsvp`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from backend import audit
from backend.access import Action, Actor
from backend.casework import duties, seats
from backend.casework.convened import convened
from backend.casework.meetings import call_off, tell_changed, tell_convened
from backend.casework.moves import step
from backend.casework.panel import SUPERVISOR, as_attendees, eligible_capacities, investigators_of
from backend.casework.readings_in_force import readings_of
from backend.clock import local_day
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from models.deliberation import Deliberation, PanelMember
from models.people import Person
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
    async with step(case_id, actor, Action.CONVENE, now) as work:
        capacities = await seats.check(work.case, panel, supervisor, meets_at=meets_at, now=now)
        deliberation = Deliberation(
            id=uuid4(), case_id=case_id, meets_at=meets_at, place=place, status="convened", convened_by=actor.person_id
        )
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
        await work.move(commands.Schedule(meets_at, seats.forecast_of(work.case, members, answered_only=False)))
        await deliberation.save(force_create=True)
        await PanelMember.bulk_create(members)
        asked = [UUID(str(member.person_id)) for member in members if member.recused_reason is None]
        await tell_convened(work.case, deliberation, asked, str(deliberation.id), now=now)
    return deliberation


async def change(deliberation_id: UUID, actor: Actor, *, meets_at: datetime, place: str, now: datetime) -> Deliberation:
    """Another time or place for the same panel, under the rules of convening; everybody's answer is asked anew.

    Who steps aside still does, and who was replaced is free. Raises InvalidInputError for who is not on the roster on
    the new day, or where nothing is different; ConflictError once somebody has signed in, or when the rules refuse.
    """
    async with convened(deliberation_id, actor, Action.CONVENE, now) as (work, deliberation):
        if (meets_at, place) == (deliberation.meets_at, deliberation.place):
            raise InvalidInputError("meeting_unchanged", "时间和地点都没有变, 不用改。")
        members = await PanelMember.filter(deliberation_id=deliberation_id, replaced_by=None)
        if any(member.checked_in_at is not None for member in members):
            raise ConflictError("meeting_begun", "已经有人签到, 不能再改时间地点; 没有开成的请作废后重新约。")
        sitting = [UUID(str(member.person_id)) for member in members if member.duty != "supervisor"]
        watching = next(UUID(str(member.person_id)) for member in members if member.duty == "supervisor")
        capacities = await seats.check(work.case, sitting, watching, meets_at=meets_at, now=now)
        for member in members:
            if member.duty != "supervisor":
                member.capacities = sorted(capacities[UUID(str(member.person_id))] - {SUPERVISOR})
            if member.answer != "recusal":
                member.answer, member.answered_at, member.substitute_wanted = "unanswered", None, None
            await member.save(update_fields=["capacities", "answer", "answered_at", "substitute_wanted"])
        await work.move(commands.ChangeMeeting(meets_at, seats.forecast_of(work.case, members, answered_only=False)))
        deliberation.meets_at, deliberation.place, deliberation.changes = meets_at, place, deliberation.changes + 1
        await deliberation.save(update_fields=["meets_at", "place", "changes"])
        asked = [
            UUID(str(member.person_id))
            for member in members
            if member.answer != "recusal" and member.recused_reason is None
        ]
        await tell_changed(work.case, deliberation, asked, now=now)
    return deliberation


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


async def forecast(deliberation_id: UUID) -> quorum.QuorumFinding:
    """Who and what is still missing, from the answers: 已确认9人,还差3人,缺纪(工)委."""
    deliberation = await Deliberation.get_or_none(id=deliberation_id).select_related("case__village")
    if deliberation is None:
        raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
    members = await PanelMember.filter(deliberation_id=deliberation_id)
    return seats.forecast_of(deliberation.case, members, answered_only=True)


async def check_in(deliberation_id: UUID, actor: Actor, *, person_id: UUID, now: datetime) -> None:
    """签到: the town's clerk signs a person in; signing in twice keeps the first time, coming back is noted."""
    async with convened(deliberation_id, actor, Action.SIGN_IN, now) as (_work, deliberation):
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
    async with convened(deliberation_id, actor, Action.SIGN_IN, now) as (_work, deliberation):
        changed = await PanelMember.filter(
            deliberation_id=deliberation.id, person_id=person_id, checked_in_at__isnull=False, left_at=None
        ).update(left_at=now)
        if not changed:
            raise NotFoundError("not_present", "这个人没有签到或已经离开, 请核对姓名。")
        await audit.record(actor, "left", f"deliberation:{deliberation.id}", now=now, clause="四(二)a")


async def recuse(deliberation_id: UUID, actor: Actor, *, person_id: UUID, reason: str, now: datetime) -> None:
    """回避: takes effect before anything is counted (policy-model §1.10.16). Near relatives must, others may."""
    async with convened(deliberation_id, actor, Action.SIGN_IN, now) as (work, deliberation):
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
    async with convened(deliberation_id, actor, Action.SUPERVISE, now) as (_work, deliberation):
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
    async with convened(deliberation_id, actor, Action.TALLY, now) as (_work, deliberation):
        deliberation.override_reason, deliberation.override_asked_by = reason, actor.person_id
        deliberation.override_leader = deliberation.override_agreed_by = None
        await deliberation.save()
        await audit.record(actor, "override_asked", f"deliberation:{deliberation.id}", now=now, clause="四(二)a")


async def agree_to_override(deliberation_id: UUID, actor: Actor, *, now: datetime) -> None:
    """A town leader agrees, and is named: never who asked. Raises ConflictError where nobody asked."""
    async with convened(deliberation_id, actor, Action.AGREE_TO_OVERRIDE, now) as (_work, deliberation):
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
    async with convened(deliberation_id, actor, Action.TALLY, now) as (work, deliberation):
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
    async with convened(deliberation_id, actor, Action.CONVENE, now) as (work, deliberation):
        await work.move(commands.VoidMeeting(reason))
        await call_off(work.case, deliberation, reason=reason, now=now)
