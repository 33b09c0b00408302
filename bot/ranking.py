"""Which entry a question is nearest to: cosine of idf-weighted words and character pairs. Deterministic."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.entries import Entry
from bot.segmentation import normalise, pairs, words

_PAIR_WEIGHT = 0.6
_TITLE_AND_ASK = 1.0
_SUPPORT = 0.25


@dataclass(frozen=True, slots=True)
class Match:
    """An intent with its score (0 to about 1.25) and the words that led to it."""

    intent: str
    score: float
    because: tuple[str, ...]


def _features(text: str) -> Counter[str]:
    text = normalise(text)
    counted: Counter[str] = Counter(words(text))
    for pair in pairs(text):
        counted[f"·{pair}"] += 1
    return counted


class Ranking:
    """An index over every way of asking; built once, read by any number of threads."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        asked: list[tuple[str, Counter[str]]] = [
            (entry.intent, _features(way)) for entry in entries for way in (entry.title, *entry.ask)
        ]
        seen: Counter[str] = Counter()
        for _, features in asked:
            seen.update(features.keys())
        self._idf = {name: math.log(1 + len(asked) / count) for name, count in seen.items()}
        self._unknown = math.log(1 + len(asked))
        self._intent: list[str] = []
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for intent, features in asked:
            row = len(self._intent)
            self._intent.append(intent)
            for name, weight in self._unit(features).items():
                self._postings[name].append((row, weight))

    def _unit(self, features: Mapping[str, int]) -> dict[str, float]:
        weights = {
            name: (1 + math.log(count))
            * self._idf.get(name, self._unknown)
            * (_PAIR_WEIGHT if name.startswith("·") else 1.0)
            for name, count in features.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {name: weight / length for name, weight in weights.items()}

    def best(self, text: str, count: int = 3) -> list[Match]:
        """The nearest intents, best first; empty when nothing is shared with any way of asking."""
        scores: dict[int, float] = defaultdict(float)
        question = self._unit(_features(text))
        for name, weight in question.items():
            for row, other in self._postings.get(name, ()):
                scores[row] += weight * other
        by_intent: dict[str, list[float]] = defaultdict(list)
        for row, score in scores.items():
            by_intent[self._intent[row]].append(score)
        ranked = []
        for intent, found in by_intent.items():
            found.sort(reverse=True)
            # The nearest way of asking decides; two more that are near as well count a little.
            ranked.append((found[0] + _SUPPORT * sum(found[1:3]) / 2, intent))
        ranked.sort(key=lambda pair: (-pair[0], pair[1]))
        because = tuple(
            sorted((n for n in question if n in self._postings and not n.startswith("·")), key=lambda n: -question[n])[
                :3
            ]
        )
        return [Match(intent, score, because) for score, intent in ranked[:count]]
