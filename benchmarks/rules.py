"""Assessments and deadlines a second on one thread, each beside a named reference in one run.

`python -m benchmarks.rules [--number N]`. Deadlines: chinesecalendar counting the same five days. Assessments: the same
seven clauses as boolean expressions of the `simpleeval` package, which only says yes or no where ours names every
condition. Aims: a full seven-clause assessment under 200 µs, a five-day deadline under 50 µs: enough that nobody ever
caches them.
"""

import argparse
import json
import timeit
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta

import chinese_calendar
from simpleeval import SimpleEval

from backend.casework.calendar import known_days
from rules.circumstances import Truth, assess_all
from rules.deadlines import add_working_days
from rules.facts import HouseholdFacts

FACTS = HouseholdFacts(
    ordinary_aid_refused=True,
    member_lived_together_before=True,
    member_left_on=date(2020, 1, 1),
    member_lives_apart=True,
    applicant_declares_absence=True,
    member_cannot_be_reached=True,
    others_ask_for_aid=True,
    applicant_born_on=date(1958, 5, 20),
    deposit_fen=5_000_000,
    only_own_bank_deposits=True,
    holds_special_support=True,
    at_economic_review=True,
    asks_to_keep_aid=True,
    severe_illness_or_disability=True,
    asks_for_aid=True,
)
ON = date(2026, 9, 28)
START = date(2026, 9, 30)
STANDARD_FEN = 100_000
REPEATS = 5

# The clauses as the reference can say them: whole expressions over the same facts, dates as ordinals.
_EXPRESSIONS = (
    "member_lived_together_before and member_left_on <= three_years_ago and member_lives_apart"
    " and applicant_declares_absence and member_cannot_be_reached and others_ask_for_aid",
    "applicant_born_on > eighteen_years_ago and first_parent_unable and other_parent_left_on <= three_years_ago"
    " and other_parent_does_not_care and other_parent_registered_elsewhere and lives_with_other_relatives"
    " and asks_for_child_alone",
    "applicant_born_on <= sixty_years_ago and was_married_with_children and marriage_broke_lived_alone"
    " and did_not_raise_children and children_out_of_touch and no_income and rights_cannot_be_enforced_soon"
    " and asks_for_aid and home_visit_confirms",
    "holds_special_support and at_economic_review and only_own_bank_deposits and deposit_fen > 48 * standard"
    " and deposit_fen < 120 * standard and asks_to_keep_aid",
    "receives_temporary_aid and (same_cause_again or needs_more_than_maximum)",
    "severe_illness_or_disability and asks_for_aid",
    "False",
)


def count_by_chinesecalendar(start: date, count: int) -> date:
    """The five days by asking chinesecalendar day by day."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= chinese_calendar.is_workday(day)
    return day


def assess_by_simpleeval() -> Callable[[], list[bool]]:
    """The seven clauses parsed once, as the reference recommends; returns what assesses the household."""
    ancient = date(9999, 1, 1).toordinal()
    facts = {
        name: value.toordinal() if isinstance(value, date) else ancient if name.endswith("_on") else value or False
        for name, value in asdict(FACTS).items()
    }
    years = {"three_years_ago": 3, "eighteen_years_ago": 18, "sixty_years_ago": 60}
    thing = facts | {name: ON.replace(year=ON.year - n).toordinal() for name, n in years.items()}
    thing |= {"standard": STANDARD_FEN, "deposit_fen": FACTS.deposit_fen or 0}
    evaluator = SimpleEval(names=thing)
    parsed = [(expression, evaluator.parse(expression)) for expression in _EXPRESSIONS]
    return lambda: [bool(evaluator.eval(expression, previously_parsed=tree)) for expression, tree in parsed]


def main() -> None:
    """Print one JSON object; times are the best of five, in µs a call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=5_000)
    number = parser.parse_args().number
    calendar, by_simpleeval = known_days(), assess_by_simpleeval()
    assert add_working_days(START, 5, calendar).due == count_by_chinesecalendar(START, 5)
    ours = [finding.truth is Truth.MET for finding in assess_all(FACTS, ON, STANDARD_FEN)]
    assert ours == by_simpleeval() == [True, False, False, True, False, True, False]

    def micros(work: Callable[[], object]) -> float:
        return round(min(timeit.repeat(work, number=number, repeat=REPEATS)) / number * 1e6, 2)

    assessment = micros(lambda: assess_all(FACTS, ON, STANDARD_FEN))
    by_expressions = micros(by_simpleeval)
    deadline = micros(lambda: add_working_days(START, 5, calendar))
    by_calendar = micros(lambda: count_by_chinesecalendar(START, 5))
    found = {
        "assessment_us": assessment,
        "assessments_a_second": round(1e6 / assessment),
        "simpleeval_us": by_expressions,
        "assessment_to_simpleeval": round(assessment / by_expressions, 3),
        "deadline_us": deadline,
        "deadlines_a_second": round(1e6 / deadline),
        "chinesecalendar_us": by_calendar,
        "deadline_to_chinesecalendar": round(deadline / by_calendar, 3),
        "number": number,
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
