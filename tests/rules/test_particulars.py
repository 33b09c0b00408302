"""Slips of the pen are found; what is right passes in whatever form it was written."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.particulars import check_address, check_bank_account, check_digit, check_id_number, check_phone, luhn

TODAY = date(2026, 9, 28)


def number(first17: str) -> str:
    """With the check digit it needs."""
    return first17 + check_digit(first17)


@pytest.mark.parametrize("given_number", ["11010519491231002X", "440524188001010014"])
def test_the_examples_of_the_standard_carry_their_check_digit(given_number: str) -> None:
    assert check_digit(given_number[:17]) == given_number[17]


def test_an_identity_number_says_its_birthday_however_it_is_written() -> None:
    wide = "１１０１０５１９４９１２３１００２Ｘ"
    for text in ("11010519491231002X", "11010519491231002x", wide, "110105 19491231 002x"):
        checked = check_id_number(text, today=TODAY)
        assert (checked.value, checked.born_on, checked.fault) == ("11010519491231002X", date(1949, 12, 31), "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("110105491231002", "15位"),
        ("11010519491231", "18位"),
        ("陈安宁", "18位"),
        (number("11010519491331002"), "出生日期"),
        (number("11010519490230002"), "出生日期"),
        (number("11010520260929002"), "出生日期"),
        (number("11010518991231002"), "出生日期"),
        ("110105194912310021", "校验位"),
    ],
)
def test_an_impossible_identity_number_says_what_is_wrong(text: str, why: str) -> None:
    assert why in check_id_number(text, today=TODAY).fault


@given(
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.dates(date(1900, 1, 1), TODAY),
    st.from_regex(r"[0-9]{3}", fullmatch=True),
    st.integers(0, 16),
    st.integers(1, 9),
)
def test_one_wrong_digit_is_always_found(place: str, born: date, order: str, at: int, by: int) -> None:
    right = number(f"{place}{born:%Y%m%d}{order}")
    assert check_id_number(right, today=TODAY).fault == ""
    wrong = right[:at] + str((int(right[at]) + by) % 10) + right[at + 1 :]
    assert check_id_number(wrong, today=TODAY).fault


def test_an_account_that_fails_its_check_digit_is_doubted_and_not_refused() -> None:
    assert luhn("79927398713")
    good, bad = "6222000000000000", "6222000000000001"
    checked = [check_bank_account(text) for text in (good, bad)]
    assert {bool(one.doubt) for one in checked} == {luhn(good) is False, luhn(bad) is False}
    assert all(not one.fault for one in checked)
    assert check_bank_account("62220000").fault
    assert check_bank_account("6222 ００００ 0000 0000").value == "6222000000000000"


def test_a_telephone_is_digits() -> None:
    assert check_phone("+86 138-1234-5678").value == "13812345678"
    assert check_phone("000-0000001").fault == ""
    assert check_phone("打我儿子").fault


def test_of_ten_last_digits_nine_are_doubted_and_none_is_refused() -> None:
    checked = [check_bank_account(f"622202000000000000{last}") for last in range(10)]
    assert not any(found.fault for found in checked)
    assert sum(bool(found.doubt) for found in checked) == 9
    assert check_bank_account("0").fault
    assert check_phone("1380").fault


@pytest.mark.parametrize(("text", "right"), [("某村  某路1号", True), ("", False), ("  ", False), ("长" * 500, False)])
def test_an_address_is_some_words(text: str, right: bool) -> None:
    assert bool(check_address(text).fault) is not right
