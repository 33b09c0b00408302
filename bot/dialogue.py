"""A question in, an answer out: danger first, then the nearest entry, else suggestions, else a person."""

from bot.answers import Answer, Outcome, from_entry
from bot.entries import Entry, load_entries
from bot.ranking import Ranking
from bot.safety import CRISIS_TEXT, DANGER_TEXT, urgent_words

MAX_CHARACTERS = 500
# Chosen on tests/bot/heldout.toml, none of whose questions stands in the entries.
ANSWER_FROM = 0.25
SUGGEST_FROM = 0.13


class Bot:
    """Answers from the entries. Holds no conversation and stores nothing."""

    def __init__(self, entries: dict[str, Entry], *, contact: str = "") -> None:
        self._entries = entries
        self._ranking = Ranking(entries.values())
        self._contact = contact

    def answer(self, text: str) -> Answer:
        """The answer to any text; never raises. Long texts are read up to 500 characters."""
        text = text[:MAX_CHARACTERS].strip()
        found = urgent_words(text)
        if found == "oos_crisis":
            return Answer(Outcome.REFUSE, self._with_contact(CRISIS_TEXT), found)
        if found:
            return Answer(Outcome.REFUSE, self._with_contact(DANGER_TEXT), found)
        matches = self._ranking.best(text)
        if matches and matches[0].score >= ANSWER_FROM:
            return from_entry(self._entries[matches[0].intent], self._contact, matches[0].because)
        near = [
            self._entries[match.intent].title
            for match in matches
            if match.score >= SUGGEST_FROM and self._entries[match.intent].in_scope
        ]
        if near:
            listed = "\n".join(f"{number}. {title}" for number, title in enumerate(near, 1))
            return Answer(
                Outcome.SUGGEST, f"您是不是想问:\n{listed}\n请把其中一项打字发给我。", suggestions=tuple(near)
            )
        return Answer(
            Outcome.HANDOVER,
            self._with_contact("这个问题我不能确定怎么答, 请问村(社区)或镇(街道)社会救助窗口的工作人员。"),
        )

    def _with_contact(self, text: str) -> str:
        return f"{text}\n{self._contact}" if self._contact else text


def load_bot(*, contact: str = "") -> Bot:
    """The bot over the shipped entries. `contact`: one line with the configured telephone, empty when there is none."""
    return Bot(load_entries(), contact=contact)
