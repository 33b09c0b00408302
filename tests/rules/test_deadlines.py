"""Working days: the vectors of the specification, every known day, and what an unknown year does."""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.deadlines import Calendar, add_working_days, one_year_term, urgent_due


def known_years() -> Calendar:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(730)]
    return Calendar({day: chinese_calendar.is_workday(day) for day in days})


KNOWN = known_years()


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (date(2025, 9, 26), date(2025, 10, 10)),  # Fri -> over National Day and its make-up Saturday
        (date(2026, 2, 13), date(2026, 2, 27)),  # Fri -> Sat 14th works, then the Spring Festival
        (date(2026, 4, 30), date(2026, 5, 11)),  # Thu -> Sat 9th works
        (date(2026, 9, 18), date(2026, 9, 24)),  # Fri -> Sun 20th works
        (date(2026, 9, 30), date(2026, 10, 13)),  # Wed -> Sat 10th works
        (date(2026, 10, 9), date(2026, 10, 15)),  # Fri -> Sat 10th works
        (date(2026, 11, 24), date(2026, 12, 1)),  # Tue
        (date(2026, 12, 24), date(2026, 12, 31)),  # Thu
    ],
)
def test_five_working_days_end_where_the_specification_says(start: date, due: date) -> None:
    deadline = add_working_days(start, 5, KNOWN)
    assert (deadline.due, deadline.provisional, deadline.alarm_on) == (due, False, due)


def test_an_unknown_year_gives_a_provisional_date_with_an_earlier_alarm() -> None:
    deadline = add_working_days(date(2026, 12, 28), 5, KNOWN)
    assert deadline.due == date(2027, 1, 4)
    assert deadline.provisional
    assert deadline.alarm_on == date(2027, 1, 2)
    assert "暂定" in deadline.days[-1].reason


@given(st.dates(date(2025, 1, 1), date(2026, 11, 1)), st.integers(1, 10))
def test_the_nth_working_day_is_a_working_day_and_the_count_is_exact(start: date, count: int) -> None:
    deadline = add_working_days(start, count, KNOWN)
    between = [start + timedelta(days=n) for n in range(1, (deadline.due - start).days + 1)]
    assert chinese_calendar.is_workday(deadline.due)
    assert sum(chinese_calendar.is_workday(day) for day in between) == count
    assert [day.date for day in deadline.days] == between


@given(st.dates(date(2016, 1, 1), date(2026, 12, 1)))
def test_a_provisional_alarm_is_never_later_than_the_true_date(start: date) -> None:
    true, day = [], start
    while len(true) < 5:
        day += timedelta(days=1)
        if chinese_calendar.is_workday(day):
            true.append(day)
    assert add_working_days(start, 5, Calendar({})).alarm_on <= true[-1]


def test_a_deadline_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        add_working_days(date(2026, 1, 5), 0, KNOWN)


def test_urgent_relief_is_due_24_natural_hours_later_even_on_new_years_eve() -> None:
    reported = datetime(2026, 2, 16, 15, 0, tzinfo=UTC)
    assert urgent_due(reported) == datetime(2026, 2, 17, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 10, 12), date(2027, 10, 12)), (date(2024, 2, 29), date(2025, 2, 28))],
)
def test_the_term_ends_on_the_corresponding_day(first: date, last: date) -> None:
    assert one_year_term(first).last_day == last


def test_reasons_name_holidays_weekends_and_makeup_days() -> None:
    calendar = Calendar(
        {date(2026, 10, 1): False, date(2026, 10, 10): True, date(2026, 10, 11): False, date(2026, 10, 12): True},
        {date(2026, 10, 1): "国庆节"},
    )
    assert add_working_days(date(2026, 9, 30), 1, calendar).days[0].reason == "星期四, 国庆节, 不计"
    days = add_working_days(date(2026, 10, 9), 2, calendar).days
    assert [day.reason for day in days] == ["星期六, 调休上班, 计入", "星期日, 周末, 不计", "星期一, 计入"]
    off = Calendar(
        {date(2026, 10, 2): False, date(2026, 10, 5): True, date(2026, 10, 3): False, date(2026, 10, 4): False}
    )
    assert add_working_days(date(2026, 10, 1), 1, off).days[0].reason == "星期五, 放假, 不计"


def test_the_alarm_of_a_provisional_date_is_never_after_the_true_one_in_twelve_known_years() -> None:
    """§1.10.9: make-up weekend days bring the true date up to two days forward, and never more."""
    days, day = {}, date(2015, 1, 1)
    while day <= date(2026, 12, 31):
        days[day] = chinese_calendar.is_workday(day)
        day += timedelta(days=1)
    starts = [start for start in days if start <= date(2026, 12, 10)]
    earlier = 0
    for start in starts:
        true = add_working_days(start, 5, Calendar(days)).due
        guessed = add_working_days(start, 5, Calendar({}))
        assert guessed.alarm_on <= true, start
        earlier += true < guessed.due
    assert 0 < earlier < len(starts) / 15, "rare, and real"
