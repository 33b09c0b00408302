"""Words of a text: jieba with the policy's own dictionary. The only file that imports jieba."""

import logging
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


@cache
def _tokenizer() -> jieba.Tokenizer:
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    for word in _POLICY_WORDS:
        tokenizer.add_word(word, freq=100_000)
    return tokenizer


def words(text: str) -> list[str]:
    """The words of a text in its plain form."""
    return list(_tokenizer().lcut(text))


@cache
def plain_words(firsts: frozenset[str]) -> frozenset[str]:
    """Words of two to four characters that begin with one of `firsts` and are nobody's name, by jieba's dictionary."""
    found = set()
    with jieba.get_dict_file() as lines:
        for raw in lines:
            word, _, tag = raw.decode().strip().split(" ")
            if word[0] in firsts and 2 <= len(word) <= 4 and not tag.startswith("nr"):
                found.add(word)
    return frozenset(found | {word for word in _POLICY_WORDS if word[0] in firsts})
