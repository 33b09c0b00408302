"""The guide's questions: plain words, one at a time, every one may be answered 不清楚. Pure.

Answers are yes, no or unknown; a question about years is answered by the person, so the fact becomes a day that is just
long enough ago or today. Nothing here is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from backend.guide.amounts import fen_of
from rules.circumstances import Circumstance
from rules.dates import years_after
from rules.facts import HouseholdFacts
from rules.figures import ABSENCE_YEARS, ADULT_AGE, ELDER_AGE

YES, NO, UNKNOWN = "y", "n", "u"
EMERGENCY = "urgent"
SAID = {YES: "是", NO: "不是 / 没有", UNKNOWN: "不清楚"}
MOST_ANSWERS = 80
MOST_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """`fact` is a field of HouseholdFacts. `years`: a yes means at least that long ago, a no less.

    `closes` is the answer after which the topic's clause cannot be met any more; empty where neither closes it, since
    either of two is enough.
    """

    fact: str
    text: str
    hint: str = ""
    years: int = 0
    is_amount: bool = False
    closes: str = NO


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands in the guide: the topic, all answers so far, and which question is next.

    `kept` holds the answers of every topic, `C3.no_income` -> y: another topic asks in other words, and the same fact
    there is another answer.
    """

    topic: str
    kept: Mapping[str, str]
    at: int = 0

    @property
    def answers(self) -> dict[str, str]:
        """The answers of this topic, by fact."""
        start = f"{self.topic}."
        return {name.removeprefix(start): said for name, said in self.kept.items() if name.startswith(start)}

    @property
    def way(self) -> list[Question]:
        """The questions of this way through the guide, in order."""
        return asked_of(self.topic, self.answers)

    @property
    def question(self) -> Question | None:
        """The question to ask now; None when all are asked and the result is next."""
        way = self.way
        return way[self.at] if self.at < len(way) else None

    @property
    def step(self) -> int:
        """Which step this is; the choice of the topic was the first."""
        return min(self.at, len(self.way)) + 2

    @property
    def total(self) -> int:
        """About how many steps there are, the choice of the topic included."""
        return len(self.way) + 1

    def answered(self, fact: str, said: str) -> "Place":
        """After this answer, at the first question without one: going back loses nothing of what came later."""
        return replace(self, kept={**self.kept, f"{self.topic}.{fact}": said}).first_open()

    def back(self) -> "Place":
        """The question before; the answer to it is still there."""
        return replace(self, at=max(0, min(self.at, len(self.way)) - 1))

    def back_to(self, fact: str) -> "Place":
        """The question that asked for this fact, where this way asks for it."""
        facts = [question.fact for question in self.way]
        return replace(self, at=facts.index(fact)) if fact in facts else self

    def first_open(self) -> "Place":
        """The first question that has no answer yet."""
        way, answers = self.way, self.answers
        return replace(self, at=next((n for n, q in enumerate(way) if q.fact not in answers), len(way)))


def place_of(topic: str, answers: Mapping[str, str]) -> Place:
    """The place of somebody who has given these answers to one topic."""
    return Place(topic, {f"{topic}.{fact}": said for fact, said in answers.items()}).first_open()


TOPICS = {
    "C1": "家里有人离家或很久联系不上",
    "C2": "孩子的父母都照顾不了",
    "C3": "老人一个人过, 和子女没有来往",
    "C4": "享受特困或单独施保, 怕存款多了被停",
    "C5": "拿过临时救助, 还是不够",
    "C6": "家里有人重病或重度残疾",
    "C7": "别的难处, 或者说不清",
}

_ORDINARY = Question(
    "ordinary_aid_refused",
    "申请过低保、特困或临时救助, 工作人员说办不了吗?",
    "还没有申请过的, 请选“没有”。",
)
# 三首: ordinary aid is looked at first, and for a topic that is its own scheme.
_ORDINARY_OF = {
    "C2": replace(
        _ORDINARY,
        text="申请过儿童保障、特困或低保, 工作人员说办不了吗?",
        hint="儿童保障是孤儿、事实无人抚养儿童保障。还没有申请过的, 请选“没有”。",
    ),
    "C4": replace(
        _ORDINARY, text="工作人员说, 按普通规定待遇保不住吗?", hint="复核还没有结果的, 请选“没有”或“不清楚”。"
    ),
    "C5": replace(_ORDINARY, text="工作人员说, 按临时救助的规定给不了了吗?", hint="还没有再申请过的, 请选“没有”。"),
}
_SEVERE = Question("severe_illness_or_disability", "家里有人重病或重度残疾吗?", "算不算, 由工作人员核实。")

