"""适用情形 三(一)-(七): one function a clause, each condition named, three-valued (policy-model §1.3-1.5, §1.10.8)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum

from rules.caps import Band, savings_band
from rules.dates import full_months, full_years
from rules.facts import HouseholdFacts
from rules.figures import ABSENCE_YEARS, ADULT_AGE, ELDER_AGE, SAVINGS_LOWER_TIMES, SAVINGS_UPPER_TIMES
from rules.readings import DEFAULT, Readings


class Circumstance(Enum):
    """The seven circumstances; the value is the clause."""

    C1 = "三(一)"
    C2 = "三(二)"
    C3 = "三(三)"
    C4 = "三(四)"
    C5 = "三(五)"
    C6 = "三(六)"
    C7 = "三(七)"

    @property
    def clause(self) -> str:
        """The clause, like 三(一)."""
        return self.value

    @property
    def plain(self) -> str:
        """One plain line for residents: no stigma, no law words."""
        return _PLAIN[self]


_PLAIN = {
    Circumstance.C1: "家里有人离开或失去联系三年以上, 其他人生活困难",
    Circumstance.C2: "孩子的父母都不能照顾, 跟着其他亲属生活",
    Circumstance.C3: "60周岁以上独自生活, 与子女多年没有联系, 没有生活来源",
    Circumstance.C4: "特困供养或精神、智力残疾单独施保, 复核时存款偏多",
    Circumstance.C5: "同一件事再次申请临时救助, 或需要的钱超过最高额",
    Circumstance.C6: "家里有人重残重病等特殊困难",
    Circumstance.C7: "其他特殊困难, 由镇(街道)认定",
}


class Truth(StrEnum):
    """Yes, no, or 不清楚, which is an answer."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One named condition of a clause, the facts that it was read from, and what would prove it."""

    clause: str
    name: str
    truth: Truth
    prove: str
    facts: tuple[str, ...]

    @property
    def missing(self) -> str:
        """What still stands between this condition and a yes, empty when nothing does."""
        if self.truth is Truth.MET:
            return ""
        if self.truth is Truth.UNKNOWN:
            return f"还不清楚: {self.name}; 可以用这些说明: {self.prove}"
        return f"按现在的说法不成立: {self.name}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one clause comes to for these facts: the conjunction of its conditions. Notes warn and never decide."""

    circumstance: Circumstance
    conditions: tuple[Condition, ...]
    notes: tuple[str, ...] = ()

    @property
    def truth(self) -> Truth:
        """Any false -> unmet, else any unknown -> unknown, else met (§1.10.13)."""
        truths = {condition.truth for condition in self.conditions}
        if Truth.UNMET in truths:
            return Truth.UNMET
        return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.MET

    @property
    def open_conditions(self) -> tuple[str, ...]:
        """Names of the conditions that are not known yet."""
        return tuple(condition.name for condition in self.conditions if condition.truth is Truth.UNKNOWN)


class _Clause:
    """The conditions of one clause, written down one after the other."""

    def __init__(self, circumstance: Circumstance, facts: HouseholdFacts, on: date) -> None:
        self._circumstance, self._facts, self._on = circumstance, facts, on
        self._conditions: list[Condition] = []

    def says(self, name: str, fact: bool | None, prove: str, *read: str) -> None:
        """A condition by a value worked out from the facts named in `read`."""
        truth = Truth.UNKNOWN if fact is None else Truth.MET if fact else Truth.UNMET
        self._conditions.append(Condition(self._circumstance.clause, name, truth, prove, read))

    def fact(self, name: str, field: str, prove: str) -> None:
        """A condition that is one fact."""
        self.says(name, getattr(self._facts, field), prove, field)

    def years(self, name: str, field: str, years: int, prove: str) -> None:
        """At least so many whole years since the day in `field`, the anniversary itself included."""
        since: date | None = getattr(self._facts, field)
        self.says(name, None if since is None else full_years(since, self._on) >= years, prove, field)

    def finding(self, *notes: str) -> Finding:
        """The clause as it stands."""
        return Finding(self._circumstance, tuple(self._conditions), notes)


