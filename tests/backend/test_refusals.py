"""Each move that the process does not know is refused with a reason and changes nothing, on the real database."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from backend.access import Actor
from backend.casework import application, deliberation, determination, disclosure, follow_up
from backend.errors import CaseworkError, ConflictError, NotAllowedError, NotFoundError
from models.application import Case, CaseClock
from models.trail import TrailEntry
from rules.circumstances import Circumstance
from rules.process import TRANSITIONS
from rules.statuses import Role, Status
from tests.backend import district
from tests.backend.district import SmallDistrict

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
Step = Callable[[UUID, Actor, SmallDistrict], Awaitable[object]]

DECISION = determination.Decision("1号", "低保", 98_000, date(2026, 9, 28))

STEPS: dict[str, tuple[Role, Step]] = {
    "BeginReview": (Role.WORKER, lambda c, a, d: application.begin_review(c, a, ordinary_case_ref="普通-1", now=NOW)),
    "ResolveByOrdinaryAid": (Role.WORKER, lambda c, a, d: application.resolve(c, a, reason="可以低保", now=NOW)),
    "ReferToVillage": (
        Role.WORKER,
        lambda c, a, d: application.refer(c, a, circumstance=Circumstance.C6, reason="解决不了", now=NOW),
    ),
    "ReferAgain": (Role.TOWN, lambda c, a, d: application.refer_again(c, a, reason="再次核实", now=NOW)),
    "ReturnEvidence": (Role.TOWN, lambda c, a, d: application.return_evidence(c, a, reason="照片看不清", now=NOW)),
    "Initiate": (Role.VILLAGE, lambda c, a, d: application.initiate(c, a, now=NOW)),
    "Decline": (Role.VILLAGE, lambda c, a, d: application.decline(c, a, reason="不属实", now=NOW)),
    "GatherEvidence": (Role.WORKER, lambda c, a, d: application.gather_evidence(c, a, now=NOW)),
    "Confirm": (
        Role.TOWN,
        lambda c, a, d: application.confirm(c, a, household_size=3, evidence_waiver="确实没有", now=NOW),
    ),
    "Schedule": (
        Role.TOWN,
        lambda c, a, d: deliberation.convene(
            c, a, meets_at=NOW + timedelta(days=2), place="礼堂", panel=d.members, supervisor=d.supervisor, now=NOW
        ),
    ),
    "SubmitToLeaders": (Role.TOWN, lambda c, a, d: determination.submit_to_leaders(c, a, now=NOW)),
    "Approve": (Role.LEADERS, lambda c, a, d: determination.approve(c, a, DECISION, now=NOW)),
    "Reject": (Role.LEADERS, lambda c, a, d: determination.reject(c, a, meeting_no="1", reason="不符合", now=NOW)),
    "ReturnToDeliberation": (
        Role.LEADERS,
        lambda c, a, d: determination.send_back(c, a, reason="再议", deliberate_again=True, now=NOW),
    ),
    "ReturnForSupplement": (
        Role.LEADERS,
        lambda c, a, d: determination.send_back(c, a, reason="补充", deliberate_again=False, now=NOW),
    ),
    "Terminate": (Role.TOWN, lambda c, a, d: follow_up.terminate(c, a, reason="情形消除", now=NOW)),
    "Withdraw": (Role.RESIDENT, lambda c, a, d: application.withdraw(c, a, reason="不办了", now=NOW)),
    "Close": (Role.WORKER, lambda c, a, d: application.close(c, a, reason="联系不上", now=NOW)),
    "prepare": (Role.TOWN, lambda c, a, d: disclosure.prepare(c, a, now=NOW)),
}


def possible_from(name: str) -> set[Status]:
    """Where the table knows this command."""
    if name == "prepare":
        return {Status.APPROVED, Status.IN_FORCE}
    return {status for row in TRANSITIONS if row.command.__name__ == name for status in row.frm}


async def snapshot(case: Case) -> tuple[object, ...]:
    """All that a refused move could have touched."""
    fresh = await Case.get(id=case.id)
    return (
        fresh.status,
        fresh.version,
        fresh.circumstance,
        fresh.evidence_waiver,
        await TrailEntry.all().count(),
        await CaseClock.all().count(),
    )


@pytest.mark.parametrize("name", STEPS)
async def test_a_move_is_refused_from_every_status_that_does_not_know_it(database: str, name: str) -> None:
    place = await district.build()
    role, step = STEPS[name]
    for status in set(Status) - possible_from(name):
        case = await place.case(status.value)
        before = await snapshot(case)
        with pytest.raises(ConflictError) as refused:
            await step(case.id, place.actors[role], place)
        assert refused.value.code in ("move_not_possible", "not_approved"), (name, status)
        assert refused.value.message.endswith("。")
        assert await snapshot(case) == before, (name, status)


@pytest.mark.parametrize("name", STEPS)
async def test_a_move_is_refused_to_every_role_that_may_not_make_it(database: str, name: str) -> None:
    place = await district.build()
    role, step = STEPS[name]
    status = sorted(possible_from(name))[0]
    case = await place.case(status.value)
    before = await snapshot(case)
    allowed = {row_role for row in TRANSITIONS if row.command.__name__ == name for row_role in row.roles} | {role}
    for other in set(place.actors) - allowed:
        with pytest.raises(CaseworkError) as refused:
            await step(case.id, place.actors[other], place)
        assert isinstance(refused.value, NotAllowedError), (name, other)
        assert await snapshot(case) == before


async def test_a_town_cannot_touch_the_case_of_another_town(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    case = await here.case("submitted")
    with pytest.raises(NotAllowedError, match="不在您负责"):
        await application.begin_review(case.id, there.actors[Role.WORKER], ordinary_case_ref="1", now=NOW)


async def test_a_neighbour_cannot_withdraw_somebody_elses_case(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    case = await here.case("submitted")
    with pytest.raises(NotAllowedError, match="不是您的事项"):
        await application.withdraw(case.id, there.actors[Role.RESIDENT], reason="x", now=NOW)


async def test_a_case_that_does_not_exist_is_said_so(database: str) -> None:
    place = await district.build()
    with pytest.raises(NotFoundError):
        await application.begin_review(UUID(int=1), place.actors[Role.WORKER], ordinary_case_ref="1", now=NOW)


async def test_two_clerks_who_press_at_once_move_the_case_once(database: str) -> None:
    import asyncio

    place = await district.build()
    case = await place.case("submitted")

    async def press() -> object:
        return await application.begin_review(case.id, place.actors[Role.WORKER], ordinary_case_ref="1", now=NOW)

    outcomes = await asyncio.gather(*(press() for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, Case) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 5
    assert (await Case.get(id=case.id)).version == 1
    assert await TrailEntry.filter(action="BeginReview").count() == 1


async def test_a_re_sent_application_makes_no_second_case(database: str) -> None:
    import asyncio

    place = await district.build()

    async def send() -> application.Submitted:
        return await application.submit(
            place.actors[Role.RESIDENT],
            submission_key="same-key-1",
            story="困难",
            household_size=2,
            facts={},
            now=NOW,
        )

    sent = await asyncio.gather(*(send() for _ in range(5)))
    assert len({submitted.case.id for submitted in sent}) == 1
    assert sum(not submitted.again for submitted in sent) == 1
