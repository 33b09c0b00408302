"""A meeting that is still to be concluded: its case and its row, locked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from backend.access import Action, Actor
from backend.casework.moves import Work, step
from backend.errors import ConflictError, NotFoundError
from models.deliberation import Deliberation


@asynccontextmanager
async def convened(
    deliberation_id: UUID, actor: Actor, action: Action, now: datetime
) -> AsyncIterator[tuple[Work, Deliberation]]:
    """The case of a meeting that is still to be concluded, locked: what is counted cannot change meanwhile.

    Raises NotFoundError, NotAllowedError, ConflictError for a meeting that was held or called off.
    """
    async with step(await case_of(deliberation_id), actor, action, now) as work:
        deliberation = await Deliberation.filter(id=deliberation_id).select_for_update().get()
        if deliberation.status != "convened":
            raise ConflictError("meeting_over", "这次会议已经结束或改期, 请刷新后看当前进度。")
        yield work, deliberation


async def case_of(deliberation_id: UUID) -> UUID:
    """The case that a meeting is about. Raises NotFoundError."""
    found = await Deliberation.get_or_none(id=deliberation_id)
    if found is None:
        raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
    return UUID(str(found.case_id))
