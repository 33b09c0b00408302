"""The guide's questions: plain, short, branching, and never a closed door."""

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.guide.advice import advise, state_in_words
from backend.guide.questions import (
    FOUND_BY_STAFF,
    MOST_ANSWERS,
    NO,
    QUESTIONS,
    TOPICS,
    UNKNOWN,
    YES,
    Place,
    asked_of,
    facts_from,
    place_of,
    read_kept,
    told,
    wrong_with,
)
from rules.circumstances import Truth, assess_all
from rules.eligibility import Outcome, assess
from rules.facts import HouseholdFacts
from rules.readings import DEFAULT

TODAY = date(2026, 9, 28)
SAID = st.sampled_from([YES, NO, UNKNOWN, "50000", "x", ""])


def walk(topic: str, said: dict[str, str], otherwise: str) -> dict[str, str]:
    """Answer every question that is asked."""
    place = Place(topic, {})
    while (question := place.question) is not None:
        place = place.answered(question.fact, said.get(question.fact, otherwise))
    return dict(place.answers)


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
    said = {"ordinary_aid_refused": YES, "applicant_born_on": NO}
    asked = [question.fact for question in asked_of("C3", said)]
    assert asked == ["ordinary_aid_refused", "applicant_born_on", "severe_illness_or_disability"]


@given(topic=st.sampled_from(sorted(TOPICS)), data=st.data())
def test_any_answers_lead_to_advice_that_is_never_a_flat_no(topic: str, data: st.DataObject) -> None:
    place = Place(topic, {})
    for _ in range(20):
        if (question := place.question) is None:
            break
        assert 1 < place.step <= place.total
        place = place.answered(question.fact, data.draw(SAID))
    assert place.question is None, "the way ends"
    assert place.step == place.total + 1
    guidance = assess(facts_from(topic, place.answers, TODAY), TODAY, 100_000)
    assert guidance.outcome in Outcome
    assert "不行" not in guidance.sentence
    assert "不能申请" not in guidance.sentence


@given(topic=st.sampled_from(sorted(TOPICS)), data=st.data())
def test_going_back_any_number_of_times_loses_no_answer(topic: str, data: st.DataObject) -> None:
    place = Place(topic, {})
    while (question := place.question) is not None:
        place = place.answered(question.fact, data.draw(st.sampled_from([YES, NO, UNKNOWN])))
    before = dict(place.answers)
    for _ in range(data.draw(st.integers(1, 15))):
        place = place.back()
    assert place.answers == before
    question = place.question
    assert question is not None
    again = place.answered(question.fact, before[question.fact])
    assert again.answers == before
    assert again.question is None, "the same answer again goes straight to the result"


def test_one_answer_is_changed_without_walking_through_the_rest() -> None:
    place = place_of("C1", walk("C1", {}, YES))
    changed = place.back_to("member_left_on")
    assert changed.question is not None
    assert changed.question.fact == "member_left_on"
    after = changed.answered("member_left_on", UNKNOWN)
    assert after.question is None
    assert after.answers["member_lives_apart"] == YES
    assert place.back_to("nonsense") == place


def test_a_no_that_is_taken_back_finds_the_later_answers_again() -> None:
    full = walk("C3", {}, YES)
    closed = place_of("C3", full).answered("was_married_with_children", NO)
    assert closed.question is not None
    assert closed.question.fact == "severe_illness_or_disability"
    reopened = closed.answered("was_married_with_children", YES)
    assert reopened.question is None
    assert facts_from("C3", reopened.answers, TODAY).no_income is True


def test_an_answer_of_one_topic_is_no_answer_of_another() -> None:
    child = Place("C2", {}).answered("ordinary_aid_refused", YES).answered("applicant_born_on", NO)
    elder = replace(child, topic="C3", at=0).first_open()
    assert elder.question is not None
    assert elder.question.fact == "ordinary_aid_refused", "in other words, so it is asked again"
    again = replace(elder, topic="C2").first_open()
    assert again.question is not None
    assert again.question.fact == "first_parent_unable", "and the first topic finds its answers again"


