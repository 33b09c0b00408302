"""Birthdays, anniversaries and years by the calendar (policy-model §1.3, §1.10.7-8)."""

from calendar import monthrange
from datetime import date


def years_after(start: date, years: int) -> date:
    """The corresponding day `years` later; 29 February corresponds to the 28th of a common year."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 2, 28)


def months_before(day: date, months: int) -> date:
    """The corresponding day `months` earlier, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def full_years(start: date, on: date) -> int:
    """Whole years from `start` reached on the day `on`; the anniversary itself counts. Negative never: 0 at least."""
    years = on.year - start.year
    return max(0, years if years_after(start, years) <= on else years - 1)


def full_months(start: date, on: date) -> int:
    """Whole months from `start` reached on the day `on`; the corresponding day itself counts. 0 at least."""
    months = 12 * (on.year - start.year) + on.month - start.month
    reached = on.day >= min(start.day, monthrange(on.year, on.month)[1])
    return max(0, months if reached else months - 1)
