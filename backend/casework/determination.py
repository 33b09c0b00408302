"""Step 3, 结果认定: to the leadership meeting, its decision, the three receipts (四(三))."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from tortoise.expressions import Q

from backend import audit
from backend.access import Action, Actor
from backend.casework import locks, telling
from backend.casework.moves import Work, step
from backend.casework.readings_in_force import readings_of
from backend.casework.standard import standard_on
from backend.clock import day_start, local_day
from backend.errors import ConflictError, InvalidInputError
from models.application import Case
from models.determination import Determination, ResultReceipt
from models.people import Person
from models.urgent_relief import UrgentDelivery
from notices.kinds import Kind
from notices.outbox import announce
from rules import commands
from rules.caps import Cap, temporary_aid_cap
from rules.circumstances import Circumstance
from rules.dates import months_before, years_after
from rules.deadlines import one_year_term
from rules.readings import StandardDate
from rules.statuses import Recipient

TEMPORARY_AID = "临时救助"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the leadership meeting decided. Money in 分; `medical_cost_fen` None: no medical cause (三(五)).

    `other_causes`: numbers of earlier grants within the window that were for another cause, each with the reason why.
    """

    meeting_no: str
    aid_type: str
    amount_fen: int
    valid_from: date
    medical_cost_fen: int | None = None
    departure_reason: str = ""
    other_causes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """An earlier grant of temporary aid or urgent money to the same household. Money in 分."""

    number: str
    granted_on: date
    amount_fen: int


async def submit_to_leaders(case_id: UUID, actor: Actor, *, now: datetime) -> Case:
    """The packet goes to the leadership meeting."""
    async with step(case_id, actor, Action.CONVENE, now) as work:
        await work.move(commands.SubmitToLeaders())
    return work.case


async def approve(case_id: UUID, actor: Actor, decision: Decision, *, now: datetime) -> Determination:
    """Record an approval: result and listing clocks start, the applicant is told that there is a result.

    For 三(五) the caps are hard, by the standard in force on the decision day (§1.10.4, §1.10.10).
    Raises InvalidInputError, ConflictError.
    """
    today = local_day(now)
    if decision.valid_from < today:
        raise InvalidInputError("valid_from_past", "生效日期不能早于认定当天, 请改正。")
    if decision.valid_from > years_after(today, 1):
        raise InvalidInputError("valid_from_far", "生效日期比认定当天晚了一年以上, 请核对年份。")
    async with step(case_id, actor, Action.DETERMINE, now) as work:
        if work.case.circumstance == Circumstance.C5.name and decision.aid_type != TEMPORARY_AID:
            raise InvalidInputError("aid_type_differs", "三(五)的救助类型是临时救助; 其他类型请按其他情形办。")
        # Two decisions for one household wait for each other: what the first grants, the second counts.
        await locks.one_at_a_time(f"household:{work.case.village_id}")
        cap = await _cap(work.case, decision.aid_type, decision.medical_cost_fen, decision.other_causes, today)
        standard = await standard_on(today)
        await work.move(
            commands.Approve(decision.amount_fen, cap.allowed_fen if cap else None, decision.departure_reason)
        )
        term = one_year_term(decision.valid_from)
        determination = await Determination.create(
            id=uuid4(),
            case_id=case_id,
            meeting_no=decision.meeting_no,
            decided_on=today,
            outcome="approved",
            aid_type=decision.aid_type,
            amount_fen=decision.amount_fen,
            valid_from=term.first_day,
            valid_to=term.last_day,
            standard_fen=standard.monthly_fen if standard else None,
            cap_lines=cap.lines if cap else None,
            other_causes=dict(decision.other_causes) or None,
            reason=decision.departure_reason,
            recorded_at=now,
        )
        await _announce_result(work)
    return determination


async def reject(case_id: UUID, actor: Actor, *, meeting_no: str, reason: str, now: datetime) -> Determination:
    """Record a rejection with its reason; the applicant is told that there is a result."""
    async with step(case_id, actor, Action.DETERMINE, now) as work:
        await work.move(commands.Reject(reason))
        determination = await Determination.create(
            id=uuid4(),
            case_id=case_id,
            meeting_no=meeting_no,
            decided_on=local_day(now),
            outcome="rejected",
            reason=reason,
            recorded_at=now,
        )
        await _announce_result(work)
    return determination


async def send_back(case_id: UUID, actor: Actor, *, reason: str, deliberate_again: bool, now: datetime) -> Case:
    """The leaders return the case: deliberate again under a new clock, or supplement the packet (§1.10.2)."""
    async with step(case_id, actor, Action.DETERMINE, now) as work:
        if deliberate_again:
            await work.move(commands.ReturnToDeliberation(reason))
        else:
            await work.move(commands.ReturnForSupplement(reason), supplement_wanted_at=now)
    return work.case


