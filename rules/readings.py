"""Ambiguities of the text as named choices with a default (policy-model §1.9, §1.10); a district may choose otherwise.

`Readings` holds the choices in force; `READINGS` says in a sentence what each choice means and which clause it reads.
Where the text can be read in one way only here (a settled point, or a way that the software does not offer), the entry
has no name, and stands there so that a lawyer sees every place where the text was read.
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


class UrgentStart(StrEnum):
    """The moment from which the 24 hours run."""

    REPORTED = "reported"
    TOWN_INFORMED = "town_informed"


@dataclass(frozen=True, slots=True)
class Readings:
    """The choices in force. A case keeps those of the day on which it was confirmed."""

    review_start: ReviewStart = ReviewStart.CONFIRMED
    minimum_panel: int = MINIMUM_PANEL
    quorum_override: bool = True
    supervisor_counts: bool = False
    investigator_votes: bool = False
    pass_rule: PassRule = PassRule.MORE_THAN_HALF
    urgent_start: UrgentStart = UrgentStart.REPORTED
    review_after_urgent: bool = True
    cap_window_months: int = 12
    standard_date: StandardDate = StandardDate.DECIDED
    contact_lost_warning_months: int = 6
    listing_tail_days: int = 0
    small_village_households: int = 10
    card_days: int = 3

    def __post_init__(self) -> None:
        if self.minimum_panel < MINIMUM_PANEL:
            raise ValueError(f"minimum_panel: 四(二)规定一般不得少于{MINIMUM_PANEL}人, 不能调低")
        if self.cap_window_months < 1:
            raise ValueError("cap_window_months: 至少1个月")
        if self.small_village_households < 1:
            raise ValueError("small_village_households: 至少1户")
        if self.contact_lost_warning_months < 0:
            raise ValueError("contact_lost_warning_months: 不能小于0")
        if self.listing_tail_days < 0:
            raise ValueError("listing_tail_days: 不能小于0")
        if self.card_days < 0:
            raise ValueError("card_days: 不能小于0")

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
        if kind in _PLAIN_KINDS and type(value) is not kind:
            raise ValueError(f"{name}: 要填{_PLAIN_KINDS[kind]}")
        try:
            values[name] = kind(value)
        except ValueError as error:
            raise ValueError(f"{name}: 不能是 {value}") from error
    return Readings(**values)


_PLAIN_KINDS: Final[Mapping[type, str]] = {bool: "true 或 false", int: "整数"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One place where the text was read, for people.

    `name` is the field of `Readings`, empty where there is one form only. `means` says what each value that can be
    chosen means; a number or a code stands for {} in `sentence`.
    """

    number: str
    clause: str
    question: str
    sentence: str = ""
    name: str = ""
    means: tuple[tuple[object, str], ...] = ()

    def said(self, chosen: Readings) -> str:
        """The sentence that is in force under these choices."""
        if not self.name:
            return self.sentence
        value = getattr(chosen, self.name)
        return self.sentence.format(value) if self.sentence else dict(self.means)[value]

    def otherwise(self, chosen: Readings) -> tuple[str, ...]:
        """What a district could choose instead, in sentences; empty where there is one form only."""
        if not self.name:
            return ()
        if self.sentence:
            return (f"默认{getattr(DEFAULT, self.name)}, 可以改",)
        return tuple(meaning for value, meaning in self.means if value != getattr(chosen, self.name))


def _one_form(number: str, clause: str, question: str, sentence: str) -> Reading:
    return Reading(number, clause, question, sentence)


