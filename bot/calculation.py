"""A number in a question is worked out by the rules: savings, caps, days. Pure; the day and the standard come in."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from bot.numbers import Spoken, numbers_in
from rules.caps import Band, savings_band, temporary_aid_cap
from rules.deadlines import Calendar, add_working_days, one_year_term
from rules.figures import (
    RESULT_WORKING_DAYS,
    REVIEW_WORKING_DAYS,
    SAVINGS_LOWER_TIMES,
    SAVINGS_UPPER_TIMES,
)

NOT_SET = "本区低保标准还没有录入, 现在不能算出数来, 请问镇(街道)救助窗口。"
_MONEY = ("元", "块", "块钱")
_PEOPLE = ("人", "个人", "口人", "口")
_LEAST_MONEY = 100
_DAY = re.compile(r"(?:(?P<year>20\d\d)年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]")
_NEAR = {"大后天": 3, "后天": 2, "明天": 1, "今天": 0, "昨天": -1, "前天": -2}


@dataclass(frozen=True, slots=True)
class Day:
    """What an answer may be worked out with. `monthly_fen` None: 标准未配置."""

    today: date
    monthly_fen: int | None
    calendar: Calendar


def worked_out(intent: str, text: str, day: Day) -> str:
    """Lines to put before the entry's answer; empty where the question brings nothing to work out.

    `text`: the message in its plain form.
    """
    work = _WORK.get(intent)
    return work(text, day) if work else ""


def _savings(text: str, day: Day) -> str:
    money = _money(text)
    if money is None:
        return "" if day.monthly_fen is None else _band_line(day.monthly_fen)
    if day.monthly_fen is None:
        return NOT_SET
    deposit = int(money.value * 100)
    said = {
        Band.NOT_OVER: f"没有超过{SAVINGS_LOWER_TIMES}倍, 不用走“一事一议”。",
        Band.BETWEEN: f"超过{SAVINGS_LOWER_TIMES}倍、低于{SAVINGS_UPPER_TIMES}倍, 能不能保留由镇(街道)认定。",
        Band.TOO_HIGH: f"达到或超过{SAVINGS_UPPER_TIMES}倍, 不在三(四)的范围里。",
    }[savings_band(deposit, day.monthly_fen)]
    return f"{_band_line(day.monthly_fen)}{_yuan(deposit)}元{said}"


def _band_line(monthly_fen: int) -> str:
    annual = 12 * monthly_fen
    low, high = _yuan(SAVINGS_LOWER_TIMES * annual), _yuan(SAVINGS_UPPER_TIMES * annual)
    return (
        f"按现在的月标准{_yuan(monthly_fen)}元, {SAVINGS_LOWER_TIMES}倍是{low}元, {SAVINGS_UPPER_TIMES}倍是{high}元。"
    )


def _cap(text: str, day: Day) -> str:
    people = next((n for n in numbers_in(text) if n.unit in _PEOPLE and n.value == int(n.value)), None)
    if people is None or not 1 <= people.value <= 30:
        return ""
    if day.monthly_fen is None:
        return NOT_SET
    money = _money(text)
    cost = int(money.value * 100) if money else None
    cap = temporary_aid_cap(
        household=int(people.value), monthly_standard_fen=day.monthly_fen, remaining_medical_fen=cost
    )
    medical = "" if money is None else "(把您说的钱数当作剩余医疗费用)"
    return f"{'; '.join(cap.lines)}{medical}。这是上限, 不是一定能拿到的数。"


def _deadline(text: str, day: Day, working_days: int, what: str) -> str:
    start = _day_in(text, day.today)
    if start is None:
        return ""
    found = add_working_days(start, working_days, day.calendar)
    mark = "(暂定, 该年放假安排还没有公布)" if found.provisional else ""
    return f"从{start.month}月{start.day}日起算(当天不算), {what}最晚是{_in_words(found.due)}{mark}。"


def _review(text: str, day: Day) -> str:
    return _deadline(text, day, REVIEW_WORKING_DAYS, "评议会")


def _result(text: str, day: Day) -> str:
    return _deadline(text, day, RESULT_WORKING_DAYS, "反馈结果")


def _term(text: str, day: Day) -> str:
    start = _day_in(text, day.today)
    return "" if start is None else f"从{_in_words(start)}生效的, 到{_in_words(one_year_term(start).last_day)}为止。"


_WORK = {
    "c4_calc": _savings,
    "c5_cap": _cap,
    "review_deadline": _review,
    "result_time": _result,
    "validity": _term,
}


def _money(text: str) -> Spoken | None:
    """The largest number that can be money: with its unit, or bare and large enough."""
    found = [n for n in numbers_in(text) if n.value >= _LEAST_MONEY and (n.unit in _MONEY or not n.unit)]
    return max(found, key=lambda n: n.value, default=None)


def _day_in(text: str, today: date) -> date | None:
    """A day of the calendar or a near one; without a year the nearest of that name. None where there is none."""
    found = _DAY.search(text)
    if found is None:
        return next((today + timedelta(days=n) for word, n in _NEAR.items() if word in text), None)
    years = [int(found["year"])] if found["year"] else [today.year - 1, today.year, today.year + 1]
    days = []
    for year in years:
        try:
            days.append(date(year, int(found["month"]), int(found["day"])))
        except ValueError:
            continue
    return min(days, key=lambda day: abs(day - today), default=None)


def _in_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _yuan(fen: int) -> str:
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)
