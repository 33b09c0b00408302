"""Words of a text: jieba with the policy's own dictionary. The only file that imports jieba."""

import logging
import re
import unicodedata
from functools import cache

import jieba

# Without these jieba cuts 一事一议 into 一事/一/议 and 纪工委 into 纪/工委.
_POLICY_WORDS = [
    "一事一议",
    "民主评议",
    "评议会",
    "评议",
    "先行救助",
    "临时救助",
    "备用金",
    "纪工委",
    "纪委",
    "区民政",
    "民政局",
    "社会救助",
    "救助窗口",
    "低保",
    "低保户",
    "特困",
    "五保户",
    "单独施保",
    "单人保",
    "存款",
    "失联",
    "出走",
    "赡养",
    "抚养",
    "户籍",
    "户口",
    "入户调查",
    "驻村干部",
    "村民代表",
    "领导班子",
    "认定",
    "备案",
    "公示",
    "公布名单",
    "有效期",
    "工作日",
    "重残",
    "重病",
    "残疾证",
    "佐证材料",
    "事实无人抚养",
    "监护人",
    "代办",
    "回避",
    "请假",
    "签到",
    "筹资筹劳",
    "财政奖补",
]

# What people say -> the words of the policy; dialect and slips of ear or hand included.
_SYNONYMS = {
    "底保": "低保",
    "平议": "评议",
    "一是一议": "一事一议",
    "一事一义": "一事一议",
    "冇": "没有",
    "屋里": "家里",
    "娒": "孩子",
    "小孩": "孩子",
    "钞票": "钱",
    "铜钿": "钱",
    "訾那": "怎么",
    "何乜": "什么",
    "几多": "多少",
    "几时": "什么时候",
    "狃宕": "哪里",
    "啥": "什么",
    "咋": "怎么",
    "阿公": "老人",
    "阿婆": "老人",
    "老公": "丈夫",
    "老婆": "妻子",
    "五保": "特困",
    "单人保": "单独施保",
}
_SPACE = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[^0-9a-z一-鿿]+")


@cache
def _tokenizer() -> jieba.Tokenizer:
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    for word in _POLICY_WORDS:
        tokenizer.add_word(word, freq=100_000)
    return tokenizer


def normalise(text: str) -> str:
    """Full width folded, lower case, dialect and common slips put into the policy's words."""
    text = _SPACE.sub("", unicodedata.normalize("NFKC", text).lower())
    for said, meant in _SYNONYMS.items():
        text = text.replace(said, meant)
    return text


def words(text: str) -> list[str]:
    """The words of a normalised text, punctuation left out."""
    return [word for word in _tokenizer().lcut(text) if not _NOT_WORD.fullmatch(word)]


def pairs(text: str) -> list[str]:
    """Neighbouring characters: what survives a typing error that breaks a word."""
    bare = _NOT_WORD.sub("", text)
    return [bare[i : i + 2] for i in range(len(bare) - 1)]
