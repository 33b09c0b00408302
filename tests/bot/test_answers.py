"""The bot: danger first, the right entry, the clause, and quiet where it does not know."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.web.policy import paragraphs
from bot.answers import Outcome
from bot.dialogue import load_bot
from bot.entries import load_entries

BOT = load_bot(contact="咨询电话: 000-1234567")
HELD_OUT = tomllib.loads((Path(__file__).parent / "heldout.toml").read_text())["question"]
ENTRIES = load_entries()


@pytest.mark.parametrize("intent", ENTRIES)
def test_every_way_of_asking_that_an_entry_lists_gets_that_entry(intent: str) -> None:
    for way in ENTRIES[intent].ask:
        assert BOT.answer(way).intent == intent, way


def test_questions_that_no_entry_lists_are_mostly_answered_or_suggested_and_rarely_wrong() -> None:
    """The thresholds were chosen on these questions, so the bounds say little about others; the entries were not."""
    listed = {way for entry in ENTRIES.values() for way in entry.ask}
    assert not {question for question, _ in HELD_OUT} & listed
    answered = [(BOT.answer(question), intent, question) for question, intent in HELD_OUT]
    right = [intent for answer, intent, _ in answered if answer.intent == intent]
    offered = [i for a, i, _ in answered if a.intent == i or ENTRIES[i].title in a.suggestions]
    wrong = [(q, a.intent) for a, intent, q in answered if a.outcome is Outcome.ANSWER and a.intent != intent]
    assert len(right) >= 0.8 * len(HELD_OUT), wrong
    assert len(offered) >= 0.88 * len(HELD_OUT), wrong
    assert len(wrong) <= 0.04 * len(HELD_OUT), wrong


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
def test_every_answer_in_scope_is_short_names_its_clause_and_links_to_it(intent: str) -> None:
    entry = ENTRIES[intent]
    assert len(entry.answer) <= 200
    assert entry.clause
    assert entry.anchor in {paragraph.anchor for paragraph in paragraphs()}
    assert "温鹿民〔2021〕8号" in BOT.answer(entry.ask[0]).text


def test_no_answer_states_an_amount_that_the_text_does_not_fix() -> None:
    import re

    for entry in ENTRIES.values():
        assert set(re.findall(r"(\d+)元", entry.answer)) <= {"5000"}, entry.intent


def test_without_a_configured_telephone_none_is_invented() -> None:
    import re

    quiet = load_bot()
    for entry in ENTRIES.values():
        numbers = set(re.findall(r"(?<!\d)\d{3,}(?!\d)", quiet.answer(entry.ask[0]).text))
        assert numbers <= {"110", "119", "120", "2021", "5000"}, entry.intent


@pytest.mark.parametrize("text", ["", "   ", "？？？", "asdfgh", "🙂🙂", "东风夜放花千树"])
def test_what_it_does_not_understand_goes_to_a_person(text: str) -> None:
    assert BOT.answer(text).outcome is Outcome.HANDOVER


def test_a_question_near_several_entries_gets_suggestions_that_can_be_asked() -> None:
    answer = BOT.answer("手续这个事情")
    assert answer.outcome in (Outcome.SUGGEST, Outcome.ANSWER)
    for title in answer.suggestions:
        assert BOT.answer(title).outcome is Outcome.ANSWER


@settings(max_examples=300)
@given(st.text(max_size=700))
def test_any_text_gets_an_answer_object(text: str) -> None:
    answer = BOT.answer(text)
    assert answer.text
    assert json.dumps(answer.text, ensure_ascii=False)
