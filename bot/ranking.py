"""Which entry a question belongs to: a linear model over words, neighbouring characters and sounds. Deterministic.

The weights are trained from the ways of asking (`bot/training.py`, a support vector machine, two seconds) and kept in a
file beside the entries; a worker loads the file and numpy, never the trainer.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from bot.features import SOUND, WORD, features

# Sounds catch slips of the ear, words repeat what characters say: both would drown the rest. Chosen on the held-out
# questions.
KIND_WEIGHT = {SOUND: 0.3, WORD: 0.5}
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Match:
    """An intent, the model's score for it (above 0: more like its ways of asking than like all others'), and the words
    that led to it.
    """

    intent: str
    score: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The nearest intents, best first; `known` is the share (0 to 1) of the question's weight that was seen before."""

    matches: tuple[Match, ...]
    known: float

    @property
    def margin(self) -> float:
        """How far the best stands before the second."""
        return self.matches[0].score - self.matches[1].score if len(self.matches) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """What training leaves: names and idf of the features, a row of weights a feature, a column an intent.

    `digest` names the ways of asking that it was trained from. Weights are whole numbers times `scale`.
    """

    digest: str
    intents: tuple[str, ...]
    names: tuple[str, ...]
    idf: NDArray[np.float32]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    intercept: NDArray[np.float32]
    unknown_idf: float

    def save(self, file: Path) -> None:
        """Written whole or not at all, so that a reader never meets half a model."""
        part = file.with_suffix(".part.npz")
        np.savez_compressed(
            part,
            text=np.array([self.digest, "\n".join(self.intents), "\n".join(self.names)]),
            idf=self.idf,
            weights=self.weights,
            scale=self.scale,
            intercept=self.intercept,
            unknown_idf=np.array([self.unknown_idf]),
        )
        part.replace(file)


def load_model(file: Path | BinaryIO) -> Model:
    """Raises OSError or ValueError for what is no model."""
    with np.load(file, allow_pickle=False) as stored:
        digest, intents, names = (str(text) for text in stored["text"])
        return Model(
            digest,
            tuple(intents.split("\n")),
            tuple(names.split("\n")),
            stored["idf"],
            stored["weights"],
            stored["scale"],
            stored["intercept"],
            float(stored["unknown_idf"][0]),
        )


def digest_in(file: Path | BinaryIO) -> str:
    """What a stored model was trained from, without reading the rest. Raises as `load_model` does."""
    with np.load(file, allow_pickle=False) as stored:
        return str(stored["text"][0])


def weighed(counted: Mapping[str, int], idf: Mapping[str, float], unknown: float) -> dict[str, float]:
    """Features of one text as a vector of length 1: counts dampened, rare ones heavier, sounds light."""
    weights = {
        name: (1 + math.log(count)) * idf.get(name, unknown) * KIND_WEIGHT.get(name[0], 1.0)
        for name, count in counted.items()
    }
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {name: weight / length for name, weight in weights.items()}


class Ranking:
    """A model that answers; read by any number of threads."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._row = {name: row for row, name in enumerate(model.names)}
        self._idf = dict(zip(model.names, model.idf.tolist(), strict=True))

    def best(self, text: str, count: int = 3) -> Ranked:
        """The nearest intents; none when nothing is shared with any way of asking."""
        # What training never saw takes part in the length: a question of strange words is near to nothing.
        question = weighed(features(text), self._idf, self._model.unknown_idf)
        known = [(self._row[name], weight, name) for name, weight in question.items() if name in self._row]
        if not known:
            return Ranked((), 0.0)
        rows = [row for row, _, _ in known]
        values = np.array([weight for _, weight, _ in known], dtype=np.float32)
        pulls = self._model.weights[rows].astype(np.float32) * values[:, None]
        scores = pulls.sum(axis=0) * self._model.scale + self._model.intercept
        best = np.argsort(-scores, kind="stable")[:count]
        words = [
            (at, name[len(WORD) :]) for at, (_, _, name) in enumerate(known) if name[0] == WORD and "_" not in name
        ]
        share = float(sum(question[name] ** 2 for _, _, name in known))
        return Ranked(
            tuple(
                Match(self._model.intents[column], float(scores[column]), _led(words, pulls[:, column]))
                for column in best
            ),
            share,
        )


def _led(words: Sequence[tuple[int, str]], pulls: NDArray[np.float32]) -> tuple[str, ...]:
    """The words that pulled most towards an intent."""
    found = sorted(
        ((float(pulls[at]), word) for at, word in words if pulls[at] > 0), key=lambda item: (-item[0], item[1])
    )
    return tuple(word for _, word in found[:_SHOWN])
