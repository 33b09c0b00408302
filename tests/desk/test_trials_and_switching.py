"""Trying out and switching when something is wrong: no model, a trainer that fails, a database that is away."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from backend.desk import entries, trials
from backend.desk.current import CurrentBot
from bot.entries import load_entries
from models.desk import BotModel, EntryDraft, EntryVersion
from rules.statuses import Role
from tests.backend import district
from tests.desk.test_entries import change_of

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
WALL = datetime.now(UTC)


async def publish(content: dict[str, object], number: int = 2) -> None:
    """A version as if it had been published, whatever its model."""
    await EntryVersion.create(
        intent="validity",
        number=number,
        content=content,
        origin="edited",
        why="x",
        by="account:1",
        by_name="甲",
        made_at=NOW,
        published_at=NOW,
    )


async def test_before_anything_is_entered_the_shipped_entries_answer(database: str) -> None:
    current = CurrentBot()
    with pytest.raises(RuntimeError):
        current.bot  # noqa: B018 (reading it is the test)
    assert await current.refresh()
    assert not await current.refresh()
    assert current.bot.entries == load_entries()


async def test_a_process_goes_on_with_the_old_bot_while_the_new_models_are_not_there(database: str) -> None:
    await entries.seed_shipped(now=NOW)
    current = CurrentBot()
    await current.refresh()
    before = current.bot
    content = (await entries.history((await district.build()).actors[Role.BUREAU], "validity"))[0].content
    await publish(content | {"ask": [*content["ask"], "全新的一种问法"]})
    with pytest.raises(RuntimeError, match="migrate"):
        await current.refresh()
    assert current.bot is before
    await publish(content | {"short": "时效一年。"}, 3)
    assert await current.refresh(), "other words need no other model"
    assert current.bot.answer(content["title"]).text.startswith("时效一年。")


async def test_migrate_trains_the_model_where_none_is_at_hand(database: str) -> None:
    await entries.seed_shipped(now=NOW)
    assert not await trials.ensure_model(now=NOW), "the shipped one is at hand"
    actors = (await district.build()).actors
    content = (await entries.history(actors[Role.BUREAU], "validity"))[0].content
    await publish(content | {"ask": [*content["ask"], "全新的一种问法"]})
    assert await trials.ensure_model(now=NOW)
    assert await BotModel.all().count() == 1
    current = CurrentBot()
    assert await current.refresh()
    assert current.bot.answer("全新的一种问法").intent == "validity"


async def test_a_trainer_that_fails_leaves_the_draft_and_says_so(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await entries.seed_shipped(now=NOW)
    worker = (await district.build()).actors[Role.WORKER]
    change = change_of(load_entries()["validity"], next="请问村里。")
    await entries.save_draft(worker, "validity", change, seen="v1", now=NOW)
    await entries.want_trial(worker, "validity", now=NOW)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/bin/false")
        with pytest.raises(trials.TrainingError):
            await trials.work_one(now=NOW, wall=WALL)
    draft = await EntryDraft.get(intent="validity")
    assert (draft.trial, draft.content["next"]) == ("failed", "请问村里。")
    await entries.want_trial(worker, "validity", now=NOW)
    assert await trials.work_one(now=NOW, wall=WALL)
    assert (await EntryDraft.get(intent="validity")).trial == "ready"
    assert not await trials.work_one(now=NOW, wall=WALL)


async def test_the_result_of_a_draft_that_was_edited_meanwhile_is_dropped(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await entries.seed_shipped(now=NOW)
    worker, entry = (await district.build()).actors[Role.WORKER], load_entries()["validity"]
    draft = await entries.save_draft(worker, "validity", change_of(entry, next="请问村里。"), seen="v1", now=NOW)
    await entries.want_trial(worker, "validity", now=NOW)
    rehearse = trials._rehearse

    async def and_edit(*given: object, **more: object) -> object:
        change = change_of(entry, next="请问镇里。")
        later = NOW + timedelta(seconds=1)
        await entries.save_draft(worker, "validity", change, seen=entries.mark_of(draft, 1), now=later)
        return await rehearse(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(trials, "_rehearse", and_edit)
    await trials.work_one(now=NOW, wall=WALL)
    again = await EntryDraft.get(intent="validity")
    assert (again.trial, again.content["next"]) == ("none", "请问镇里。")
