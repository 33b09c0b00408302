"""Working days, 24 natural hours, the one-year term: every counted and skipped day explained (policy-model §1.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from rules.dates import years_after
from rules.figures import TERM_YEARS, URGENT_HOURS

_DAY = timedelta(days=1)
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Known days: working or not, with the holiday's name where there is one. A day not in `days` is not known."""

    days: Mapping[date, bool]
    names: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day on the way to a deadline, counted or skipped, and why."""

    date: date
    counted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """`due` is the last day on which it is still in time (it ends at 24:00).

    `provisional`: a year was not known (暂定). `alarm_on` is when to act as if it were due: two days earlier then,
    since make-up weekend days can bring the true date that much forward (§1.10.9).
    """

    due: date
    provisional: bool
    alarm_on: date
    days: tuple[CountedDay, ...]

    def as_json(self) -> list[dict[str, object]]:
        """Every day with its reason, as it is stored with a clock."""
        return [{"date": day.date.isoformat(), "counted": day.counted, "reason": day.reason} for day in self.days]


@dataclass(frozen=True, slots=True)
class Term:
    """The one-year term: first and last day, both inside. It ends at 24:00 of the last day and is not rolled."""

    first_day: date
    last_day: date


def add_working_days(start: date, count: int, calendar: Calendar) -> Deadline:
    """The `count`-th working day after `start`; the start day is not counted (民法典 200-204 by analogy).

    A day that the calendar does not know counts Monday to Friday and makes the result provisional.
    Raises ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError("a deadline counts at least one working day")
    days: list[CountedDay] = []
    provisional = False
    left, day = count, start
    while left:
        day += _DAY
        known = calendar.days.get(day)
        provisional = provisional or known is None
        counted = day.weekday() < 5 if known is None else known
        left -= counted
        days.append(CountedDay(day, counted, _reason(day, known, calendar)))
    alarm = day - 2 * _DAY if provisional else day
    return Deadline(day, provisional, max(alarm, start), tuple(days))


def _reason(day: date, known: bool | None, calendar: Calendar) -> str:
    weekend = day.weekday() >= 5
    name = f"星期{_WEEKDAYS[day.weekday()]}"
    if known is None:
        return f"{name}, {'不计' if weekend else '计入'}(该年放假安排未公布, 暂定)"
    if known:
        return f"{name}, 调休上班, 计入" if weekend else f"{name}, 计入"
    holiday = calendar.names.get(day)
    return f"{name}, {holiday or ('周末' if weekend else '放假')}, 不计"


def urgent_due(reported_at: datetime) -> datetime:
    """24 natural hours after the first report, nights and holidays included (四(二)b)."""
    return reported_at + timedelta(hours=URGENT_HOURS)


def one_year_term(valid_from: date) -> Term:
    """One year from `valid_from`, through the corresponding day of the next year (四(四)a; 29 February -> 28th)."""
    return Term(valid_from, years_after(valid_from, TERM_YEARS))
