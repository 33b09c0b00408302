"""人工: queued by town, answered by one person, never another town's, never lost."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from backend.desk import handover, limits
from backend.desk.handover import Door, Turn
from backend.edge.limits import LIMITS
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError, TooManyError
from backend.talk import Asker, Talk, reply, to_person
from bot.entries import load_entries
from models.desk import Handover, HandoverReply
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TITLES = {intent: entry.title for intent, entry in load_entries().items()}
PHONE = Asker("service_account", "service_account:o1", openid="o1")


@pytest.fixture
async def place(database: str) -> SmallDistrict:
    return await district.build("甲")


async def waiting(place: SmallDistrict, openid: str | None = "o1") -> tuple[Handover, str | None]:
    """One conversation in the town's queue."""
    return await handover.open_(
        Door("service_account" if openid else "page", openid), place.town.id, [Turn("asker", "管几年")], now=NOW
    )


async def test_the_conversation_goes_to_the_named_town_without_names(place: SmallDistrict, the: Talk) -> None:
    await reply(the, "我叫王小明, 管几年", PHONE, now=NOW)
    told = (await reply(the, "人工 甲镇", PHONE, now=NOW)).text
    assert "已转给甲镇的工作人员" in told
    assert "120" in told
    (row,) = await handover.queue(place.actors[Role.WORKER])
    assert (row["status"], row["town"], row["door"]) == ("waiting", "甲镇", "service_account")
    opened, _ = await handover.read(row["id"], place.actors[Role.WORKER], now=NOW)
    said = [(turn["who"], turn["text"]) for turn in opened.conversation]
    assert said[0] == ("asker", "我叫〔姓名〕, 管几年")
    assert said[1][0] == "bot"
    assert await TrailEntry.exists(action="handover_read", actor=place.actors[Role.WORKER].label)


@pytest.mark.parametrize(
    "text",
    [
        "人工",
        "转人工",
        "我要找人工客服",
        "找个真人",
        "人工服务",
        "人工 甲镇",
        "请帮我转人工。",
        "转接人工",
        "需要人工",
        "人工在吗",
        "人工 五马",
    ],
)
async def test_asking_for_a_person_is_understood(place: SmallDistrict, the: Talk, text: str) -> None:
    await reply(the, text, PHONE, now=NOW)
    assert await Handover.all().count() == 1


@pytest.mark.parametrize(
    "text", ["工作人员态度不好怎么投诉", "人工耳蜗能报销吗", "找工作人员要带什么材料", "人工费算不算收入"]
)
async def test_a_question_about_staff_is_a_question(place: SmallDistrict, the: Talk, text: str) -> None:
    await reply(the, text, PHONE, now=NOW)
    assert await Handover.all().count() == 0


async def test_who_is_known_goes_to_the_own_town_and_who_names_none_to_the_district(
    place: SmallDistrict, the: Talk
) -> None:
    resident = place.actors[Role.RESIDENT]
    told, code = await to_person(the, Asker("api", "phone-1", actor=resident), town_id=None, now=NOW)
    assert "甲镇" in told
    assert len(code) == 12
    told, _ = await to_person(the, Asker("page", "page-1"), town_id=None, now=NOW)
    assert "区民政" in told
    assert len(await handover.queue(place.actors[Role.TOWN])) == 1
    assert len(await handover.queue(place.actors[Role.BUREAU])) == 2


async def test_another_town_sees_and_does_nothing(place: SmallDistrict) -> None:
    opened, _ = await waiting(place)
    other = (await district.build("乙")).actors
    assert await handover.queue(other[Role.TOWN]) == []
    for refused in (
        handover.read(opened.id, other[Role.TOWN], now=NOW),
        handover.take(opened.id, other[Role.WORKER], now=NOW),
        handover.answer(opened.id, other[Role.WORKER], "好", now=NOW),
        handover.close(opened.id, other[Role.TOWN], now=NOW),
        handover.read(opened.id, place.actors[Role.VILLAGE], now=NOW),
        handover.queue(place.actors[Role.SUPERVISOR]),
        handover.answer(opened.id, place.actors[Role.RESIDENT], "好", now=NOW),
    ):
        with pytest.raises(NotAllowedError):
            await refused
    await handover.move(opened.id, place.actors[Role.BUREAU], other[Role.TOWN].town_id, now=NOW)
    assert len(await handover.queue(other[Role.TOWN])) == 1
    with pytest.raises(NotAllowedError):
        await handover.read(opened.id, place.actors[Role.TOWN], now=NOW)


