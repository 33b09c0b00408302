"""Step 4, 跟踪管理: approved cases enter into force on their day, and end after their year (四(四)a)."""

from datetime import datetime
from uuid import UUID

from backend.access import SYSTEM, Action, Actor
from backend.casework.moves import step
from backend.clock import local_day
from backend.errors import ConflictError
from models.application import Case
from models.disclosure import Listing
from notices.outbox import call_off
from rules import commands
from rules.statuses import Status


async def move_terms(now: datetime) -> int:
    """Start and end every term whose day has come; returns how many cases moved. Running it again moves nothing."""
    today = local_day(now)
    starting = await Case.filter(
        status=Status.APPROVED, determinations__outcome="approved", determinations__valid_from__lte=today
    ).values_list("id", flat=True)
    ending = await Case.filter(
        status=Status.IN_FORCE, determinations__outcome="approved", determinations__valid_to__lt=today
    ).values_list("id", flat=True)
    moved = 0
    for case_id in starting:
        moved += await _try_move(case_id, commands.EnterForce(today), now)
    for case_id in ending:
        moved += await _try_move(case_id, commands.Expire(today), now)
    return moved


async def _try_move(case_id: UUID, command: commands.Command, now: datetime) -> int:
    try:
        async with step(case_id, SYSTEM, Action.READ_CASE, now) as work:
            await work.move(command)
    except ConflictError:
        # Another worker, or a person who terminated the case, was first: there is nothing left to do.
        return 0
    return 1


async def terminate(case_id: UUID, actor: Actor, *, reason: str, now: datetime) -> Case:
    """End help that has been decided, with a reason; its row leaves the public list in the same transaction."""
    async with step(case_id, actor, Action.PUBLISH, now) as work:
        await work.move(commands.Terminate(reason))
        for listing in await Listing.filter(case_id=case_id, withdrawn_at=None):
            await Listing.filter(id=listing.id).update(withdrawn_at=now)
            await call_off(f"list:{listing.id}", now=now)
    return work.case
