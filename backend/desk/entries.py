"""Entries as staff keep them: every version with who and why, one draft an entry, publishing by the bureau."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tortoise import connections
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import SYSTEM, Action, Actor, require_district
from backend.casework import locks
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from bot.entries import Entry, entry_of, fields_of, load_entries
from bot.entry_checks import bare, faults_of
from models.desk import EntryDraft, EntryVersion

_SHIPPED_WHY = "随软件附带"
MOST_LENGTH = {"title": 60, "short": 400, "long": 3000, "next": 600}
"""What a draft may hold at all; what an entry may say is narrower and is told as faults."""
MOST_WAYS = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody typed into the form of an entry."""

    title: str
    short: str
    long: str
    next: str
    ask: tuple[str, ...]


async def in_force() -> dict[str, Entry]:
    """The published entries by intent; empty before the shipped ones were entered."""
    rows = await EntryVersion.raw(
        "SELECT DISTINCT ON (intent) * FROM entry_version WHERE published_at IS NOT NULL ORDER BY intent, number DESC"
    )
    return {row.intent: entry_of(row.intent, row.content) for row in rows}


async def headings() -> list[dict[str, Any]]:
    """The published entries for a list: intent, title, short, clause, ways (how many), in the order of their intents.

    The ways of asking stay in the database: they are a megabyte.
    """
    return await connections.get("default").execute_query_dict(
        "SELECT DISTINCT ON (intent) intent, content->>'title' AS title, content->>'short' AS short, "
        "content->>'clause' AS clause, jsonb_array_length(content->'ask') AS ways "
        "FROM entry_version WHERE published_at IS NOT NULL ORDER BY intent, number DESC"
    )


async def release() -> int:
    """Grows with everything that is published; 0 before the shipped entries were entered."""
    newest = await EntryVersion.filter(published_at__isnull=False).order_by("-id").first().values_list("id", flat=True)
    return int(newest or 0)


async def seed_shipped(*, now: datetime) -> list[str]:
    """Enter what ships with the program; returns the intents that changed.

    An entry that staff edited stays as they left it: the newer shipped text is kept beside it, unpublished.
    """
    changed = []
    for intent, entry in load_entries().items():
        content = _as_json(entry)
        versions = await EntryVersion.filter(intent=intent).order_by("number").only("number", "origin", "published_at")
        shipped = [row.number for row in versions if row.origin == "shipped"]
        if shipped:
            last = await EntryVersion.get(intent=intent, number=shipped[-1])
            if last.content == content:
                continue
        published = [row for row in versions if row.published_at]
        is_ours = not published or published[-1].origin == "shipped"
        async with in_transaction():
            await _add(SYSTEM, intent, content, "shipped", _SHIPPED_WHY, now, published=is_ours)
        changed.append(intent)
    return changed


async def history(actor: Actor, intent: str) -> list[EntryVersion]:
    """Every version of an entry, the newest first. Raises NotFoundError."""
    require_district(actor, Action.EDIT_ENTRIES)
    found = await EntryVersion.filter(intent=intent).order_by("-number")
    if not found:
        raise NotFoundError("entry_not_found", "没有这个条目, 请返回条目列表。")
    return found


async def drafted(actor: Actor) -> set[str]:
    """The intents that have a draft."""
    require_district(actor, Action.EDIT_ENTRIES)
    return set(await EntryDraft.all().values_list("intent", flat=True))


async def draft_of(actor: Actor, intent: str) -> EntryDraft | None:
    """The draft of an entry, where there is one."""
    require_district(actor, Action.EDIT_ENTRIES)
    return await EntryDraft.get_or_none(intent=intent)