async def test_one_answers_and_another_must_take_over_first(place: SmallDistrict) -> None:
    opened, _ = await waiting(place)
    worker, town = place.actors[Role.WORKER], place.actors[Role.TOWN]
    await handover.answer(opened.id, worker, "管一年。", now=NOW)
    with pytest.raises(ConflictError, match="别的同事"):
        await handover.answer(opened.id, town, "管一年。", now=NOW)
    await handover.take(opened.id, town, now=NOW)
    await handover.answer(opened.id, town, "到明年九月。", now=NOW)
    detail = (await TrailEntry.filter(action="handover_taken").order_by("-id").first()).detail
    assert detail == {"before": worker.label}


async def test_two_who_answer_at_once_are_not_both_heard(place: SmallDistrict) -> None:
    opened, _ = await waiting(place)
    results = await asyncio.gather(
        *(
            handover.answer(opened.id, place.actors[role], "管一年。", now=NOW)
            for role in (Role.WORKER, Role.TOWN, Role.BUREAU)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(result, HandoverReply) for result in results) == 1
    assert sum(isinstance(result, ConflictError) for result in results) == 2


async def test_the_same_phone_waits_once_however_often_it_asks(place: SmallDistrict) -> None:
    await asyncio.gather(*(waiting(place) for _ in range(6)))
    assert await Handover.all().count() == 1
    assert len((await Handover.first()).conversation) == 6


async def test_what_is_said_meanwhile_reaches_staff_and_danger_gets_its_numbers_at_once(
    place: SmallDistrict, the: Talk
) -> None:
    opened, _ = await waiting(place)
    assert "已补充给工作人员" in (await reply(the, "我家四口人都病着", PHONE, now=LATER)).text
    told = (await reply(the, "我不想活了", PHONE, now=LATER)).text
    assert "120" in told
    conversation = (await Handover.get(id=opened.id)).conversation
    assert [turn["text"] for turn in conversation][-2:] == ["我家四口人都病着", "我不想活了"]
    assert "已结束" in (await reply(the, "结束人工", PHONE, now=LATER)).text
    assert (await reply(the, "管几年", PHONE, now=LATER)).intent == "validity"


async def test_a_reply_that_wechat_would_not_carry_is_read_with_the_next_message_once(
    place: SmallDistrict, the: Talk
) -> None:
    opened, _ = await waiting(place)
    sent = await handover.answer(opened.id, place.actors[Role.TOWN], "管一年。", now=NOW)
    await HandoverReply.filter(id=sent.id).update(status="kept")
    first = (await reply(the, "那要带什么材料", PHONE, now=LATER)).text
    assert first.startswith("工作人员回复您: 管一年。")
    assert (await HandoverReply.get(id=sent.id)).status == "kept", "not before the answer is on its way"
    await handover.mark_shown(PHONE.door, "o1", now=LATER)
    assert "工作人员回复您" not in (await reply(the, "好的", PHONE, now=LATER)).text
    assert (await HandoverReply.get(id=sent.id)).status == "shown"


async def test_kept_replies_come_as_many_at_a_time_as_a_message_holds(place: SmallDistrict) -> None:
    opened, _ = await waiting(place)
    for number in range(3):
        made_at = NOW + timedelta(seconds=number)
        sent = await handover.answer(opened.id, place.actors[Role.TOWN], f"{number}" * 1 + "字" * 400, now=made_at)
        await HandoverReply.filter(id=sent.id).update(status="kept")
    seen = []
    for _ in range(3):
        seen.append([text[0] for text in await handover.kept_replies(PHONE.door, "o1", now=LATER)])
        await handover.mark_shown(PHONE.door, "o1", now=LATER)
    assert seen == [["0"], ["1"], ["2"]]


async def test_who_asks_for_a_person_again_waits_again_and_is_counted(place: SmallDistrict, the: Talk) -> None:
    opened, _ = await waiting(place)
    await handover.answer(opened.id, place.actors[Role.TOWN], "管一年。", now=NOW)
    assert await handover.waiting(place.actors[Role.TOWN]) == 0
    await reply(the, "人工", PHONE, now=NOW + timedelta(hours=1))
    assert (await Handover.get(id=opened.id)).status == "taken"
    assert await handover.waiting(place.actors[Role.TOWN]) == 1


async def test_who_waits_is_never_hidden_behind_those_who_were_answered(
    place: SmallDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "MOST_LISTED", 2)
    for number in range(3):
        opened, _ = await waiting(place, f"o{number}")
        await handover.answer(opened.id, place.actors[Role.TOWN], "管一年。", now=NOW)
    last, _ = await waiting(place, "o9")
    assert (await handover.queue(place.actors[Role.TOWN]))[0]["id"] == last.id


async def test_the_button_pressed_twice_makes_one_conversation(place: SmallDistrict, the: Talk) -> None:
    asker = Asker("page", "page-conversation")
    first = await to_person(the, asker, town_id=place.town.id, now=NOW)
    assert await to_person(the, asker, town_id=place.town.id, now=NOW) == first
    assert await Handover.all().count() == 1


async def test_ones_own_case_is_not_in_what_is_handed_over(place: SmallDistrict, the: Talk) -> None:
    own = await place.case("confirmed")
    asker = Asker("api", "phone-1", actor=place.actors[Role.RESIDENT])
    assert own.number in (await reply(the, TITLES["progress"], asker, now=NOW)).text
    await to_person(the, asker, town_id=None, now=NOW)
    assert own.number not in str((await Handover.first()).conversation)


async def test_a_nul_byte_hurts_nobody(place: SmallDistrict, the: Talk) -> None:
    await reply(the, "呱呱\x00叽里咕噜", Asker("page", "page-1"), now=NOW)
    await the.ledger.flush()
    await to_person(the, Asker("page", "page-1"), town_id=None, more="腿脚\x00不便", now=NOW)
    assert "\x00" not in str((await Handover.first()).conversation)


async def test_codes_cannot_be_tried_out(place: SmallDistrict, the: Talk) -> None:
    for _ in range(LIMITS["reply_code_misses"].most):
        with pytest.raises(NotFoundError):
            await limits.with_code(the.redis, "1.2.3.4", handover.by_code("1" * 12, now=NOW))
    with pytest.raises(TooManyError):
        await limits.with_code(the.redis, "1.2.3.4", handover.by_code("1" * 12, now=NOW))
    with pytest.raises(NotFoundError):
        await limits.with_code(the.redis, "1.2.3.5", handover.by_code("1" * 12, now=NOW))


async def test_the_holder_of_a_code_reads_and_adds_and_nobody_else(place: SmallDistrict) -> None:
    opened, code = await waiting(place, None)
    assert (await handover.by_code(code, now=NOW))["replies"] == []
    await handover.answer(opened.id, place.actors[Role.TOWN], "管一年。", now=NOW)
    found = await handover.by_code(
        f"{code[:4]} {code[4:8]} {code[8:]}".translate({48 + n: 0xFF10 + n for n in range(10)}), now=LATER
    )
    assert [item["text"] for item in found["replies"]] == ["管一年。"]
    assert (await HandoverReply.first()).status == "shown"
    await handover.add_by_code(code, "电话13800138000", now=LATER)
    again = await Handover.get(id=opened.id)
    assert again.conversation[-1]["text"] == "电话〔电话〕"
    assert again.status == "taken", "who asked again waits again"
    for wrong in ("000000000000", "", "abc"):
        with pytest.raises(NotFoundError):
            await handover.by_code(wrong, now=NOW)
    assert code not in str(await Handover.all().values())


async def test_nobody_who_waits_is_closed_unheard(place: SmallDistrict) -> None:
    opened, code = await waiting(place, None)
    town = place.actors[Role.TOWN]
    with pytest.raises(ConflictError, match="还没有回复"):
        await handover.close(opened.id, town, now=NOW)
    assert await handover.close_quiet(now=NOW + timedelta(days=60)) == 0
    await handover.answer(opened.id, town, "管一年。", now=NOW)
    assert await handover.close_quiet(now=NOW + timedelta(days=6)) == 0
    assert await handover.close_quiet(now=NOW + timedelta(days=8)) == 1
    with pytest.raises(ConflictError, match="已经结束"):
        await handover.add_by_code(code, "还有", now=NOW)
    with pytest.raises(ConflictError):
        await handover.answer(opened.id, town, "好", now=NOW)


async def test_bad_input_is_told_and_nothing_changes(place: SmallDistrict) -> None:
    opened, _ = await waiting(place)
    town = place.actors[Role.TOWN]
    for wrong in (" ", "字" * 501):
        with pytest.raises(InvalidInputError):
            await handover.answer(opened.id, town, wrong, now=NOW)
    with pytest.raises(InvalidInputError):
        await handover.move(opened.id, town, 999_999, now=NOW)
    for missing in (handover.read(uuid4(), town, now=NOW), handover.resend(uuid4(), town, now=NOW)):
        with pytest.raises(NotFoundError):
            await missing
    assert (await Handover.get(id=opened.id)).status == "waiting"
    assert await HandoverReply.all().count() == 0
