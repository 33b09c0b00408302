"""Amounts as people write them; the calculators at and on both sides of every number, with and without a standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.guide.amounts import MOST_FEN, fen_of
from backend.guide.calculators import NOT_SET, caps, savings

S = 100_000


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("50000", 5_000_000),
        ("5万", 5_000_000),
        ("3.5万元", 3_500_000),
        ("50,000", 5_000_000),
        ("50,000元", 5_000_000),
        ("５００００", 5_000_000),
        (" 48000.01 ", 4_800_001),
        ("0", 0),
        ("3千块钱", 300_000),
        ("2百", 20_000),
        ("999999999.99", MOST_FEN),
        ("1000000000", None),
        ("0.001", None),
        ("0.00001万", 10),
        ("五万", 5_000_000),
        ("三万五", 3_500_000),
        ("三万五千块钱", 3_500_000),
        ("五万多", None),
        ("万", None),
        ("-5", None),
        ("5 万 3", None),
        ("5、6万", None),
        ("5，6万", None),
        ("5 6万", None),
        ("3,4万", None),
        ("1,234,567.89", 123_456_789),
        ("12,34", None),
        ("", None),
        ("1e5", None),
        ("1" * 60, None),
    ],
)
def test_an_amount_is_read_as_it_is_meant(text: str, fen: int | None) -> None:
    assert fen_of(text) == fen


@given(st.integers(0, MOST_FEN))
def test_what_is_written_in_yuan_and_fen_is_read_back(fen: int) -> None:
    assert fen_of(f"{fen // 100}.{fen % 100:02d}") == fen


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = fen_of(text)
    assert found is None or 0 <= found <= MOST_FEN


@pytest.mark.parametrize(
    ("deposit", "says"),
    [
        ("48000", "没有超过4倍"),
        ("48000.01", "复核时可以要求保留待遇"),
        ("119999.99", "复核时可以要求保留待遇"),
        ("120000", "达到或超过10倍"),
    ],
)
def test_savings_at_both_ends(deposit: str, says: str) -> None:
    worked = savings(deposit, S)
    assert says in worked.lines[-1]
    assert worked.lines[:2] == ("年低保标准: 1000元×12=12000元", "4倍: 48000元; 10倍: 120000元")


def test_caps_show_their_working_and_take_off_what_was_given() -> None:
    worked = caps("2", "8万", "3000", S)
    assert worked.lines == (
        "家庭人数上限: 2人×1000元×20=40000元",
        "医疗费用上限: 80000元×70%=56000元",
        "两个上限取低: 40000元",
        "减去同一事由已救助: 3000元",
        "本次最高: 37000元(舍去角分)",
        "这是上限, 不是一定能拿到的数; 由镇(街道)认定。",
    )


def test_without_a_standard_the_formula_is_shown_and_nothing_is_guessed() -> None:
    for worked in (savings("50000", None), caps("2", "", "", None)):
        assert worked.lines == (NOT_SET,)
        assert "月标准" in worked.formula


@pytest.mark.parametrize(
    ("household", "medical", "granted", "says"),
    [
        ("0", "", "", "家庭人数"),
        ("31", "", "", "家庭人数"),
        ("两个", "", "", "家庭人数"),
        ("²", "", "", "家庭人数"),
        ("2", "很多", "", "医疗费用"),
        ("2", "", "不少", "已经给过"),
    ],
)
def test_what_cannot_be_read_is_said_by_name(household: str, medical: str, granted: str, says: str) -> None:
    assert says in caps(household, medical, granted, S).wrong
    assert savings("很多", S).wrong
