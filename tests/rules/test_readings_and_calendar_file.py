"""Readings are chosen by name and never below the text; a year's file is read whole or not at all."""

from dataclasses import fields
from datetime import date, timedelta

import pytest

from rules import readings
from rules.calendar_file import STATUTORY, WHERE, ListedDay, read_year
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
        ({"contact_lost_warning_months": -1}, "不能小于0"),
        ({"listing_tail_days": -1}, "不能小于0"),
        ({"card_days": -1}, "不能小于0"),
    ],
)
def test_what_is_not_a_choice_is_said_by_name(choices: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        choose(choices)
    assert next(iter(choices)) in str(refused.value)


def test_every_choice_is_explained_with_its_clause_and_what_else_it_could_be() -> None:
    explained = [item.name for item in READINGS if item.name]
    assert sorted(explained) == sorted(field.name for field in fields(Readings))
    for item in READINGS:
        assert item.clause
        assert item.question
        assert item.said(DEFAULT)
        assert bool(item.otherwise(DEFAULT)) == bool(item.name)


def test_a_reading_in_one_form_is_built_from_what_is_written() -> None:
    """The list is made when the module is loaded, where mutation testing cannot reach: so the maker is called here."""
    made = readings._one_form("A1", "四(一)", "问", "答")
    assert (made.number, made.clause, made.question, made.sentence, made.name) == ("A1", "四(一)", "问", "答", "")


# Those of policy-model §1.9 that no code reads: they are for the district's own papers.
NOT_IN_CODE = {"A21", "A26", "A27", "A31", "A33"}


def test_every_ambiguity_that_touches_code_is_listed() -> None:
    numbers = {item.number for item in READINGS}
    assert {f"A{number}" for number in range(1, 37)} - numbers == NOT_IN_CODE


@pytest.mark.parametrize(
    ("name", "value", "says", "others"),
    [
        ("review_start", ReviewStart.CONFIRMED, "从镇(街道)确认符合条件之日起算, 当天不计", 2),
        ("review_start", ReviewStart.REFERRED, "从反馈村(社区)之日起算, 当天不计", 2),
        ("quorum_override", True, "能: 要有理由、镇街领导同意和监督意见", 1),
        ("quorum_override", False, "不能, 一律要够人数", 1),
        ("minimum_panel", 15, "最少15人; 可以规定更多, 不能少于12人", 1),
        ("pass_rule", PassRule.TWO_THIRDS, "同意的达到计入人数的三分之二, 弃权算在分母里", 1),
    ],
)
def test_the_sentence_that_is_shown_is_that_of_the_choice_in_force(
    name: str, value: object, says: str, others: int
) -> None:
    item = next(item for item in READINGS if item.name == name)
    chosen = choose({name: value})
    assert item.said(chosen) == says
    assert len(item.otherwise(chosen)) == others
    assert says not in item.otherwise(chosen)


def test_every_value_that_can_be_chosen_has_a_sentence_of_its_own() -> None:
    for item in READINGS:
        if item.means:
            kind = type(getattr(DEFAULT, item.name))
            values = [False, True] if kind is bool else list(kind)
            assert {value for value, _ in item.means} == set(values), item.name
            assert len({meaning for _, meaning in item.means}) == len(values)
        elif item.name:
            assert "{}" in item.sentence
            assert item.otherwise(DEFAULT) == (f"默认{getattr(DEFAULT, item.name)}, 可以改",)


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


OFF = {"元旦": (1, 1), "春节": (2, 6), "清明": (4, 5), "劳动": (5, 1), "端午": (6, 5), "中秋": (9, 12), "国庆": (10, 1)}


def listed() -> list[ListedDay]:
    """One day off for each of the seven, in 2030."""
    return [ListedDay(f"{name}节", date(2030, *OFF[name]), True) for name in STATUTORY]


def test_the_smallest_choices_are_allowed() -> None:
    smallest = {"cap_window_months": 1, "small_village_households": 1}
    none = {"contact_lost_warning_months": 0, "listing_tail_days": 0, "card_days": 0, "minimum_panel": 12}
    assert choose(smallest | none).cap_window_months == 1


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


def test_new_years_day_can_take_days_of_the_december_before() -> None:
    days = [*listed(), ListedDay("元旦", date(2029, 12, 31), True), ListedDay("元旦", date(2029, 12, 29), False)]
    year = read_year(2030, ["通知"], days)
    assert year.wrong == ()
    assert [(day.date, day.working) for day in year.days[365:]] == [
        (date(2029, 12, 29), True),
        (date(2029, 12, 31), False),
    ]
    assert year.days[0].date == date(2030, 1, 1)


@pytest.mark.parametrize("name", WHERE)
def test_each_holiday_may_lie_at_both_ends_of_its_place_and_not_a_day_beyond(name: str) -> None:
    (first_month, first_day), (last_month, last_day) = WHERE[name]
    first = date(2029 if first_month == 12 else 2030, first_month, first_day)
    last = date(2030, last_month, last_day)
    others = [day for day in listed() if name not in day.name]
    if name in ("元旦", "劳动", "国庆"):
        others.append(ListedDay(name, date(2030, *OFF[name]), True))
    for day, wrong in ((first, 0), (last, 0), (first - timedelta(days=1), 1), (last + timedelta(days=1), 1)):
        found = read_year(2030, ["通知"], [*others, ListedDay(name, day, True)])
        assert len(found.wrong) == wrong, (name, day, found.wrong)


def test_forty_five_days_off_are_still_a_year_and_the_shipped_years_pass() -> None:
    extra = [ListedDay("x", date(2030, 7, 1) + timedelta(days=n), True) for n in range(38)]
    assert read_year(2030, ["通知"], [*listed(), *extra]).wrong == ()
    double = ListedDay("国庆节、中秋节", date(2030, 10, 2), True)
    assert read_year(2030, ["通知"], [*listed(), double]).wrong == (), "two names at once: one of them may lie there"


@pytest.mark.parametrize(
    ("papers", "extra", "drop", "says"),
    [
        ([], [], "", "没有写明"),
        ([" "], [], "", "没有写明"),
        (["通知"], [ListedDay("x", date(2029, 11, 30), True)], "", "不是2030年"),
        (["通知"], [ListedDay("x", date(2028, 12, 31), True)], "", "不是2030年"),
        (["通知"], [ListedDay("春节", date(2030, 3, 6), True)], "", "2030-03-06 不会是春节的安排"),
        (["通知"], [ListedDay("元旦", date(2030, 1, 12), False)], "", "2030-01-12 不会是元旦的安排"),
        (["通知"], [ListedDay("元旦", date(2029, 12, 15), False)], "", "2029-12-15 不会是元旦的安排"),
        (
            ["通知"],
            [ListedDay("x", date(2030, 7, day), True) for day in range(1, 31)]
            + [ListedDay("x", date(2030, 8, day), True) for day in range(1, 10)],
            "",
            "超过45天",
        ),
        (["通知"], [ListedDay("元旦", date(2030, 1, 2), True)], "元旦", "2030-01-01 是元旦, 应当放假"),
        (["通知"], [ListedDay("劳动节", date(2030, 5, 2), True)], "劳动", "2030-05-01 是劳动, 应当放假"),
        (["通知"], [ListedDay("国庆节", date(2030, 10, 2), True)], "国庆", "2030-10-01 是国庆, 应当放假"),
        (["通知"], [ListedDay("x", date(2031, 1, 1), True)], "", "不是2030年"),
        (["通知"], [ListedDay("x", date(2030, 1, 1), True)], "", "出现了两次"),
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
