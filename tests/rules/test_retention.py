"""Periods by the calendar; a category without one is kept."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.retention import BY_KEY, SCHEDULE, Period, is_due, periods


@pytest.mark.parametrize(
    ("text", "start", "last_day"),
    [
        ("P5Y", date(2026, 9, 28), date(2031, 9, 28)),
        ("P1Y", date(2028, 2, 29), date(2029, 2, 28)),
        ("P6M", date(2026, 8, 31), date(2027, 2, 28)),
        ("P90D", date(2026, 12, 31), date(2027, 3, 31)),
        ("P1Y6M", date(2026, 9, 28), date(2028, 3, 28)),
    ],
)
def test_a_period_runs_through_its_last_day(text: str, start: date, last_day: date) -> None:
    period = Period.parse(text)
    assert period.ends(start) == last_day
    assert not is_due(start, period, last_day)
    assert is_due(start, period, date.fromordinal(last_day.toordinal() + 1))


@pytest.mark.parametrize("text", ["", "P", "5Y", "P0Y", "P-1Y", "P1W", "PT5H", "P5Y ", "P100Y"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="期限"):
        Period.parse(text)


def test_at_install_only_what_the_service_made_for_a_short_use_has_a_period() -> None:
    assert set(periods({})) == {"conversation", "question", "bot_model"} == {c.key for c in SCHEDULE if c.by_itself}


def test_the_districts_choice_stands_and_the_caps_twelve_months_are_kept() -> None:
    assert periods({"case_helped": "P5Y"})["case_helped"] == Period(years=5)
    assert periods({"conversation": "P30D"})["conversation"] == Period(days=30)
    with pytest.raises(ValueError, match="没有这样的类别"):
        periods({"trail": "P1Y"})
    for short in ("P11M", "P364D"):
        with pytest.raises(ValueError, match="至少"):
            periods({"case_helped": short})
    assert periods({"urgent": "P12M"})["urgent"] == Period(months=12)


def test_every_category_says_in_chinese_what_goes_and_what_stays() -> None:
    assert len(BY_KEY) == len(SCHEDULE)
    for category in SCHEDULE:
        assert all((category.title, category.after, category.basis, category.goes, category.stays))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 30))
def test_what_happened_later_is_never_due_sooner(one: date, other: date, years: int) -> None:
    early, late = sorted((one, other))
    assert Period(years=years).ends(early) <= Period(years=years).ends(late)


@pytest.mark.parametrize(("text", "said"), [("P5Y", "5年"), ("P1Y6M", "1年6个月"), ("P90D", "90天")])
def test_a_period_is_said_in_words(text: str, said: str) -> None:
    assert Period.parse(text).said == said