def missing_member(facts: HouseholdFacts, on: date, _standard: int | None, _readings: Readings) -> Finding:
    """三(一): a member left or is out of contact for three years or more; the others ask for aid."""
    clause = _Clause(Circumstance.C1, facts, on)
    clause.fact("原来是一起生活的家庭成员", "member_lived_together_before", "户口簿、村(社区)说明")
    clause.years("离开或失去联系满三年", "member_left_on", ABSENCE_YEARS, "报警回执、邻居或村(社区)说明")
    clause.fact("现在没有一起生活", "member_lives_apart", "入户调查")
    clause.fact("申请人声明", "applicant_declares_absence", "申请人声明")
    clause.fact("入户调查确实联系不上", "member_cannot_be_reached", "入户调查表、联系记录")
    clause.fact("其他家人要求纳入救助", "others_ask_for_aid", "申请人声明")
    return clause.finding()


def minor_without_parents(facts: HouseholdFacts, on: date, _standard: int | None, readings: Readings) -> Finding:
    """三(二): a minor, one parent unable, the other gone three years, not caring and registered outside 温州市.

    “一方” is unable for a reason that the text lists: 死亡、服刑在押、失踪、失联、被执行其他限制人身自由的措施.
    """
    born, since = facts.applicant_born_on, facts.first_parent_out_of_touch_since
    clause = _Clause(Circumstance.C2, facts, on)
    clause.says("未满18周岁", None if born is None else full_years(born, on) < ADULT_AGE, "户口簿", "applicant_born_on")
    clause.fact("父母一方因办法列明的原因不能履行监护", "first_parent_unable", "由工作人员核对相关证明")
    clause.years("另一方离开满三年", "other_parent_left_on", ABSENCE_YEARS, "说明、村(社区)证明")
    clause.fact("另一方没有照顾抚养", "other_parent_does_not_care", "照料人说明")
    clause.fact("另一方户籍不在温州市", "other_parent_registered_elsewhere", "户籍信息(工作人员核对)")
    clause.fact("实际跟其他亲属生活", "lives_with_other_relatives", "亲属关系说明、入户调查")
    clause.fact("要求孩子单独纳入", "asks_for_child_alone", "照料人说明")
    short = since is not None and full_months(since, on) < readings.contact_lost_warning_months
    months = readings.contact_lost_warning_months
    return clause.finding(*((f"父母一方失联不满{months}个月, 请留意; 办法没有规定时长, 不影响结论",) if short else ()))


def elder_alone(facts: HouseholdFacts, on: date, _standard: int | None, _readings: Readings) -> Finding:
    """三(三): 60 or over, long alone, no contact with or support from grown children. 多年 is for staff to judge."""
    clause = _Clause(Circumstance.C3, facts, on)
    clause.years("已满60周岁", "applicant_born_on", ELDER_AGE, "身份证")
    clause.fact("早年结过婚并有子女", "was_married_with_children", "户籍资料、村(社区)说明")
    clause.fact("婚姻破裂后多年独自生活", "marriage_broke_lived_alone", "离婚证、判决或村(社区)说明")
    clause.fact("没有抚养过子女", "did_not_raise_children", "入户调查、邻居说明")
    clause.fact("子女成年后没有联系和赡养", "children_out_of_touch", "联系记录、村(社区)说明")
    clause.fact("目前没有生活来源", "no_income", "收入核对")
    clause.fact("短期内维权解决不了", "rights_cannot_be_enforced_soon", "调解、法律援助材料")
    clause.fact("要求纳入社会救助", "asks_for_aid", "申请人说明")
    clause.fact("入户调查情况属实", "home_visit_confirms", "入户调查表")
    return clause.finding()


