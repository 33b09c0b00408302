"""What stands on a phone's screen keeps to WeChat's limits and says nothing about the household."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.kinds import PAGE_OF, TEMPLATE_OF, Kind
from notices.wording import code, compose, phrase, thing
from simulator.fields import check

_ANY = st.text(max_size=80)
_SENSITIVE = ("病", "残", "服刑", "失联", "救助金", "低保", "家庭")


def facts(**given_facts: str) -> dict[str, str]:
    """Facts of any kind of notice."""
    return {
        "town": "藤桥镇",
        "place": "礼堂",
        "meets_at": "2026-10-10T14:00:00+08:00",
        "page_id": "1",
        "number": "个案20261010-0001",
        "village": "青禾村",
        "due_on": "2027-01-05",
    } | given_facts


@pytest.mark.parametrize("kind", list(Kind))
@given(town=_ANY, place=_ANY, village=_ANY, number=_ANY)
def test_whatever_the_facts_the_platform_accepts_the_fields(
    kind: Kind, town: str, place: str, village: str, number: str
) -> None:
    message = compose(kind, facts(town=town, place=place, village=village, number=number))
    assert set(message.fields) == set(TEMPLATE_OF[kind].fields)
    data = {name: {"value": value} for name, value in message.fields.items()}
    assert check(TEMPLATE_OF[kind].fields, data) == message.fields


@pytest.mark.parametrize("kind", list(Kind))
def test_no_notice_carries_a_sensitive_word(kind: Kind) -> None:
    text = " ".join(compose(kind, facts()).fields.values()) + TEMPLATE_OF[kind].title
    assert not any(word in text for word in _SENSITIVE)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_opens_a_page(kind: Kind) -> None:
    assert compose(kind, facts()).page.startswith(PAGE_OF[kind] + "?id=")


def test_a_long_thing_ends_with_an_ellipsis_and_an_empty_one_says_open_it() -> None:
    assert thing("一" * 21) == "一" * 19 + "…"
    assert len(thing("一" * 21)) == 20
    assert thing(" \n ") == "点开查看"


@pytest.mark.parametrize(
    "number", ["990000197001019990", "１７０９９９９０００１", "(0999)88880001", "9999 9900 0000 0000 017"]
)
def test_a_number_of_somebody_is_not_shown_on_a_locked_phone(number: str) -> None:
    assert thing(f"礼堂 {number}") == "点开查看"
    assert thing("礼堂 18:30") == "礼堂 18:30"


def test_a_code_loses_its_chinese() -> None:
    assert code("个案20261010-0001") == "20261010-0001"


def test_a_phrase_that_does_not_fit_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="phrase"):
        phrase("已有结果123")
