"""Deleting by the schedule: one human of the bureau asks for what was previewed, another grants it, a worker does it.

Batches are small transactions, each asking again what is still due: a hold placed meanwhile stops it, and a worker that
was killed is followed by another that finds the rest. Periods come from the settings; a category without one is kept.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from obstore.store import ObjectStore
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import SYSTEM, Action, Actor, Place, require, require_district
from backend.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.privacy import lists
from backend.privacy.due import Due, due, preview
from backend.privacy.erasing import clear_objects, erase
from models.application import Case
from models.privacy import LegalHold, RetentionRun
from rules.retention import BY_KEY, SCHEDULE, Period
from rules.statuses import Role

BATCH = 20
HOLDS = {"complaint": "投诉、举报、信访", "audit": "审计、检查", "court": "行政复议、诉讼"}
# The cases that decide whether something may go: a hold is placed, and a renewal begun, under the same lock.
_CASES = {
    "case_helped": "id__in",
    "case_not_helped": "id__in",
    "photos": "photos__id__in",
    "urgent": "after_urgent_id__in",
    "bank_account": "applicant_id__in",
}


def digest_of(found: Mapping[str, list[Due]], periods: Mapping[str, Period]) -> str:
    """Names exactly what was previewed, under these periods."""
    said = {key: [periods[key].said, *sorted(one.id for one in rows)] for key, rows in sorted(found.items())}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


async def ask(actor: Actor, seen: str, *, periods: Mapping[str, Period], now: datetime) -> RetentionRun:
    """Ask for what the page with the digest `seen` showed.

    Raises NotAllowedError; ConflictError when something else is due by now, or another deletion waits;
    InvalidInputError for nothing.
    """
    require_district(actor, Action.RUN_RETENTION)
    found = await preview(now, periods)
    if not any(found.values()):
        raise InvalidInputError("nothing_due", "现在没有到期的内容, 或者期限还没有设置。")
    if digest_of(found, periods) != seen:
        raise ConflictError("preview_changed", "到期的内容变了, 请重新看一遍清单再申请。")
    try:
        async with in_transaction():
            run = await RetentionRun.create(
                id=uuid4(),
                as_of=now,
                digest=seen,
                items={key: [one.id for one in rows] for key, rows in found.items() if rows},
                asked_by_id=actor.account_id,
                asked_person=actor.person_id,
                asked_at=now,
            )
            detail = {"digest": seen, **{key: len(rows) for key, rows in found.items() if rows}}
            await audit.record(actor, "deletion_asked", f"retention:{run.id}", now=now, detail=detail)
    except IntegrityError as error:
        raise ConflictError("deletion_waiting", "已经有一次删除在等另一位同事同意, 请先处理那一次。") from error
    return run


async def grant(run_id: UUID, actor: Actor, *, periods: Mapping[str, Period], now: datetime) -> None:
    """The second human agrees to exactly what was asked for; a worker begins within seconds.

    Raises NotAllowedError for the human who asked; NotFoundError; ConflictError when a hold, a period or a case has
    changed what is due.
    """
    async with in_transaction():
        run = await _asked(run_id, actor)
        if digest_of(await preview(run.as_of, periods), periods) != run.digest:
            raise ConflictError("preview_changed", "申请以后, 到期的内容变了(例如有人加了暂停删除); 请退回, 重新申请。")
        run.status, run.granted_by_id, run.granted_person = "granted", actor.account_id, actor.person_id
        run.granted_at = now
        await run.save(update_fields=["status", "granted_by_id", "granted_person", "granted_at"])
        await audit.record(actor, "deletion_granted", f"retention:{run.id}", now=now, detail={"digest": run.digest})


async def refuse(run_id: UUID, actor: Actor, *, now: datetime) -> None:
    """Not now. Also whoever asked may take it back. Raises NotAllowedError, NotFoundError, ConflictError."""
    async with in_transaction():
        run = await _asked(run_id, actor, own_too=True)
        run.status, run.items = "refused", {}
        await run.save(update_fields=["status", "items"])
        await audit.record(actor, "deletion_refused", f"retention:{run.id}", now=now)


async def _asked(run_id: UUID, actor: Actor, *, own_too: bool = False) -> RetentionRun:
    require_district(actor, Action.RUN_RETENTION)
    run = await RetentionRun.filter(id=run_id).select_for_update().first()
    if run is None:
        raise NotFoundError("deletion_not_found", "没有这一次删除, 请刷新页面。")
    if run.asked_person == actor.person_id and not own_too:
        raise NotAllowedError("four_eyes", "申请和同意要两个人, 请区里另一位同事来看。")
    if run.status != "asked":
        raise ConflictError("deletion_settled", "这一次删除已经处理过了, 请刷新页面。")
    return run


async def run(store: ObjectStore, *, periods: Mapping[str, Period], now: datetime) -> int:
    """Carry out what was granted, from wherever an earlier worker stopped; returns how many things went."""
    went = 0
    await clear_objects(store)
    for row in await RetentionRun.filter(status="granted").order_by("granted_at"):
        for category in SCHEDULE:
            ids = row.items.get(category.key, [])
            for start in range(0, len(ids), BATCH):
                went += await _batch(row.id, category.key, ids[start : start + BATCH], periods, now)
                await clear_objects(store)
        await _finish(row.id, now)
    return went


async def _batch(run_id: UUID, key: str, ids: list[str], periods: Mapping[str, Period], now: datetime) -> int:
    """One transaction. Another worker waits for the run's row, and then finds these gone."""
    if key not in periods:
        return 0
    async with in_transaction():
        row = await RetentionRun.filter(id=run_id).select_for_update().get()
        if row.status != "granted":
            return 0
        if key in _CASES:
            await Case.filter(**{_CASES[key]: ids}).order_by("id").select_for_update(of=("case",)).only("id")
        still = [one.id for one in await due(BY_KEY[key], periods[key], now=row.as_of, only=ids)]
        if not still:
            return 0
        counts = await erase(key, still, now=now)
        row.done = row.done | {key: row.done.get(key, 0) + len(still)}
        await row.save(update_fields=["done"])
        detail = {"category": key, "number": len(still), "rows": dict(counts)}
        await audit.record(SYSTEM, "deleted_by_schedule", f"retention:{run_id}", now=now, detail=detail)
    return len(still)


