"""The guide's questions: plain, short, branching, and never a closed door."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.web.questions import NO, QUESTIONS, TOPICS, UNKNOWN, YES, asked_of, facts_from, progress
from rules.circumstances import Truth, assess_all
from rules.eligibility import Outcome, assess

TODAY = date(2026, 9, 28)
SAID = st.sampled_from([YES, NO, UNKNOWN, "50000", "x", ""])


def walk(topic: str, said: dict[str, str], otherwise: str) -> list[tuple[str, str]]:
    """Answer every question that is asked."""
    answers: list[tuple[str, str]] = []
    while len(answers) < len(way := asked_of(topic, answers)):
        fact = way[len(answers)].fact
        answers.append((fact, said.get(fact, otherwise)))
    return answers


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_its_questions_in_short_sentences(topic: str) -> None:
    for question in QUESTIONS[topic]:
        assert len(question.text) <= 30
        assert question.text.endswith("?")
        assert not any(word in question.text for word in ("服刑", "失信", "遗弃", "坐牢"))


@pytest.mark.parametrize("topic", ["C1", "C2", "C3", "C5", "C6"])
def test_yes_throughout_leads_to_the_clause_of_the_topic(topic: str) -> None:
    answers = walk(topic, {"applicant_born_on": NO if topic == "C2" else YES}, YES)
    guidance = assess(facts_from(topic, answers, TODAY), TODAY, 100_000)
    assert guidance.outcome is Outcome.MAY_FIT
    assert topic in [found.name for found in guidance.may_fit]


def test_a_deposit_between_4_and_10_times_fits_and_other_peoples_money_is_for_staff() -> None:
    yes = walk("C4", {"deposit_fen": "50000"}, YES)
    assert "C4" in [c.name for c in assess(facts_from("C4", yes, TODAY), TODAY, 100_000).may_fit]
    others = walk("C4", {"deposit_fen": "50000", "only_own_bank_deposits": NO}, YES)
    finding = assess_all(facts_from("C4", others, TODAY), TODAY, 100_000)[3]
    assert finding.truth is Truth.UNKNOWN


@pytest.mark.parametrize("topic", TOPICS)
def test_no_idea_throughout_is_ordinary_aid_first_and_nothing_is_refused(topic: str) -> None:
    answers = walk(topic, {}, UNKNOWN)
    assert assess(facts_from(topic, answers, TODAY), TODAY, None).outcome is Outcome.ORDINARY_FIRST


def test_a_no_ends_the_topic_and_asks_about_severe_illness_instead() -> None:
    asked = [question.fact for question in asked_of("C3", [("ordinary_aid_refused", YES), ("applicant_born_on", NO)])]
    assert asked == ["ordinary_aid_refused", "applicant_born_on", "severe_illness_or_disability"]


@given(topic=st.sampled_from(sorted(TOPICS)), data=st.data())
def test_any_answers_lead_to_advice_that_is_never_a_flat_no(topic: str, data: st.DataObject) -> None:
    answers: list[tuple[str, str]] = []
    while len(answers) < len(way := asked_of(topic, answers)):
        place = progress(topic, answers)
        assert 1 < place["step"] <= place["total"]
        answers.append((way[len(answers)].fact, data.draw(SAID)))
        assert len(answers) <= 12
    guidance = assess(facts_from(topic, answers, TODAY), TODAY, 100_000)
    assert guidance.outcome in Outcome
    assert "不行" not in guidance.sentence
    assert "不能申请" not in guidance.sentence
