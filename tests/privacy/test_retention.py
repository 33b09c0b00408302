"""The calendar moves by years: what is due goes, what is held stays, ciphertext and photos are really gone."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import obstore
import pytest
from obstore.store import MemoryStore
from tortoise.transactions import in_transaction

from backend.access import Actor
from backend.errors import ConflictError, InvalidInputError, NotAllowedError
from backend.privacy import erasing, retention
from backend.privacy.due import preview
from backend.privacy.erasing import GONE
from backend.privacy.persons import NOBODY
from models.application import Application, Case, Evidence, HomeVisit, Photo
from models.deliberation import Deliberation, PanelMember
from models.desk import AskedQuestion, BotModel, Handover, HandoverReply
from models.determination import Determination, ResultReceipt
from models.disclosure import Listing
from models.people import Person, StaffAccount
from models.privacy import Erasure, LeftoverObject, LegalHold, RetentionRun
from models.trail import TrailEntry
from models.urgent_relief import UrgentRelief
from rules.retention import periods
from rules.statuses import Role
from tests.backend.district import SmallDistrict, build, person
from tests.privacy.people import full_case, id_number

ENDED = datetime(2027, 10, 1, 4, 0, tzinfo=UTC)
SET = periods({"case_helped": "P5Y", "case_not_helped": "P2Y"})
LAST_DAY = datetime(2032, 10, 1, 15, 59, tzinfo=UTC)
"""23:59 in Wenzhou of the last day of five years."""
DAY_AFTER = datetime(2032, 10, 1, 16, 0, tzinfo=UTC)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


async def two_of_the_bureau(place: SmallDistrict) -> tuple[Actor, Actor]:
    """Two humans."""
    other = await person("区里第二人", None)
    account = await StaffAccount.create(
        id=uuid4(), person=other, login="bureau-2", password_hash="x", role="bureau", town_id=None
    )
    return place.actors[Role.BUREAU], Actor(Role.BUREAU, other.name, other.id, account.id)


async def granted(place: SmallDistrict, now: datetime, chosen: dict = SET) -> RetentionRun:
    """What is due now, asked for by one and granted by another."""
    first, second = await two_of_the_bureau(place)
    seen = (await retention.overview(first, periods=chosen, now=now))["digest"]
    run = await retention.ask(first, seen, periods=chosen, now=now)
    await retention.grant(run.id, second, periods=chosen, now=now)
    return run


async def objects(store: MemoryStore) -> set[str]:
    found = await obstore.list(store).collect_async()
    return {item["path"] for item in found}


async def raw(url: str, query: str) -> list[asyncpg.Record]:
    """What stands in the database itself."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def decided(case: Case, ended: datetime) -> None:
    """A meeting, a decision with its receipt, and a row of the list."""
    meeting = await Deliberation.create(
        id=uuid4(),
        case=case,
        meets_at=ended,
        place="礼堂",
        status="held",
        agree=10,
        against=1,
        abstain=1,
        counted=12,
        passed=True,
        supervisor_opinion="规范, 陈家确实困难",
        override_reason="人手不够",
        override_leader="周镇长",
        closed_at=ended,
    )
    member = await person("委员甲", None)
    await PanelMember.create(
        id=uuid4(), deliberation=meeting, person=member, capacities=["town_staff"], duty="member", recused_reason="表亲"
    )
    decision = await Determination.create(
        id=uuid4(),
        case=case,
        meeting_no="1号",
        decided_on=ended.date(),
        outcome="approved",
        aid_type="低保",
        amount_fen=98000,
        valid_from=ended.date(),
        valid_to=ended.date() + timedelta(days=365),
        reason="同意, 家里有病人",
        cap_lines=["病"],
        recorded_at=ended,
    )
    await ResultReceipt.create(
        id=uuid4(), determination=decision, recipient="applicant", told_at=ended, channel="phone", note="打给他儿子"
    )
    await Listing.create(
        id=uuid4(),
        case=case,
        village_id=case.village_id,
        masked_name="陈**",
        household_size=3,
        aid_type="低保",
        amount_fen=98000,
        decided_on=ended.date(),
        valid_from=ended.date(),
        valid_to=ended.date() + timedelta(days=365),
        online=True,
        prepared_at=ended,
        published_at=ended,
        withdrawn_at=ended,
    )


