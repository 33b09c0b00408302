"""Assessments and deadlines a second on one thread, beside chinesecalendar counting the same five days, in one run.

`python -m benchmarks.rules [--number N]`. Aims: a full seven-clause assessment under 200 µs, a five-day deadline under
50 µs, so that nobody ever caches them.
"""

import argparse
import json
import timeit
from datetime import date, timedelta

import chinese_calendar

from backend.casework.calendar import known_days
from rules.circumstances import assess_all
from rules.deadlines import add_working_days
from rules.facts import HouseholdFacts

FACTS = HouseholdFacts(
    ordinary_aid_refused=True,
    member_lived_together_before=True,
    member_left_on=date(2020, 1, 1),
    applicant_born_on=date(1958, 5, 20),
    deposit_fen=5_000_000,
    holds_special_support=True,
)
ON = date(2026, 9, 28)
START = date(2026, 9, 30)
REPEATS = 5


def reference(start: date, count: int) -> date:
    """The five days by asking chinesecalendar day by day."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= chinese_calendar.is_workday(day)
    return day


def main() -> None:
    """Print one JSON object; times are the best of five, in µs a call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=5_000)
    number = parser.parse_args().number
    calendar = known_days()
    assert add_working_days(START, 5, calendar).due == reference(START, 5)

    def micros(work: object) -> float:
        return round(min(timeit.repeat(work, number=number, repeat=REPEATS)) / number * 1e6, 2)

    assessment = micros(lambda: assess_all(FACTS, ON, 100_000))
    deadline = micros(lambda: add_working_days(START, 5, calendar))
    asked = micros(lambda: reference(START, 5))
    found = {
        "assessment_us": assessment,
        "assessments_a_second": round(1e6 / assessment),
        "deadline_us": deadline,
        "deadlines_a_second": round(1e6 / deadline),
        "chinesecalendar_us": asked,
        "deadline_to_chinesecalendar": round(deadline / asked, 3),
        "number": number,
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
