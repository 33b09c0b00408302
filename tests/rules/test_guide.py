"""Circumstances and the guide: three-valued, never a flat no."""

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.circumstances import Circumstance, Truth, assess_all
from rules.eligibility import Outcome, assess
from rules.facts import HouseholdFacts

ON = date(2026, 11, 24)
S = 100_000
MISSING = {
    "member_lived_together_before": True,
    "member_left_on": date(2023, 11, 24),
    "member_lives_apart": True,
    "applicant_declares_absence": True,
    "member_cannot_be_reached": True,
    "others_ask_for_aid": True,
}
MINOR = {
    "applicant_born_on": date(2010, 1, 1),
    "first_parent_unable": True,
    "other_parent_left_on": date(2020, 1, 1),
    "other_parent_does_not_care": True,
    "other_parent_registered_elsewhere": True,
    "lives_with_other_relatives": True,
    "asks_for_child_alone": True,
}
ELDER = {
    "applicant_born_on": date(1966, 11, 24),
    "was_married_with_children": True,
    "marriage_broke_lived_alone": True,
    "did_not_raise_children": True,
    "children_out_of_touch": True,
    "no_income": True,
    "rights_cannot_be_enforced_soon": True,
    "asks_for_aid": True,
    "home_visit_confirms": True,
}
SAVINGS = {
    "holds_special_support": True,
    "at_economic_review": True,
    "only_own_bank_deposits": True,
    "deposit_fen": 5_000_000,
    "asks_to_keep_aid": True,
}


def truth(circumstance: Circumstance, **facts: object) -> Truth:
    findings = {f.circumstance: f.truth for f in assess_all(HouseholdFacts(**facts), ON, S)}  # type: ignore[arg-type]
    return findings[circumstance]


@pytest.mark.parametrize(
    ("circumstance", "facts", "expected"),
    [
        (Circumstance.C1, MISSING, Truth.MET),
        (Circumstance.C1, MISSING | {"member_left_on": date(2023, 11, 25)}, Truth.UNMET),
        (Circumstance.C1, MISSING | {"member_left_on": None}, Truth.UNKNOWN),
        (Circumstance.C2, MINOR, Truth.MET),
        (Circumstance.C2, MINOR | {"applicant_born_on": date(2008, 11, 24)}, Truth.UNMET),
        (Circumstance.C2, MINOR | {"applicant_born_on": date(2008, 11, 25)}, Truth.MET),
        (Circumstance.C2, MINOR | {"other_parent_registered_elsewhere": False}, Truth.UNMET),
        (Circumstance.C3, ELDER, Truth.MET),
        (Circumstance.C3, ELDER | {"applicant_born_on": date(1966, 11, 25)}, Truth.UNMET),
        (Circumstance.C3, ELDER | {"did_not_raise_children": False}, Truth.UNMET),
        (Circumstance.C4, SAVINGS, Truth.MET),
        (Circumstance.C4, SAVINGS | {"deposit_fen": 4_800_000}, Truth.UNMET),
        (Circumstance.C4, SAVINGS | {"deposit_fen": 12_000_000}, Truth.UNMET),
        (Circumstance.C4, SAVINGS | {"only_own_bank_deposits": False}, Truth.UNKNOWN),
        (Circumstance.C5, {"receives_temporary_aid": True, "same_cause_again": True}, Truth.MET),
        (Circumstance.C5, {"receives_temporary_aid": True, "same_cause_again": False}, Truth.UNKNOWN),
        (
            Circumstance.C5,
            {"receives_temporary_aid": True, "same_cause_again": False, "needs_more_than_maximum": False},
            Truth.UNMET,
        ),
        (Circumstance.C6, {"severe_illness_or_disability": True, "asks_for_aid": True}, Truth.MET),
        (Circumstance.C7, {}, Truth.UNKNOWN),
    ],
)
def test_each_clause_at_its_edges(circumstance: Circumstance, facts: dict[str, object], expected: Truth) -> None:
    assert truth(circumstance, **facts) is expected


def test_savings_without_a_standard_are_unknown_and_break_nothing() -> None:
    finding = assess_all(HouseholdFacts(**SAVINGS), ON, None)[3]  # type: ignore[arg-type]
    assert finding.truth is Truth.UNKNOWN
    assert finding.open_conditions == ("存款超过年低保标准4倍但低于10倍",)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, Outcome.ORDINARY_FIRST),
        ({"ordinary_aid_refused": False}, Outcome.ORDINARY_FIRST),
        ({"ordinary_aid_refused": True}, Outcome.STAFF_JUDGE),
        ({"ordinary_aid_refused": True, **MISSING}, Outcome.MAY_FIT),
        ({"in_emergency": True, **MISSING}, Outcome.URGENT),
    ],
)
def test_the_guide_never_says_a_flat_no(facts: dict[str, object], outcome: Outcome) -> None:
    guidance = assess(HouseholdFacts(**facts), ON, S)  # type: ignore[arg-type]
    assert guidance.outcome is outcome
    assert guidance.sentence.endswith("。")


def test_what_to_bring_follows_the_clause_that_may_fit() -> None:
    guidance = assess(HouseholdFacts(ordinary_aid_refused=True, **MISSING), ON, S)  # type: ignore[arg-type]
    assert guidance.may_fit == (Circumstance.C1,)
    assert "入户调查表、联系记录" in guidance.to_bring


def test_every_circumstance_has_plain_words_and_a_clause() -> None:
    assert [c.clause for c in Circumstance] == [f"三({n})" for n in "一二三四五六七"]
    assert all(len(c.plain) <= 30 for c in Circumstance)


_BOOLS = [f.name for f in dataclasses.fields(HouseholdFacts) if f.type == "bool | None" or f.type == bool | None]


@given(st.dictionaries(st.sampled_from(_BOOLS), st.booleans()), st.sampled_from(_BOOLS), st.booleans())
def test_answering_an_unknown_never_flips_a_condition_already_known(
    facts: dict[str, bool], name: str, value: bool
) -> None:
    if name in facts:
        return
    before = assess_all(HouseholdFacts(**facts), ON, S)
    after = assess_all(HouseholdFacts(**facts, **{name: value}), ON, S)
    for old, new in zip(before, after, strict=True):
        for was, is_now in zip(old.conditions, new.conditions, strict=True):
            assert was.truth in (Truth.UNKNOWN, is_now.truth)


def test_an_ended_childhood_wins_over_the_wish_and_an_unknown_age_follows_it() -> None:
    from rules.ordinary import ordinary_schemes

    grown = HouseholdFacts(asks_for_child_alone=True, applicant_born_on=date(1968, 1, 1))
    assert "孤儿保障" not in [scheme.name for scheme in ordinary_schemes(grown, ON)]
    unknown = HouseholdFacts(asks_for_child_alone=True)
    assert ordinary_schemes(unknown, ON)[0].name == "孤儿保障"


@pytest.mark.parametrize(
    ("deposit_fen", "says"),
    [(4_800_000, "存款没有超过4倍, 不用走“一事一议”"), (4_800_001, None), (12_000_000, "三(七)"), (None, None)],
)
def test_a_deposit_outside_the_band_is_told_what_that_means(deposit_fen: int | None, says: str | None) -> None:
    finding = assess_all(HouseholdFacts(**SAVINGS | {"deposit_fen": deposit_fen}), ON, S)[3]  # type: ignore[arg-type]
    assert bool(finding.notes) is bool(says)
    assert says is None or says in finding.notes[0]
