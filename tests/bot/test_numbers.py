"""Numbers as people write and say them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.numbers import number_of, numbers_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("35000", 35000),
        ("3.5万", 35000),
        ("三万五", 35000),
        ("3万5", 35000),
        ("三万零五", 30005),
        ("两千五百", 2500),
        ("一千五", 1500),
        ("一百二", 120),
        ("一百零二", 102),
        ("十一", 11),
        ("二十", 20),
        ("三百六十五", 365),
        ("一千零一十", 1010),
        ("十万八千", 108000),
        ("两万三千四百五十六", 23456),
        ("48000.01", Decimal("48000.01")),
        ("零", 0),
        ("三四", None),
        ("万", None),
        ("3.", None),
        ("1.2.3", None),
        ("", None),
        ("三万五" * 9, None),
    ],
)
def test_a_number_is_read_as_it_is_said(text: str, value: object) -> None:
    assert number_of(text) == value


def test_every_number_of_a_sentence_is_found_with_its_unit() -> None:
    found = [(int(n.value), n.unit) for n in numbers_in("我家4口人存了三万五块, 72岁, 走了三年多, 12个人")]
    assert found == [(4, "口人"), (35000, "块"), (72, "岁"), (3, "年"), (12, "个人")]


@given(st.integers(0, 99_999_999))
def test_digits_are_themselves(number: int) -> None:
    assert number_of(str(number)) == number


@given(st.text(alphabet="零一二两三十百千万亿0123.5元岁年 ", max_size=30))
def test_nothing_breaks_the_reader(text: str) -> None:
    for number in numbers_in(text):
        assert number.value >= 0
        assert text[number.start : number.end]
