"""The ways of asking -> the model of `bot.ranking`. Needs scikit-learn; a web worker never imports this.

`python -m bot train` writes it beside the entries; so does `load_bot` when entries were edited, where it can.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

import numpy as np

from bot.entries import Entry
from bot.features import features
from bot.ranking import Model, weighed

# Chosen on the held-out questions; between 0.5 and 5 it hardly matters.
PENALTY = 2.0
_LEAST_TEXTS = 2
_LEVELS = 127


_READING = ("text.py", "numbers.py", "segmentation.py", "features.py", "ranking.py", "training.py")


@cache
def _reading() -> bytes:
    """The code that turns a text into features: a model that was trained with other code would misread every text."""
    return b"".join(files("bot").joinpath(name).read_bytes() for name in _READING)


def digest_of(entries: Mapping[str, Entry]) -> str:
    """Names what a model is trained from: another way of asking, or another way of reading, is another digest."""
    asked = {intent: [entry.title, *entry.ask] for intent, entry in sorted(entries.items())}
    return hashlib.sha256(_reading() + json.dumps(asked, ensure_ascii=False).encode()).hexdigest()


def train(entries: Mapping[str, Entry], features_of: Callable[[str], Counter[str]] = features) -> Model:
    """One against all others for each intent; a feature that stands in one way of asking alone is left out."""
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    asked = [(intent, features_of(way)) for intent, entry in entries.items() for way in (entry.title, *entry.ask)]
    seen: Counter[str] = Counter()
    for _, counted in asked:
        seen.update(counted.keys())
    names = sorted(name for name, texts in seen.items() if texts >= _LEAST_TEXTS)
    row = {name: at for at, name in enumerate(names)}
    unknown = math.log(1 + len(asked)) + 1
    idf = {name: math.log((1 + len(asked)) / (1 + seen[name])) + 1 for name in names}
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for _, counted in asked:
        kept = {name: count for name, count in counted.items() if name in row}
        for name, weight in weighed(kept, idf, unknown).items():
            values.append(weight)
            columns.append(row[name])
        ends.append(len(values))
    matrix = csr_matrix((values, columns, ends), shape=(len(asked), len(names)), dtype=np.float64)
    machine = LinearSVC(C=PENALTY, dual=True, random_state=0, max_iter=5000)
    machine.fit(matrix, [intent for intent, _ in asked])
    weights = machine.coef_.T
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / _LEVELS
    return Model(
        digest_of(entries),
        tuple(str(intent) for intent in machine.classes_),
        tuple(names),
        np.array([idf[name] for name in names], dtype=np.float32),
        np.rint(weights / scale).astype(np.int8),
        scale.astype(np.float32),
        machine.intercept_.astype(np.float32),
        unknown,
    )
