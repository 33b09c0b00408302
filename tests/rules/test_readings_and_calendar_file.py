"""Readings are chosen by name and never below the text; a year's file is read whole or not at all."""

from dataclasses import fields
from datetime import date

import pytest

from rules.calendar_file import STATUTORY, ListedDay, read_year
from rules.dates import months_before
from rules.readings import DEFAULT, READINGS, PassRule, Readings, ReviewStart, choose


def test_the_defaults_are_chosen_when_nothing_is() -> None:
    assert choose({}) == DEFAULT


def test_a_pin_comes_back_as_it_was() -> None:
    chosen = Readings(review_start=ReviewStart.REFERRED, pass_rule=PassRule.TWO_THIRDS, minimum_panel=15)
    assert choose(chosen.as_json()) == chosen


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"pass_rules": "two_thirds"}, "没有这个口径"),
        ({"pass_rule": "all"}, "不能是 all"),
        ({"minimum_panel": 11}, "不能调低"),
        ({"minimum_panel": "13"}, "整数"),
        ({"minimum_panel": True}, "整数"),
        ({"quorum_override": 0}, "true 或 false"),
        ({"cap_window_months": 0}, "至少1个月"),
        ({"small_village_households": 0}, "至少1户"),
    ],
)
def test_what_is_not_a_choice_is_said_by_name(choices: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        choose(choices)
    assert next(iter(choices)) in str(refused.value)


def test_every_choice_is_explained_with_its_clause_and_what_else_it_could_be() -> None:
    explained = {item.name for item in READINGS if item.name}
    assert explained == {field.name for field in fields(Readings)}
    for item in READINGS:
        assert item.clause
        assert item.question
        assert item.default
        assert bool(item.otherwise) == bool(item.name)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 9, 28), 12, date(2025, 9, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 24, date(2024, 12, 31)),
    ],
)
def test_months_before(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


def listed() -> list[ListedDay]:
    """One day off for each of the seven, in 2030."""
    return [ListedDay(f"{name}节", date(2030, month, 6), True) for month, name in enumerate(STATUTORY, 1)]


def test_a_year_is_every_day_by_the_week_and_the_list() -> None:
    days = [*listed(), ListedDay("春节", date(2030, 2, 2), False)]
    year = read_year(2030, ["通知"], days)
    assert year.wrong == ()
    assert len(year.days) == 365
    by_date = {day.date: day for day in year.days}
    assert by_date[date(2030, 2, 2)].working, "a Saturday that is made up for"
    assert not by_date[date(2030, 2, 6)].working
    assert by_date[date(2030, 2, 6)].name == "春节节"
    assert not by_date[date(2030, 2, 9)].working
    assert by_date[date(2030, 2, 7)].working


@pytest.mark.parametrize(
    ("papers", "extra", "drop", "says"),
    [
        ([], [], "", "没有写明"),
        (["通知"], [ListedDay("x", date(2031, 1, 1), True)], "", "不是2030年"),
        (["通知"], [ListedDay("x", date(2030, 1, 6), True)], "", "出现了两次"),
        (["通知"], [ListedDay("x", date(2030, 1, 8), False)], "", "本来就是工作日"),
        (["通知"], [], "国庆", "没有国庆的放假安排"),
    ],
)
def test_a_file_with_anything_wrong_gives_no_day(
    papers: list[str], extra: list[ListedDay], drop: str, says: str
) -> None:
    days = [day for day in listed() if not drop or drop not in day.name] + extra
    year = read_year(2030, papers, days)
    assert year.days == ()
    assert len(year.wrong) == 1
    assert says in year.wrong[0]
