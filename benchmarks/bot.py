"""The bot beside two named references on the same unseen questions in one run: accuracy and time; and through HTTP.

`python -m benchmarks.bot FILE.jsonl [--http]`. References: rank-bm25 over jieba words, the best way of asking deciding;
scikit-learn's TF-IDF of jieba's words and character n-grams with a linear SVM. All three know the same entries. With
`--http`: questions a second through one web process beside a bare Sanic handler, 16 connections.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jieba
from rank_bm25 import BM25Okapi
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from bot.dialogue import load_bot
from bot.entries import load_entries
from bot.evaluation import Question, evaluate, read_questions

Classifier = Callable[[str], str]


def by_bm25() -> Classifier:
    """The intent of the way of asking that BM25 finds nearest."""
    asked = [(way, entry.intent) for entry in load_entries().values() for way in (entry.title, *entry.ask)]
    index = BM25Okapi([jieba.lcut(way) for way, _ in asked])

    def best(text: str) -> str:
        scores = index.get_scores(jieba.lcut(text))
        return asked[int(scores.argmax())][1]

    return best


def by_svm() -> Classifier:
    """TF-IDF over words and over runs of one to three characters, then a linear SVM."""
    asked = [(way, entry.intent) for entry in load_entries().values() for way in (entry.title, *entry.ask)]
    model = make_pipeline(
        make_union(
            TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, sublinear_tf=True),
            TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True),
        ),
        LinearSVC(C=0.5, random_state=0),
    )
    model.fit([way for way, _ in asked], [intent for _, intent in asked])
    return lambda text: str(model.predict([text])[0])


def measure(classify: Classifier, questions: Sequence[Question]) -> dict[str, object]:
    """Share of questions whose first intent is right (in and out of scope), and the median time of one."""
    times, right = [], 0
    for question in questions:
        began = time.perf_counter()
        intent = classify(question.text)
        times.append((time.perf_counter() - began) * 1e6)
        right += intent in question.right
    return {"first_intent_right": round(right / len(questions), 4), "p50_us": round(statistics.median(times), 1)}


async def through_http(questions: Sequence[Question]) -> dict[str, object]:
    """Questions a second through one web process, beside a bare handler that returns an answer of the same size."""
    from benchmarks.side_by_side import beside_a_bare_handler

    bodies = [json.dumps({"text": question.text}, ensure_ascii=False).encode() for question in questions]
    return await beside_a_bare_handler("/api/bot/ask", bodies)


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--http", action="store_true")
    arguments = parser.parse_args()
    questions = read_questions(arguments.file)
    began = time.perf_counter()
    bot = load_bot()
    bot.answer("一事一议是什么")
    loaded = time.perf_counter() - began
    report, _ = evaluate(bot, questions)
    report.pop("errors")
    found: dict[str, Any] = {
        "questions": len(questions),
        "bot": report | {"load_seconds": round(loaded, 2)},
        "bot_first_intent": measure(lambda text: _first(bot.ranked(text).matches), questions),
        "rank_bm25": measure(by_bm25(), questions),
        "tfidf_linear_svm": measure(by_svm(), questions),
    }
    if arguments.http:
        found["http"] = asyncio.run(through_http(questions))
    print(json.dumps(found, ensure_ascii=False, indent=1))


def _first(matches: Sequence[Any]) -> str:
    return str(matches[0].intent) if matches else ""


if __name__ == "__main__":
    main()