async def _finish(run_id: UUID, now: datetime) -> None:
    async with in_transaction():
        row = await RetentionRun.filter(id=run_id, status="granted").select_for_update().first()
        if row is None:
            return
        asked = {key: len(ids) for key, ids in row.items.items()}
        row.status, row.finished_at, row.items = "done", now, {}
        await row.save(update_fields=["status", "finished_at", "items"])
        detail = {"asked": asked, "done": row.done}
        await audit.record(SYSTEM, "deletion_done", f"retention:{run_id}", now=now, detail=detail)


async def tidy(*, periods: Mapping[str, Period], now: datetime) -> int:
    """What the service itself made for a short use goes by itself when its time is over; returns how many things."""
    went = await lists.lapse(now=now)
    for category in SCHEDULE:
        if not category.by_itself:
            continue
        async with in_transaction():
            ids = [one.id for one in await due(category, periods[category.key], now=now)][:200]
            if ids:
                counts = await erase(category.key, ids, now=now)
                detail = {"category": category.key, "rows": dict(counts)}
                await audit.record(SYSTEM, "deleted_by_schedule", "retention:tidy", now=now, detail=detail)
                went += len(ids)
    return went


# -- holds


async def hold(actor: Actor, number: str, *, kind: str, note: str = "", now: datetime) -> LegalHold:
    """Nothing of the case with this number is deleted until the hold is lifted.

    Raises NotAllowedError, NotFoundError, InvalidInputError, ConflictError for a second one.
    """
    require_district(actor, Action.HOLD)
    if kind not in HOLDS:
        raise InvalidInputError("kind_missing", "请先选为什么暂停删除。")
    async with in_transaction():
        found = Case.filter(number=number.strip()).select_related("village")
        case = await found.select_for_update(of=("case",)).first()
        if case is None:
            raise NotFoundError("case_not_found", "没有这个编号的个案, 请核对编号。")
        require(actor, Action.HOLD, Place(case.village.town_id, case.village_id))
        if await LegalHold.exists(case_id=case.id, lifted_at=None):
            raise ConflictError("held_already", "这个个案已经暂停删除。")
        placed = await LegalHold.create(
            id=uuid4(),
            case_id=case.id,
            kind=kind,
            note=note.strip()[:500] or None,
            since=now,
            placed_by_id=actor.account_id,
        )
        await audit.record(actor, "hold_placed", f"case:{case.id}", now=now, detail={"kind": kind})
    return placed


async def lift(hold_id: UUID, actor: Actor, *, now: datetime) -> None:
    """The complaint, the audit, the court is over. Raises NotAllowedError, NotFoundError."""
    require_district(actor, Action.HOLD)
    async with in_transaction():
        found = LegalHold.filter(id=hold_id, lifted_at=None).select_related("case__village")
        placed = await found.select_for_update(of=("legal_hold",)).first()
        if placed is None:
            raise NotFoundError("hold_not_found", "没有这一条, 或者已经解除; 请刷新页面。")
        require(actor, Action.HOLD, Place(placed.case.village.town_id, placed.case.village_id))
        placed.lifted_at = now
        await placed.save(update_fields=["lifted_at"])
        await audit.record(actor, "hold_lifted", f"case:{placed.case_id}", now=now, detail={"kind": placed.kind})


async def holds(actor: Actor) -> list[LegalHold]:
    """Those in force in one's region, the oldest first. Raises NotAllowedError."""
    require_district(actor, Action.HOLD)
    rows = LegalHold.filter(lifted_at=None)
    if actor.role is not Role.BUREAU:
        rows = rows.filter(case__village__town_id=actor.town_id)
    return await rows.order_by("since").select_related("case", "placed_by__person")


async def overview(actor: Actor, *, periods: Mapping[str, Period], now: datetime) -> dict[str, Any]:
    """The schedule, what is due by it, and the deletions of late. Raises NotAllowedError."""
    require_district(actor, Action.RUN_RETENTION)
    found = await preview(now, periods)
    runs = RetentionRun.all().order_by("-asked_at").limit(20)
    return {
        "rows": [(category, periods.get(category.key), found.get(category.key, [])) for category in SCHEDULE],
        "digest": digest_of(found, periods),
        "total": sum(Counter({key: len(rows) for key, rows in found.items()}).values()),
        "runs": await runs.select_related("asked_by__person", "granted_by__person"),
    }
