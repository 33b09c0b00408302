"""What came of the questions of one process: counted by day, and the unanswered ones kept without personal data.

A question must not wait for a row: both are gathered here and written every few seconds. A process that is killed loses
the last few seconds of its counts, and nothing that anybody waits for.
"""

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date

from structlog.typing import FilteringBoundLogger
from tortoise import connections
from tortoise.transactions import in_transaction

from bot.answers import Outcome
from bot.entry_checks import bare
from bot.scrubbing import scrub
from models.desk import AskedQuestion

FLUSH_SECONDS = 5.0
MOST_GATHERED = 500
MOST_NEW_A_DAY = 2000
"""Whoever types nonsense all day must not fill the work list: beyond this, new questions of a day are only counted."""
USEFUL, USELESS, PERSON = "useful", "useless", "person"
_LEAST = 2


@dataclass(slots=True)
class _Seen:
    day: date
    outcome: str
    intent: str | None
    times: int = 0
    bad: int = 0


class Ledger:
    """One a process."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[date, str, str]] = Counter()
        self._seen: dict[str, _Seen] = {}

    def count(self, day: date, door: str, what: str) -> None:
        """One more."""
        self._counts[day, door, what] += 1

    def unanswered(self, text: str, day: date, outcome: Outcome, intent: str | None) -> None:
        """A question that got suggestions or nobody's answer."""
        if seen := self._slot(text, day, outcome, intent):
            seen.times += 1

    def rated_badly(self, text: str, day: date, outcome: Outcome, intent: str | None) -> None:
        """A question whose answer somebody found useless."""
        if seen := self._slot(text, day, outcome, intent):
            seen.bad += 1

    def _slot(self, text: str, day: date, outcome: Outcome, intent: str | None) -> _Seen | None:
        text = text.strip()[:500]
        if len(bare(text)) < _LEAST or (text not in self._seen and len(self._seen) >= MOST_GATHERED):
            return None
        seen = self._seen.setdefault(text, _Seen(day, outcome.value, intent))
        seen.day, seen.outcome, seen.intent = day, outcome.value, intent
        return seen

    async def keep_writing(self, log: FilteringBoundLogger) -> None:
        """For ever: write what was gathered. What fails stays gathered and is tried again."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except Exception as error:  # the database may be restarting
                log.error("ledger_not_written", error=type(error).__name__)

    async def flush(self) -> None:
        """Write everything, in the order of the keys so that two processes never wait for each other in a ring."""
        counts, self._counts = self._counts, Counter()
        seen, self._seen = self._seen, {}
        try:
            # Scrubbing hundreds of questions at once would hold up everybody who is asking.
            rows = await asyncio.to_thread(_rows, seen)
            async with in_transaction():
                await _write_counts(counts)
                await _write_questions(rows)
        except BaseException:
            self._counts.update(counts)
            for text, item in seen.items():
                if again := self._seen.get(text):
                    again.times += item.times
                    again.bad += item.bad
                else:
                    self._seen[text] = item
            raise


@dataclass(slots=True)
class _Row:
    digest: str
    text: str
    seen: _Seen


def _rows(seen: dict[str, _Seen]) -> list[_Row]:
    """Without personal data; what is the same then is one row."""
    rows: dict[str, _Row] = {}
    for text, item in seen.items():
        clean = scrub(text)[:500]
        digest = hashlib.sha256(bare(clean).encode()).hexdigest()
        known = rows.get(digest)
        if known is None:
            rows[digest] = _Row(digest, clean, _Seen(item.day, item.outcome, item.intent, item.times, item.bad))
        else:
            known.seen.times += item.times
            known.seen.bad += item.bad
    return [rows[digest] for digest in sorted(rows)]


async def _write_counts(counts: Counter[tuple[date, str, str]]) -> None:
    if counts:
        await connections.get("default").execute_many(
            "INSERT INTO bot_day (day, door, what, count) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (day, door, what) DO UPDATE SET count = bot_day.count + EXCLUDED.count",
            [[*key, count] for key, count in sorted(counts.items())],
        )


async def _write_questions(rows: list[_Row]) -> None:
    if not rows:
        return
    known = set(await AskedQuestion.filter(digest__in=[row.digest for row in rows]).values_list("digest", flat=True))
    room = MOST_NEW_A_DAY - await AskedQuestion.filter(first_on=max(row.seen.day for row in rows)).count()
    values = []
    for row in rows:
        if row.digest not in known:
            if room <= 0:
                continue
            room -= 1
        item = row.seen
        values.append([row.digest, row.text, item.times, item.bad, item.outcome, item.intent, item.day])
    if values:
        await connections.get("default").execute_many(
            "INSERT INTO asked_question "
            "(digest, text, times, bad_ratings, outcome, intent, first_on, last_on, status, note) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 'open', '') ON CONFLICT (digest) DO UPDATE SET "
            "times = asked_question.times + EXCLUDED.times, "
            "bad_ratings = asked_question.bad_ratings + EXCLUDED.bad_ratings, "
            "outcome = EXCLUDED.outcome, intent = EXCLUDED.intent, last_on = EXCLUDED.last_on",
            values,
        )
