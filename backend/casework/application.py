"""Step 1, 提出申请: the lead, ordinary review, referral, the village starts, visit, evidence, confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from obstore.store import ObjectStore
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from backend import audit, photos
from backend.access import ANYWHERE, Action, Actor, Place, require
from backend.casework import linked_cases, locks, people
from backend.casework.moves import step
from backend.casework.readings_in_force import in_force
from backend.casework.standard import standard_on
from backend.clock import local_day
from backend.errors import InvalidInputError, NotFoundError
from models.application import Application, Case, Evidence, HomeVisit, Photo
from models.people import Person
from models.places import Village
from rules import commands
from rules.circumstances import Circumstance
from rules.statuses import Origin, Role, Status

MAX_PHOTOS = 12


@dataclass(frozen=True, slots=True)
class Submitted:
    """A stored preliminary application. `again` when this very submission had arrived before."""

    case: Case
    again: bool


# Until confirmation, and again when the leaders return a case for another deliberation or for a supplement (§1.10.2).
_EVIDENCE_MAY_COME = (Status.GATHERING_EVIDENCE, Status.CONFIRMED, Status.VOID, Status.DELIBERATED)


async def submit(
    actor: Actor,
    *,
    submission_key: str,
    story: str,
    household_size: int,
    facts: dict[str, object],
    now: datetime,
    renewal_of: UUID | None = None,
) -> Submitted:
    """A resident's 初步申请, their own or by an agent: a lead for staff, never 受理 (四(一); policy-model §1.1).

    The same `submission_key` again returns the first case: a weak signal's re-send makes no second one.
    Raises InvalidInputError when the person has not said where they live.
    """
    async with in_transaction():
        # No key: who holds the earlier case and writes a row about this person must not wait for us, who wait for it.
        person = await Person.filter(id=actor.subject_id).select_for_update(no_key=True).get()
        if person.village_id is None:
            raise InvalidInputError("village_missing", "请先选择您所在的村(社区), 再提交。")
        if actor.role is Role.AGENT:
            require(actor, Action.APPLY, ANYWHERE, owner_id=person.id)
        known = await Application.get_or_none(person_id=person.id, submission_key=submission_key).select_related("case")
        if known is not None:
            return Submitted(known.case, again=True)
        await people.require_guardian(person, local_day(now))
        earlier = None if renewal_of is None else await Case.get_or_none(id=renewal_of, applicant_id=person.id)
        if renewal_of is not None and earlier is None:
            raise NotFoundError("case_not_found", "没有找到要续办的事项, 请从“我的进度”里重新选择。")
        if earlier is not None:
            case = await linked_cases.renew(earlier, household_size=household_size, now=now)
        else:
            case = await linked_cases.open_case(
                Origin.LEAD, person=person, village_id=person.village_id, household_size=household_size, now=now
            )
        await Application.create(
            id=uuid4(),
            person_id=person.id,
            case=case,
            submission_key=submission_key,
            story=story,
            facts=facts,
            submitted_at=now,
        )
        await audit.record(actor, "application_submitted", f"case:{case.id}", now=now, clause="四(一)")
    return Submitted(case, again=False)


async def submit_for(
    actor: Actor,
    *,
    village_id: int,
    name: str,
    phone: str | None,
    born_on: date | None,
    household_size: int,
    story: str,
    submission_key: str,
    now: datetime,
) -> Submitted:
    """A worker writes down a lead for somebody who has no phone, or whom they found themselves (主动发现).

    The same `submission_key` again returns the first case. Raises NotFoundError, NotAllowedError.
    """
    async with in_transaction():
        village = await Village.get_or_none(id=village_id)
        if village is None:
            raise NotFoundError("village_not_found", "没有找到这个村(社区), 请重新选择。")
        require(actor, Action.REVIEW, Place(village.town_id, village.id))
        await locks.one_at_a_time(f"household:{village_id}")
        written = Application.filter(submission_key=submission_key, case__village_id=village_id, person__name=name)
        if (known := await written.select_related("case").first()) is not None:
            return Submitted(known.case, again=True)
        person = await people.find_or_write_down(name, phone, village_id, born_on=born_on, now=now)
        case = await linked_cases.open_case(
            Origin.LEAD, person=person, village_id=village_id, household_size=household_size, now=now
        )
        await Application.create(
            id=uuid4(),
            person_id=person.id,
            case=case,
            submission_key=submission_key,
            story=story,
            facts={},
            submitted_at=now,
        )
        await audit.record(actor, "application_written_down", f"case:{case.id}", now=now, clause="四(一)")
    return Submitted(case, again=False)


async def has_submitted(actor: Actor, submission_key: str) -> bool:
    """Whether this very submission has arrived before."""
    return await Application.exists(person_id=actor.subject_id, submission_key=submission_key)


async def add_photo(actor: Actor, case_id: UUID, data: bytes, *, store: ObjectStore, now: datetime) -> Photo:
    """Attach a supporting photo to one's own or the principal's case; the same picture twice is kept once.

    Raises InvalidInputError for what is no photo, is too large, or is one too many.
    """
    # Who may not add one here does not make the service decode it.
    await _photo_case(actor, Case.filter(id=case_id))
    clean = await photos.clean(data)
    photo_id = uuid4()
    key = f"photos/{photo_id}.jpg"
    async with in_transaction():
        await _photo_case(actor, Case.filter(id=case_id).select_for_update(of=("case",)))
        known = await Photo.get_or_none(case_id=case_id, sha256=clean.sha256)
        if known is not None:
            return known
        if await Photo.filter(case_id=case_id).count() >= MAX_PHOTOS:
            raise InvalidInputError("photos_too_many", f"最多上传{MAX_PHOTOS}张照片, 其余的可以带到窗口。")
        # Stored before the row commits: a row never points at bytes that are not there.
        await photos.store(store, key, clean)
        photo = await Photo.create(
            id=photo_id,
            case_id=case_id,
            key=key,
            sha256=clean.sha256,
            width=clean.width,
            height=clean.height,
            size=len(clean.data),
            stored_at=now,
        )
        await audit.record(actor, "photo_added", f"case:{case_id}", now=now, detail={"photo": str(photo.id)})
    return photo


async def _photo_case(actor: Actor, found: QuerySet[Case]) -> Case:
    case = await found.select_related("village").get_or_none()
    if case is None:
        raise NotFoundError("case_not_found", "没有找到这个事项, 请返回列表重新选择。")
    require(actor, Action.ADD_PHOTO, Place(case.village.town_id, case.village_id), owner_id=case.applicant_id)
    return case


async def begin_review(case_id: UUID, actor: Actor, *, ordinary_case_ref: str, now: datetime) -> Case:
    """The ordinary review begins (四(一)): 低保, 特困, 临时救助 come first."""
    async with step(case_id, actor, Action.REVIEW, now) as work:
        await work.move(commands.BeginReview(ordinary_case_ref), ordinary_case_ref=ordinary_case_ref)
    return work.case


async def resolve(case_id: UUID, actor: Actor, *, reason: str, now: datetime) -> Case:
    """Ordinary aid serves; the procedure is not needed."""
    async with step(case_id, actor, Action.REVIEW, now) as work:
        await work.move(commands.ResolveByOrdinaryAid(reason))
    return work.case


async def refer(case_id: UUID, actor: Actor, *, circumstance: Circumstance, reason: str, now: datetime) -> Case:
    """反馈: staff refer the case to the village (四(一))."""
    async with step(case_id, actor, Action.REVIEW, now) as work:
        command = commands.ReferToVillage(circumstance, reason)
        await work.move(command, circumstance=circumstance.name, referral_reason=reason)
    return work.case


async def refer_again(
    case_id: UUID, actor: Actor, *, reason: str, circumstance: Circumstance | None = None, now: datetime
) -> Case:
    """The village declined; the town looked at it and refers it once more, with a reason (§1.10.2)."""
    async with step(case_id, actor, Action.REFER_AGAIN, now) as work:
        kept = circumstance.name if circumstance else work.case.circumstance
        await work.move(commands.ReferAgain(reason, circumstance), referral_reason=reason, circumstance=kept)
    return work.case


async def initiate(case_id: UUID, actor: Actor, *, now: datetime) -> Case:
    """启动: the village committee starts the procedure (四(一))."""
    async with step(case_id, actor, Action.START, now) as work:
        await work.move(commands.Initiate())
    return work.case


async def decline(case_id: UUID, actor: Actor, *, reason: str, now: datetime) -> Case:
    """The village declines, with a reason; the town looks at it again."""
    async with step(case_id, actor, Action.START, now) as work:
        await work.move(commands.Decline(reason))
    return work.case


async def gather_evidence(case_id: UUID, actor: Actor, *, now: datetime) -> Case:
    """Home visit and evidence begin."""
    async with step(case_id, actor, Action.INVESTIGATE, now) as work:
        await work.move(commands.GatherEvidence())
    return work.case


async def record_visit(
    case_id: UUID,
    actor: Actor,
    *,
    visited_at: datetime,
    visitors: int,
    signed: bool,
    findings: str,
    visitor_ids: Sequence[UUID] = (),
    now: datetime,
) -> HomeVisit:
    """入户调查: at least one visitor; two and both signatures are asked for at confirmation.

    `visitor_ids`: those of them who are known to the service, who by reading A7 do not count at the deliberation.
    """
    async with step(case_id, actor, Action.INVESTIGATE, now) as work:
        work.require_status(*_EVIDENCE_MAY_COME)
        if visited_at > now:
            raise InvalidInputError("visit_in_future", "入户时间不能晚于现在, 请改正。")
        if await Person.filter(id__in=list(visitor_ids)).count() != len(set(visitor_ids)):
            raise InvalidInputError("visitor_unknown", "有入户人员不在系统里, 请核对; 不在系统里的只填人数。")
        visit = await HomeVisit.create(
            id=uuid4(),
            case_id=case_id,
            visited_at=visited_at,
            visitors=max(visitors, len(set(visitor_ids))),
            visitor_ids=[str(person) for person in dict.fromkeys(visitor_ids)],
            signed=signed,
            findings=findings,
            recorded_by_id=actor.account_id,
        )
        await audit.record(actor, "home_visit_recorded", f"case:{case_id}", now=now, detail={"visitors": visitors})
    return visit


async def add_evidence(case_id: UUID, actor: Actor, *, title: str, now: datetime) -> Evidence:
    """佐证材料: note one thing that proves something; the same title twice in one round is kept once."""
    async with step(case_id, actor, Action.INVESTIGATE, now) as work:
        work.require_status(*_EVIDENCE_MAY_COME)
        known = await Evidence.get_or_none(case_id=case_id, title_index=title)
        wanted = work.case.supplement_wanted_at
        if known is not None and not known.carried_over and (wanted is None or known.recorded_at > wanted):
            return known
        if known is None:
            known = Evidence(id=uuid4(), case_id=case_id, title=title)
        # The same paper anew: in place of what was carried over, or of what the leaders wanted renewed.
        known.recorded_at, known.carried_over = now, False
        await known.save()
        await audit.record(actor, "evidence_added", f"case:{case_id}", now=now)
    return known


async def return_evidence(case_id: UUID, actor: Actor, *, reason: str, now: datetime) -> Case:
    """The town sends the papers back to be completed; the five days have not begun (§1.10.2)."""
    async with step(case_id, actor, Action.RETURN_EVIDENCE, now) as work:
        await work.move(commands.ReturnEvidence(reason))
    return work.case


async def confirm(
    case_id: UUID,
    actor: Actor,
    *,
    household_size: int,
    evidence_waiver: str | None,
    deposit_fen: int | None = None,
    circumstance: Circumstance | None = None,
    change_reason: str = "",
    now: datetime,
) -> Case:
    """The town confirms that the case fits: the 5-working-day clock starts (四(二)a; reading A1).

    `household_size` is what the town checked: the members who live together (A17), whatever the application said.
    `circumstance`: another than the referral's, with its reason. The readings and the living standard of the day are
    pinned to the case (§1.10.10). For 三(四) `deposit_fen` is the checked bank deposit; its band by that standard must
    lie between 4 and 10 times. Raises InvalidInputError: 标准未配置.
    """
    async with step(case_id, actor, Action.CONFIRM, now) as work:
        today = local_day(now)
        standard = await standard_on(today)
        fixed = circumstance.name if circumstance else work.case.circumstance
        if fixed == Circumstance.C4.name and standard is None:
            raise InvalidInputError("standard_not_set", "低保标准未配置, 不能核对存款倍数; 请先由区里录入标准。")
        written = {"household_size": work.case.household_size, "circumstance": work.case.circumstance}
        work.case.evidence_waiver = evidence_waiver
        work.case.reason = change_reason or work.case.reason
        work.case.deposit_fen = deposit_fen
        work.case.standard_fen = standard.monthly_fen if standard else None
        await work.move(
            commands.Confirm(circumstance, change_reason),
            confirmed_on=today,
            readings=in_force().as_json(),
            household_size=household_size,
            circumstance=fixed,
        )
        checked = {"household_size": household_size, "circumstance": fixed}
        if checked != written:
            detail = {"before": written, "after": checked, "reason": audit.digest(change_reason)}
            await audit.record(actor, "facts_checked", f"case:{case_id}", now=now, clause="四(二)a", detail=detail)
        # The reading may have changed since the referral: whichever it is, from here on the five days run.
        await work.start_clock("review")
    return work.case


async def withdraw(case_id: UUID, actor: Actor, *, reason: str, now: datetime) -> Case:
    """The applicant withdraws a case that is not decided yet."""
    async with step(case_id, actor, Action.WITHDRAW, now) as work:
        await work.move(commands.Withdraw(reason))
    return work.case


async def close(case_id: UUID, actor: Actor, *, reason: str, now: datetime) -> Case:
    """Staff close a case that is not decided, with a reason that the resident is told."""
    async with step(case_id, actor, Action.CLOSE, now) as work:
        await work.move(commands.Close(reason))
    return work.case


async def villages() -> list[Village]:
    """All villages with their towns, in the order of the district's list."""
    return await Village.all().select_related("town").order_by("town_id", "id")
