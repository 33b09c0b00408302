"""适用情形 三(一)-(七): one function a clause, each condition named, three-valued (policy-model §1.3-1.5, §1.10.8)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum

from rules.caps import Band, savings_band
from rules.dates import full_years
from rules.figures import ABSENCE_YEARS, ADULT_AGE, ELDER_AGE


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
    """One named condition of a clause, and what would prove it."""

    name: str
    truth: Truth
    prove: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one clause comes to for these facts: the conjunction of its conditions."""

    circumstance: Circumstance
    conditions: tuple[Condition, ...]

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


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """What is known of a household. None is 不清楚. Dates are Asia/Shanghai days, money is 分."""

    ordinary_aid_refused: bool | None = None
    member_left_on: date | None = None
    member_lived_together_before: bool | None = None
    member_lives_apart: bool | None = None
    member_cannot_be_reached: bool | None = None
    others_ask_for_aid: bool | None = None
    applicant_born_on: date | None = None
    first_parent_unable: bool | None = None
    other_parent_left_on: date | None = None
    other_parent_does_not_care: bool | None = None
    other_parent_registered_elsewhere: bool | None = None
    lives_with_other_relatives: bool | None = None
    asks_for_child_alone: bool | None = None
    was_married_with_children: bool | None = None
    marriage_broke_lived_alone: bool | None = None
    did_not_raise_children: bool | None = None
    children_out_of_touch: bool | None = None
    no_income: bool | None = None
    rights_cannot_be_enforced_soon: bool | None = None
    holds_special_support: bool | None = None
    at_economic_review: bool | None = None
    only_own_bank_deposits: bool | None = None
    deposit_fen: int | None = None
    asks_to_keep_aid: bool | None = None
    receives_temporary_aid: bool | None = None
    same_cause_again: bool | None = None
    needs_more_than_maximum: bool | None = None
    severe_illness_or_disability: bool | None = None
    asks_for_aid: bool | None = None
    in_emergency: bool | None = None


def _known(name: str, fact: bool | None, prove: str) -> Condition:
    truth = Truth.UNKNOWN if fact is None else Truth.MET if fact else Truth.UNMET
    return Condition(name, truth, prove)


def _years(name: str, since: date | None, on: date, years: int, prove: str) -> Condition:
    return _known(name, None if since is None else full_years(since, on) >= years, prove)


def _either(first: bool | None, second: bool | None) -> bool | None:
    if first or second:
        return True
    return None if first is None or second is None else False


def missing_member(facts: HouseholdFacts, on: date, _standard: int | None) -> Finding:
    """三(一): a member left or is out of contact for three years or more; the others ask for aid."""
    return Finding(
        Circumstance.C1,
        (
            _known("原来是一起生活的家庭成员", facts.member_lived_together_before, "户口簿、村(社区)说明"),
            _years("离开或失去联系满三年", facts.member_left_on, on, ABSENCE_YEARS, "申请人声明、报警回执或邻居说明"),
            _known("现在没有一起生活", facts.member_lives_apart, "入户调查"),
            _known("入户调查确实联系不上", facts.member_cannot_be_reached, "入户调查表、联系记录"),
            _known("其他家人要求纳入救助", facts.others_ask_for_aid, "申请人声明"),
        ),
    )


def minor_without_parents(facts: HouseholdFacts, on: date, _standard: int | None) -> Finding:
    """三(二): a minor, one parent unable, the other gone three years, not caring and registered outside 温州市."""
    born = facts.applicant_born_on
    return Finding(
        Circumstance.C2,
        (
            _known("未满18周岁", None if born is None else full_years(born, on) < ADULT_AGE, "户口簿"),
            _known("父母一方不能履行监护", facts.first_parent_unable, "由工作人员核对相关证明"),
            _years("另一方离开满三年", facts.other_parent_left_on, on, ABSENCE_YEARS, "说明、村(社区)证明"),
            _known("另一方没有照顾抚养", facts.other_parent_does_not_care, "照料人说明"),
            _known("另一方户籍不在温州市", facts.other_parent_registered_elsewhere, "户籍信息(工作人员核对)"),
            _known("实际跟其他亲属生活", facts.lives_with_other_relatives, "亲属关系说明、入户调查"),
            _known("要求孩子单独纳入", facts.asks_for_child_alone, "照料人说明"),
        ),
    )


