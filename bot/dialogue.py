"""A question in, an answer out: danger first, then the nearest entry, else suggestions, else a person."""

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bot.answers import Answer, Outcome, from_entry, point_by_point, source_of
from bot.calculation import Day, worked_out
from bot.entries import Entry, load_entries
from bot.entry_checks import bare
from bot.ranking import Model, Ranked, Ranking, load_model
from bot.safety import CRISIS, FIRST, URGENT, alarm_of
from bot.text import plain
from bot.training import digest_of, train

MODEL_FILE = Path(__file__).parent / "model.npz"
MAX_CHARACTERS = 500
SEVERAL = "mixed_multi"
# Chosen by `python -m bot tune` on bot/heldout.jsonl, none of whose questions stands in the entries.
ANSWER_FROM = -0.8
MARGIN_FROM = 0.06
SUGGEST_FROM = -0.9
KNOWN_FROM = 0.15
POINT_FROM = -0.4
CLOSE_UNTIL = 0.5
MOST_OFFERED = 3
MOST_POINTS = 3
MOST_PARTS = 8
"""Of a very long message so many questions are looked at: an answer must not take longer than 20 ms."""

_UNSURE = "这个问题我不能确定怎么答, 请问村(社区)或镇(街道)社会救助窗口的工作人员。"
_BREAK = re.compile(r"[。！!？?；;\n]+|还有就是|另外|再问一下|顺便问|还想问|还有,|还有，")
_COMMA = re.compile(r"[,，、\s]+")
_ASKS = re.compile(
    r"吗|呢|么|多少|几|怎么|什么|哪|谁|能不能|要不要|可不可以|是不是|行不行|否|伐|会不会|有没有|多久|为何|为什么"
)
_FOLLOWS = re.compile(r"^(?:那|那么|还|这个|这样|如果|要是|他|她|它)|呢[?？]?$")
_MOST_FOLLOWING = 14
_MORE = ("详细", "详细点", "详细说说", "说详细点", "再说说", "还有呢")


@dataclass(frozen=True, slots=True)
class Before:
    """What was said just before, for whoever keeps the conversation: the intent answered, the titles offered."""

    intent: str | None = None
    offered: tuple[str, ...] = ()


