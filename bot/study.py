"""`python -m bot study FILE.jsonl`: what breadth and each part buy: k-fold, learning curve, ablation. For docs/bot.md.

Slow by nature (it trains dozens of rankings); never loaded by the service.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.entries import Entry
from bot.evaluation import Question
from bot.features import CHARACTERS, SOUND, WORD, features
from bot.ranking import Ranking
from bot.training import train

FOLDS = 5
SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
_SEED = 20210204


def study(entries: Mapping[str, Entry], questions: Sequence[Question]) -> dict[str, Any]:
    """All three; every figure is the share of first intents that are right, whatever the thresholds."""
    return {
        "ways_of_asking": sum(len(entry.ask) for entry in entries.values()),
        "held_out": len(questions),
        "k_fold": _k_fold(entries),
        "learning_curve": {str(share): _curve(entries, questions, share) for share in SHARES},
        "ablation": _ablation(entries, questions),
    }


def _right(ranked: Ranking, questions: Sequence[Question]) -> float:
    hits = 0
    for question in questions:
        found = ranked.best(question.text).matches
        hits += bool(found) and found[0].intent in question.right
    return round(hits / len(questions), 4)


def _k_fold(entries: Mapping[str, Entry]) -> float:
    """Each way of asking judged by a ranking that never saw it."""
    ways = [(way, intent) for intent, entry in entries.items() for way in entry.ask]
    random.Random(_SEED).shuffle(ways)
    total = 0.0
    for fold in range(FOLDS):
        unseen = ways[fold::FOLDS]
        hidden = set(unseen)
        kept = {
            intent: replace(entry, ask=tuple(way for way in entry.ask if (way, intent) not in hidden))
            for intent, entry in entries.items()
        }
        judged = [Question(way, intent, not intent.startswith("oos_")) for way, intent in unseen]
        total += _right(Ranking(train(kept)), judged)
    return round(total / FOLDS, 4)


def _curve(entries: Mapping[str, Entry], questions: Sequence[Question], share: float) -> float:
    drawn = random.Random(_SEED)
    kept = {
        intent: replace(entry, ask=tuple(drawn.sample(entry.ask, max(1, round(share * len(entry.ask))))))
        for intent, entry in entries.items()
    }
    return _right(Ranking(train(kept)), questions)


def _ablation(entries: Mapping[str, Entry], questions: Sequence[Question]) -> dict[str, float]:
    """Without one kind of feature, and with one kind alone."""

    def kinds(*wanted: str) -> Callable[[str], Counter[str]]:
        return lambda text: Counter({name: n for name, n in features(text).items() if name[0] in wanted})

    variants = {
        "all": features,
        "without words": kinds(CHARACTERS, SOUND),
        "without characters": kinds(WORD, SOUND),
        "without sounds": kinds(WORD, CHARACTERS),
        "words alone": kinds(WORD),
        "characters alone": kinds(CHARACTERS),
        "sounds alone": kinds(SOUND),
    }
    return {name: _right(Ranking(train(entries, of)), questions) for name, of in variants.items()}