async def save_draft(actor: Actor, intent: str, change: Change, *, seen: str, now: datetime) -> EntryDraft:
    """Keep what was typed, complete or not. `seen`: `mark_of` what the form showed.

    Raises NotFoundError, InvalidInputError for what is far too long, ConflictError when somebody else saved meanwhile.
    """
    require_district(actor, Action.EDIT_ENTRIES)
    for name, most in MOST_LENGTH.items():
        if len(getattr(change, name)) > most:
            raise InvalidInputError("entry_too_long", f"内容太长({name}最多{most}个字), 请缩短后再保存。")
    if len(change.ask) > MOST_WAYS:
        raise InvalidInputError("too_many_ways", f"问法最多{MOST_WAYS}条, 请删去一些。")
    async with in_transaction():
        base, known, entry = await _begun(intent)
        if mark_of(known, base.number) != seen:
            raise ConflictError("draft_changed", "别人刚刚改过这份草稿, 请把您的改动复制下来, 打开最新的再改。")
        content = _as_json(replace(entry, **{name: getattr(change, name) for name in (*MOST_LENGTH, "ask")}))
        return await _keep(actor, intent, content, known, base.number, now)


async def add_way(actor: Actor, intent: str, way: str, *, now: datetime) -> EntryDraft:
    """One more way of asking, into the draft of an entry. Raises InvalidInputError where the entry has it."""
    require_district(actor, Action.EDIT_ENTRIES)
    way = way.strip()
    if not bare(way):
        raise InvalidInputError("way_missing", "请写下这句问法。")
    async with in_transaction():
        base, known, entry = await _begun(intent)
        if bare(way) in {bare(other) for other in entry.ask}:
            raise InvalidInputError("way_known", "这句问法这个条目里已经有了。")
        content = _as_json(replace(entry, ask=(*entry.ask, way)))
        return await _keep(actor, intent, content, known, base.number, now)


async def restore(actor: Actor, intent: str, number: int, *, now: datetime) -> EntryDraft:
    """An earlier version as a draft, to be tried and published like any other.

    Raises NotFoundError, ConflictError while another draft is open.
    """
    require_district(actor, Action.EDIT_ENTRIES)
    async with in_transaction():
        base = await _base(intent)
        version = await EntryVersion.get_or_none(intent=intent, number=number)
        if version is None:
            raise NotFoundError("version_not_found", "没有这个版本, 请刷新后再选。")
        if await EntryDraft.exists(intent=intent):
            raise ConflictError("draft_open", "这个条目还有一份草稿, 请先发布或丢弃它, 再恢复旧版本。")
        return await _keep(actor, intent, version.content, None, base.number, now, origin="restored")


async def discard(actor: Actor, intent: str, *, seen: str, now: datetime) -> None:
    """Throw the draft away that was seen. Raises NotFoundError, ConflictError when it is another by now."""
    require_district(actor, Action.EDIT_ENTRIES)
    async with in_transaction():
        draft = await _locked(intent)
        _require_seen(draft, seen)
        await draft.delete()
        await audit.record(actor, "entry_draft_discarded", f"entry:{intent}", now=now)


async def want_trial(actor: Actor, intent: str, *, now: datetime) -> None:
    """Ask for the draft to be tried out. Raises InvalidInputError with every fault while it has any."""
    require_district(actor, Action.EDIT_ENTRIES)
    async with in_transaction():
        draft = await _locked(intent)
        # What must be said is the program's own, however old the draft's text is.
        entry = _with_todays_rules(entry_of(intent, draft.content))
        if faults := faults_of(entry, await in_force()):
            raise InvalidInputError("entry_faulty", "草稿还不能试答, 请先改好:", tuple(faults))
        draft.content = _as_json(entry)
        if draft.trial != "working":
            draft.trial, draft.trial_until, draft.trial_result = "wanted", None, None
            await draft.save(update_fields=["content", "trial", "trial_until", "trial_result"])
        await audit.record(actor, "entry_trial_wanted", f"entry:{intent}", now=now)


