"""Step 3, 结果认定: to the leadership meeting, its decision, the three receipts (四(三))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from tortoise.expressions import Q

from backend import audit
from backend.access import Action, Actor
from backend.casework.moves import Work, step
from backend.casework.readings_in_force import readings_of
from backend.casework.standard import standard_on
from backend.clock import day_start, local_day
from backend.errors import ConflictError, InvalidInputError
from models.application import Case
from models.determination import Determination, ResultReceipt
from models.urgent_relief import UrgentRelief
from notices.kinds import Kind
from notices.outbox import announce
from rules import commands
from rules.caps import Cap, temporary_aid_cap
from rules.circumstances import Circumstance
from rules.dates import months_before
from rules.deadlines import one_year_term
from rules.readings import StandardDate
from rules.statuses import Recipient


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
    async with step(case_id, actor, Action.DETERMINE, now) as work:
        grants = await grants_in_window(work.case, today)
        cap = await _cap(work.case, decision.medical_cost_fen, grants, decision.other_causes, today)
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
        command: commands.Command = (
            commands.ReturnToDeliberation(reason) if deliberate_again else commands.ReturnForSupplement(reason)
        )
        await work.move(command)
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
    """The 三(五) cap as it stands today, with the grants that it counts: for the packet and for the meeting.

    Raises NotFoundError, NotAllowedError, InvalidInputError: 标准未配置.
    """
    async with step(case_id, actor, Action.READ_CASE, now) as work:
        today = local_day(now)
        grants = await grants_in_window(work.case, today)
        return await _cap(work.case, medical_cost_fen, grants, other_causes, today), grants


async def grants_in_window(case: Case, on: date) -> list[Grant]:
    """Temporary aid and urgent money to the household within the window before `on` (§1.10.10, reading A15).

    The same day so many months earlier is outside. An urgent relief is the household's when the case came from it or
    names the same person.
    """
    earliest = months_before(on, readings_of(case).cap_window_months)
    decided = await Determination.filter(
        case__applicant_id=case.applicant_id,
        outcome="approved",
        aid_type="临时救助",
        decided_on__gt=earliest,
        decided_on__lte=on,
    ).select_related("case")
    whose = Q(person_id=case.applicant_id)
    if case.after_urgent_id:
        whose |= Q(id=case.after_urgent_id)
    reliefs = await UrgentRelief.filter(
        whose,
        total_fen__gt=0,
        reported_at__gte=day_start(earliest + timedelta(days=1)),
    )
    grants = [Grant(row.case.number, row.decided_on, row.amount_fen) for row in decided]
    grants += [Grant(row.number, local_day(row.reported_at), row.total_fen) for row in reliefs]
    return sorted(grants, key=lambda grant: (grant.granted_on, grant.number))


async def _cap(
    case: Case, medical_cost_fen: int | None, grants: Sequence[Grant], other_causes: Mapping[str, str], on: date
) -> Cap | None:
    """The cap with its working, or None where no cap applies. Every grant counts unless named as of another cause."""
    if case.circumstance != Circumstance.C5.name:
        return None
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
        {"number": work.case.number, "page_id": str(work.case.id)},
        [work.case.applicant_id],
        now=work.now,
    )
