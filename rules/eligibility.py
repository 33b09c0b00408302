"""The guide: facts -> which clauses may fit, what is open, what to bring. Never a flat no (policy-model §1.10.13)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.circumstances import (
    Circumstance,
    Finding,
    Truth,
    assess_all,
    suggested_materials,
)
from rules.facts import HouseholdFacts
from rules.ordinary import Scheme, ordinary_schemes
from rules.readings import DEFAULT, Readings


class Outcome(StrEnum):
    """The three answers a resident can get, and the one that comes before all of them."""

    URGENT = "情况紧急, 先打电话"
    MAY_FIT = "可能符合"
    STAFF_JUDGE = "需要工作人员判断"
    ORDINARY_FIRST = "建议先走普通救助"


@dataclass(frozen=True, slots=True)
class Guidance:
    """Advice, not a decision: people decide. `ordinary`: what the ordinary review looks at first (三首)."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    may_fit: tuple[Circumstance, ...]
    ordinary: tuple[Scheme, ...]
    to_bring: tuple[str, ...]
    sentence: str


_SENTENCES = {
    Outcome.URGENT: "请马上打电话给村(社区)或镇(街道); 有生命危险先打120、119或110。不用先填表。",
    Outcome.MAY_FIT: "您家的情况可能符合“一事一议”。这只是参考, 由镇(街道)工作人员核实后认定。",
    Outcome.STAFF_JUDGE: "您家的情况需要工作人员当面了解后判断。请联系村(社区)或镇(街道)救助窗口。",
    Outcome.ORDINARY_FIRST: "请先由工作人员按低保、特困、临时救助等审核; 解决不了的再走“一事一议”。",
}


def assess(facts: HouseholdFacts, on: date, standard_fen: int | None, readings: Readings = DEFAULT) -> Guidance:
    """What the guide says on the day `on` (today for the guide). `standard_fen`: monthly, None when 标准未配置.

    Emergency first; ordinary review not done or unknown -> ordinary aid first; a clause met -> may fit;
    else staff judge, since 三(七) stays open.
    """
    findings = assess_all(facts, on, standard_fen, readings)
    fitting = tuple(finding for finding in findings if finding.truth is Truth.MET)
    if facts.in_emergency:
        outcome = Outcome.URGENT
    elif not facts.ordinary_aid_refused:
        outcome = Outcome.ORDINARY_FIRST
    else:
        outcome = Outcome.MAY_FIT if fitting else Outcome.STAFF_JUDGE
    asked = fitting or tuple(finding for finding in findings if finding.truth is Truth.UNKNOWN)
    materials = suggested_materials(fitting) if fitting else ()
    return Guidance(
        outcome,
        asked,
        tuple(finding.circumstance for finding in fitting),
        ordinary_schemes(facts, on),
        () if outcome is Outcome.URGENT else ("身份证、户口簿(能查到的不用再交)", *materials),
        _SENTENCES[outcome],
    )
