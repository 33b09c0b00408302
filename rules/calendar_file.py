"""A year's holiday arrangement as it is announced -> every day of the year, or why the file cannot be right. Pure.

The shape is that of the open data set holiday-cn: year, papers, days[{name, date, isOffDay}]; days that are not listed
follow the week.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

STATUTORY: Final = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
"""Each year's announcement arranges all seven (全国年节及纪念日放假办法)."""


@dataclass(frozen=True, slots=True)
class ListedDay:
    """One line of the file."""

    name: str
    date: date
    is_off_day: bool


@dataclass(frozen=True, slots=True)
class YearDay:
    """One day of the year: working or not, with the holiday's name where there is one."""

    date: date
    working: bool
    name: str


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """Every day of a year, or the reasons against the file."""

    days: tuple[YearDay, ...]
    wrong: tuple[str, ...]


def read_year(year: int, papers: Sequence[str], listed: Sequence[ListedDay]) -> CalendarYear:
    """All days of `year` by its announcement. A file with anything wrong gives no day at all."""
    wrong = _wrong(year, papers, listed)
    if wrong:
        return CalendarYear((), wrong)
    by_date: Mapping[date, ListedDay] = {day.date: day for day in listed}
    days = []
    day = date(year, 1, 1)
    while day.year == year:
        found = by_date.get(day)
        working = not found.is_off_day if found else day.weekday() < 5
        days.append(YearDay(day, working, found.name if found else ""))
        day += timedelta(days=1)
    return CalendarYear(tuple(days), ())


def _wrong(year: int, papers: Sequence[str], listed: Sequence[ListedDay]) -> tuple[str, ...]:
    wrong = []
    if not any(paper.strip() for paper in papers):
        wrong.append("没有写明放假通知的文件名")
    seen: set[date] = set()
    for day in listed:
        if day.date.year != year:
            wrong.append(f"{day.date} 不是{year}年的日子")
        if day.date in seen:
            wrong.append(f"{day.date} 出现了两次")
        seen.add(day.date)
        if not day.is_off_day and day.date.weekday() < 5:
            wrong.append(f"{day.date} 本来就是工作日, 不会是调休上班")
    off = "".join(day.name for day in listed if day.is_off_day)
    wrong.extend(f"没有{name}的放假安排" for name in STATUTORY if name not in off)
    return tuple(wrong)
