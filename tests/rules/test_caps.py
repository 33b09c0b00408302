"""Amounts at and on both sides of every number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.caps import Band, savings_band, temporary_aid_cap, urgent_room

S = 100_000  # 1000 元, fictional


@pytest.mark.parametrize(
    ("deposit", "band"),
    [
        (48_000_00, Band.NOT_OVER),
        (48_000_01, Band.BETWEEN),
        (119_999_99, Band.BETWEEN),
        (120_000_00, Band.TOO_HIGH),
        (0, Band.NOT_OVER),
    ],
)
def test_savings_of_exactly_four_and_ten_times_are_outside(deposit: int, band: Band) -> None:
    assert savings_band(deposit, S) is band


@pytest.mark.parametrize(
    ("household", "medical", "granted", "yuan"),
    [
        (4, None, 0, 80_000),
        (2, 80_000_00, 0, 40_000),
        (4, 80_000_00, 0, 56_000),
        (1, 100_01, 0, 70),
        (1, 0, 0, 0),
        (1, None, 19_999_50, 0),
        (1, None, 25_000_00, 0),
        (1, None, 5_000_00, 15_000),
    ],
)
def test_temporary_aid_is_the_lower_cap_less_what_was_granted(
    household: int, medical: int | None, granted: int, yuan: int
) -> None:
    cap = temporary_aid_cap(
        household=household, monthly_standard_fen=S, remaining_medical_fen=medical, already_granted_fen=granted
    )
    assert cap.allowed_fen == yuan * 100


def test_the_working_is_shown_line_by_line() -> None:
    cap = temporary_aid_cap(
        household=2, monthly_standard_fen=S, remaining_medical_fen=80_000_50, already_granted_fen=1_000_00
    )
    assert cap.lines == (
        "家庭人数上限: 2人×1000元×20=40000元",
        "医疗费用上限: 80000.50元×70%=56000.35元",
        "两个上限取低: 40000元",
        "减去同一事由已救助: 1000元",
        "本次最高: 39000元(舍去角分)",
    )


@given(st.integers(1, 12), st.integers(1, 10**6), st.none() | st.integers(0, 10**9), st.integers(0, 10**8))
def test_never_over_a_cap(household: int, standard: int, medical: int | None, granted: int) -> None:
    cap = temporary_aid_cap(
        household=household, monthly_standard_fen=standard, remaining_medical_fen=medical, already_granted_fen=granted
    )
    assert 0 <= cap.allowed_fen <= max(0, 20 * standard * household - granted)
    assert cap.allowed_fen % 100 == 0
    if medical is not None:
        assert cap.allowed_fen * 10 <= max(0, medical * 7 - granted * 10)


@pytest.mark.parametrize(("given_fen", "room"), [(0, 500_000), (500_000, 0), (300_000, 200_000), (600_000, 0)])
def test_urgent_room_is_what_is_left_of_5000(given_fen: int, room: int) -> None:
    assert urgent_room(given_fen) == room


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="deposit"):
        savings_band(-1, S)
    with pytest.raises(ValueError, match="sane"):
        temporary_aid_cap(household=0, monthly_standard_fen=S, remaining_medical_fen=None)
    with pytest.raises(ValueError, match="sane"):
        temporary_aid_cap(household=1, monthly_standard_fen=S, remaining_medical_fen=-1)
