"""How well the bot answers a file of questions: recall, wrong answers, refusals, times, memory."""

import json
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answers import Answer, Outcome
from bot.dialogue import Bot
from bot.ranking import Ranked

HELD_OUT_FILE = Path(__file__).parent / "heldout.jsonl"
"""Questions by hands that saw no entry; nothing is ever trained on them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the file: `also_ok` are intents that are right as well."""

    text: str
    intent: str
    in_scope: bool
    also_ok: tuple[str, ...] = ()

    @property
    def right(self) -> frozenset[str]:
        """Every intent that counts as right."""
        return frozenset({self.intent, *self.also_ok})


def read_questions(file: Path) -> list[Question]:
    """Lines `{"q", "intent", "in_scope"?, "also_ok"?}`. Raises ValueError naming the line."""
    found = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            intent = row["intent"]
            in_scope = bool(row.get("in_scope", not intent.startswith("oos_")))
            found.append(Question(str(row["q"]), intent, in_scope, tuple(row.get("also_ok") or ())))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"第{number}行: {type(error).__name__} {error}") from error
    return found


def evaluate(bot: Bot, questions: Sequence[Question]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(the report, what each question got). Rates are None where there is no question of the kind."""
    by_title = {entry.title: entry.intent for entry in bot.entries.values()}
    answers: list[Answer] = []
    times: list[float] = []
    for question in questions:
        began = time.perf_counter()
        answers.append(bot.answer(question.text))
        times.append((time.perf_counter() - began) * 1e6)
    each: list[dict[str, Any]] = [
        {
            "q": question.text,
            "outcome": answer.outcome.value,
            "intent": answer.intent,
            "suggestions": [by_title[title] for title in answer.suggestions],
        }
        for question, answer in zip(questions, answers, strict=True)
    ]
    inside = [(q, row) for q, row in zip(questions, each, strict=True) if q.in_scope]
    outside = [row for q, row in zip(questions, each, strict=True) if not q.in_scope]
    first = [q for q, row in inside if row["outcome"] == Outcome.ANSWER and row["intent"] in q.right]
    offered = [q for q, row in inside if q.right & {row["intent"], *row["suggestions"]}]
    wrong = [(q, row) for q, row in inside if row["outcome"] == Outcome.ANSWER and row["intent"] not in q.right]
    ordered = sorted(times)
    report: dict[str, Any] = {
        "questions": len(questions),
        "recall_at_1": _rate(len(first), len(inside)),
        "recall_at_3": _rate(len(offered), len(inside)),
        "wrong_rate": _rate(len(wrong), len(inside)),
        "handover_rate": _rate(sum(row["outcome"] == Outcome.HANDOVER for _, row in inside), len(inside)),
        "refusal_rate": _rate(sum(row["outcome"] != Outcome.ANSWER for row in outside), len(outside)),
        "p50_us": round(statistics.median(ordered), 1) if ordered else None,
        "p99_us": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1) if ordered else None,
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "errors": [
            {"q": q.text, "intent": q.intent, "got": row["intent"], "outcome": row["outcome"]}
            for q, row in inside
            if not (row["outcome"] == Outcome.ANSWER and row["intent"] in q.right)
        ],
    }
    return report, each


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def tune(bot: Bot, questions: Sequence[Question]) -> dict[str, Any]:
    """The three rates for each pair of thresholds (score, margin), so that a person sees the trade and chooses."""
    found = [(question, bot.ranked(question.text)) for question in questions]
    candidates = [
        _candidate(bot, found, score / 10, margin / 100) for score in range(-10, -4) for margin in range(0, 16, 3)
    ]
    return {"questions": len(questions), "candidates": candidates}


def _candidate(
    bot: Bot, found: Sequence[tuple[Question, Ranked]], score: float, margin: float
) -> dict[str, float | None]:
    inside = outside = right = wrong = held = 0
    for question, ranked in found:
        best = ranked.matches[0] if ranked.matches else None
        ours = (
            best is not None and best.score >= score and ranked.margin >= margin and bot.entries[best.intent].in_scope
        )
        if question.in_scope:
            inside += 1
            right += bool(ours and best and best.intent in question.right)
            wrong += bool(ours and best and best.intent not in question.right)
        else:
            outside += 1
            held += not ours
    return {
        "score": score,
        "margin": margin,
        "recall_at_1": _rate(right, inside),
        "wrong_rate": _rate(wrong, inside),
        "refusal_rate": _rate(held, outside),
    }