def test_a_grown_up_ends_the_childs_topic_and_illness_is_asked_about() -> None:
    asked = [question.fact for question in asked_of("C2", {"applicant_born_on": YES})]
    assert asked == ["ordinary_aid_refused", "applicant_born_on", "severe_illness_or_disability"]
    assert "first_parent_unable" in [question.fact for question in asked_of("C2", {"applicant_born_on": UNKNOWN})]


def test_keeping_aid_and_asking_anew_are_different_wishes() -> None:
    keeps = facts_from("C4", walk("C4", {"deposit_fen": "5万"}, YES), TODAY)
    assert (keeps.asks_to_keep_aid, keeps.asks_for_aid) == (True, None)
    anew = facts_from("C4", walk("C4", {"asks_to_keep_aid": NO}, YES), TODAY)
    assert (anew.asks_to_keep_aid, anew.asks_for_aid, anew.severe_illness_or_disability) == (False, True, True)


def test_somebody_of_58_is_not_taken_for_a_newborn() -> None:
    said = {"ordinary_aid_refused": NO, "applicant_born_on": NO}
    advice = advise("C3", said, TODAY, None, DEFAULT)
    assert [scheme.name for scheme in advice.guidance.ordinary] == ["最低生活保障(低保)", "临时救助"]
    grown = advise("C2", {"applicant_born_on": YES}, TODAY, None, DEFAULT)
    assert "孤儿保障" not in [scheme.name for scheme in grown.guidance.ordinary]


def test_what_no_visit_has_found_is_never_said_to_be_so() -> None:
    finding = advise("C1", walk("C1", {}, YES), TODAY, None, DEFAULT).about[0]
    said = {condition.name: state_in_words(condition) for condition in finding.conditions}
    assert said["入户调查确实联系不上"] == "由工作人员上门核实"
    assert said["申请人声明"] == "办的时候写一份声明"
    assert said["现在没有一起生活"] == "按您说的, 有这一条"


def test_every_question_is_a_fact_that_the_rules_know() -> None:
    names = {field.name for field in fields(HouseholdFacts)}
    for topic in TOPICS:
        assert {question.fact for question in asked_of(topic, {})} <= names


def test_what_only_a_visit_finds_is_taken_for_the_clause_and_named_as_still_to_come() -> None:
    answers = walk("C3", {}, YES)
    finding = assess_all(facts_from("C3", answers, TODAY), TODAY, None)[2]
    assert finding.truth is Truth.MET
    visit = next(c for c in finding.conditions if c.facts == ("home_visit_confirms",))
    assert FOUND_BY_STAFF.issuperset(visit.facts)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("50000", False),
        ("5万", False),
        ("", False),
        ("u", False),
        ("五万", False),
        ("五万多", True),
        ("-5", True),
        ("1e9", True),
    ],
)
def test_an_amount_that_cannot_be_read_is_said_so_never_taken_for_unknown(said: str, wrong: bool) -> None:
    question = next(question for question in QUESTIONS["C4"] if question.is_amount)
    assert bool(wrong_with(question, said)) is wrong


def test_an_answer_that_is_none_of_the_three_is_said_so() -> None:
    assert wrong_with(QUESTIONS["C6"][0], "maybe")
    assert not wrong_with(QUESTIONS["C6"][0], YES)


def test_a_form_carries_fact_and_answer_and_nothing_else() -> None:
    assert read_kept(["C1.a:y", "b", "c:d:e", "C1.a:n"]) == {"C1.a": "n", "c": "d:e"}
    assert len(read_kept([f"f{n}:y" for n in range(100)])) == MOST_ANSWERS
    assert [said for _, said in told("C6", {"severe_illness_or_disability": YES})] == ["不清楚", "是"]
    assert told("C4", walk("C4", {"deposit_fen": "50000"}, YES))[-1][1] == "50000元"
    assert told("C4", walk("C4", {"deposit_fen": "5万"}, YES))[-1][1] == "5万"
