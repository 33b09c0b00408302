"""What may be public: masks, minors, the small-cell check, the PII gate (四(四)a; policy-model §1.8, §1.10.15)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from rules.dates import full_years, years_after
from rules.figures import ADULT_AGE
from rules.readings import DEFAULT, Readings

_COMPOUND_SURNAMES = frozenset(
    {
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "万俟",
        "闻人",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "太叔",
        "申屠",
        "公孙",
        "慕容",
        "仲孙",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "闾丘",
        "令狐",
        "轩辕",
        "百里",
        "呼延",
        "东郭",
        "西门",
        "第五",
        "公良",
        "拓跋",
        "夹谷",
        "乐正",
        "南门",
        "谷梁",
        "单于",
    }
)


def mask_name(name: str) -> str:
    """Keep the surname (compound surnames whole), every given-name character becomes *; other names keep one character.

    Raises ValueError for an empty name. A name of one character is masked whole: nothing would be hidden otherwise.
    """
    name = "".join(name.split())
    if not name:
        raise ValueError("a name to mask is not empty")
    if len(name) == 1:
        return "*"
    keep = 2 if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else 1
    return name[:keep] + "*" * (len(name) - keep)


@dataclass(frozen=True, slots=True)
class ListingFinding:
    """Whether a row may be online, and why not."""

    online: bool
    reason: str = ""


def online_row(
    *, born_on: date | None, decided_on: date, viewed_on: date, village_households: int, readings: Readings = DEFAULT
) -> ListingFinding:
    """Whether one approved case may stand in the online list.

    A minor on the decision day or on the viewing day never does; nor does somebody whose age is not known, since
    a minor could hide behind that; nor anybody in a village so small that a surname tells who it is.
    """
    if born_on is None:
        return ListingFinding(False, "年龄未核实")
    if full_years(born_on, decided_on) < ADULT_AGE or full_years(born_on, viewed_on) < ADULT_AGE:
        return ListingFinding(False, "涉及未成年人")
    if village_households < readings.small_village_households:
        return ListingFinding(False, "村(社区)户数太少, 打码后仍可能认出")
    return ListingFinding(True)


def adult_on(born_on: date) -> date:
    """The 18th birthday."""
    return years_after(born_on, ADULT_AGE)


_PATTERNS = (
    ("身份证号", re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{15}(?!\d)")),
    ("手机号", re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")),
    ("银行卡号", re.compile(r"(?<!\d)\d{16,19}(?!\d)")),
    ("座机号", re.compile(r"(?<!\d)0\d{2,3}\d{7,8}(?!\d)")),
    ("门牌号", re.compile(r"\d+\s*[号弄幢栋室](?!\s*文)|\d+单元")),
    ("病情", re.compile(r"癌|肿瘤|尿毒症|白血病|精神病|艾滋|糖尿病|重病|患病|透析|瘫痪|抑郁")),
    ("残疾", re.compile(r"残疾|残障|[一二三四]级[肢智精视听]")),
    ("监禁", re.compile(r"服刑|在押|坐牢|监狱|戒毒|看守所")),
    ("存款", re.compile(r"存款|余额|负债")),
)
_SEPARATORS = re.compile(r"(?<=\d)[\s\-–—·.()]+(?=\d)")
_DATES = re.compile(r"(?<!\d)(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])(?!\d)")


def pii_findings(text: str) -> tuple[str, ...]:
    """The kinds of personal information found in a text that is to be public; empty when it may go out.

    Full-width digits are folded and spaces and dashes between digits dropped first; dates and amounts are harmless.
    """
    folded = unicodedata.normalize("NFKC", text)
    joined = _SEPARATORS.sub("", _DATES.sub("日期", folded))
    return tuple(kind for kind, pattern in _PATTERNS if pattern.search(joined))