def elder_alone(facts: HouseholdFacts, on: date, _standard: int | None) -> Finding:
    """三(三): 60 or over, long alone, no contact with or support from grown children. 多年 is for staff to judge."""
    born = facts.applicant_born_on
    return Finding(
        Circumstance.C3,
        (
            _known("已满60周岁", None if born is None else full_years(born, on) >= ELDER_AGE, "身份证"),
            _known("早年结过婚并有子女", facts.was_married_with_children, "户籍资料、村(社区)说明"),
            _known("婚姻破裂后多年独自生活", facts.marriage_broke_lived_alone, "离婚证、判决或村(社区)说明"),
            _known("没有抚养过子女", facts.did_not_raise_children, "入户调查、邻居说明"),
            _known("子女成年后没有联系和赡养", facts.children_out_of_touch, "联系记录、村(社区)说明"),
            _known("目前没有生活来源", facts.no_income, "收入核对"),
            _known("短期内维权解决不了", facts.rights_cannot_be_enforced_soon, "调解、法律援助材料"),
        ),
    )


def savings_at_review(facts: HouseholdFacts, _on: date, standard_fen: int | None) -> Finding:
    """三(四): deposits over 4 and below 10 annual standards, two groups, at the review, to keep aid (§1.10.14)."""
    in_band = None
    if facts.deposit_fen is not None and standard_fen is not None and facts.only_own_bank_deposits:
        in_band = savings_band(facts.deposit_fen, standard_fen) is Band.BETWEEN
    return Finding(
        Circumstance.C4,
        (
            _known("是特困供养或精神、智力残疾单独施保对象", facts.holds_special_support, "救助证明、残疾证"),
            _known("正在经济复核", facts.at_economic_review, "复核通知"),
            _known("存款超过年低保标准4倍但低于10倍", in_band, "核对报告"),
            _known("要求保留待遇", facts.asks_to_keep_aid, "本人或监护人说明"),
        ),
    )


def temporary_aid_again(facts: HouseholdFacts, _on: date, _standard: int | None) -> Finding:
    """三(五): temporary aid asked for again for the same cause, or more needed than the maximum."""
    return Finding(
        Circumstance.C5,
        (
            _known("是临时救助对象", facts.receives_temporary_aid, "以前的救助记录"),
            _known(
                "同一事由再次申请或需要超过最高额",
                _either(facts.same_cause_again, facts.needs_more_than_maximum),
                "事由材料、医疗票据和结算单",
            ),
        ),
    )


def severe_case(facts: HouseholdFacts, _on: date, _standard: int | None) -> Finding:
    """三(六): severe illness, disability or the like. Whether it is severe, the town verifies."""
    return Finding(
        Circumstance.C6,
        (
            _known("有重残重病等特殊情况", facts.severe_illness_or_disability, "残疾证、诊断证明、医疗支出"),
            _known("要求申请社会救助", facts.asks_for_aid, "申请人说明"),
        ),
    )


def other_case(_facts: HouseholdFacts, _on: date, _standard: int | None) -> Finding:
    """三(七): whatever the town recognises: always open, so the answer is never a flat no."""
    return Finding(Circumstance.C7, (_known("镇(街道)认定", None, "镇(街道)书面认定意见"),))


_CLAUSES: tuple[Callable[[HouseholdFacts, date, int | None], Finding], ...] = (
    missing_member,
    minor_without_parents,
    elder_alone,
    savings_at_review,
    temporary_aid_again,
    severe_case,
    other_case,
)


def assess_all(facts: HouseholdFacts, on: date, standard_fen: int | None) -> tuple[Finding, ...]:
    """A finding for each of the seven clauses, in order. `standard_fen`: monthly, None when 标准未配置."""
    return tuple(clause(facts, on, standard_fen) for clause in _CLAUSES)


def suggested_materials(findings: Iterable[Finding]) -> tuple[str, ...]:
    """建议材料 of these findings, each once, in order. None of them is a condition for being heard."""
    return tuple(dict.fromkeys(c.prove for finding in findings for c in finding.conditions))