QUESTIONS: dict[str, tuple[Question, ...]] = {
    "C1": (
        Question("member_lived_together_before", "这位家人原来和您一起生活吗?"),
        Question("member_left_on", "离开或联系不上满三年了吗?", "正好满三年也算。", years=ABSENCE_YEARS),
        Question("member_lives_apart", "现在没有和您一起生活, 对吗?"),
        Question("member_cannot_be_reached", "确实联系不上吗?", "工作人员会上门核实。"),
    ),
    "C2": (
        Question("applicant_born_on", "孩子满18周岁了吗?", years=ADULT_AGE, closes=YES),
        Question(
            "first_parent_unable",
            "父母有一位去世、失去联系或人身自由受限吗?",
            "不用说是哪一种, 工作人员会核对。",
        ),
        Question("other_parent_left_on", "另一位离开满三年了吗?", "正好满三年也算。", years=ABSENCE_YEARS),
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
        Question("asks_to_keep_aid", "是想保留现在的待遇, 对吗?", "想另外申请救助的, 请选“不是”。"),
        Question("holds_special_support", "是特困供养, 或精神、智力残疾单独施保吗?", "普通低保户不属于这一种。"),
        Question("at_economic_review", "正在做经济复核吗?"),
        Question(
            "only_own_bank_deposits",
            "存款都是本人自己的吗?",
            "替别人存的、和别人共有的, 请选“不是”。",
            closes="",
        ),
        Question("deposit_fen", "银行存款大约多少元?", "只算本人的银行存款。", is_amount=True),
    ),
    "C5": (
        Question("receives_temporary_aid", "拿过临时救助吗?"),
        Question("same_cause_again", "这次还是为了同一件事吗?", closes=""),
        Question("needs_more_than_maximum", "需要的钱超过临时救助的最高额吗?"),
    ),
    "C6": (_SEVERE,),
    "C7": (),
}
# What a topic's household asks for is what brought it here; keeping aid and asking anew are two wishes (§1.10.13).
_WISHES = {
    "C1": ("others_ask_for_aid", "applicant_declares_absence"),
    "C2": ("asks_for_child_alone",),
}
# For its advice the guide takes it that a visit would find what the person says; the result says that the visit is
# still to come, and none of this is carried into an application.
FOUND_BY_STAFF = frozenset({"home_visit_confirms", "member_cannot_be_reached"})
WRITTEN_LATER = frozenset({"applicant_declares_absence"})


def asked_of(topic: str, answers: Mapping[str, str]) -> list[Question]:
    """The questions of this way through the guide, in order.

    An answer that closes the clause ends the topic: the rest of it would be asked for nothing. The question
    about severe illness follows then, so that nobody leaves through one closed door.
    """
    way = [_ORDINARY_OF.get(topic, _ORDINARY)]
    for question in QUESTIONS[topic]:
        way.append(question)
        if question.closes and answers.get(question.fact) == question.closes:
            if topic != "C6":
                way.append(_SEVERE)
            break
    return way


def wrong_with(question: Question, said: str) -> str:
    """What to say about an answer that cannot be read; empty when it can."""
    if said == UNKNOWN or not said:
        return ""
    if question.is_amount:
        return "" if fen_of(said) is not None else "这个金额看不懂, 例如写 50000 或 5万; 不清楚可以空着。"
    return "" if said in SAID else "请在“是”“不是”“不清楚”里选一个。"


def facts_from(topic: str, answers: Mapping[str, str], today: date) -> HouseholdFacts:
    """The answers as the rules want them. What was not asked on this way, and 不清楚, is left out: it stays unknown."""
    values: dict[str, Any] = dict.fromkeys(_WISHES.get(topic, ()), True)
    if topic != "C4" or answers.get("asks_to_keep_aid") == NO:
        values["asks_for_aid"] = True
    if topic == "C3":
        values["home_visit_confirms"] = True
    for question in asked_of(topic, answers):
        said = answers.get(question.fact, UNKNOWN)
        if said and said != UNKNOWN and not wrong_with(question, said):
            values[question.fact] = _value(question, said, today)
    return HouseholdFacts(**values)


def _value(question: Question, said: str, today: date) -> object:
    if question.is_amount:
        return fen_of(said)
    if question.years:
        limit = years_after(today, -question.years)
        return limit if said == YES else limit + timedelta(days=1)
    return said == YES


def told(topic: str, answers: Mapping[str, str]) -> list[tuple[Question, str]]:
    """Every question of this way with the answer in words, for the result and for the paper."""
    found = []
    for question in asked_of(topic, answers):
        said = answers.get(question.fact) or UNKNOWN
        found.append((question, SAID.get(said, f"{said}元" if said.isdecimal() else said)))
    return found


def read_kept(pairs: Sequence[str]) -> dict[str, str]:
    """`topic.fact:said` as a form carries them; what is not of this shape is left out. The last of two wins."""
    split = [pair.split(":", 1) for pair in pairs[:MOST_ANSWERS] if ":" in pair]
    return {name[:48]: said[:MOST_CHARACTERS] for name, said in split}


def anchor(circumstance: Circumstance) -> str:
    """Where the clause stands on the policy page."""
    return f"p3-{circumstance.name[1]}"