async def test_five_years_later_exactly_what_is_due_goes(database: str, store: MemoryStore) -> None:
    place = await build()
    alone, held, twice = [await person(name, place.village) for name in ("独一件", "被投诉", "有两件")]
    for one in (alone, held, twice):
        one.id_number, one.bank_account, one.address = id_number(), "6222000000000000008", "9组34号"
        await one.save(update_fields=["id_number", "bank_account", "address"])
    due = await full_case(place, store, "expired", person=alone, ended=ENDED, width=1)
    await decided(due, ENDED)
    complained = await full_case(place, store, "terminated", person=held, ended=ENDED, width=2)
    old = await full_case(place, store, "expired", person=twice, ended=ENDED, width=3)
    running = await full_case(place, store, "in_force", person=twice, ended=ENDED, width=4)
    late = await full_case(place, store, "expired", person=place.resident, ended=ENDED + timedelta(days=1), width=5)
    await retention.hold(place.actors[Role.SUPERVISOR], complained.number, kind="complaint", now=ENDED)
    before = await objects(store)
    assert len(before) == 10

    found = await preview(LAST_DAY, SET)
    assert found["case_helped"] == [], "the last day belongs to the period"
    found = await preview(DAY_AFTER, SET)
    assert {one.label for one in found["case_helped"]} == {due.number, old.number}
    await granted(place, DAY_AFTER)
    assert await retention.run(store, periods=SET, now=DAY_AFTER) == 2

    assert set(await Erasure.all().values_list("subject", flat=True)) == {f"case:{due.id}", f"case:{old.id}"}
    assert not await Person.exists(id=alone.id), "nothing else is about this person"
    kept = await Person.get(id=twice.id)
    assert kept.id_number == id_number(), "another case of the same person keeps the person's row"
    assert (await Case.get(id=running.id)).applicant_id == twice.id
    for untouched in (complained, running, late):
        assert await Application.exists(case_id=untouched.id)
        assert await Photo.filter(case_id=untouched.id).count() == 2
    for gone in (due, old):
        for model in (Application, HomeVisit, Evidence, Photo, Listing):
            assert not await model.exists(case_id=gone.id)
    keys = set(await Photo.all().values_list("key", flat=True))
    assert await objects(store) == keys
    assert len(keys) == 6
    assert not await LeftoverObject.exists()


async def test_what_statistics_need_stays_and_ciphertext_is_gone_from_the_tables(
    database: str, store: MemoryStore
) -> None:
    place = await build()
    one = await person("独一件", place.village)
    case = await full_case(place, store, "expired", person=one, ended=ENDED)
    await decided(case, ENDED)
    columns = "referral_reason, evidence_waiver, deposit_fen, reason"
    before = (await raw(database, f'SELECT {columns} FROM "case"'))[0]
    meeting_before = (await raw(database, "SELECT supervisor_opinion FROM deliberation"))[0]["supervisor_opinion"]
    assert before["reason"] is not None
    await granted(place, DAY_AFTER)
    await retention.run(store, periods=SET, now=DAY_AFTER)

    row = (await raw(database, 'SELECT * FROM "case"'))[0]
    assert [row[name] for name in columns.split(", ")] == [None] * 4
    assert row["ordinary_case_ref"] is None
    assert row["applicant_id"] == NOBODY
    assert (row["number"], row["status"], row["household_size"]) == (case.number, "expired", 3)
    meeting = await Deliberation.get(case_id=case.id)
    assert (meeting.supervisor_opinion, meeting.override_reason, meeting.override_leader) == (GONE, None, None)
    assert (meeting.agree, meeting.counted) == (10, 12)
    assert (await raw(database, "SELECT supervisor_opinion FROM deliberation"))[0][0] != meeting_before
    assert not await PanelMember.exists()
    decision = await Determination.get(case_id=case.id)
    assert (decision.reason, decision.cap_lines, decision.amount_fen) == (GONE, None, 98000)
    assert (await ResultReceipt.get(determination_id=decision.id)).note == GONE
    entry = await TrailEntry.get(action="case_erased")
    assert (entry.subject, entry.detail["photos"], entry.detail["applications"]) == (f"case:{case.id}", 2, 1)
    assert await TrailEntry.exists(action="deletion_done")
    assert await preview(DAY_AFTER, SET) == {"case_helped": [], "case_not_helped": []}, "a second run finds nothing"


