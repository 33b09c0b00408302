"""A message as people type it -> one plain form: width, case, simplified characters, slips, dialect, numbers. Pure.

What is folded here is folded for questions and entries alike, so that both meet in the same words.
"""

import os
import re
import unicodedata
from functools import cache

from bot.numbers import numbers_in

# Phrases cost 40 MiB and settle which reading of a character is meant; a slip of the ear needs only one.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")

import opencc  # noqa: E402
from pypinyin import lazy_pinyin  # noqa: E402

# What people say -> the words of the policy. Longer first, so that a part never spoils a whole.
_SAID = {
    "底保": "低保",
    "抵保": "低保",
    "平议": "评议",
    "评意": "评议",
    "评一": "评议",
    "一是一议": "一事一议",
    "一事一义": "一事一议",
    "一是一义": "一事一议",
    "一事一意": "一事一议",
    "1事1议": "一事一议",
    "名丹": "名单",
    "建督": "监督",
    "申清": "申请",
    "救住": "救助",
    "街到": "街道",
    "何乜": "什么",
    "訾那": "怎么",
    "狃宕": "哪里",
    "铜钿": "钱",
    "钞票": "钱",
    "屋里": "家里",
    "几多": "多少",
    "阿公": "爷爷",
    "阿婆": "奶奶",
    "我伉": "我和",
    "冇": "没有",
    "娒": "孩子",
    "爻": "了",
    "罢": "已经",
    "眙": "看",
    "啥": "什么",
    "咋": "怎么",
    "娃": "孩子",
    "俺": "我",
    "五保": "特困",
    "单人保": "单独施保",
}
_LONGEST_FIRST = re.compile("|".join(sorted(map(re.escape, _SAID), key=len, reverse=True)))
_SPACE = re.compile(r"\s+")
_UNITS = {
    **dict.fromkeys(("元", "块钱", "块"), "钱"),
    **dict.fromkeys(("周岁", "岁"), "岁"),
    **dict.fromkeys(("个工作日", "工作日", "天", "日"), "天"),
    **dict.fromkeys(("个人", "口人", "人", "口", "户"), "人"),
    "年": "年",
    "个月": "月",
    "月": "月",
    "倍": "倍",
}


# A place that is not ours: whichever it is, it says the same of a question. 温州 and 鹿城 are ours.
_ELSEWHERE = re.compile(
    "|".join(
        (
            *("龙湾", "瓯海", "洞头", "永嘉", "平阳", "苍南", "文成", "泰顺", "瑞安", "乐清", "龙港", "瓯江口"),
            *("杭州", "宁波", "嘉兴", "湖州", "绍兴", "金华", "衢州", "舟山", "台州", "丽水", "义乌", "青田", "温岭"),
            *("北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "安徽", "福建", "江西"),
            *("山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "内蒙古"),
            *("广西", "西藏", "宁夏", "新疆", "香港", "澳门", "台湾", "深圳", "广州", "东莞", "佛山", "厦门", "福州"),
            *("南京", "苏州", "无锡", "合肥", "南昌", "武汉", "长沙", "成都", "西安", "郑州", "济南", "青岛", "贵阳"),
            *("昆明", "沈阳", "大连", "哈尔滨", "长春", "石家庄", "太原", "南宁", "海口", "兰州", "西宁", "拉萨"),
        )
    )
)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def plain(text: str) -> str:
    """Full width and case folded, traditional characters simplified, dialect and common slips in the policy's words."""
    folded = _SPACE.sub("", unicodedata.normalize("NFKC", text).lower())
    simplified = _converter().convert(folded)
    return _LONGEST_FIRST.sub(lambda found: _SAID[found[0]], simplified)


def by_kind(text: str) -> str:
    """Each number with its unit becomes its kind, another place becomes one place: 三万五块 -> ¥钱, 瑞安 -> ¥外地.

    A bare 一 stays a word.
    """
    text = _ELSEWHERE.sub("¥外地", text)
    parts, at = [], 0
    for number in numbers_in(text):
        kind = _UNITS.get(number.unit)
        if kind is None and number.value >= 1000:
            kind = "钱"
        if kind is None or (number.value == 1 and kind == "人"):
            continue
        parts += [text[at : number.start], f"¥{kind}"]
        at = number.end
    return "".join((*parts, text[at:]))


def syllables(text: str) -> list[str]:
    """How each Chinese character sounds, without tones: a slip of the ear or of a pinyin keyboard sounds the same."""
    return [sound for character in text if (sound := _sound(character))]


@cache
def _sound(character: str) -> str:
    # A character at a time, remembered: a tenth of the time of a whole text, and no phrase to decide a reading anyway.
    return "".join(lazy_pinyin(character, errors="ignore"))
