"""What people are told, what they agree to, what they get to read, and what they have corrected."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from obstore.store import MemoryStore

from backend.access import Actor
from backend.casework import application, urgent_relief
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.privacy import consents, corrections, own_data, particulars, texts
from backend.privacy.consents import Giver
from models.application import HomeVisit, Photo
from models.desk import Handover, HandoverReply
from models.disclosure import ListSubscription
from models.people import Person
from models.privacy import CorrectionRequest, GivenConsent
from models.trail import TrailEntry
from rules.facts import HouseholdFacts
from rules.statuses import Role
from tests.backend.district import SmallDistrict, build, person
from tests.conftest import NOW
from tests.privacy.people import STORY, full_case, id_number

NOTICE = texts.current(texts.NOTICE)


async def submitted(actor: Actor) -> application.Submitted:
    return await application.submit(
        actor, submission_key=uuid4().hex, story=STORY, household_size=3, facts={"no_income": True}, now=NOW
    )


# -- the notice


def test_the_notice_begins_with_eight_short_lines_and_says_what_is_not_verified() -> None:
    assert len(NOTICE.summary) == 8
    assert max(len(line) for line in NOTICE.summary) <= 20
    for name in (texts.NOTICE, *texts.PURPOSES):
        text = texts.current(name)
        said = [block.text for block in text.blocks]
        assert text.title
        for line in said:
            cites = "第" in line and "条" in line
            assert not cites or "待区里法制审核" in line, line
    wanted = ("记什么", "为什么记, 凭什么记", "谁能看", "存多久, 存在哪里", "您的权利, 怎么用", "不满意怎么办")
    assert set(wanted) <= {block.text for block in NOTICE.blocks if block.kind == "heading"}


async def test_reading_the_notice_is_recorded_once_and_asked_again_after_a_new_version(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await build()
    me = place.actors[Role.RESIDENT]
    assert (await consents.standing(me.person_id))["acknowledged"] is False
    for _ in range(2):
        await consents.acknowledge(me, NOTICE.version, now=NOW)
    assert (await consents.standing(me.person_id))["acknowledged"] is True
    assert await TrailEntry.filter(action="notice_acknowledged").count() == 1
    newer = texts.Text("notice", "2027-03", NOTICE.title, NOTICE.summary, NOTICE.blocks)
    monkeypatch.setattr(texts, "current", lambda name: newer)
    standing = await consents.standing(me.person_id)
    assert (standing["acknowledged"], standing["current_version"]) == (False, "2027-03")
    with pytest.raises(InvalidInputError):
        await consents.acknowledge(me, NOTICE.version, now=NOW)


async def test_it_is_read_aloud_to_who_has_no_phone_and_never_a_condition_of_help(database: str) -> None:
    place = await build()
    other = await build("乙")
    assert (await submitted(place.actors[Role.RESIDENT])).case, "help does not wait for it"
    worker = place.actors[Role.WORKER]
    await consents.acknowledge_for(worker, place.resident.id, how="read_aloud", now=NOW)
    entry = await TrailEntry.get(action="notice_acknowledged")
    assert (entry.actor, entry.detail["how"]) == (worker.label, "read_aloud")
    for actor, how, error in (
        (worker, "phone", InvalidInputError),
        (place.actors[Role.VILLAGE], "paper", NotAllowedError),
        (other.actors[Role.WORKER], "paper", NotAllowedError),
    ):
        with pytest.raises(error):
            await consents.acknowledge_for(actor, place.resident.id, how=how, now=NOW)


# -- agreeing


async def test_an_authorisation_says_who_gave_it_how_and_for_which_text_and_can_be_taken_back(
    database: str,
) -> None:
    place = await build()
    store = MemoryStore()
    await full_case(place, store, "submitted", person=place.resident, ended=NOW)
    photo = await Photo.first()
    assert photo is not None
    worker = place.actors[Role.WORKER]
    giver = Giver("agent", "陈小安", "儿子")
    given = await consents.give_for(
        worker, place.resident.id, "property_check", giver, how="paper", photo_id=photo.id, now=NOW
    )
    row = await GivenConsent.get(id=given.id)
    assert (row.version, row.relation, row.photo_id, row.giver_name) == (
        texts.current("property_check").version,
        "儿子",
        photo.id,
        "陈小安",
    )
    with pytest.raises(ConflictError):
        await consents.give_for(worker, place.resident.id, "property_check", giver, how="paper", now=NOW)
    me = place.actors[Role.RESIDENT]
    stranger = Actor(Role.RESIDENT, "别人", (await person("别人", place.village)).id)
    with pytest.raises(NotFoundError):
        await consents.withdraw(stranger, given.id, now=NOW)
    await consents.withdraw(me, given.id, now=NOW + timedelta(days=1))
    with pytest.raises(ConflictError):
        await consents.withdraw(me, given.id, now=NOW + timedelta(days=2))
    assert (await GivenConsent.get(id=given.id)).giver_name == "陈小安", "what was agreed to stays on record"
    await consents.give(me, "property_check", texts.current("property_check").version, Giver(), now=NOW)
    trail = json.dumps(
        [[entry.detail, entry.before, entry.after, entry.why] for entry in await TrailEntry.all()], ensure_ascii=False
    )
    assert "陈小安" not in trail


@pytest.mark.parametrize(
    ("giver", "code"),
    [
        (Giver("agent", "", "儿子"), "giver_missing"),
        (Giver("guardian", "陈安", ""), "giver_missing"),
        (Giver("neighbour", "陈安", "邻居"), "giver_missing"),
    ],
)
async def test_who_agrees_for_another_is_named(database: str, giver: Giver, code: str) -> None:
    place = await build()
    with pytest.raises(InvalidInputError) as caught:
        await consents.give_for(
            place.actors[Role.WORKER], place.resident.id, "property_check", giver, how="paper", now=NOW
        )
    assert caught.value.code == code


async def test_messages_are_agreed_to_by_subscribing_and_end_when_it_is_taken_back(database: str) -> None:
    place = await build()
    me = place.actors[Role.RESIDENT]
    for _ in range(2):
        await consents.agree_to_messages(me, now=NOW)
    await ListSubscription.create(person_id=me.person_id, village=place.village, since=NOW)
    given = await GivenConsent.get(purpose="list_messages")
    await consents.withdraw(me, given.id, now=NOW)
    assert not await ListSubscription.exists()


# -- children


async def child(place: SmallDistrict, born: date) -> Actor:
    someone = await person("小安", place.village, born=born)
    return Actor(Role.RESIDENT, someone.name, someone.id, village_id=place.village.id)


async def test_a_child_under_14_needs_the_guardian_for_an_application_by_phone(database: str) -> None:
    place = await build()
    small, grown = await child(place, date(2012, 9, 29)), await child(place, date(2012, 9, 28))
    assert (await submitted(grown)).case, "fourteen today"
    with pytest.raises(ConflictError) as caught:
        await submitted(small)
    assert caught.value.code == "guardian_consent_needed"
    version = texts.current("child_under_14").version
    with pytest.raises(InvalidInputError):
        await consents.give(small, "child_under_14", version, Giver(), now=NOW)
    with pytest.raises(InvalidInputError):
        await consents.give(small, "property_check", texts.current("property_check").version, Giver(), now=NOW)
    given = await consents.give(small, "child_under_14", version, Giver("guardian", "陈大安", "父亲"), now=NOW)
    assert (await submitted(small)).case
    await consents.withdraw(small, given.id, now=NOW)
    with pytest.raises(ConflictError):
        await submitted(small)


async def test_an_emergency_of_a_child_and_what_staff_write_down_wait_for_nobody(database: str) -> None:
    place = await build()
    await child(place, date(2020, 1, 1))
    relief = await urgent_relief.report(
        place.actors[Role.WORKER], village_id=place.village.id, name="小安", phone=None, what_happened="着火", now=NOW
    )
    assert relief.number
    written = await application.submit_for(
        place.actors[Role.WORKER],
        village_id=place.village.id,
        name="小安",
        phone=None,
        born_on=date(2020, 1, 1),
        household_size=2,
        story=STORY,
        submission_key="k" * 10,
        now=NOW,
    )
    assert written.case


# -- one's own data


async def everything(place: SmallDistrict) -> Person:
    """A person about whom the service keeps something of every kind."""
    me = place.actors[Role.RESIDENT]
    await particulars.write(
        place.actors[Role.WORKER],
        place.resident.id,
        {"id_number": id_number(), "phone": "13812345678", "bank_account": "6222000000000000008", "address": "9组34号"},
        sure=True,
        now=NOW,
    )
    await full_case(place, MemoryStore(), "confirmed", person=place.resident, ended=NOW)
    await submitted(me)
    await consents.acknowledge(me, NOTICE.version, now=NOW)
    await consents.agree_to_messages(me, now=NOW)
    await corrections.ask(me, field="name", wanted="陈安", why="写错了", answer_days=None, now=NOW)
    talk = await Handover.create(
        id=uuid4(),
        door="api",
        openid="oMe",
        person_id=place.resident.id,
        conversation=[{"who": "asker", "text": "几时有结果", "at": NOW.isoformat()}],
        opened_at=NOW,
        last_at=NOW,
    )
    await HandoverReply.create(
        id=uuid4(),
        handover=talk,
        text="下周",
        by="x",
        by_name="周救助员",
        made_at=NOW,
        status="sent",
        due_at=NOW,
        reached_at=NOW,
    )
    return await Person.get(id=place.resident.id)


async def test_the_document_has_everything_of_mine_and_nothing_of_others(database: str) -> None:
    place = await build()
    mine = await everything(place)
    neighbour = await person("邻居李四", place.village)
    await full_case(place, MemoryStore(), "confirmed", person=neighbour, ended=NOW, width=2)
    document = await own_data.own(place.actors[Role.RESIDENT], now=NOW)
    said = json.dumps(document, ensure_ascii=False)
    for value in (mine.id_number, mine.phone, mine.bank_account, mine.address, STORY, "几时有结果", "下周", "陈安"):
        assert value is not None
        assert value in said
    assert len(document["事项"]) == 2
    assert document["事项"][1]["申请"]["您填的"] == {"没有收入": "是"}
    assert len(document["事项"][0]["照片"]) == 2
    assert document["看过的告知书"][0]["版本"] == NOTICE.version
    assert document["同意和授权"][0]["事情"] == texts.PURPOSES["list_messages"]
    visit = await HomeVisit.first()
    assert visit is not None
    for other in ("邻居李四", "周救助员", visit.findings, "委员", "符合情形"):
        assert other not in said, other
    assert not any(character in "".join(keys(document)) for character in "abcdefghijklmnopqrstuvwxyz")
    assert await TrailEntry.filter(action="own_data_read", subject=f"person:{mine.id}").count() == 1


def keys(value: object) -> list[str]:
    """All names in a document."""
    if isinstance(value, dict):
        return [*value, *(name for inner in value.values() for name in keys(inner))]
    return [name for inner in value for name in keys(inner)] if isinstance(value, list) else []


def test_every_fact_that_can_be_given_has_a_chinese_name() -> None:
    assert set(own_data.FACTS) == set(HouseholdFacts.__annotations__)


async def test_staff_print_it_only_after_looking_at_the_papers(database: str) -> None:
    place, other = await build(), await build("乙")
    await everything(place)
    worker = place.actors[Role.WORKER]
    with pytest.raises(InvalidInputError):
        await own_data.handed_over(worker, place.resident.id, checked="", now=NOW)
    for actor in (other.actors[Role.WORKER], place.actors[Role.VILLAGE], place.actors[Role.SUPERVISOR]):
        with pytest.raises(NotAllowedError):
            await own_data.handed_over(actor, place.resident.id, checked="id_card", now=NOW)
    document = await own_data.handed_over(worker, place.resident.id, checked="id_card", now=NOW)
    assert document["本人"]["姓名"] == "陈安宁"
    entry = await TrailEntry.get(action="own_data_printed")
    assert (entry.actor, entry.detail) == (worker.label, {"checked": "id_card"})


# -- corrections


async def test_a_correction_is_asked_for_answered_and_applied_with_digests(database: str) -> None:
    place = await build()
    me, town = place.actors[Role.RESIDENT], place.actors[Role.TOWN]
    asked = await corrections.ask(me, field="born_on", wanted="1960-01-11", why="身份证是11日", answer_days=15, now=NOW)
    assert asked.due_on == date(2026, 10, 13)
    with pytest.raises(ConflictError):
        await corrections.ask(me, field="born_on", wanted="1960-01-12", why="又改", answer_days=15, now=NOW)
    assert [row.id for row in await corrections.waiting(town)] == [asked.id]
    await corrections.answer(asked.id, town, accept=True, now=NOW)
    assert (await Person.get(id=me.person_id)).born_on == date(1960, 1, 11)
    entry = await TrailEntry.get(action="person_corrected")
    assert entry.before["born_on"].startswith("hmac:")
    assert entry.before != entry.after
    assert "1960" not in json.dumps([entry.detail, entry.before, entry.after])
    assert (await corrections.own(me))[0]["plain"] == "已更正"
    with pytest.raises(ConflictError):
        await corrections.answer(asked.id, town, accept=False, words="已经改了", now=NOW)


async def test_a_refusal_gives_its_reason_and_the_way_to_complain_and_no_day_is_promised_at_install(
    database: str,
) -> None:
    place = await build()
    me, worker = place.actors[Role.RESIDENT], place.actors[Role.WORKER]
    asked = await corrections.ask(me, field="other", wanted="家里五口人", why="漏了两个", answer_days=None, now=NOW)
    assert asked.due_on is None
    with pytest.raises(InvalidInputError):
        await corrections.answer(asked.id, worker, accept=False, words="", now=NOW)
    await corrections.answer(asked.id, worker, accept=False, words="户口簿上是三口人", now=NOW)
    row = (await corrections.own(me))[0]
    assert row["answer"] == "户口簿上是三口人"
    assert "纪(工)委" in row["how_to_complain"]


async def test_an_identity_number_is_corrected_masked_and_seen_whole_for_a_reason(database: str, redis: object) -> None:
    place, other = await build(), await build("乙")
    me, worker = place.actors[Role.RESIDENT], place.actors[Role.WORKER]
    number = id_number(born="19600111")
    with pytest.raises(InvalidInputError):
        await corrections.ask(me, field="id_number", wanted="123", why="错了", answer_days=None, now=NOW)
    asked = await corrections.ask(me, field="id_number", wanted=number, why="没登记过", answer_days=None, now=NOW)
    assert number not in corrections.shown(await CorrectionRequest.get(id=asked.id))
    for actor in (other.actors[Role.WORKER], place.actors[Role.LEADERS]):
        with pytest.raises(NotAllowedError):
            await corrections.look(redis, asked.id, actor, kind="核对身份", now=NOW)
        with pytest.raises(NotAllowedError):
            await corrections.answer(asked.id, actor, accept=True, now=NOW)
    assert await corrections.waiting(other.actors[Role.TOWN]) == []
    assert await corrections.look(redis, asked.id, worker, kind="核对身份", now=NOW) == number
    assert await TrailEntry.filter(action="unmasked").count() == 1
    await corrections.answer(asked.id, worker, accept=True, now=NOW)
    corrected = await Person.get(id=me.person_id)
    assert (corrected.id_number, corrected.born_on) == (number, date(1960, 1, 11))
    trail = json.dumps(
        [[entry.detail, entry.before, entry.after, entry.why] for entry in await TrailEntry.all()], ensure_ascii=False
    )
    assert number not in trail
