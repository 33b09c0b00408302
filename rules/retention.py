"""What is kept for how long, as data: category, after which event, what goes. Periods are the district's to set.

The 办法 names no period, and none is invented here: a category without one is kept. Only what the service itself made
for a short use has a period of our own. Pure.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_PERIOD = re.compile(r"P(?:([1-9]\d?)Y)?(?:([1-9]\d{0,2})M)?(?:([1-9]\d{0,4})D)?")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole years, months and days by the calendar."""

    years: int = 0
    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> "Period":
        """From ISO 8601 such as P5Y, P6M, P90D, P1Y6M. Raises ValueError."""
        found = _PERIOD.fullmatch(text)
        if not found or not any(found.groups()):
            raise ValueError(f"期限 {text} 要写成 P5Y(5年)、P6M(6个月)、P90D(90天) 这样")
        years, months, days = (int(part or 0) for part in found.groups())
        return cls(years, months, days)

    def ends(self, start: date) -> date:
        """The corresponding day, or the last of its month where that has no such day; then the days."""
        year, month = divmod(start.year * 12 + start.month - 1 + self.years * 12 + self.months, 12)
        day = min(start.day, monthrange(year, month + 1)[1])
        return date(year, month + 1, day) + timedelta(self.days)

    @property
    def said(self) -> str:
        """5年, 1年6个月, 90天."""
        parts = ((self.years, "年"), (self.months, "个月"), (self.days, "天"))
        return "".join(f"{number}{unit}" for number, unit in parts if number)


def is_due(event: date, period: Period, today: date) -> bool:
    """Kept through the last day of the period; due from the day after."""
    return period.ends(event) < today


@dataclass(frozen=True, slots=True)
class Category:
    """One row of the schedule. `key` is persisted and for ever.

    `own`: the period of our own for what the service made for a short use; such a category goes without anybody asking.
    `own` None: two people of the bureau decide every time, and nothing goes before the district has set a period.
    """

    key: str
    title: str
    after: str
    basis: str
    goes: str
    stays: str
    own: Period | None = None
    least_years: int = 0
    """The caps look back 12 months (policy-model §1.10.10): what they read is not deleted sooner."""

    @property
    def by_itself(self) -> bool:
        """Whether it goes without two people."""
        return self.own is not None


_UNDECIDED = "期限由区民政会同档案部门定"

CASE_HELPED = Category(
    "case_helped",
    "给过救助、已经结束的个案",
    "救助到期或停止的那一天",
    _UNDECIDED,
    "申请内容、照片、入户记录、佐证材料、评议和认定里的文字、评议人员名单、公布名单行、消息; "
    "本人没有别的事项时连同本人的登记",
    "编号、村(社区)、情形、家庭人数、状态、日期、金额、票数, 以及痕迹(只有摘要)",
    least_years=1,
)
CASE_NOT_HELPED = Category(
    "case_not_helped",
    "没有给救助、已经结束的个案",
    "转普通救助、没有通过、撤回或结束的那一天",
    _UNDECIDED,
    CASE_HELPED.goes,
    CASE_HELPED.stays,
)
PHOTOS = Category(
    "photos",
    "已经结束的个案的照片",
    "个案结束的那一天",
    _UNDECIDED,
    "照片和照片的登记",
    "个案的其他内容, 按个案自己的期限",
)
URGENT = Category(
    "urgent",
    "已经了结的先行救助",
    "手续补齐的那一天; 没有救助的, 报告的那一天",
    _UNDECIDED,
    "发生了什么、延迟和不救助的理由、消息; 本人没有别的事项时连同本人的登记",
    "编号、村(社区)、状态、时间、金额, 以及痕迹(只有摘要)",
    least_years=1,
)
BANK_ACCOUNT = Category(
    "bank_account",
    "银行账号",
    "本人最后一件事项结束的那一天",
    _UNDECIDED,
    "银行账号",
    "本人的其他登记",
)
PERSON = Category(
    "person",
    "登录过、没有任何事项的人",
    "登记的那一天",
    _UNDECIDED,
    "本人的登记、消息、已结束的对话",
    "没有",
)
CONVERSATION = Category(
    "conversation",
    "已经结束的人工对话",
    "对话结束的那一天",
    "系统自己的短期记录",
    "对话和回复",
    "每天的次数(没有内容)",
    Period(days=180),
)
QUESTION = Category(
    "question",
    "已经处理的、没答好的问题",
    "处理的那一天",
    "系统自己的短期记录(问题里的姓名号码在存的时候就去掉了)",
    "问题",
    "每天的次数(没有内容)",
    Period(years=1),
)
BOT_MODEL = Category(
    "bot_model",
    "不再使用的问答模型",
    "训练的那一天",
    "系统自己的短期记录",
    "模型",
    "正在使用的和最新的模型",
    Period(days=30),
)

SCHEDULE = (
    CASE_HELPED,
    CASE_NOT_HELPED,
    PHOTOS,
    URGENT,
    BANK_ACCOUNT,
    PERSON,
    CONVERSATION,
    QUESTION,
    BOT_MODEL,
)
BY_KEY = {category.key: category for category in SCHEDULE}


def periods(chosen: Mapping[str, str]) -> dict[str, Period]:
    """Category -> period, of the district's choice and of our own. Raises ValueError for what does not exist."""
    unknown = sorted(set(chosen) - set(BY_KEY))
    if unknown:
        raise ValueError(f"没有这样的类别: {', '.join(unknown)}; 可以用的是 {', '.join(BY_KEY)}")
    found = {category.key: category.own for category in SCHEDULE if category.own}
    found |= {key: Period.parse(text) for key, text in chosen.items()}
    any_day = date(2025, 1, 1)
    for key, period in found.items():
        if period.ends(any_day) < Period(years=BY_KEY[key].least_years).ends(any_day):
            raise ValueError(f"{key} 至少要 {BY_KEY[key].least_years} 年: 算最高金额要看以前12个月的救助")
    return found