def savings_at_review(facts: HouseholdFacts, on: date, standard_fen: int | None, _readings: Readings) -> Finding:
    """三(四): deposits over 4 and below 10 annual standards, two groups, at the review, to keep aid (§1.10.14)."""
    band = None
    if facts.deposit_fen is not None and standard_fen is not None and facts.only_own_bank_deposits:
        band = savings_band(facts.deposit_fen, standard_fen)
    in_band = None if band is None else band is Band.BETWEEN
    clause = _Clause(Circumstance.C4, facts, on)
    clause.fact("是特困供养或精神、智力残疾单独施保对象", "holds_special_support", "救助证明、残疾证")
    clause.fact("正在经济复核", "at_economic_review", "复核通知")
    clause.says("存款超过年低保标准4倍但低于10倍", in_band, "核对报告", "deposit_fen", "only_own_bank_deposits")
    clause.fact("要求保留待遇", "asks_to_keep_aid", "本人或监护人说明")
    return clause.finding(*_BAND_NOTES.get(band, ()))


# A23: at most 4 times nothing is lost, so nothing need be asked for; from 10 times it may still be 三(七).
_BAND_NOTES: dict[Band | None, tuple[str, ...]] = {
    Band.NOT_OVER: (f"存款没有超过{SAVINGS_LOWER_TIMES}倍, 不用走“一事一议”",),
    Band.TOO_HIGH: (f"存款达到{SAVINGS_UPPER_TIMES}倍, 不属于三(四); 有其他困难由镇(街道)判断是否属于三(七)",),
}


def temporary_aid_again(facts: HouseholdFacts, on: date, _standard: int | None, _readings: Readings) -> Finding:
    """三(五): temporary aid asked for again for the same cause, or more needed than the maximum."""
    clause = _Clause(Circumstance.C5, facts, on)
    clause.fact("是临时救助对象", "receives_temporary_aid", "以前的救助记录")
    clause.says(
        "同一事由再次申请或需要超过最高额",
        _either(facts.same_cause_again, facts.needs_more_than_maximum),
        "事由材料、医疗票据和结算单",
        "same_cause_again",
        "needs_more_than_maximum",
    )
    return clause.finding()


def severe_case(facts: HouseholdFacts, on: date, _standard: int | None, _readings: Readings) -> Finding:
    """三(六): severe illness, disability or the like. Whether it is severe, the town verifies."""
    clause = _Clause(Circumstance.C6, facts, on)
    clause.fact("有重残重病等特殊情况", "severe_illness_or_disability", "残疾证、诊断证明、医疗支出")
    clause.fact("要求申请社会救助", "asks_for_aid", "申请人说明")
    return clause.finding()


def other_case(facts: HouseholdFacts, on: date, _standard: int | None, _readings: Readings) -> Finding:
    """三(七): whatever the town recognises: always open, so the answer is never a flat no."""
    clause = _Clause(Circumstance.C7, facts, on)
    clause.says("镇(街道)认定", None, "镇(街道)书面认定意见")
    return clause.finding()


_CLAUSES: tuple[Callable[[HouseholdFacts, date, int | None, Readings], Finding], ...] = (
    missing_member,
    minor_without_parents,
    elder_alone,
    savings_at_review,
    temporary_aid_again,
    severe_case,
    other_case,
)


def _either(first: bool | None, second: bool | None) -> bool | None:
    if first or second:
        return True
    return None if first is None or second is None else False


def assess_all(
    facts: HouseholdFacts, on: date, standard_fen: int | None, readings: Readings = DEFAULT
) -> tuple[Finding, ...]:
    """A finding for each of the seven clauses, in order, on the reference day `on` (§1.10.8).

    `standard_fen`: the monthly living standard, None when 标准未配置.
    """
    return tuple(clause(facts, on, standard_fen, readings) for clause in _CLAUSES)


def suggested_materials(findings: Iterable[Finding]) -> tuple[str, ...]:
    """建议材料 of these findings, each once, in order. None of them is a condition for being heard."""
    return tuple(dict.fromkeys(c.prove for finding in findings for c in finding.conditions))
