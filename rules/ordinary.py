"""现有救助政策先行 (三首, 四(一)): which ordinary schemes to look at first. A pointer for people, never a finding.

These schemes follow documents of their own; whether one of them serves is for the ordinary review to say.
"""

from dataclasses import dataclass
from datetime import date

from rules.dates import full_years
from rules.facts import HouseholdFacts
from rules.figures import ADULT_AGE, ELDER_AGE


@dataclass(frozen=True, slots=True)
class Scheme:
    """One ordinary scheme with the reason to ask about it."""

    name: str
    why: str


_ORPHAN = Scheme("孤儿保障", "父母都去世或都查找不到的孩子, 先看这一项")
_UNATTENDED = Scheme("事实无人抚养儿童保障", "父母都不能照顾的孩子, 先看这一项")
_DESTITUTE = Scheme("特困供养", "没有劳动能力、没有生活来源、没有人能赡养抚养照顾的, 先看这一项")
_LOW_INCOME = Scheme("最低生活保障(低保)", "家里收入低于当地标准的, 先看这一项; 重残重病的可以问问单独申请")
_TEMPORARY = Scheme("临时救助", "突然遇到事故、大病等一时过不去的, 先看这一项")


def ordinary_schemes(facts: HouseholdFacts, on: date) -> tuple[Scheme, ...]:
    """What the ordinary review looks at first for this household, the most fitting first; 低保 and 临时救助 always."""
    age = None if facts.applicant_born_on is None else full_years(facts.applicant_born_on, on)
    child = facts.asks_for_child_alone if age is None else age < ADULT_AGE
    found: list[Scheme] = []
    if child:
        found += [_ORPHAN, _UNATTENDED]
    if child or (age is not None and age >= ELDER_AGE) or facts.severe_illness_or_disability:
        found.append(_DESTITUTE)
    return (*found, _LOW_INCOME, _TEMPORARY)
