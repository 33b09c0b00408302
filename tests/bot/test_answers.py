"""The bot: danger first, the right entry, the clause, and quiet where it does not know."""

import json
import re
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.casework.calendar import known_days
from backend.web.policy import paragraphs
from bot.answers import Outcome
from bot.calculation import NOT_SET, Day
from bot.dialogue import Before, load_bot
from bot.entries import load_entries
from bot.entry_checks import bare, faults_of
from bot.evaluation import HELD_OUT_FILE, evaluate, read_questions
from bot.safety import FIRST, URGENT, alarm_of

BOT = load_bot(contact="咨询电话: 000-1234567")
HELD_OUT = read_questions(HELD_OUT_FILE)
ENTRIES = load_entries()
RAW = {
    file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8"))
    for file in files("bot.faq").iterdir()
    if file.name.endswith(".toml")
}
DAY = Day(date(2026, 9, 28), 100_000, known_days())


def test_nobody_trained_on_the_held_out_questions() -> None:
    listed = {re.sub(r"\W", "", way) for entry in ENTRIES.values() for way in entry.ask}
    assert len(HELD_OUT) >= 400
    assert [q.text for q in HELD_OUT if re.sub(r"\W", "", q.text) in listed] == []
    assert {question.intent for question in HELD_OUT} == set(ENTRIES)


@pytest.mark.parametrize("intent", ENTRIES)
def test_every_entry_is_asked_for_in_many_ways_and_says_what_it_must(intent: str) -> None:
    entry, raw = ENTRIES[intent], RAW[intent]
    assert len(entry.ask) >= (80 if entry.in_scope else 60)
    assert faults_of(entry, ENTRIES) == []
    assert set(entry.related) <= set(ENTRIES)
    if entry.in_scope:
        assert raw["must"]
        assert entry.anchor in {paragraph.anchor for paragraph in paragraphs()}


def test_questions_that_no_entry_lists_are_answered_rightly_and_rarely_wrongly() -> None:
    """The thresholds were chosen on these questions, so the bounds say little about others; the entries were not."""
    report, _ = evaluate(BOT, HELD_OUT)
    assert report["recall_at_1"] >= FLOOR["recall_at_1"], report
    assert report["wrong_rate"] <= FLOOR["wrong_rate"], report
    assert report["refusal_rate"] >= FLOOR["refusal_rate"], report


FLOOR = {"recall_at_1": 0.89, "wrong_rate": 0.07, "refusal_rate": 0.95}


def test_questions_of_another_hand_on_which_nothing_was_chosen_are_answered_almost_as_well() -> None:
    fresh = read_questions(Path(__file__).parent / "fresh.jsonl")
    listed = {bare(way) for entry in ENTRIES.values() for way in entry.ask}
    assert [q.text for q in fresh if bare(q.text) in listed] == []
    report, _ = evaluate(BOT, fresh)
    assert report["recall_at_1"] >= 0.88, report
    assert report["wrong_rate"] <= 0.07, report
    assert report["refusal_rate"] >= 0.95, report


@pytest.mark.parametrize("text", ["我不想活了", "活着没意思, 低保也没批", "想从楼上跳楼算了"])
def test_despair_is_heard_before_anything_else(text: str) -> None:
    answer = BOT.answer(text)
    assert answer.intent == "oos_crisis"
    assert "120" in answer.text
    assert "000-1234567" in answer.text


@pytest.mark.parametrize("text", ["家里着火了怎么办", "我妈昏迷不醒", "他拿刀要杀我", "救命"])
def test_danger_gets_the_emergency_numbers(text: str) -> None:
    answer = BOT.answer(text)
    assert answer.intent == "oos_police_fire_medical"
    assert all(number in answer.text for number in ("110", "119", "120"))


@pytest.mark.parametrize("intent", [entry.intent for entry in ENTRIES.values() if entry.in_scope])
def test_an_answer_names_its_clause_the_document_and_its_date(intent: str) -> None:
    answer = BOT.answer(ENTRIES[intent].title)
    assert answer.intent == intent
    assert answer.clause == ENTRIES[intent].clause
    assert "温鹿民〔2021〕8号, 2021年2月4日" in answer.text
    assert "以区民政局公布为准" in answer.text
    assert len(answer.text.encode()) <= 2048


def test_no_answer_states_an_amount_that_the_text_does_not_fix() -> None:
    for entry in ENTRIES.values():
        said = entry.short + entry.long + entry.next
        assert set(re.findall(r"(\d+)元", said)) <= {"5000"}, entry.intent


# 统一编号 CLCD10-2021-0001 and the numbers of documents that are named.
DOCUMENT_NUMBERS = {"0001"}


def test_without_a_configured_number_none_is_invented_and_a_configured_one_is_said() -> None:
    quiet = load_bot()
    for entry in ENTRIES.values():
        said = quiet.answer(entry.title).text + entry.long
        numbers = set(re.findall(r"(?<!\d)\d{3,}(?!\d)", said))
        assert numbers <= {"110", "119", "120", "2021", "5000", *DOCUMENT_NUMBERS}, (entry.intent, numbers)
    loud = load_bot(hotlines={"legal": "法律服务热线: 00348"})
    assert "00348" in loud.answer(ENTRIES["oos_family_law"].title).text


@pytest.mark.parametrize("text", ["", "   ", "？？？", "🙂🙂", "……"])
def test_what_it_does_not_understand_goes_to_a_person(text: str) -> None:
    answer = BOT.answer(text)
    assert answer.outcome is Outcome.HANDOVER
    assert answer.person
    assert "000-1234567" in answer.text


