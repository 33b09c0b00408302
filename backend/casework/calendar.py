"""The working-day calendar from its table, as the rules want it."""

from datetime import date, timedelta

from models.reference import CalendarDay
from rules.deadlines import Calendar

# The longest clock is ten working days; with the Spring Festival in between, 40 days always cover it.
_WINDOW = timedelta(days=40)


async def load_calendar(start: date) -> Calendar:
    """The known days around `start`; unknown days make a deadline provisional (policy-model §1.10.9)."""
    rows = await CalendarDay.filter(day__gte=start, day__lte=start + _WINDOW).values_list("day", "working", "name")
    return Calendar({day: working for day, working, _ in rows}, {day: name for day, _, name in rows if name})
