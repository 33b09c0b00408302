"""A year's holiday arrangement as it is announced -> its days, or why the file cannot be right. Pure.

The shape is that of the open data set holiday-cn: year, papers, days[{name, date, isOffDay}]; days that are not listed
follow the week. The year is that of the announcement's title: 元旦 of a year can take days of the December before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

STATUTORY: Final = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
"""Each year's announcement arranges all seven (全国年节及纪念日放假办法)."""
WHERE: Final = {
    "元旦": ((12, 20), (1, 10)),
    "春节": ((1, 10), (3, 5)),
    "清明": ((3, 25), (4, 15)),
    "劳动": ((4, 15), (5, 20)),
    "端午": ((5, 15), (7, 10)),
    "中秋": ((8, 25), (10, 20)),
    "国庆": ((9, 15), (10, 20)),
}
"""Where in the year each can lie, its make-up days included: a line outside is a slip of the hand."""
MOST_DAYS_OFF: Final = 45
"""2026 has 33, the most of any year since 2004: a file with many more is not an announcement."""
FIXED: Final = ((1, 1, "元旦"), (5, 1, "劳动"), (10, 1, "国庆"))
"""Those of the seven that have a date of their own, which is a day off in every year."""


@dataclass(frozen=True, slots=True)
class ListedDay:
    """One line of the file."""

    name: str
    date: date
    is_off_day: bool


@dataclass(frozen=True, slots=True)
class YearDay:
    """One day: working or not, with the holiday's name where there is one."""

    date: date
    working: bool
    name: str


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """Every day of a year, then the days of the December before that it changes; or the reasons against the file."""

    days: tuple[YearDay, ...]
    wrong: tuple[str, ...]


def read_year(year: int, papers: Sequence[str], listed: Sequence[ListedDay]) -> CalendarYear:
    """All days of `year` by its announcement. A file with anything wrong gives no day at all."""
    wrong = _wrong(year, papers, listed)
    if wrong:
        return CalendarYear((), wrong)
    by_date = {day.date: day for day in listed}
    days = []
    day = date(year, 1, 1)
    while day.year == year:
        found = by_date.get(day)
        working = not found.is_off_day if found else day.weekday() < 5
        days.append(YearDay(day, working, found.name if found else ""))
        day += timedelta(days=1)
    before = sorted((found for found in listed if found.date.year == year - 1), key=lambda found: found.date)
    days += [YearDay(found.date, not found.is_off_day, found.name) for found in before]
    return CalendarYear(tuple(days), ())


def _wrong(year: int, papers: Sequence[str], listed: Sequence[ListedDay]) -> tuple[str, ...]:
    wrong = []
    if not any(paper.strip() for paper in papers):
        wrong.append("没有写明放假通知的文件名")
    seen: set[date] = set()
    for day in listed:
        if day.date.year != year and (day.date.year, day.date.month) != (year - 1, 12):
            wrong.append(f"{day.date} 不是{year}年的日子")
        if day.date in seen:
            wrong.append(f"{day.date} 出现了两次")
        seen.add(day.date)
        if not day.is_off_day and day.date.weekday() < 5:
            wrong.append(f"{day.date} 本来就是工作日, 不会是调休上班")
        if not _can_be_there(day):
            wrong.append(f"{day.date} 不会是{day.name}的安排")
    if sum(day.is_off_day for day in listed) > MOST_DAYS_OFF:
        wrong.append(f"放假的日子超过{MOST_DAYS_OFF}天, 不像是一年的放假安排")
    off = {day.date for day in listed if day.is_off_day}
    names = "".join(day.name for day in listed if day.is_off_day)
    wrong.extend(f"没有{name}的放假安排" for name in STATUTORY if name not in names)
    wrong.extend(
        f"{year}-{month:02d}-{number:02d} 是{name}, 应当放假"
        for month, number, name in FIXED
        if name in names and date(year, month, number) not in off
    )
    return tuple(wrong)


def _can_be_there(day: ListedDay) -> bool:
    """Whether the day lies where one of the holidays that it names can lie; other names are not known, and let pass."""
    named = [WHERE[name] for name in STATUTORY if name in day.name]
    at = (day.date.month, day.date.day)
    return not named or any(
        first <= at <= last if first <= last else at >= first or at <= last for first, last in named
    )