async def test_nothing_is_due_while_no_period_is_set(database: str, store: MemoryStore) -> None:
    place = await build()
    await full_case(place, store, "expired", person=place.resident, ended=ENDED)
    for years in (10, 100):
        assert await preview(ENDED + timedelta(days=366 * years), periods({})) == {}
    with pytest.raises(InvalidInputError):
        await retention.ask(place.actors[Role.BUREAU], "", periods=periods({}), now=DAY_AFTER)


async def test_a_renewal_that_goes_on_keeps_what_it_came_from(database: str, store: MemoryStore) -> None:
    place = await build()
    earlier = await full_case(place, store, "expired", person=place.resident, ended=ENDED)
    later = await place.case("in_force", renewal_of_id=earlier.id, changed_at=ENDED)
    assert (await preview(DAY_AFTER, SET))["case_helped"] == []
    later.status = "expired"
    await later.save(update_fields=["status"])
    assert len((await preview(DAY_AFTER, SET))["case_helped"]) == 2


async def test_one_human_cannot_ask_and_grant_and_only_the_bureau_does(database: str, store: MemoryStore) -> None:
    place = await build()
    await full_case(place, store, "expired", person=place.resident, ended=ENDED)
    first, second = await two_of_the_bureau(place)
    for role in (Role.TOWN, Role.LEADERS, Role.SUPERVISOR, Role.ADMIN):
        with pytest.raises(NotAllowedError):
            await retention.overview(place.actors[role], periods=SET, now=DAY_AFTER)
    seen = (await retention.overview(first, periods=SET, now=DAY_AFTER))["digest"]
    run = await retention.ask(first, seen, periods=SET, now=DAY_AFTER)
    with pytest.raises(ConflictError):
        await retention.ask(second, seen, periods=SET, now=DAY_AFTER)
    with pytest.raises(NotAllowedError) as caught:
        await retention.grant(run.id, first, periods=SET, now=DAY_AFTER)
    assert caught.value.code == "four_eyes"
    assert await retention.run(store, periods=SET, now=DAY_AFTER) == 0, "nothing goes before the second human"
    assert await Application.exists()


async def test_a_preview_that_has_changed_is_neither_asked_for_nor_granted(database: str, store: MemoryStore) -> None:
    place = await build()
    case = await full_case(place, store, "expired", person=place.resident, ended=ENDED)
    first, second = await two_of_the_bureau(place)
    seen = (await retention.overview(first, periods=SET, now=DAY_AFTER))["digest"]
    with pytest.raises(ConflictError):
        await retention.ask(first, "0" * 64, periods=SET, now=DAY_AFTER)
    run = await retention.ask(first, seen, periods=SET, now=DAY_AFTER)
    hold = await retention.hold(second, case.number, kind="audit", note="审计抽到", now=DAY_AFTER)
    with pytest.raises(ConflictError):
        await retention.grant(run.id, second, periods=SET, now=DAY_AFTER)
    await retention.lift(hold.id, second, now=DAY_AFTER)
    longer = periods({"case_helped": "P6Y"})
    with pytest.raises(ConflictError):
        await retention.grant(run.id, second, periods=longer, now=DAY_AFTER)
    await retention.grant(run.id, second, periods=SET, now=DAY_AFTER)


async def test_a_hold_placed_after_the_grant_still_stops_it(database: str, store: MemoryStore) -> None:
    place = await build()
    case = await full_case(place, store, "expired", person=place.resident, ended=ENDED)
    run = await granted(place, DAY_AFTER)
    await retention.hold(place.actors[Role.SUPERVISOR], case.number, kind="court", now=DAY_AFTER)
    assert await retention.run(store, periods=SET, now=DAY_AFTER) == 0
    assert await Application.exists(case_id=case.id)
    assert len(await objects(store)) == 2
    finished = await RetentionRun.get(id=run.id)
    assert (finished.status, finished.done) == ("done", {})
    entry = await TrailEntry.get(action="deletion_done")
    assert entry.detail == {"asked": {"case_helped": 1}, "done": {}}


async def test_a_hold_that_is_being_placed_is_waited_for(database: str, store: MemoryStore) -> None:
    place = await build()
    case = await full_case(place, store, "expired", person=place.resident, ended=ENDED)
    await granted(place, DAY_AFTER)
    begin = asyncio.Event()

    async def later() -> int:
        await begin.wait()
        return await retention.run(store, periods=SET, now=DAY_AFTER)

    running = asyncio.create_task(later())  # outside the transaction below: a connection of its own
    async with in_transaction():
        await retention.hold(place.actors[Role.BUREAU], case.number, kind="audit", now=DAY_AFTER)
        begin.set()
        await asyncio.sleep(0.5)
        assert not running.done(), "the case is locked while the hold is being placed"
    assert await running == 0
    assert await Application.exists(case_id=case.id)