async def tell_result(
    case_id: UUID,
    actor: Actor,
    *,
    recipient: Recipient,
    channel: str,
    note: str,
    late_reason: str = "",
    now: datetime,
) -> bool:
    """Record that one of the three was told (四(三)); the third stops the result clock. True when all three are in.

    Telling the same recipient twice keeps the first. Raises ConflictError before a decision, or when the third is late
    without a reason.
    """
    async with step(case_id, actor, Action.TELL_RESULT, now) as work:
        determination = await Determination.filter(case_id=case_id).order_by("-recorded_at").first()
        if determination is None:
            raise ConflictError("not_decided", "还没有认定结果, 等领导班子会议认定后再登记反馈。")
        _, made = await ResultReceipt.get_or_create(
            defaults={"id": uuid4(), "told_at": now, "channel": channel, "note": note},
            determination_id=determination.id,
            recipient=recipient.value,
        )
        told = await ResultReceipt.filter(determination_id=determination.id).count()
        complete = told == len(Recipient)
        if made:
            await audit.record(
                actor, "result_told", f"case:{case_id}", now=now, clause="四(三)", detail={"recipient": recipient.value}
            )
        if made and complete:
            await work.stop_clock("result", late_reason)
    return complete


async def preview_cap(
    case_id: UUID, actor: Actor, *, medical_cost_fen: int | None, other_causes: Mapping[str, str], now: datetime
) -> tuple[Cap | None, list[Grant]]:
    """The cap of temporary aid as it stands today, with the grants that it counts: for the packet and for the meeting.

    Raises NotFoundError, NotAllowedError, InvalidInputError: 标准未配置.
    """
    async with step(case_id, actor, Action.READ_MONEY, now) as work:
        await audit.record(actor, "cap_read", f"case:{case_id}", now=now, clause="三(五)")
        today = local_day(now)
        cap = await _cap(work.case, TEMPORARY_AID, medical_cost_fen, other_causes, today)
        return cap, await grants_in_window(work.case, today)


async def grants_in_window(case: Case, on: date) -> list[Grant]:
    """Temporary aid and urgent money to the household within the window before `on` (§1.10.10, reading A15).

    The same day so many months earlier is outside; urgent money has the day on which it was handed over. The household
    is the same person, or a person of the same village with the same name or telephone, who was written down anew in an
    emergency: the meeting leaves out what was not the household's, by number and with the reason.
    """
    earliest = months_before(on, readings_of(case).cap_window_months)
    people = await _household(case)
    decided = await Determination.filter(
        case__applicant_id__in=people,
        outcome="approved",
        aid_type=TEMPORARY_AID,
        decided_on__gt=earliest,
        decided_on__lte=on,
    ).select_related("case")
    whose = Q(relief__person_id__in=people)
    if case.after_urgent_id:
        whose |= Q(relief_id=case.after_urgent_id)
    handed = await UrgentDelivery.filter(
        whose, delivered_at__gte=day_start(earliest + timedelta(days=1))
    ).select_related("relief")
    grants = [Grant(row.case.number, row.decided_on, row.amount_fen) for row in decided]
    grants += [Grant(row.relief.number, local_day(row.delivered_at), row.amount_fen) for row in handed]
    return sorted(grants, key=lambda grant: (grant.granted_on, grant.number))


async def _household(case: Case) -> list[UUID]:
    applicant = await Person.get(id=case.applicant_id)
    alike = Q(name=applicant.name)
    if applicant.phone:
        alike |= Q(phone_index=applicant.phone)
    return await Person.filter(Q(id=applicant.id) | Q(alike, village_id=case.village_id)).values_list("id", flat=True)


async def _cap(
    case: Case, aid_type: str, medical_cost_fen: int | None, other_causes: Mapping[str, str], on: date
) -> Cap | None:
    """The cap with its working; None where the aid is not temporary aid (A31: caps by aid type).

    Every grant counts unless it is named as of another cause, with the reason.
    """
    if aid_type != TEMPORARY_AID:
        return None
    grants = await grants_in_window(case, on)
    unknown = sorted(set(other_causes) - {grant.number for grant in grants})
    if unknown:
        raise InvalidInputError("grant_not_found", f"一年内没有{'、'.join(unknown)}这笔救助, 请核对编号。")
    if not all(reason.strip() for reason in other_causes.values()):
        raise InvalidInputError("cause_reason_missing", "不是同一事由的救助, 请逐笔写明理由。")
    standard = await standard_on(on)
    standard_fen = standard.monthly_fen if standard else None
    if readings_of(case).standard_date is StandardDate.CONFIRMED:
        standard_fen = case.standard_fen
    if standard_fen is None:
        raise InvalidInputError("standard_not_set", "低保标准未配置, 不能计算上限; 请先由区里录入标准。")
    return temporary_aid_cap(
        household=case.household_size,
        monthly_standard_fen=standard_fen,
        remaining_medical_fen=medical_cost_fen,
        already_granted_fen=sum(grant.amount_fen for grant in grants if grant.number not in other_causes),
    )


async def _announce_result(work: Work) -> None:
    await announce(
        Kind.CASE_DECIDED,
        f"decided:{work.case.id}:{work.case.version}",
        telling.case_facts(work.case),
        [work.case.applicant_id],
        now=work.now,
        subject=telling.about(work.case),
    )