async def publish(actor: Actor, intent: str, *, why: str, seen: str, now: datetime) -> EntryVersion:
    """Bring the draft into force, just as it was tried out and seen. The bureau alone.

    Raises ConflictError while it was not tried out, another entry was published since, or it is another draft by now.
    """
    require_district(actor, Action.PUBLISH_ENTRIES)
    why = why.strip()
    if not why:
        raise InvalidInputError("why_missing", "请写一句为什么改, 会和这一版一起留存。")
    async with in_transaction():
        await locks.one_at_a_time(locks.ENTRIES)
        draft = await _locked(intent)
        _require_seen(draft, seen)
        if draft.trial != "ready":
            raise ConflictError("not_tried", "请先试答, 看过哪些问题会变, 再发布。")
        if draft.trial_of != trial_key(await release(), draft.content):
            raise ConflictError("trial_outdated", "试答以后又有别的条目发布了, 请重新试答一次。")
        version = await _add(actor, intent, draft.content, draft.origin, why[:200], now, published=True)
        await draft.delete()
        return version


def trial_key(release_number: int, content: Mapping[str, Any]) -> str:
    """Names what was tried out: this content over that release."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(f"{release_number}:{text}".encode()).hexdigest()


def mark_of(draft: EntryDraft | None, in_force_number: int) -> str:
    """What a form carries so that nobody overwrites or publishes what they have not seen."""
    return draft.changed_at.isoformat() if draft else f"v{in_force_number}"


def _require_seen(draft: EntryDraft, seen: str) -> None:
    if mark_of(draft, 0) != seen:
        raise ConflictError("draft_changed", "这份草稿刚刚被别人改过, 请打开最新的看过以后再决定。")


async def _base(intent: str) -> EntryVersion:
    found = await EntryVersion.filter(intent=intent, published_at__isnull=False).order_by("-number").first()
    if found is None:
        raise NotFoundError("entry_not_found", "没有这个条目, 请返回条目列表。")
    return found


async def _begun(intent: str) -> tuple[EntryVersion, EntryDraft | None, Entry]:
    """(the version in force, the draft, the entry as the draft or else the version has it); the draft is held."""
    base = await _base(intent)
    known = await EntryDraft.filter(intent=intent).select_for_update().first()
    return base, known, entry_of(intent, known.content if known else base.content)


async def _locked(intent: str) -> EntryDraft:
    draft = await EntryDraft.filter(intent=intent).select_for_update().first()
    if draft is None:
        raise NotFoundError("draft_not_found", "这个条目没有草稿, 请先修改并保存。")
    return draft


async def _keep(
    actor: Actor,
    intent: str,
    content: dict[str, Any],
    known: EntryDraft | None,
    based_on: int,
    now: datetime,
    origin: str = "edited",
) -> EntryDraft:
    draft = known or EntryDraft(intent=intent, based_on=based_on, origin=origin)
    draft.content, draft.by, draft.by_name, draft.changed_at = content, actor.label, actor.name, now
    draft.trial, draft.trial_until, draft.trial_of, draft.trial_result = "none", None, None, None
    try:
        await draft.save()
    except IntegrityError as error:
        raise ConflictError("draft_changed", "别人刚刚开始改这个条目, 请打开最新的草稿再改。") from error
    await audit.record(actor, "entry_draft_saved", f"entry:{intent}", now=now, detail={"based_on": based_on})
    return draft


async def _add(
    actor: Actor, intent: str, content: dict[str, Any], origin: str, why: str, now: datetime, *, published: bool
) -> EntryVersion:
    last = await EntryVersion.filter(intent=intent).order_by("-number").first().values_list("number", flat=True)
    number = int(last or 0) + 1
    version = await EntryVersion.create(
        intent=intent,
        number=number,
        content=content,
        origin=origin,
        why=why,
        by=actor.label,
        by_name=actor.name,
        made_at=now,
        published_at=now if published else None,
    )
    action = "entry_published" if published else "entry_offered"
    await audit.record(actor, action, f"entry:{intent}", now=now, detail={"number": number, "origin": origin})
    return version


def _as_json(entry: Entry) -> dict[str, Any]:
    """As it comes back from the database."""
    content: dict[str, Any] = json.loads(json.dumps(fields_of(_with_todays_rules(entry)), ensure_ascii=False))
    return content


def _with_todays_rules(entry: Entry) -> Entry:
    """What must and must not be said is always the program's own."""
    shipped = load_entries().get(entry.intent)
    return replace(entry, must=shipped.must, absent=shipped.absent) if shipped else entry
