"""Trying a draft out: train the model that it would need, and see which questions would be answered differently.

Training loads what no process of the service should carry (scikit-learn), so it is a process of its own: `python -m bot
rehearse`. A worker that dies while it waits leaves a lease that runs out, and another begins again.
"""

import asyncio
import io
import json
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tortoise.transactions import in_transaction

from backend.desk import entries
from bot.dialogue import MODEL_FILE
from bot.entries import Entry, entry_of, fields_of
from bot.ranking import Model, digest_in, load_model
from bot.training import digest_of
from models.desk import AskedQuestion, BotModel, EntryDraft

LEASE = timedelta(seconds=120)
MOST_SECONDS = 100
MOST_ASKED = 2000


class TrainingError(Exception):
    """The trainer failed; its last line."""


async def model_bytes(wanted: Mapping[str, Entry]) -> bytes | None:
    """The stored model of these entries, else the shipped one where it is theirs, else None."""
    digest = digest_of(wanted)
    stored = await BotModel.get_or_none(digest=digest)
    if stored is not None:
        return bytes(stored.data)
    return await asyncio.to_thread(_shipped, digest)


async def ensure_model(*, now: datetime) -> bool:
    """Train the model of the entries in force where none is at hand; returns whether it had to."""
    current = await entries.in_force()
    if not current or await model_bytes(current) is not None:
        return False
    await _rehearse(current, current, [], now=now)
    return True


async def work_one(*, now: datetime, wall: datetime) -> bool:
    """Try out one draft that waits; returns whether there was one. `wall`: the real moment, for the lease.

    Raises TrainingError after the draft was marked as failed.
    """
    draft = await _claim(wall)
    if draft is None:
        return False
    number, current = await entries.release(), await entries.in_force()
    after = current | {draft.intent: entry_of(draft.intent, draft.content)}
    rows = await AskedQuestion.all().order_by("-last_on", "-id").limit(MOST_ASKED).values("text", "right_intent")
    asked = [{"text": row["text"], "right": row["right_intent"]} for row in rows]
    try:
        result = await _rehearse(current, after, asked, now=now)
    except Exception:
        await _finish(draft, {"trial": "failed"})
        raise
    key = entries.trial_key(number, draft.content)
    await _finish(draft, {"trial": "ready", "trial_of": key, "trial_result": result})
    return True


async def _claim(wall: datetime) -> EntryDraft | None:
    async with in_transaction():
        waiting = EntryDraft.filter(trial="wanted").order_by("changed_at")
        draft = await waiting.select_for_update(skip_locked=True).first()
        if draft is None:
            stale = EntryDraft.filter(trial="working", trial_until__lt=wall)
            draft = await stale.select_for_update(skip_locked=True).first()
        if draft is not None:
            draft.trial, draft.trial_until = "working", wall + LEASE
            await draft.save(update_fields=["trial", "trial_until"])
        return draft


async def _finish(draft: EntryDraft, columns: dict[str, Any]) -> None:
    # Whoever edited meanwhile made it another draft: the result is not about that one.
    same = EntryDraft.filter(id=draft.id, changed_at=draft.changed_at, trial="working")
    await same.update(trial_until=None, **columns)


async def _rehearse(
    before: Mapping[str, Entry], after: Mapping[str, Entry], asked: list[dict[str, Any]], *, now: datetime
) -> dict[str, Any]:
    sides = {"before": before, "after": after}
    given: dict[str, Any] = {"asked": asked}
    for name, wanted in sides.items():
        given[name] = {intent: fields_of(entry) for intent, entry in wanted.items()}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.npz" for name in sides}
        for name, wanted in sides.items():
            if (known := await model_bytes(wanted)) is not None:
                await asyncio.to_thread(files[name].write_bytes, known)
        output = await _run(json.dumps(given, ensure_ascii=False).encode(), files)
        for name, wanted in sides.items():
            data = await asyncio.to_thread(files[name].read_bytes)
            await BotModel.get_or_create(defaults={"data": data, "trained_at": now}, digest=digest_of(wanted))
    result: dict[str, Any] = json.loads(output)
    return result


async def _run(given: bytes, files: Mapping[str, Path]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "rehearse"),
        *("--model-before", str(files["before"]), "--model-after", str(files["after"])),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(MOST_SECONDS):
            output, words = await process.communicate(given)
    except TimeoutError as error:
        raise TrainingError(f"not ready after {MOST_SECONDS} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise TrainingError((words.decode(errors="replace").strip().splitlines() or ["no words"])[-1][:200])
    return output


def _shipped(digest: str) -> bytes | None:
    try:
        data = MODEL_FILE.read_bytes()
        return data if digest_in(io.BytesIO(data)) == digest else None
    except (OSError, ValueError, KeyError):
        return None


def read_model(data: bytes) -> Model:
    """A stored model. Raises ValueError for what is none."""
    return load_model(io.BytesIO(data))