READINGS: Final = (
    Reading(
        "A1",
        "四(二)a",
        "5个工作日从哪天起算",
        name="review_start",
        means=(
            (ReviewStart.CONFIRMED, "从镇(街道)确认符合条件之日起算, 当天不计"),
            (ReviewStart.INITIATED, "从村(社区)启动之日起算, 当天不计"),
            (ReviewStart.REFERRED, "从反馈村(社区)之日起算, 当天不计"),
        ),
    ),
    _one_form("A2", "四(二)a", "准备佐证材料算不算在5个工作日内", "材料在确认之前准备好, 确认后才起算"),
    _one_form("A3", "四(二)a", "12人算哪些人", "结束表决时在场的签到人员; 未到、回避、申请人、只做记录的不算"),
    Reading(
        "A4",
        "四(二)a",
        "纪(工)委人员算不算在12人里",
        name="supervisor_counts",
        means=((False, "不算人数, 不表决"), (True, "算人数, 仍不表决")),
    ),
    Reading("A5", "四(二)a", "最少多少人", "最少{}人; 可以规定更多, 不能少于12人", name="minimum_panel"),
    Reading(
        "A5",
        "四(二)a",
        "“一般”能不能有例外",
        name="quorum_override",
        means=((True, "能: 要有理由、镇街领导同意和监督意见"), (False, "不能, 一律要够人数")),
    ),
    _one_form("A6", "四(二)a", "没有纪(工)委人员怎么办", "会议不成立, 没有例外"),
    Reading(
        "A7",
        "四(二)a",
        "本案入户调查人能不能表决",
        name="investigator_votes",
        means=((False, "可以到会发言, 不算人数也不表决"), (True, "算人数, 可以表决")),
    ),
    Reading(
        "A8",
        "四(二)a",
        "多少人同意算通过",
        name="pass_rule",
        means=(
            (PassRule.MORE_THAN_HALF, "同意的超过计入人数的一半, 弃权算在分母里"),
            (PassRule.TWO_THIRDS, "同意的达到计入人数的三分之二, 弃权算在分母里"),
        ),
    ),
    _one_form("A9", "四(三)", "班子会议能不能与评议结果不一致", "能, 必须写明理由"),
    _one_form("A10", "四(二)b", "5000元含不含本数, 按什么算", "含5000元; 每户每次紧急情况合计, 实物折价"),
    Reading(
        "A11",
        "四(二)b",
        "24小时从何时起算",
        name="urgent_start",
        means=(
            (UrgentStart.REPORTED, "从第一次向村(社区)或镇(街道)报告之时起算, 夜间和节假日照算"),
            (UrgentStart.TOWN_INFORMED, "从镇(街道)得知之时起算, 夜间和节假日照算"),
        ),
    ),
    _one_form("A12", "四(二)b", "谁判断特别紧急", "镇(街道)工作人员; 不属于的也要写明理由并指明普通救助"),
    Reading(
        "A13",
        "四(二)b",
        "先行救助以后补手续要不要评议",
        name="review_after_urgent",
        means=((True, "区里选定之前, 要补一次民主评议"), (False, "5000元以内的一次性救助不再评议")),
    ),
    _one_form("A14", "三(五)", "两个上限怎么用", "有医疗费用的取低, 没有的只看人数上限; 上限没有例外"),
    Reading(
        "A15",
        "三(五)",
        "上限是一次还是累计",
        "同一事由在认定前{}个月内累计, 含先行救助; 对应日当天不算在内",
        name="cap_window_months",
    ),
    Reading(
        "A16",
        "三(五)",
        "用哪一天的低保标准",
        name="standard_date",
        means=((StandardDate.DECIDED, "认定当天的标准"), (StandardDate.CONFIRMED, "确认符合条件当天的标准")),
    ),
    _one_form("A17", "三(五)", "家庭人数指谁", "共同生活的家庭成员, 不看户口簿人数"),
    _one_form("A18", "三(一)", "“三年以上”管不管出走", "出走和失联都要满三年, 满三年当天算"),
    Reading(
        "A19",
        "三(二)",
        "父母一方失联要多久",
        "办法没有规定; 不满{}个月的提醒工作人员, 不影响结论",
        name="contact_lost_warning_months",
    ),
    _one_form("A20", "三(二)", "“本市”指哪里", "温州市, 不是鹿城区"),
    _one_form("A22", "三(四)", "银行存款包括什么", "本人名下银行存款; 共有的、替别人存的和其他财产由工作人员判断"),
    _one_form("A23", "三(四)", "4倍、10倍本身算不算", "“超过4倍”不含4倍, “低于10倍”不含10倍"),
    _one_form("A24", "四(四)a", "一年从何时到何时", "生效日到次年对应日24时, 遇节假日不顺延; 2月29日到28日"),
    _one_form("A25", "四(四)a", "到期能不能自动延", "不能, 要重新申请; 没有宽限"),
    _one_form("A28", "四(三)", "备案是审批还是告知", "告知: 区民政收到即备案, 不是审批"),
    _one_form("A29", "四(四)a", "网上名单写不写全名", "不写: 只留姓, 名字每个字都用*代替"),
    _one_form("A30", "四(四)a", "没通过的要不要公布", "不公布"),
    _one_form("A32", "四(一)", "居民能不能直接提出", "可以留下初步申请, 是线索, 不是受理; 反馈村(社区)才算开始"),
    _one_form("A34", "四(二)a", "社区没有驻村干部怎么办", "网格、驻社干部也算; 社区缺这一类只提醒, 村缺了不能开会"),
    _one_form("A35", "四(二)a", "一次会议能不能评几户", "每户单独登记名单、回避、表决和监督意见"),
    Reading("A36", "四(四)a", "“长期公布”到什么时候", "有效期内公布, 期满后再留{}天", name="listing_tail_days"),
    Reading(
        "1.10.15",
        "四(四)a",
        "多小的村(社区)不在网上公布",
        "不足{}户的不在网上公布, 打码后仍可能认出",
        name="small_village_households",
    ),
    Reading("1.7", "四(二)a", "评议人员的个案卡片看到什么时候", "从收到通知到会议后{}天", name="card_days"),
    _one_form("1.10.1", "四(三)", "公布晚了影响救助吗", "不影响; 公布有自己的5个工作日, 晚了要写明原因"),
    _one_form("1.10.2", "四(三)", "班子会议退回后怎么办", "重新评议的另起5个工作日; 只补材料的不重新评议"),
    _one_form("1.10.3", "四(四)a", "续办和先行救助后的长期救助怎么走", "另立一件相连的事项, 从普通救助审核开始"),
    _one_form("1.10.4", "三(五)", "省条例的6倍、12倍怎么看", "只提醒, 不限制"),
    _one_form("1.10.8", "三(一)", "年龄和年限按哪天算", "按确认符合条件之日; 生日、周年当天算满, 2月29日按28日"),
    _one_form("1.10.9", "四(二)a", "放假安排没公布的年份怎么算", "按周一到周五暂算, 标“暂定”, 提前2天提醒; 公布后重算"),
    _one_form("1.10.11", "四(二)a", "一人两个身份怎么算", "算一人, 两类都算有人"),
    _one_form("1.10.12", "三(一)", "入户调查能不能免", "三(一)、三(三)不能免, 要两人、双方签字; 其他写明理由可以免"),
    _one_form("1.10.16", "四(二)a", "回避的近亲属指谁", "配偶、父母、子女、兄弟姐妹、(外)祖父母、(外)孙子女"),
)
