"""Ambiguities of the text as named choices with a default (policy-model §1.9, §1.10); a district may choose otherwise.

`READINGS` says what each choice means and which clause it reads. Choices that exist in one form only are listed too, so
that a lawyer sees every place where the text was read.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final

from rules.figures import MINIMUM_PANEL


class ReviewStart(StrEnum):
    """The day that is day 0 of the five working days."""

    CONFIRMED = "confirmed"
    INITIATED = "initiated"
    REFERRED = "referred"


class PassRule(StrEnum):
    """What share of those counted must agree."""

    MORE_THAN_HALF = "more_than_half"
    TWO_THIRDS = "two_thirds"


class StandardDate(StrEnum):
    """Which day's living standard a cap is worked out with."""

    DECIDED = "decided"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Readings:
    """The choices in force. A case keeps those of the day on which it was confirmed."""

    review_start: ReviewStart = ReviewStart.CONFIRMED
    minimum_panel: int = MINIMUM_PANEL
    quorum_override: bool = True
    supervisor_counts: bool = False
    investigator_votes: bool = False
    pass_rule: PassRule = PassRule.MORE_THAN_HALF
    cap_window_months: int = 12
    standard_date: StandardDate = StandardDate.DECIDED
    review_after_urgent: bool = True
    small_village_households: int = 10

    def __post_init__(self) -> None:
        if self.minimum_panel < MINIMUM_PANEL:
            raise ValueError(f"minimum_panel: 四(二)规定一般不得少于{MINIMUM_PANEL}人, 不能调低")
        if self.cap_window_months < 1:
            raise ValueError("cap_window_months: 至少1个月")
        if self.small_village_households < 1:
            raise ValueError("small_village_households: 至少1户")

    def as_json(self) -> dict[str, Any]:
        """Plain values, as they are pinned to a case."""
        return asdict(self)


DEFAULT: Final = Readings()


def choose(choices: Mapping[str, Any]) -> Readings:
    """Readings from configuration or from a case's pin. Raises ValueError naming what is not known or not allowed."""
    kinds = {field.name: type(getattr(DEFAULT, field.name)) for field in fields(Readings)}
    values: dict[str, Any] = {}
    for name, value in choices.items():
        kind = kinds.get(name)
        if kind is None:
            raise ValueError(f"{name}: 没有这个口径")
        if kind in (bool, int) and type(value) is not kind:
            raise ValueError(f"{name}: 要填{'true 或 false' if kind is bool else '整数'}")
        try:
            values[name] = kind(value)
        except ValueError as error:
            raise ValueError(f"{name}: 不能是 {value}") from error
    return Readings(**values)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reading for people: `name` is the field of `Readings`, empty where only one form exists."""

    number: str
    clause: str
    name: str
    question: str
    default: str
    otherwise: str = ""


READINGS: Final = (
    Explanation(
        "A1", "四(二)a", "review_start", "5个工作日从哪天起算", "镇(街道)确认符合条件之日", "村(社区)启动之日或反馈之日"
    ),
    Explanation("A2", "四(二)a", "", "准备佐证材料算不算在5个工作日内", "材料在确认之前准备好, 确认后才起算"),
    Explanation("A3", "四(二)a", "", "12人算哪些人", "实际签到、有表决权的人; 受邀未到的不算"),
    Explanation(
        "A4", "四(二)a", "supervisor_counts", "纪(工)委人员算不算在12人里", "不算, 也不表决", "算人数, 仍不表决"
    ),
    Explanation("A5", "四(二)a", "minimum_panel", "最少多少人", "12人", "可以规定更多, 不能更少"),
    Explanation(
        "A5", "四(二)a", "quorum_override", "“一般”能不能有例外", "能, 要理由、镇街领导和监督意见", "不能, 一律12人"
    ),
    Explanation("A6", "四(二)a", "", "没有纪(工)委人员怎么办", "会议不成立; 没有例外"),
    Explanation(
        "A7", "四(二)a", "investigator_votes", "本案入户调查人能不能表决", "可以到会发言, 不计入也不表决", "可以"
    ),
    Explanation("A8", "四(二)a", "pass_rule", "多少人同意算通过", "超过计入人数的一半, 弃权算在分母里", "三分之二以上"),
    Explanation("A9", "四(三)", "", "班子会议能不能与评议结果不一致", "能, 必须写明理由"),
    Explanation("A10", "四(二)b", "", "5000元是含还是不含, 按什么算", "含5000元, 每户每次紧急情况合计, 实物折价"),
    Explanation("A11", "四(二)b", "", "24小时从何时起算", "第一次报告之时, 夜间和节假日照算"),
    Explanation(
        "A13",
        "四(二)b",
        "review_after_urgent",
        "先行救助以后补手续要不要评议",
        "区里选定之前要补一次评议",
        "5000元以内的一次性救助不再评议",
    ),
    Explanation("A14", "三(五)", "", "两个上限怎么用", "有医疗费用的取低, 没有的只看人数上限"),
    Explanation(
        "A15", "三(五)", "cap_window_months", "上限是一次还是累计", "同一事由12个月内累计, 含先行救助", "其他月数"
    ),
    Explanation("A16", "三(五)", "standard_date", "用哪一天的低保标准", "认定当天", "确认符合条件当天"),
    Explanation("A18", "三(一)", "", "“三年以上”管不管出走", "出走和失联都要满三年, 满三年当天算"),
    Explanation("A20", "三(二)", "", "“本市”指哪里", "温州市"),
    Explanation("A22", "三(四)", "", "银行存款包括什么", "本人名下银行存款; 其他财产由工作人员判断"),
    Explanation("A23", "三(四)", "", "4倍、10倍本身算不算", "“超过4倍”不含4倍, “低于10倍”不含10倍"),
    Explanation("A24", "四(四)a", "", "一年从何时到何时", "生效日到次年对应日24时; 2月29日到28日"),
    Explanation("A25", "四(四)a", "", "到期能不能自动延", "不能, 要重新申请"),
    Explanation("A30", "四(四)a", "", "没通过的要不要公布", "不公布"),
    Explanation(
        "small_cell",
        "四(四)a",
        "small_village_households",
        "多小的村(社区)不在网上公布",
        "不足10户的, 打码后仍可能认出",
        "其他户数",
    ),
)