def test_the_answer_can_say_which_words_led_to_it() -> None:
    answer = BOT.answer("评议会要多少人参加才算数")
    assert answer.intent == "review_headcount"
    assert answer.because
    assert all(word in "评议会要多少人参加才算数" for word in answer.because)


def test_two_questions_of_one_message_are_answered_point_by_point() -> None:
    answer = BOT.answer("评议会要多少人参加? 批下来以后能管几年?")
    assert answer.intent == "mixed_multi"
    assert "1. " in answer.text
    assert "2. " in answer.text
    assert {ENTRIES["review_headcount"].title, ENTRIES["validity"].title} <= set(answer.suggestions)


@pytest.mark.parametrize(
    ("before", "text", "intent"),
    [
        (Before("review_headcount"), "详细", "review_headcount"),
        (Before(None, (ENTRIES["validity"].title, ENTRIES["renewal"].title)), "2", "renewal"),
        (Before(None, (ENTRIES["validity"].title,)), ENTRIES["validity"].title, "validity"),
    ],
)
def test_what_was_said_before_is_understood(before: Before, text: str, intent: str) -> None:
    assert BOT.answer(text, before=before).intent == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("平议会要几个人", "review_headcount"),
        ("評議會要幾個人參加", "review_headcount"),
        ("评议慧要几个仁参加", "review_headcount"),
        ("名丹贴在狃宕", "public_list_where"),
    ],
)
def test_slips_of_ear_and_hand_dialect_and_traditional_characters_are_understood(text: str, intent: str) -> None:
    answer = BOT.answer(text)
    assert intent in (answer.intent, *(entry.intent for entry in ENTRIES.values() if entry.title in answer.suggestions))


def test_more_is_the_long_answer_with_its_source() -> None:
    answer = BOT.answer("详细", before=Before("review_headcount"))
    assert ENTRIES["review_headcount"].long in answer.text
    assert "温鹿民" in answer.text
    assert BOT.answer("详细").intent != "review_headcount"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("存款四倍是多少钱", "4倍是48000元, 10倍是120000元"),
        ("我存了五万块钱算不算超过4倍", "50000元超过4倍、低于10倍"),
        ("4倍10倍怎么算, 我有48000元", "48000元没有超过4倍"),
    ],
)
def test_a_sum_is_worked_out_by_the_rules_with_the_standard_in_force(text: str, says: str) -> None:
    answer = BOT.answer(text, day=DAY)
    assert answer.intent == "c4_calc"
    assert says in answer.text


def test_without_a_standard_no_sum_is_guessed() -> None:
    day = Day(date(2026, 9, 28), None, known_days())
    assert NOT_SET in BOT.answer("我存了五万块钱算不算超过4倍", day=day).text


def test_a_day_is_counted_by_the_calendar() -> None:
    answer = BOT.answer("9月30日确认的, 5个工作日内哪天之前要开评议会", day=DAY)
    assert answer.intent == "review_deadline"
    assert "2026年10月13日" in answer.text
    late = BOT.answer("12月28日确认的, 5个工作日内哪天之前要开评议会", day=DAY)
    assert "暂定" in late.text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=700))
def test_any_text_gets_an_answer_object(text: str) -> None:
    answer = BOT.answer(text, day=DAY)
    assert answer.text
    assert json.dumps(answer.text, ensure_ascii=False)


@given(st.lists(st.sampled_from([q.text for q in HELD_OUT] or ["x"]), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_questions_strung_together_up_to_two_thousand_bytes_are_answered_too(parts: list[str]) -> None:
    assert BOT.answer("。".join(parts)[:680], day=DAY).text


ALARMS = [json.loads(line) for line in (Path(__file__).parent / "alarms.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("text", [row["q"] for row in ALARMS if row["alarm"]])
def test_who_is_in_danger_or_despair_gets_the_numbers_whatever_stands_around_it(text: str) -> None:
    for message in (text, f"低保要什么材料? {text}", f"{'家里的事说来话长。' * 70}{text}"):
        answer = BOT.answer(message)
        assert answer.intent in URGENT, message
        assert "120" in answer.text


@pytest.mark.parametrize("text", [row["q"] for row in ALARMS if not row["alarm"]])
def test_what_is_over_and_asked_about_is_answered(text: str) -> None:
    alarm = alarm_of(text)
    assert alarm is None or alarm.soft
    answer = BOT.answer(text)
    if alarm:
        assert answer.intent not in URGENT
        assert answer.text.startswith(FIRST[alarm.intent])
        assert answer.text.count("\n") >= 1


def test_few_ways_of_asking_about_other_things_raise_a_hard_alarm_by_words_alone() -> None:
    others = [way for entry in ENTRIES.values() if entry.intent not in URGENT for way in entry.ask]
    alarmed = [way for way in others if (alarm := alarm_of(way)) and not alarm.soft]
    assert len(alarmed) <= 12, alarmed
    inside = [way for way in alarmed if any(way in entry.ask for entry in ENTRIES.values() if entry.in_scope)]
    assert [way for way in inside if BOT.answer(way).intent in URGENT] == [], "written down by somebody: no alarm"


@pytest.mark.parametrize("text", ["没有人陪我", "我一个人", "没用的,没人管我", "打了没人接"])
def test_after_despair_a_word_that_is_no_question_is_still_despair(text: str) -> None:
    assert BOT.answer(text, before=Before("oos_crisis")).intent == "oos_crisis"
    assert BOT.answer("批下来以后能管几年", before=Before("oos_crisis")).intent == "validity"