async def test_two_workers_at_once_delete_everything_once(
    database: str, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await build()
    for number in range(4):
        one = await person(f"人{number}", place.village)
        await full_case(place, store, "expired", person=one, ended=ENDED, width=number + 1)
    run = await granted(place, DAY_AFTER)
    monkeypatch.setattr(retention, "BATCH", 1)
    went = await asyncio.gather(*(retention.run(store, periods=SET, now=DAY_AFTER) for _ in range(2)))
    assert sum(went) == 4
    assert (await RetentionRun.get(id=run.id)).done == {"case_helped": 4}
    assert await TrailEntry.filter(action="case_erased").count() == 4
    assert await objects(store) == set()


class Killed(Exception):
    """The process is gone."""


async def test_a_run_that_is_killed_between_batches_goes_on(
    database: str, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await build()
    people = [await person(f"人{number}", place.village) for number in range(5)]
    for number, one in enumerate(people):
        await full_case(place, store, "expired", person=one, ended=ENDED, width=number + 1)
    run = await granted(place, DAY_AFTER)
    monkeypatch.setattr(retention, "BATCH", 2)
    real, batches = retention.clear_objects, []

    async def dies_after_the_second(where: MemoryStore) -> int:
        batches.append(1)
        if len(batches) == 3:  # once at the start, once after each batch: the second batch's photos are left behind
            raise Killed
        return await real(where)

    monkeypatch.setattr(retention, "clear_objects", dies_after_the_second)
    with pytest.raises(Killed):
        await retention.run(store, periods=SET, now=DAY_AFTER)
    assert await Erasure.all().count() == 4
    assert (await RetentionRun.get(id=run.id)).done == {"case_helped": 4}
    assert await LeftoverObject.all().count() == 4
    assert len(await objects(store)) == 6, "two batches of rows are gone, one batch of photos"
    monkeypatch.setattr(retention, "clear_objects", real)
    assert await retention.run(store, periods=SET, now=DAY_AFTER) == 1
    assert await objects(store) == set()
    finished = await RetentionRun.get(id=run.id)
    assert (finished.status, finished.done, finished.items) == ("done", {"case_helped": 5}, {})


async def test_a_batch_that_dies_in_the_middle_leaves_everything_as_it_was(
    database: str, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await build()
    await full_case(place, store, "expired", person=place.resident, ended=ENDED)
    await granted(place, DAY_AFTER)

    async def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(erasing, "_let_go", dies)
        with pytest.raises(Killed):
            await retention.run(store, periods=SET, now=DAY_AFTER)
    assert await Application.exists()
    assert await Photo.all().count() == len(await objects(store)) == 2
    assert await retention.run(store, periods=SET, now=DAY_AFTER) == 1


async def test_photos_can_go_sooner_than_the_case(database: str, store: MemoryStore) -> None:
    place = await build()
    case = await full_case(place, store, "rejected", person=place.resident, ended=ENDED)
    open_case = await full_case(place, store, "confirmed", person=place.resident, ended=ENDED, width=2)
    chosen = periods({"photos": "P1Y"})
    await granted(place, DAY_AFTER, chosen)
    assert await retention.run(store, periods=chosen, now=DAY_AFTER) == 2
    assert await objects(store) == set(await Photo.filter(case_id=open_case.id).values_list("key", flat=True))
    assert await Application.exists(case_id=case.id)


async def test_an_urgent_relief_goes_with_its_person_and_keeps_its_sum(database: str, store: MemoryStore) -> None:
    place = await build()
    one = await person("着火的人家", place.village)
    relief = await UrgentRelief.create(
        id=uuid4(),
        number="急1",
        village=place.village,
        person=one,
        what_happened="夜里着火",
        status="paperwork_done",
        reported_at=ENDED,
        informed_at=ENDED,
        due_at=ENDED + timedelta(hours=24),
        total_fen=300000,
        late_reason="路断了",
        paperwork_done_at=ENDED,
    )
    chosen = periods({"urgent": "P3Y"})
    await granted(place, DAY_AFTER, chosen)
    await retention.run(store, periods=chosen, now=DAY_AFTER)
    left = await UrgentRelief.get(id=relief.id)
    assert (left.what_happened, left.late_reason, left.total_fen, left.person_id) == (GONE, None, 300000, NOBODY)
    assert not await Person.exists(id=one.id)


async def test_a_cadre_who_was_helped_stays_a_cadre_without_numbers(database: str, store: MemoryStore) -> None:
    place = await build()
    cadre = await Person.get(id=place.members[0])
    cadre.id_number, cadre.bank_account, cadre.phone = id_number(), "6222000000000000008", "13812345678"
    await cadre.save(update_fields=["id_number", "bank_account", "phone"])
    await full_case(place, store, "expired", person=cadre, ended=ENDED)
    await granted(place, DAY_AFTER)
    await retention.run(store, periods=SET, now=DAY_AFTER)
    left = await Person.get(id=cadre.id)
    assert (left.name, left.phone, left.id_number, left.bank_account) == ("委员", "13812345678", None, None)
    row = (await raw(database, f"SELECT id_number, id_number_index FROM person WHERE id = '{cadre.id}'"))[0]
    assert tuple(row) == (None, None)


async def test_an_account_goes_when_the_last_case_is_over_and_a_visitor_who_never_came_back(
    database: str, store: MemoryStore
) -> None:
    place = await build()
    visitor = await person("微信用户", place.village, openid="oVisitor")
    place.resident.bank_account = "6222000000000000008"
    await place.resident.save(update_fields=["bank_account"])
    await place.case("expired", changed_at=ENDED)
    chosen = periods({"bank_account": "P1Y", "person": "P2Y"})
    found = await preview(DAY_AFTER, chosen)
    assert [one.id for one in found["bank_account"]] == [str(place.resident.id)]
    assert [one.id for one in found["person"]] == [str(visitor.id)], "neither staff nor panel nor applicants"
    await granted(place, DAY_AFTER, chosen)
    await retention.run(store, periods=chosen, now=DAY_AFTER)
    assert (await Person.get(id=place.resident.id)).bank_account is None
    assert not await Person.exists(id=visitor.id)


async def test_what_the_service_made_for_a_short_use_goes_by_itself(database: str) -> None:
    place = await build()
    common = {"door": "page", "conversation": [], "opened_at": ENDED, "last_at": ENDED}
    closed = await Handover.create(id=uuid4(), code_digest="a", status="closed", closed_at=ENDED, **common)
    await HandoverReply.create(
        id=uuid4(), handover=closed, text="好", by="x", by_name="x", made_at=ENDED, status="kept", due_at=ENDED
    )
    waiting = await Handover.create(id=uuid4(), code_digest="b", **common)
    for number, status in enumerate(("open", "left")):
        await AskedQuestion.create(
            digest=str(number),
            text="几岁能领",
            outcome="suggest",
            first_on=ENDED.date(),
            last_on=ENDED.date(),
            status=status,
            settled_at=ENDED if status == "left" else None,
        )
    for number in range(3):
        await BotModel.create(digest=str(number), data=b"x", trained_at=ENDED + timedelta(days=number))
    chosen = periods({})
    assert await retention.tidy(periods=chosen, now=ENDED + timedelta(days=20)) == 0
    assert await retention.tidy(periods=chosen, now=ENDED + timedelta(days=181)) == 3
    assert await Handover.all().values_list("id", flat=True) == [waiting.id]
    assert await BotModel.all().values_list("digest", flat=True) == ["2"], "the newest may be in use"
    assert await AskedQuestion.all().count() == 2
    assert await retention.tidy(periods=chosen, now=ENDED + timedelta(days=367)) == 1
    assert await AskedQuestion.all().values_list("status", flat=True) == ["open"]
    assert await TrailEntry.filter(action="deleted_by_schedule").count() == 3
    assert place.town


async def test_a_case_is_held_once_and_by_who_may(database: str) -> None:
    place = await build()
    case = await place.case("expired")
    with pytest.raises(NotAllowedError):
        await retention.hold(place.actors[Role.TOWN], case.number, kind="audit", now=ENDED)
    await retention.hold(place.actors[Role.BUREAU], f" {case.number} ", kind="audit", now=ENDED)
    with pytest.raises(ConflictError):
        await retention.hold(place.actors[Role.BUREAU], case.number, kind="court", now=ENDED)
    assert [row.case_id for row in await retention.holds(place.actors[Role.SUPERVISOR])] == [case.id]
    assert await LegalHold.filter(lifted_at=None).count() == 1
