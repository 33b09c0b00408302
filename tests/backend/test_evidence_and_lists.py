"""Evidence, confirmation, supplements, lateness and the online list on the real database."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from backend.access import SYSTEM
from backend.casework import (
    application,
    determination,
    disclosure,
    follow_up,
    parts,
    view,
)
from backend.casework.readings_in_force import configure
from backend.errors import ConflictError, NotAllowedError, NotFoundError
from models.application import Case, CaseClock, Evidence
from models.disclosure import Listing
from models.people import Person
from rules.circumstances import Circumstance
from rules.readings import DEFAULT, Readings, ReviewStart
from rules.statuses import Recipient, Role
from tests.backend import district
from tests.backend.steps import NOW, confirm


@pytest.mark.parametrize(
    ("born", "households", "online"),
    [
        (date(1960, 1, 1), 300, True),
        (date(2008, 9, 28), 300, True),  # 18 on the day itself
        (date(2008, 9, 29), 300, False),
        (None, 300, False),
        (date(1960, 1, 1), 9, False),
        (date(1960, 1, 1), 10, True),
    ],
)
async def test_the_online_list_leaves_out_minors_unknown_ages_and_villages_too_small(
    database: str, born: date | None, households: int, online: bool
) -> None:
    place = await district.build(households=households)
    await Person.filter(id=place.resident.id).update(born_on=born)
    case = await place.case("before_leaders")
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW)
    await disclosure.prepare(case.id, place.actors[Role.TOWN], now=NOW)
    listing = await disclosure.publish(case.id, place.actors[Role.LEADERS], now=NOW)
    _, rows = await disclosure.public_rows(place.village.id, date(2026, 9, 28))
    assert listing.online is online
    assert [row.masked_name for row in rows] == (["陈**"] if online else [])
    assert (listing.offline_reason is None) is online
    with pytest.raises(ConflictError, match="已经公布"):
        await disclosure.publish(case.id, place.actors[Role.LEADERS], now=NOW)
    assert await Listing.all().count() == 1


async def test_readings_and_standard_are_pinned_at_confirmation(database: str) -> None:

    place = await district.build()
    await district.standard(100_000)
    case = await place.case("gathering_evidence", circumstance="C4")
    town = place.actors[Role.TOWN]
    for deposit, says in ((None, "银行存款"), (4_800_000, "4倍"), (12_000_000, "10倍")):
        with pytest.raises(ConflictError, match=says):
            await application.confirm(
                case.id, town, household_size=3, evidence_waiver="在住院", deposit_fen=deposit, now=NOW
            )
    await application.confirm(case.id, town, household_size=3, evidence_waiver="在住院", deposit_fen=4_800_001, now=NOW)
    pinned = await Case.get(id=case.id)
    assert pinned.standard_fen == 100_000
    assert pinned.readings["pass_rule"] == "more_than_half"


async def test_a_standard_that_changed_between_confirmation_and_decision_is_shown(database: str) -> None:
    place = await district.build()
    await district.standard(110_000)
    case = await place.case("before_leaders", standard_fen=100_000)
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW)
    seen = await view.read_case(case.id, place.actors[Role.TOWN], now=NOW)
    assert seen["standards"] == {"confirmed_fen": 100_000, "decided_fen": 110_000, "differ": True}


async def test_what_is_late_is_recorded_with_its_reason_and_seen_by_the_supervisor(database: str) -> None:
    place = await district.build()
    town, leaders = place.actors[Role.TOWN], place.actors[Role.LEADERS]
    case = await place.case("before_leaders")
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(case.id, leaders, decision, now=NOW)
    late = NOW + timedelta(days=30)

    async def tell(recipient: Recipient, **more: str) -> bool:
        return await determination.tell_result(
            case.id, town, recipient=recipient, channel="当面", note="", **more, now=late
        )

    assert not await tell(Recipient.APPLICANT)
    assert not await tell(Recipient.DISCIPLINE)
    with pytest.raises(ConflictError, match="请写明原因"):
        await tell(Recipient.BUREAU)
    assert await tell(Recipient.BUREAU, late_reason="系统停机")
    await disclosure.prepare(case.id, town, now=late)
    leader = place.actors[Role.LEADERS]
    with pytest.raises(ConflictError, match="请写明原因"):
        await disclosure.publish(case.id, leader, now=late)
    await disclosure.publish(case.id, leader, late_reason="台风", now=late)
    seen = await view.read_case(case.id, place.actors[Role.SUPERVISOR], now=late)
    reasons = {clock["name"]: (clock["outcome"], clock["late_reason"]) for clock in seen["clocks"]}
    assert reasons == {"result": ("late", "系统停机"), "listing": ("late", "台风")}


async def test_a_case_that_ends_early_leaves_its_clock_moot_not_on_time(database: str) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence", circumstance="C6")
    town = place.actors[Role.TOWN]
    await application.confirm(case.id, town, household_size=3, evidence_waiver="在住院", now=NOW)
    await application.withdraw(case.id, place.actors[Role.RESIDENT], reason="不办了", now=NOW)
    assert (await CaseClock.get(case_id=case.id)).outcome == "moot"
    approved = await place.case("before_leaders")
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(approved.id, place.actors[Role.LEADERS], decision, now=NOW)
    await follow_up.terminate(approved.id, town, reason="去世", now=NOW)
    outcomes = dict(await CaseClock.filter(case_id=approved.id).values_list("name", "outcome"))
    assert outcomes == {"listing": "moot", "result": None}, "the result is still owed to three"


async def test_a_reading_that_changed_between_referral_and_confirmation_leaves_no_case_without_a_clock(
    database: str,
) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence", circumstance="C6")
    configure(Readings(review_start=ReviewStart.INITIATED))
    try:
        await application.confirm(case.id, place.actors[Role.TOWN], household_size=3, evidence_waiver="在住院", now=NOW)
    finally:
        configure(DEFAULT)
    assert await CaseClock.filter(case_id=case.id, name="review", stopped_at=None).count() == 1


async def test_the_tail_of_the_list_and_the_smallest_village_are_the_districts_choice(database: str) -> None:
    place = await district.build(households=9)
    case = await place.case("before_leaders")
    decision = determination.Decision("1", "低保", 98_000, date(2026, 9, 28))
    await determination.approve(case.id, place.actors[Role.LEADERS], decision, now=NOW)
    configure(Readings(small_village_households=9, listing_tail_days=3))
    try:
        await disclosure.prepare(case.id, place.actors[Role.TOWN], now=NOW)
        assert (await disclosure.publish(case.id, place.actors[Role.LEADERS], now=NOW)).online
        last = date(2027, 9, 28)
        for day, shown in ((last, 1), (last + timedelta(days=3), 1), (last + timedelta(days=4), 0)):
            _, rows = await disclosure.public_rows(place.village.id, day)
            assert len(rows) == shown, day
    finally:
        configure(DEFAULT)
    assert (await disclosure.public_rows(place.village.id, last))[1] == [], "under the default the village is too small"


async def test_a_circumstance_that_does_not_fit_is_changed_at_confirmation_with_a_reason(database: str) -> None:
    place = await district.build()
    await district.standard(100_000)
    case = await place.case("gathering_evidence", circumstance="C4")
    town = place.actors[Role.TOWN]
    with pytest.raises(ConflictError, match="10倍"):
        await confirm(case.id, town, evidence_waiver="在住院", deposit_fen=12_000_000)
    other = {"evidence_waiver": "在住院", "circumstance": Circumstance.C7}
    with pytest.raises(ConflictError, match="请写明理由"):
        await confirm(case.id, town, **other)
    await confirm(case.id, town, **other, change_reason="存款超过10倍, 另有困难")
    assert (await Case.get(id=case.id)).circumstance == "C7"
    visitless = await place.case("gathering_evidence", circumstance="C6")
    with pytest.raises(ConflictError, match="入户调查"):
        await confirm(
            visitless.id, town, evidence_waiver="在住院", circumstance=Circumstance.C1, change_reason="是失联"
        )


async def test_a_paper_renewed_under_its_old_title_and_a_new_visit_close_the_supplement(database: str) -> None:
    place = await district.build()
    town, worker, leaders = (place.actors[role] for role in (Role.TOWN, Role.WORKER, Role.LEADERS))
    for how in ("paper", "visit"):
        case = await place.case("before_leaders")
        await Evidence.create(id=uuid4(), case=case, title="收入证明", recorded_at=NOW - timedelta(days=9))
        await determination.send_back(case.id, leaders, reason="收入证明请更新", deliberate_again=False, now=NOW)
        later = NOW + timedelta(hours=1)
        if how == "paper":
            await application.add_evidence(case.id, worker, title="收入证明", now=later)
            assert (await Evidence.get(case_id=case.id)).recorded_at == later
        else:
            await application.record_visit(
                case.id, worker, visited_at=later, visitors=2, signed=True, findings="属实", now=later
            )
        await determination.submit_to_leaders(case.id, town, now=later)


async def test_a_worker_writes_down_a_lead_for_somebody_without_a_phone_once(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]

    async def write(key: str = "window-0001") -> application.Submitted:
        return await application.submit_for(
            worker,
            village_id=place.village.id,
            name="林阿公",
            phone=None,
            born_on=date(1940, 1, 1),
            household_size=1,
            story="一个人过",
            submission_key=key,
            now=NOW,
        )

    sent = await asyncio.gather(*(write() for _ in range(4)))
    assert len({submitted.case.id for submitted in sent}) == 1
    assert sent[0].case.status == "submitted"
    stranger = (await district.build("乙")).actors[Role.WORKER]
    with pytest.raises(NotAllowedError):
        await application.submit_for(
            stranger,
            village_id=place.village.id,
            name="x",
            phone=None,
            born_on=None,
            household_size=1,
            story="x",
            submission_key="window-0002",
            now=NOW,
        )


async def test_a_clock_that_starts_while_a_year_is_imported_is_recomputed_with_it(database: str) -> None:
    from backend.casework import calendar
    from tests.backend.test_calendar_import import year_2027

    place = await district.build()
    late = datetime(2026, 12, 28, 1, 0, tzinfo=UTC)
    await calendar.import_year(SYSTEM, calendar.shipped_year(2026), now=late)
    cases = [await place.case("gathering_evidence", circumstance="C6") for _ in range(6)]
    await asyncio.gather(
        calendar.import_year(SYSTEM, json.dumps(year_2027()), now=late),
        *(confirm(case.id, place.actors[Role.TOWN], evidence_waiver="在住院", now=late) for case in cases),
    )
    due = set(await CaseClock.all().values_list("due_on", "provisional"))
    assert due == {(date(2027, 1, 5), False)}


async def test_what_staff_write_to_one_another_is_not_shown_to_the_applicant(database: str) -> None:
    place = await district.build()
    case = await place.case("referred")
    await application.decline(case.id, place.actors[Role.VILLAGE], reason="村里有不同说法", now=NOW)
    assert (await view.read_case(case.id, place.actors[Role.RESIDENT], now=NOW))["reason"] is None
    assert (await view.read_case(case.id, place.actors[Role.TOWN], now=NOW))["reason"] == "村里有不同说法"


async def test_a_wanted_supplement_is_added_before_the_packet_goes_back_to_the_leaders(database: str) -> None:
    place = await district.build()
    case = await place.case("before_leaders")
    town, worker, leaders = (place.actors[role] for role in (Role.TOWN, Role.WORKER, Role.LEADERS))
    await determination.send_back(case.id, leaders, reason="补医疗单据", deliberate_again=False, now=NOW)
    with pytest.raises(ConflictError, match="先登记补充的材料"):
        await determination.submit_to_leaders(case.id, town, now=NOW)
    await application.add_evidence(case.id, worker, title="住院结算单", now=NOW + timedelta(hours=1))
    await determination.submit_to_leaders(case.id, town, now=NOW + timedelta(hours=2))


async def test_a_signed_visit_of_two_counts_even_after_an_unsigned_one_of_three(database: str) -> None:
    place = await district.build()
    case = await place.case("gathering_evidence", circumstance="C1")
    worker, town = place.actors[Role.WORKER], place.actors[Role.TOWN]
    for visitors, signed in ((3, False), (2, False), (2, True)):
        await application.record_visit(
            case.id, worker, visited_at=NOW, visitors=visitors, signed=signed, findings="属实", now=NOW
        )
    await application.add_evidence(case.id, worker, title="声明", now=NOW)
    assert (
        await application.confirm(case.id, town, household_size=3, evidence_waiver=None, now=NOW)
    ).status == "confirmed"


@pytest.mark.parametrize(
    ("circumstance", "born", "warned"),
    [
        ("C3", date(1966, 9, 28), False),
        ("C3", date(1966, 9, 29), True),
        ("C2", date(2008, 9, 28), True),
        ("C2", date(2008, 9, 29), False),
        ("C6", date(2020, 1, 1), False),
        ("C3", None, False),
    ],
)
def test_a_birthday_that_does_not_fit_the_circumstance_is_a_warning_for_staff(
    circumstance: str, born: date | None, warned: bool
) -> None:
    assert bool(parts.age_warnings(circumstance, born, date(2026, 9, 28))) is warned
    assert parts.age_warnings(circumstance, born, None) == []


@pytest.mark.parametrize("number", [0, -1, 2**31, 10**400])
async def test_a_village_number_that_no_column_can_hold_is_not_found(database: str, number: int) -> None:
    with pytest.raises(NotFoundError):
        await disclosure.public_rows(number, date(2026, 9, 28))
