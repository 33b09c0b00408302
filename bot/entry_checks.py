"""What is wrong with an entry, in plain words: the same for what ships with the program and for what staff write."""

import re
from collections.abc import Mapping

from bot.answers import source_of
from bot.entries import Entry

MOST_BYTES = 2048
"""What WeChat carries in one text message."""
MOST_SHORT = 120
MOST_TITLE = 30
MOST_WAY = 200
LEAST_WAYS = 40
_NUMBERS_THAT_STAND_IN_THE_TEXT = frozenset({"110", "119", "120", "2021", "5000", "0001"})
_NOT_LETTERS = re.compile(r"\W")


def bare(way: str) -> str:
    """A way of asking without marks and blanks: two that differ in these alone are one."""
    return _NOT_LETTERS.sub("", way)


def faults_of(entry: Entry, others: Mapping[str, Entry]) -> list[str]:
    """Sentences that say what to change; empty when the entry may be published. `others` may hold the entry itself."""
    rest = [other for intent, other in others.items() if intent != entry.intent]
    return [*_text_faults(entry), *_ways_faults(entry, rest)]


def _text_faults(entry: Entry) -> list[str]:
    # What is refused is never shown at length: it must be said at once.
    said = entry.short + (entry.long if entry.in_scope else entry.next)
    found = []
    named = {"标题": entry.title, "短回答": entry.short, "详细回答": entry.long, "下一步": entry.next}
    found += [f"{name}没有写。" for name, value in named.items() if not value.strip()]
    if len(entry.title) > MOST_TITLE:
        found.append(f"标题太长, 最多{MOST_TITLE}个字。")
    if len(entry.short) > MOST_SHORT:
        found.append(f"短回答有{len(entry.short)}个字, 最多{MOST_SHORT}个字。")
    if not entry.next.endswith("。"):
        found.append("下一步要写成一句完整的话, 用句号结束。")
    for text in (f"{entry.short}\n{entry.next}", f"{entry.long}\n{entry.next}"):
        if len(f"{text}\n{source_of([entry.clause])}".encode()) > MOST_BYTES:
            found.append("回答太长, 微信一条消息放不下, 请缩短。")
            break
    found += [
        f"回答里必须说到“{phrase}”(办法的要求)。" for point in entry.must for phrase in point if phrase not in said
    ]
    found += [f"回答里不能说“{phrase}”。" for phrase in entry.absent if phrase in entry.short + entry.long]
    everything = entry.short + entry.long + entry.next
    numbers = set(re.findall(r"(?<!\d)\d{3,}(?!\d)", everything)) - _NUMBERS_THAT_STAND_IN_THE_TEXT
    if numbers:
        found.append(
            f"回答里不能写电话号码或金额({'、'.join(sorted(numbers))}): 电话在设置里配, 金额由系统按标准计算。"
        )
    return found


def _ways_faults(entry: Entry, rest: list[Entry]) -> list[str]:
    found = []
    if len(entry.ask) < LEAST_WAYS:
        found.append(f"问法只有{len(entry.ask)}条, 至少要{LEAST_WAYS}条。")
    found += [f"问法“{way[:20]}…”太长, 最多{MOST_WAY}个字。" for way in entry.ask if len(way) > MOST_WAY]
    known = {bare(way): other.title for other in rest for way in (other.title, *other.ask)}
    for way in (entry.title, *entry.ask):
        if title := known.get(bare(way)):
            found.append(f"“{way}”已经是“{title}”的问法, 一种问法只能属于一条。")
    return found
