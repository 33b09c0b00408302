"""What would be answered differently: the bot as it is beside the bot as it would be, over the same questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.answers import Answer, Outcome
from bot.dialogue import Bot
from bot.evaluation import Question, evaluate

MOST_SHOWN = 200
_RATES = ("recall_at_1", "recall_at_3", "wrong_rate", "refusal_rate")


@dataclass(frozen=True, slots=True)
class Asked:
    """A stored question; `right` is the intent that a person gave it, where one did."""

    text: str
    right: str | None = None


def rehearse(before: Bot, after: Bot, asked: Sequence[Asked], fixed: Sequence[Question]) -> dict[str, Any]:
    """{"asked": how many stored questions, "changed": those answered differently, "fixed": changes over the fixed set,
    "rates": over the fixed set before and after}.

    A change carries `verdict`: better, worse, or "" where nobody has said what is right.
    """
    stored = [_difference(before, after, item.text, _rights(item.right)) for item in asked]
    changed = [item for item in stored if item]
    over_fixed = [_difference(before, after, question.text, question.right) for question in fixed]
    return {
        "asked": len(asked),
        "changed_count": len(changed),
        "changed": changed[:MOST_SHOWN],
        "fixed": [item for item in over_fixed if item][:MOST_SHOWN],
        "rates": {
            name: {rate: report[rate] for rate in _RATES}
            for name, report in (("before", evaluate(before, fixed)[0]), ("after", evaluate(after, fixed)[0]))
        },
    }


def _rights(right: str | None) -> frozenset[str]:
    return frozenset({right}) if right else frozenset()


def _difference(before: Bot, after: Bot, text: str, right: frozenset[str]) -> dict[str, str] | None:
    was, will = before.answer(text), after.answer(text)
    if (was.outcome, was.intent, was.text) == (will.outcome, will.intent, will.text):
        return None
    good = (_is_right(was, right), _is_right(will, right))
    verdict = {(False, True): "better", (True, False): "worse"}.get(good, "") if right else ""
    return {"text": text, "before": _said(before, was), "after": _said(after, will), "verdict": verdict}


def _is_right(answer: Answer, right: frozenset[str]) -> bool:
    return answer.outcome in (Outcome.ANSWER, Outcome.REFUSE) and answer.intent in right


def _said(bot: Bot, answer: Answer) -> str:
    """What a person would see, in one line."""
    if answer.outcome is Outcome.SUGGEST:
        return f"给出选项: {' / '.join(answer.suggestions)}"
    if answer.outcome is Outcome.HANDOVER:
        return "答不了, 请问工作人员"
    title = bot.entries[answer.intent].title if answer.intent else ""
    return f"{'不受理' if answer.outcome is Outcome.REFUSE else '回答'}: {title}"
