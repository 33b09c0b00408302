"""A renewal and a case after urgent money are new cases, linked, that start in ordinary review (§1.10.3)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from backend.casework import application, linked_cases, urgent_relief, view
from backend.errors import ConflictError, NotAllowedError, NotFoundError
from models.application import Case, Evidence
from models.outbox import Delivery
from models.trail import TrailEntry
from models.urgent_relief import UrgentRelief
from rules.circumstances import Circumstance
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


async def delivered(place: SmallDistrict, amount_fen: int = 300_000) -> UrgentRelief:
    """An urgent relief with money in hand."""
    worker = place.actors[Role.WORKER]
    relief = await urgent_relief.report(
        worker, village_id=place.village.id, name="火灾户", phone=None, what_happened="失火", now=NOW
    )
    await urgent_relief.deliver(
        relief.id, worker, amount_fen=amount_fen, form="现金", delivered_at=NOW, late_reason="", now=NOW
    )
    return relief


async def test_nobody_is_woken_for_what_is_not_urgent_any_more(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    relief = await delivered(place)
    assert await Delivery.filter(status="pending").count() > 1
    await urgent_relief.lift(relief.id, worker, now=NOW)
    assert set(await Delivery.all().values_list("status", flat=True)) == {"cancelled"}


async def test_a_renewal_carries_the_evidence_over_and_begins_its_own_ordinary_review(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    earlier = await place.case("in_force")
    for title in ("残疾证", "诊断证明"):
        await Evidence.create(id=district.uuid4(), case=earlier, title=title, recorded_at=NOW)
    case = await linked_cases.renew_for(earlier.id, worker, household_size=2, now=NOW)
    assert (case.status, case.renewal_of_id, case.ordinary_case_ref) == ("under_review", earlier.id, None)
    carried = await Evidence.filter(case_id=case.id)
    assert sorted((row.title, row.carried_over) for row in carried) == [("残疾证", True), ("诊断证明", True)]
    with pytest.raises(ConflictError, match="先按普通救助审核"):
        await application.refer(case.id, worker, circumstance=Circumstance.C6, reason="还是难", now=NOW)
    await application.begin_review(case.id, worker, ordinary_case_ref="普通-2", now=NOW)
    with pytest.raises(ConflictError, match="已经在审核"):
        await application.begin_review(case.id, worker, ordinary_case_ref="普通-3", now=NOW)
    await application.refer(case.id, worker, circumstance=Circumstance.C6, reason="还是难", now=NOW)
    seen = await view.read_case(case.id, worker, now=NOW)
    assert seen["renewal_of"] == earlier.number
    assert await TrailEntry.filter(action="renewed").count() == 1


@pytest.mark.parametrize(
    ("renewal", "possible"), [("approved", False), ("in_force", False), ("rejected", True), ("withdrawn", True)]
)
async def test_one_year_is_renewed_once_and_again_only_when_that_came_to_nothing(
    database: str, renewal: str, possible: bool
) -> None:
    place = await district.build()
    earlier = await place.case("expired")
    await place.case(renewal, renewal_of_id=earlier.id)
    if possible:
        await linked_cases.renew_for(earlier.id, place.actors[Role.WORKER], household_size=2, now=NOW)
    else:
        with pytest.raises(ConflictError, match="已经续办过"):
            await linked_cases.renew_for(earlier.id, place.actors[Role.WORKER], household_size=2, now=NOW)


@pytest.mark.parametrize("status", ["submitted", "confirmed", "approved", "rejected", "terminated", "closed"])
async def test_only_what_is_in_force_or_over_can_be_renewed(database: str, status: str) -> None:
    place = await district.build()
    earlier = await place.case(status)
    with pytest.raises(ConflictError, match="才能续办"):
        await linked_cases.renew_for(earlier.id, place.actors[Role.WORKER], household_size=2, now=NOW)
    assert await Case.all().count() == 1


@pytest.mark.parametrize("attempt", range(5))
async def test_a_resident_and_a_worker_who_renew_at_once_make_one_case(database: str, attempt: int) -> None:
    """Several times over: who waited for whom in a ring was a matter of luck."""
    place = await district.build()
    earlier = await place.case("expired")

    async def resident(key: str) -> object:
        return await application.submit(
            place.actors[Role.RESIDENT],
            submission_key=key,
            story="还是难",
            household_size=2,
            facts={},
            renewal_of=earlier.id,
            now=NOW,
        )

    async def worker() -> object:
        return await linked_cases.renew_for(earlier.id, place.actors[Role.WORKER], household_size=2, now=NOW)

    outcomes = await asyncio.gather(
        resident("renewal-1"), worker(), resident("renewal-2"), worker(), return_exceptions=True
    )
    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 3
    assert await Case.filter(renewal_of_id=earlier.id).count() == 1


async def test_another_towns_worker_and_a_village_cannot_renew(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    earlier = await here.case("expired")
    for who in (there.actors[Role.WORKER], here.actors[Role.VILLAGE]):
        with pytest.raises(NotAllowedError):
            await linked_cases.renew_for(earlier.id, who, household_size=2, now=NOW)
    with pytest.raises(NotFoundError):
        await linked_cases.renew_for(district.uuid4(), here.actors[Role.WORKER], household_size=2, now=NOW)


async def test_lasting_help_after_urgent_money_is_a_linked_case_once(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    relief = await delivered(place)
    case = await linked_cases.continue_after_urgent(relief.id, worker, household_size=3, now=NOW)
    assert (case.status, case.after_urgent_id, case.applicant_id) == ("under_review", relief.id, relief.person_id)
    with pytest.raises(ConflictError, match="已经转了"):
        await linked_cases.continue_after_urgent(relief.id, worker, household_size=3, now=NOW)
    seen = await view.read_case(case.id, worker, now=NOW)
    assert seen["after_urgent"] == relief.number


async def test_before_the_money_is_there_no_case_is_made_of_an_emergency(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    relief = await urgent_relief.report(
        worker, village_id=place.village.id, name="火灾户", phone=None, what_happened="失火", now=NOW
    )
    with pytest.raises(ConflictError, match="先把钱物送到"):
        await linked_cases.continue_after_urgent(relief.id, worker, household_size=3, now=NOW)
    with pytest.raises(NotFoundError):
        await linked_cases.continue_after_urgent(district.uuid4(), worker, household_size=3, now=NOW)
    with pytest.raises(NotAllowedError):
        await linked_cases.continue_after_urgent(relief.id, place.actors[Role.VILLAGE], household_size=3, now=NOW)


async def test_the_24_hours_run_from_the_first_report_to_the_village(database: str) -> None:
    from backend.errors import InvalidInputError

    place = await district.build()
    worker = place.actors[Role.WORKER]
    heard = NOW - timedelta(hours=3)
    relief = await urgent_relief.report(
        worker, village_id=place.village.id, name="户", phone=None, what_happened="水灾", reported_at=heard, now=NOW
    )
    assert (relief.reported_at, relief.informed_at, relief.due_at) == (heard, NOW, heard + timedelta(hours=24))
    with pytest.raises(InvalidInputError, match="晚于现在"):
        await urgent_relief.report(
            worker,
            village_id=place.village.id,
            name="户",
            phone=None,
            what_happened="水灾",
            reported_at=NOW + timedelta(minutes=1),
            now=NOW,
        )
    with pytest.raises(InvalidInputError, match="晚于现在"):
        await urgent_relief.deliver(
            relief.id,
            worker,
            amount_fen=100,
            form="现金",
            delivered_at=NOW + timedelta(minutes=1),
            late_reason="",
            now=NOW,
        )