class Bot:
    """Answers from the entries. Holds no conversation and stores nothing; what was asked before comes in."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        model: Model,
        *,
        contact: str = "",
        hotlines: Mapping[str, str] | None = None,
    ) -> None:
        self._entries = dict(entries)
        self._ranking = Ranking(model)
        self._contact = contact
        self._hotlines = dict(hotlines or {})
        self._by_title = {entry.title: entry for entry in self._entries.values()}
        self._by_way = {bare(way): entry.intent for entry in self._entries.values() for way in entry.ask}

    @property
    def entries(self) -> Mapping[str, Entry]:
        """What is answered from, by intent."""
        return self._entries

    def answer(self, text: str, *, day: Day | None = None, before: Before | None = None) -> Answer:
        """The answer to any text; never raises. Long texts are read up to 500 characters.

        `day`: with it, numbers in a question are worked out. `before`: for 那要多久?, for 详细, for the number of a
        suggestion.
        """
        alarm, before = alarm_of(text), before or Before()
        text = text[:MAX_CHARACTERS].strip()
        # What somebody wrote down as a way of asking is known to be no alarm: 等钱救命.
        written = self._by_way.get(bare(text))
        is_known = written is not None and self._entries[written].in_scope
        if alarm is not None and not alarm.soft and not is_known:
            return self._from(alarm.intent, "", None)
        found = self._ordinary(text, day, before, written)
        if before.intent == CRISIS and not (found.outcome is Outcome.ANSWER and _ASKS.search(text)):
            # 没有人陪我, 我一个人, said after despair, is neither small talk nor a question about the household.
            return self._from(CRISIS, "", None)
        if alarm is None:
            return found
        if found.intent in URGENT:
            # The model hears the danger that is over: what is asked about it is one of the next.
            found = self._unsure(self._ranking.best(text, MOST_OFFERED + len(URGENT)), least=-math.inf)
        return replace(found, text=f"{FIRST[alarm.intent]}\n{found.text}")

    def _ordinary(self, text: str, day: Day | None, before: Before, written: str | None) -> Answer:
        if text in _MORE and (last := self._entries.get(before.intent or "")) is not None and last.in_scope:
            return self._more(last)
        if text.isdecimal() and len(text) == 1 and 1 <= int(text) <= len(before.offered):
            text = before.offered[int(text) - 1]
        if (titled := self._by_title.get(text)) is not None:
            return self._from(titled.intent, text, day)
        # A way of asking that somebody wrote down is answered as they meant it, whatever the model makes of it.
        if written not in (None, SEVERAL) and not self._follows(text, before.intent):
            return self._from(written, text, day)
        found = self._rank(text, before.intent)
        if (several := self._several(text, found, day)) is not None:
            return several
        if found.known >= KNOWN_FROM and found.margin >= MARGIN_FROM and found.matches[0].score >= ANSWER_FROM:
            best = found.matches[0]
            # What stood close is offered with the answer: a wrong guess is one tap from the right one.
            close = [match.intent for match in found.matches[1:]] if found.margin < CLOSE_UNTIL else []
            return self._from(best.intent, text, day, best.because, close)
        return self._unsure(found)

    def ranked(self, text: str) -> Ranked:
        """The nearest intents of a text, for choosing thresholds; no danger is looked for here."""
        return self._ranking.best(text[:MAX_CHARACTERS])

    def _rank(self, text: str, before: str | None) -> Ranked:
        found = self._ranking.best(text)
        if not self._follows(text, before):
            return found
        entry = self._entries[before or ""]
        # 那要多久? after a refusal is about what comes next to it; 那我老婆呢? is the same question again.
        beside = next((match.intent for match in found.matches if match.intent in entry.related), entry.intent)
        return self._ranking.best(f"{self._entries[beside].title} {text}")

    def _follows(self, text: str, before: str | None) -> bool:
        """Whether a short text goes on from what was answered before."""
        return before in self._entries and len(text) <= _MOST_FOLLOWING and bool(_FOLLOWS.search(text))

    def _several(self, text: str, found: Ranked, day: Day | None) -> Answer | None:
        """Two or three questions of one message, each sure enough by itself; None where there is one."""
        parts = [part for part in _BREAK.split(text) if len(part) >= 4]
        pieces = [part for part in _COMMA.split(text) if len(part) >= 4]
        if len(parts) < 2 and len(pieces) >= MOST_POINTS and all(_ASKS.search(piece) for piece in pieces):
            parts = pieces
        asking = [part for part in parts if _ASKS.search(part)]
        says_several = bool(found.matches) and found.matches[0].intent == SEVERAL
        if len(asking) < 2 and not says_several:
            return None
        points: dict[str, tuple[Entry, str]] = {}
        for part in (parts if says_several else asking)[:MOST_PARTS]:
            ranked = self._ranking.best(part)
            best = next((match for match in ranked.matches if match.intent != SEVERAL), None)
            if best is None or best.score < POINT_FROM:
                continue
            if best.intent in URGENT:
                return self._from(best.intent, "", None)
            if not self._entries[best.intent].in_scope:
                return None  # a refusal is not one point among answers
            points.setdefault(best.intent, (self._entries[best.intent], self._worked_out(best.intent, part, day)))
        if says_several and len(points) < 2:
            for match in self._ranking.best(text, MOST_POINTS + 1).matches:
                if match.intent != SEVERAL and self._entries[match.intent].in_scope:
                    points.setdefault(match.intent, (self._entries[match.intent], ""))
        if len(points) < 2:
            return None
        return point_by_point(SEVERAL, list(points.values())[:MOST_POINTS], self._contact)

    def _from(
        self,
        intent: str,
        text: str,
        day: Day | None,
        because: tuple[str, ...] = (),
        close: Sequence[str] = (),
    ) -> Answer:
        entry = self._entries[intent]
        offered = [
            name
            for name in (*close, *entry.related)
            if name not in (intent, SEVERAL) and name in self._entries and self._entries[name].in_scope
        ]
        return from_entry(
            entry,
            contact=self._contact,
            hotline="; ".join(self._hotlines[name] for name in entry.hotlines if name in self._hotlines),
            worked_out=self._worked_out(intent, text, day),
            related=[self._entries[name].title for name in dict.fromkeys(offered)][:MOST_OFFERED],
            because=because,
        )

    def _more(self, entry: Entry) -> Answer:
        source = source_of([entry.clause])
        return Answer(Outcome.ANSWER, f"{entry.long}\n{entry.next}\n{source}", entry.intent, entry.clause, entry.anchor)

    def _worked_out(self, intent: str, text: str, day: Day | None) -> str:
        return worked_out(intent, plain(text), day) if day else ""

    def _unsure(self, found: Ranked, least: float = SUGGEST_FROM) -> Answer:
        near = [
            self._entries[match.intent].title
            for match in found.matches
            if match.score >= least
            and found.known >= KNOWN_FROM
            and match.intent != SEVERAL
            and self._entries[match.intent].in_scope
        ][:MOST_OFFERED]
        if near:
            listed = "\n".join(f"{number}. {title}" for number, title in enumerate(near, 1))
            text = f"您是不是想问:\n{listed}\n请把其中一项打字发给我, 或者换个说法再问。"
            return Answer(Outcome.SUGGEST, text, suggestions=tuple(near))
        return Answer(Outcome.HANDOVER, f"{_UNSURE}\n{self._contact}" if self._contact else _UNSURE, person=True)


def load_bot(*, contact: str = "", hotlines: Mapping[str, str] | None = None) -> Bot:
    """The bot over the shipped entries.

    `contact`: one line with the configured telephone, empty when there is none. `hotlines`: lines by name; an entry's
    number that is not configured is left out of its answer.
    """
    entries = load_entries()
    return Bot(entries, model_for(entries), contact=contact, hotlines=hotlines)


def model_for(entries: Mapping[str, Entry], file: Path = MODEL_FILE) -> Model:
    """The model that was trained from these entries; trained now where the file is another's and the trainer is here.

    Raises RuntimeError in one line where it is not.
    """
    wanted = digest_of(entries)
    with suppress(OSError, ValueError, KeyError):
        model = load_model(file)
        if model.digest == wanted:
            return model
    try:
        model = train(entries)
    except ImportError as error:
        raise RuntimeError("问答的模型文件不是由现在的条目训练的, 请先运行 python -m bot train") from error
    with suppress(OSError):  # a folder that may not be written costs two seconds a start, and nothing else
        model.save(file)
    return model
