"""What is shown of a number does not depend on what is hidden of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import masking

_DIGITS = st.characters(min_codepoint=ord("0"), max_codepoint=ord("9"))
_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


@pytest.mark.parametrize(
    ("mask", "number", "shown"),
    [
        (masking.id_number, "330302195805201234", "330***********1234"),
        (masking.id_number, "33030219580520123x", "330***********123X"),
        (masking.id_number, "３３０３０２１９５８０５２０１２３４", "330***********1234"),
        (masking.id_number, "330302 1958-0520 1234", "330***********1234"),
        (masking.id_number, "330302580520123", "******"),
        (masking.id_number, "陈安宁", "******"),
        (masking.phone, "13812345678", "138****5678"),
        (masking.phone, "+86 138 1234 5678", "138****5678"),
        (masking.phone, "１３８１２３４５６７８", "138****5678"),
        (masking.phone, "0577-88123456", "******56"),
        (masking.phone, "12345", "******"),
        (masking.bank_account, "6222021203001234567", "************4567"),
        (masking.bank_account, "6222 0212 0300 1234", "************1234"),
        (masking.bank_account, "62220212", "******"),
    ],
)
def test_a_number_is_masked_as_the_table_says(mask: object, number: str, shown: str) -> None:
    assert mask(number) == shown  # type: ignore[operator]


def test_an_address_is_shown_down_to_the_village_and_from_the_villages_own_name() -> None:
    assert masking.address("藤桥镇", "青禾村") == "藤桥镇青禾村***"
    assert masking.address("", "") == "******"


def spread(number: str, way: int) -> str:
    """The same number, as somebody else writes it."""
    return (number, number.translate(_WIDE), " ".join(number), "-".join(number.translate(_WIDE)))[way]


@given(
    head=st.text(_DIGITS, min_size=3, max_size=3),
    hidden=st.text(_DIGITS, min_size=11, max_size=11),
    other=st.text(_DIGITS, min_size=11, max_size=11),
    tail=st.from_regex(r"[0-9]{3}[0-9X]", fullmatch=True),
    way=st.integers(0, 3),
)
def test_nothing_hidden_of_an_identity_number_has_any_influence(
    head: str, hidden: str, other: str, tail: str, way: int
) -> None:
    shown = masking.id_number(spread(head + hidden + tail, way))
    assert shown == masking.id_number(head + other + tail)
    assert shown == f"{head}{'*' * 11}{tail}"


@given(
    first=st.text(_DIGITS, min_size=2, max_size=2),
    hidden=st.text(_DIGITS, min_size=4, max_size=4),
    other=st.text(_DIGITS, min_size=4, max_size=4),
    tail=st.text(_DIGITS, min_size=4, max_size=4),
    way=st.integers(0, 3),
)
def test_nothing_hidden_of_a_mobile_number_has_any_influence(
    first: str, hidden: str, other: str, tail: str, way: int
) -> None:
    shown = masking.phone(spread(f"1{first}{hidden}{tail}", way))
    assert shown == masking.phone(f"1{first}{other}{tail}") == f"1{first}****{tail}"


@given(
    hidden=st.text(_DIGITS, min_size=8, max_size=20),
    other=st.text(_DIGITS, min_size=8, max_size=20),
    tail=st.text(_DIGITS, min_size=4, max_size=4),
    way=st.integers(0, 3),
)
def test_an_account_shows_its_last_four_digits_and_not_even_its_length(
    hidden: str, other: str, tail: str, way: int
) -> None:
    shown = masking.bank_account(spread(hidden + tail, way))
    assert shown == masking.bank_account(other + tail) == "*" * 12 + tail


@given(st.text(max_size=40), st.sampled_from([masking.id_number, masking.phone, masking.bank_account]))
def test_whatever_is_typed_at_most_seven_of_its_characters_are_shown(text: str, mask: object) -> None:
    shown = mask(text).replace("*", "")  # type: ignore[operator]
    assert len(shown) <= 7
    assert set(shown) <= set("0123456789X")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我身份证330302196001011234, 欠8万元", "我身份证330***********1234, 欠8万元"),
        ("身份证 3303 0219 6001 0112 3x", "身份证 330***********123X"),
        ("１３８００１３８０００", "138****8000"),
        ("打138-0013-8000, 卡6222 0200 0000 0000 123", "打138****8000, 卡************0123"),
        ("卡6222020000000000", "卡************0000"),
        ("2026年10月12日住院花了123456元, 编号个案20260001", "2026年10月12日住院花了123456元, 编号个案20260001"),
        ("电话０５７７−８８８８", "电话０５７７−８８８８"),
        ("", ""),
    ],
)
def test_numbers_of_people_in_a_sentence_are_masked_and_the_rest_stays(text: str, shown: str) -> None:
    assert masking.in_text(text) == shown


@given(
    before=st.text(alphabet="我的卡号是, ", max_size=6), digits=st.text(alphabet="0123456789", min_size=16, max_size=18)
)
def test_no_long_number_survives_a_sentence(before: str, digits: str) -> None:
    shown = masking.in_text(f"{before}{digits}元")
    assert digits not in shown
    assert digits[3:-4] not in shown
