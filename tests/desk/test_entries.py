"""Entries as staff keep them: drafts, what may be published, every version with who and why, a newer program."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.access import Actor
from backend.desk import entries
from backend.desk.entries import Change
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from bot import entries as shipped
from bot.entries import Entry, load_entries
from models.desk import EntryDraft, EntryVersion
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend import district

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def change_of(entry: Entry, **fields: object) -> Change:
    """What the form holds when somebody changes some fields of an entry."""
    return Change(
        **{name: fields.get(name, getattr(entry, name)) for name in ("title", "short", "long", "next", "ask")}
    )


@pytest.fixture
async def actors(database: str) -> dict[Role, Actor]:
    await entries.seed_shipped(now=NOW)
    return (await district.build()).actors


async def tried(actor: Actor, intent: str) -> EntryDraft:
    """The draft as a worker leaves it, without the ten seconds of training."""
    await entries.want_trial(actor, intent, now=NOW)
    draft = await EntryDraft.get(intent=intent)
    draft.trial, draft.trial_result = "ready", {"asked": 0}
    draft.trial_of = entries.trial_key(await entries.release(), draft.content)
    await draft.save()
    return draft


async def published(actor: Actor, intent: str, why: str, now: datetime) -> EntryVersion:
    """What the actor sees is what they publish."""
    draft = await EntryDraft.get_or_none(intent=intent)
    return await entries.publish(actor, intent, why=why, seen=entries.mark_of(draft, 0), now=now)


async def test_the_shipped_entries_are_version_one_and_are_entered_once(actors: dict[Role, Actor]) -> None:
    assert await entries.in_force() == load_entries()
    assert await entries.seed_shipped(now=LATER) == []
    assert await EntryVersion.all().count() == len(load_entries())
    versions = await entries.history(actors[Role.BUREAU], "validity")
    assert [(v.number, v.origin, v.by) for v in versions] == [(1, "shipped", "person:system")]


async def test_a_draft_changes_nothing_until_it_is_published_and_then_says_who_and_why(
    actors: dict[Role, Actor],
) -> None:
    worker, bureau = actors[Role.WORKER], actors[Role.BUREAU]
    before = load_entries()["validity"]
    change = change_of(before, short="救助管一年, 到期就停; 从哪天起算, 以镇(街道)通知为准。")
    await entries.save_draft(worker, "validity", change, seen="v1", now=NOW)
    assert (await entries.in_force())["validity"] == before
    await tried(worker, "validity")
    with pytest.raises(NotAllowedError):
        await published(worker, "validity", "更短", LATER)
    version = await published(bureau, "validity", "老人说看不懂", LATER)
    assert (await entries.in_force())["validity"].short == change.short
    assert (version.number, version.why, version.by, version.origin) == (2, "老人说看不懂", bureau.label, "edited")
    assert await entries.draft_of(bureau, "validity") is None
    actions = await TrailEntry.filter(subject="entry:validity").order_by("id").values_list("action", flat=True)
    assert actions == ["entry_published", "entry_draft_saved", "entry_trial_wanted", "entry_published"]


async def test_rolling_back_is_a_new_version_with_the_old_words(actors: dict[Role, Actor]) -> None:
    bureau, before = actors[Role.BUREAU], load_entries()["validity"]
    await entries.save_draft(bureau, "validity", change_of(before, next="请问镇(街道)。"), seen="v1", now=NOW)
    await tried(bureau, "validity")
    await published(bureau, "validity", "试一试", NOW)
    await entries.restore(bureau, "validity", 1, now=LATER)
    await tried(bureau, "validity")
    version = await published(bureau, "validity", "改坏了, 恢复", LATER)
    assert (await entries.in_force())["validity"] == before
    assert (version.number, version.origin) == (3, "restored")
    assert [v.number for v in await entries.history(bureau, "validity")] == [3, 2, 1]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"short": "字" * 121}, "最多120个字"),
        ({"short": "到期就停。", "long": "到期就停。"}, "必须说到“一年”"),
        ({"long": "救助时效一年, 可以自动续期。"}, "不能说“自动续期”"),
        ({"next": "请打电话 0577-88888888 问。"}, "不能写电话号码"),
        ({"short": "时效一年, 每月800元。"}, "不能写电话号码或金额(800)"),
        ({"ask": ("管几年",)}, "至少要40种"),
        ({"next": "问镇里"}, "用句号结束"),
        ({"title": " "}, "标题没有写"),
    ],
)
async def test_what_an_entry_may_not_say_is_told_and_kept_and_not_tried(
    actors: dict[Role, Actor], fields: dict[str, object], says: str
) -> None:
    worker = actors[Role.WORKER]
    change = change_of(load_entries()["validity"], **fields)
    draft = await entries.save_draft(worker, "validity", change, seen="v1", now=NOW)
    assert draft.content["short"] == change.short, "what was typed is kept, faulty or not"
    with pytest.raises(InvalidInputError) as refused:
        await entries.want_trial(worker, "validity", now=NOW)
    assert any(says.replace("40种", "40条") in reason for reason in refused.value.reasons)


async def test_a_way_of_asking_belongs_to_one_entry(actors: dict[Role, Actor]) -> None:
    worker, taken = actors[Role.WORKER], load_entries()["renewal"].ask[0]
    await entries.add_way(worker, "validity", taken, now=NOW)
    with pytest.raises(InvalidInputError) as refused:
        await entries.want_trial(worker, "validity", now=NOW)
    assert any(load_entries()["renewal"].title in reason for reason in refused.value.reasons)
    with pytest.raises(InvalidInputError):
        await entries.add_way(worker, "validity", taken, now=NOW)


async def test_nobody_overwrites_what_another_saved_meanwhile(actors: dict[Role, Actor]) -> None:
    worker, town = actors[Role.WORKER], actors[Role.TOWN]
    entry = load_entries()["validity"]
    first = await entries.save_draft(worker, "validity", change_of(entry, next="问村里。"), seen="v1", now=NOW)
    with pytest.raises(ConflictError):
        await entries.save_draft(town, "validity", change_of(entry, next="问镇里。"), seen="v1", now=LATER)
    seen = entries.mark_of(await entries.draft_of(town, "validity"), 1)
    assert seen == entries.mark_of(first, 1)
    await entries.save_draft(town, "validity", change_of(entry, next="问镇里。"), seen=seen, now=LATER)
    assert (await EntryDraft.get(intent="validity")).by == town.label


async def test_what_was_not_tried_or_was_tried_over_other_entries_is_not_published(actors: dict[Role, Actor]) -> None:
    bureau, known = actors[Role.BUREAU], load_entries()
    await entries.save_draft(bureau, "validity", change_of(known["validity"], next="问村里。"), seen="v1", now=NOW)
    with pytest.raises(ConflictError, match="试答"):
        await published(bureau, "validity", "x", NOW)
    await tried(bureau, "validity")
    await entries.save_draft(bureau, "renewal", change_of(known["renewal"], next="问村里。"), seen="v1", now=NOW)
    await tried(bureau, "renewal")
    await published(bureau, "renewal", "x", NOW)
    with pytest.raises(ConflictError, match="重新试答"):
        await published(bureau, "validity", "x", NOW)
    with pytest.raises(InvalidInputError, match="为什么"):
        await published(bureau, "validity", " ", NOW)


async def test_nobody_publishes_or_discards_what_they_have_not_seen(actors: dict[Role, Actor]) -> None:
    bureau, worker, entry = actors[Role.BUREAU], actors[Role.WORKER], load_entries()["validity"]
    await entries.save_draft(bureau, "validity", change_of(entry, next="问村里。"), seen="v1", now=NOW)
    seen = entries.mark_of(await tried(bureau, "validity"), 1)
    await entries.save_draft(worker, "validity", change_of(entry, next="问谁都行。"), seen=seen, now=LATER)
    await tried(worker, "validity")
    for unseen in (
        entries.publish(bureau, "validity", why="x", seen=seen, now=LATER),
        entries.discard(bureau, "validity", seen=seen, now=LATER),
    ):
        with pytest.raises(ConflictError, match="别人改过"):
            await unseen
    assert (await entries.in_force())["validity"] == entry


async def test_a_form_from_before_a_publication_does_not_undo_it(actors: dict[Role, Actor]) -> None:
    bureau, worker, entry = actors[Role.BUREAU], actors[Role.WORKER], load_entries()["validity"]
    await entries.save_draft(bureau, "validity", change_of(entry, next="问村里。"), seen="v1", now=NOW)
    await tried(bureau, "validity")
    await published(bureau, "validity", "x", NOW)
    with pytest.raises(ConflictError):
        await entries.save_draft(worker, "validity", change_of(entry, short="一年。"), seen="v1", now=LATER)


async def test_an_old_version_must_say_what_is_required_today(
    actors: dict[Role, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    bureau, known = actors[Role.BUREAU], load_entries()
    stricter = known | {"validity": replace(known["validity"], must=(("一年",), ("不是永远, 也不是终身",)))}
    monkeypatch.setattr(entries, "load_entries", lambda: stricter)
    await entries.restore(bureau, "validity", 1, now=NOW)
    with pytest.raises(InvalidInputError):
        await entries.want_trial(bureau, "validity", now=NOW)


async def test_editing_after_a_trial_asks_for_another(actors: dict[Role, Actor]) -> None:
    bureau, entry = actors[Role.BUREAU], load_entries()["validity"]
    await entries.save_draft(bureau, "validity", change_of(entry, next="问村里。"), seen="v1", now=NOW)
    draft = await tried(bureau, "validity")
    await entries.save_draft(
        bureau, "validity", change_of(entry, next="问镇里。"), seen=entries.mark_of(draft, 1), now=LATER
    )
    with pytest.raises(ConflictError, match="试答"):
        await published(bureau, "validity", "x", LATER)


async def test_a_newer_program_renews_what_nobody_edited_and_lays_the_rest_beside(
    actors: dict[Role, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    bureau, known = actors[Role.BUREAU], load_entries()
    await entries.save_draft(bureau, "validity", change_of(known["validity"], next="问村里。"), seen="v1", now=NOW)
    await tried(bureau, "validity")
    await published(bureau, "validity", "x", NOW)
    newer = known | {name: replace(known[name], next="请问窗口。") for name in ("validity", "renewal")}
    monkeypatch.setattr(entries, "load_entries", lambda: newer)
    assert await entries.seed_shipped(now=LATER) == ["renewal", "validity"]
    assert await entries.seed_shipped(now=LATER) == []
    current = await entries.in_force()
    assert current["renewal"].next == "请问窗口。"
    assert current["validity"].next == "问村里。"
    offered = (await entries.history(bureau, "validity"))[0]
    assert (offered.origin, offered.published_at, offered.content["next"]) == ("shipped", None, "请问窗口。")
    await entries.restore(bureau, "validity", offered.number, now=LATER)
    assert (await EntryDraft.get(intent="validity")).content["next"] == "请问窗口。"


@pytest.mark.parametrize("role", [Role.VILLAGE, Role.SUPERVISOR, Role.LEADERS, Role.RESIDENT])
async def test_others_read_and_write_no_entry(actors: dict[Role, Actor], role: Role) -> None:
    who = actors[role]
    for refused in (
        entries.history(who, "validity"),
        entries.drafted(who),
        entries.add_way(who, "validity", "管多少年", now=NOW),
        entries.restore(who, "validity", 1, now=NOW),
        published(who, "validity", "x", NOW),
    ):
        with pytest.raises(NotAllowedError):
            await refused


async def test_what_is_not_there_is_said(actors: dict[Role, Actor]) -> None:
    bureau = actors[Role.BUREAU]
    for missing in (
        entries.history(bureau, "no_such"),
        entries.add_way(bureau, "no_such", "管多少年", now=NOW),
        entries.restore(bureau, "validity", 9, now=NOW),
        entries.discard(bureau, "validity", seen="", now=NOW),
        published(bureau, "validity", "x", NOW),
    ):
        with pytest.raises(NotFoundError):
            await missing
    assert shipped.load_entries()
