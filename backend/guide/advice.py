"""What the guide says at the end of a topic, for page and mini-program alike. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from backend.guide.questions import FOUND_BY_STAFF, WRITTEN_LATER, facts_from
from rules import figures
from rules.circumstances import Condition, Finding, Truth, assess_all
from rules.eligibility import Guidance, assess
from rules.readings import Readings

HOW_LONG = (
    "找您所在的村(社区)或镇(街道)社会救助窗口, 也可以在微信小程序里先留下情况。",
    "工作人员审核以后反馈给村(社区), 由村(社区)启动。",
    f"镇(街道)确认符合条件后, {figures.REVIEW_WORKING_DAYS}个工作日内开民主评议会。",
    f"镇(街道)领导班子会议认定; 认定以后{figures.RESULT_WORKING_DAYS}个工作日内告诉您结果, 并报区民政备案。",
    f"特别紧急的不等这些: {figures.URGENT_HOURS}小时内先救助, 先打电话。",
)
"""Who decides and how long it takes (四(一)-(三))."""
_TRUTHS = {Truth.MET: "按您说的, 有这一条", Truth.UNMET: "按您说的, 没有这一条", Truth.UNKNOWN: "还不清楚"}


@dataclass(frozen=True, slots=True)
class Advice:
    """`about`: the clause that was asked about, those that fit besides, and the one that always stays open."""

    guidance: Guidance
    about: tuple[Finding, ...]


def advise(topic: str, answers: Mapping[str, str], today: date, monthly_fen: int | None, readings: Readings) -> Advice:
    """Advice on the day; `monthly_fen` None when 标准未配置."""
    facts = facts_from(topic, answers, today)
    about = tuple(
        finding
        for finding in assess_all(facts, today, monthly_fen, readings)
        if finding.circumstance.name in (topic, "C7") or finding.truth is Truth.MET
    )
    return Advice(assess(facts, today, monthly_fen, readings), about)


def state_in_words(condition: Condition) -> str:
    """A condition for a resident; what only a visit can find is never said to be so."""
    if condition.truth is Truth.MET and FOUND_BY_STAFF.issuperset(condition.facts):
        return "由工作人员上门核实"
    if condition.truth is Truth.MET and WRITTEN_LATER.issuperset(condition.facts):
        return "办的时候写一份声明"
    return _TRUTHS[condition.truth]
