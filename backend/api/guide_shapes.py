"""What the guide and the calculators answer."""

from typing import Literal

from pydantic import AwareDatetime

from backend.api.contract import Returned
from rules.circumstances import Truth
from rules.eligibility import Outcome

Topic = Literal["C1", "C2", "C3", "C4", "C5", "C6", "C7"]


class MayFit(Returned):
    clause: str
    plain: str


class ConditionSaid(Returned):
    name: str
    truth: Truth
    said: str
    missing: str
    prove: str


class ClauseFound(Returned):
    clause: str
    plain: str
    truth: Truth
    conditions: list[ConditionSaid]
    open: list[str]
    notes: list[str]


class Scheme(Returned):
    name: str
    why: str


class Advice(Returned):
    outcome: Outcome
    sentence: str
    may_fit: list[MayFit]
    findings: list[ClauseFound]
    ordinary: list[Scheme]
    to_bring: list[str]
    how_long: list[str]
    advice_only: str


class TopicRow(Returned):
    topic: Topic | Literal["urgent"]
    text: str


class QuestionAsked(Returned):
    fact: str
    text: str
    hint: str
    is_amount: bool


class Progress(Returned):
    step: int
    total: int


class NextQuestion(Returned):
    question: QuestionAsked
    progress: Progress
    result: None


class GuideResult(Returned):
    question: None
    progress: Progress
    result: Advice


class TelephoneFirst(Returned):
    outcome: Outcome
    page: Literal["/urgent"]


class CallNow(Returned):
    question: None
    result: TelephoneFirst


class Kept(Returned):
    number: str
    until: AwareDatetime


class SaidBefore(Returned):
    question: str
    said: str


class Carried(Returned):
    topic: Topic
    text: str
    told: list[SaidBefore]


class Forgotten(Returned):
    forgotten: Literal[True]


class Worked(Returned):
    formula: str
    lines: list[str]
