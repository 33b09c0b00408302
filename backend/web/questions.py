"""The guide's questions: plain words, one at a time, every one may be answered 不清楚. Pure.

Answers are yes, no or unknown; a question about years is answered by the person, so the fact becomes a day that is just
long enough ago or today. Nothing here is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.circumstances import Circumstance
from rules.dates import years_after
from rules.facts import HouseholdFacts
from rules.figures import ABSENCE_YEARS, ADULT_AGE, ELDER_AGE

YES, NO, UNKNOWN = "y", "n", "u"
EMERGENCY = "urgent"


@dataclass(frozen=True, slots=True)
class Question:
    """`fact` is a field of HouseholdFacts. `years`: a yes means at least that long ago, a no less."""

    fact: str
    text: str
    hint: str = ""
    years: int = 0
    is_amount: bool = False


TOPICS = {
    "C1": "家里有人离家或很久联系不上",
    "C2": "孩子的父母都照顾不了",
    "C3": "老人一个人过, 和子女没有来往",
    "C4": "享受特困或单独施保, 怕存款多了被停",
    "C5": "拿过临时救助, 还是不够",
    "C6": "家里有人重病或重度残疾",
    "C7": "别的难处, 或者说不清",
}

ORDINARY = Question(
    "ordinary_aid_refused",
    "申请过低保、特困或临时救助, 工作人员说办不了吗?",
    "还没有申请过的, 请选“没有”。",
)
SEVERE = Question("severe_illness_or_disability", "家里有人重病或重度残疾吗?", "算不算, 由工作人员核实。")

QUESTIONS: dict[str, tuple[Question, ...]] = {
    "C1": (
        Question("member_lived_together_before", "这位家人原来和您一起生活吗?"),
        Question("member_left_on", "离开或联系不上满三年了吗?", "正好满三年也算。", years=ABSENCE_YEARS),
        Question("member_lives_apart", "现在没有和您一起生活, 对吗?"),
        Question("member_cannot_be_reached", "确实联系不上吗?", "工作人员会上门核实。"),
    ),
    "C2": (
        Question("applicant_born_on", "孩子满18周岁了吗?", years=ADULT_AGE),
        Question("first_parent_unable", "父母中有一位因故不能照顾孩子吗?", "不用说是什么原因, 工作人员会核对。"),
        Question("other_parent_left_on", "另一位离开满三年了吗?", years=ABSENCE_YEARS),
        Question("other_parent_does_not_care", "另一位没有照顾和抚养孩子, 对吗?"),
        Question("other_parent_registered_elsewhere", "另一位的户口不在温州市, 对吗?"),
        Question("lives_with_other_relatives", "孩子跟其他亲属一起生活吗?"),
    ),
    "C3": (
        Question("applicant_born_on", "老人满60周岁了吗?", "生日当天就算。", years=ELDER_AGE),
        Question("was_married_with_children", "早年结过婚、有子女吗?"),
        Question("marriage_broke_lived_alone", "婚姻破裂以后多年一个人生活吗?"),
        Question("did_not_raise_children", "当年没有抚养过子女, 对吗?"),
        Question("children_out_of_touch", "子女长大以后没有联系、也没有赡养, 对吗?"),
        Question("no_income", "现在没有生活来源, 对吗?"),
        Question("rights_cannot_be_enforced_soon", "调解、打官司短期内解决不了, 对吗?"),
    ),
    "C4": (
        Question("holds_special_support", "是特困供养, 或精神、智力残疾单独施保吗?", "普通低保户不属于这一种。"),
        Question("at_economic_review", "正在做经济复核吗?"),
        Question("only_own_bank_deposits", "存款都是本人自己的吗?", "替别人存的、和别人共有的, 请选“不是”。"),
        Question("deposit_fen", "银行存款大约多少元?", "不清楚可以跳过。", is_amount=True),
    ),
    "C5": (
        Question("receives_temporary_aid", "拿过临时救助吗?"),
        Question("same_cause_again", "这次还是为了同一件事吗?"),
        Question("needs_more_than_maximum", "需要的钱超过临时救助的最高额吗?"),
    ),
    "C6": (SEVERE,),
    "C7": (),
}
# What a topic's household asks for is what brought it here.
_WISHES = {
    "C1": ("others_ask_for_aid",),
    "C2": ("asks_for_child_alone",),
    "C4": ("asks_to_keep_aid",),
}


def asked_of(topic: str, answers: Sequence[tuple[str, str]]) -> list[Question]:
    """The questions of this way through the guide, in order.

    A condition that the person says is not so ends the topic: the rest of it would be asked for nothing. The question
    about severe illness follows then, so that nobody leaves through one closed door.
    """
    way = [ORDINARY]
    said = dict(answers)
    for question in QUESTIONS[topic]:
        way.append(question)
        if said.get(question.fact) == NO and not _harmless(question, topic):
            if topic != "C6":
                way.append(SEVERE)
            break
    return way


def _harmless(question: Question, topic: str) -> bool:
    """A no that leaves the clause open: either of two is enough, or the answer is wanted to be no."""
    return question.fact in ("same_cause_again", "only_own_bank_deposits") or (
        topic == "C2" and question.fact == "applicant_born_on"
    )


def facts_from(topic: str, answers: Sequence[tuple[str, str]], today: date) -> HouseholdFacts:
    """The answers as the rules want them. Unknown questions and answers are left out: they stay 不清楚."""
    known = {question.fact: question for question in asked_of(topic, answers)}
    values: dict[str, Any] = dict.fromkeys(_WISHES.get(topic, ()), True)
    values["asks_for_aid"] = True
    for fact, said in answers:
        question = known.get(fact)
        if question is not None and said != UNKNOWN:
            values[fact] = _value(question, said, today)
    return HouseholdFacts(**values)


def _value(question: Question, said: str, today: date) -> object:
    if question.is_amount:
        return int(said) * 100 if said.isdecimal() and len(said) <= 9 else None
    if said not in (YES, NO):
        return None
    if question.years:
        return years_after(today, -question.years) if said == YES else today
    return said == YES


def anchor(circumstance: Circumstance) -> str:
    """Where the clause stands on the policy page."""
    return f"p3-{circumstance.name[1]}"


def progress(topic: str, answers: Sequence[tuple[str, str]]) -> Mapping[str, int]:
    """Which step this is, and about how many there are."""
    total = len(asked_of(topic, answers)) + 1
    return {"step": min(len(answers) + 2, total), "total": total}
