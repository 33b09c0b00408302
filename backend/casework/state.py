"""What the process rules look at, read from the rows of one case."""

from datetime import date

from models.application import Case, CaseClock, Evidence, HomeVisit, Photo
from models.deliberation import Deliberation
from models.determination import Determination
from rules.caps import Band, savings_band
from rules.circumstances import Circumstance
from rules.process import CaseState
from rules.statuses import Recipient, Status


async def state_of(case: Case, today: date) -> CaseState:
    """The facts that the guards of `rules.process` ask about. Read under the case's lock before a move."""
    visit = await HomeVisit.filter(case_id=case.id).order_by("-signed", "-visitors").first()
    evidence_count = await Evidence.filter(case_id=case.id).count()
    held = await Deliberation.filter(case_id=case.id, status="held").order_by("-closed_at").first()
    decision = await Determination.filter(case_id=case.id).order_by("-recorded_at").prefetch_related("receipts").first()
    return CaseState(
        status=Status(case.status),
        circumstance=Circumstance[case.circumstance] if case.circumstance else None,
        visitors=visit.visitors if visit else 0,
        visit_signed=bool(visit and visit.signed),
        evidence_count=evidence_count,
        evidence_waiver=case.evidence_waiver,
        deliberation_passed=held.passed if held else None,
        receipts=frozenset(Recipient(receipt.recipient) for receipt in decision.receipts) if decision else frozenset(),
        valid_from=decision.valid_from if decision else None,
        savings=_savings(case),
        overdue=frozenset(
            await CaseClock.filter(case_id=case.id, stopped_at=None, due_on__lt=today).values_list("name", flat=True)
        ),
        ordinary_case_ref=case.ordinary_case_ref or "",
        supplement_open=await _supplement_open(case),
    )


async def _supplement_open(case: Case) -> bool:
    if case.supplement_wanted_at is None:
        return False
    wanted = case.supplement_wanted_at
    return not (
        await Evidence.filter(case_id=case.id, recorded_at__gt=wanted).exists()
        or await HomeVisit.filter(case_id=case.id, visited_at__gt=wanted).exists()
        or await Photo.filter(case_id=case.id, stored_at__gt=wanted).exists()
    )


def _savings(case: Case) -> Band | None:
    if case.deposit_fen is None or case.standard_fen is None:
        return None
    return savings_band(case.deposit_fen, case.standard_fen)
