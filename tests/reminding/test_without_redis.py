"""Reminders come whether Redis asks for them or not."""

from datetime import datetime
from pathlib import Path

import structlog

from backend import jobs, photos
from models.outbox import Notice
from notices.delivery import Deliverer
from notices.quiet import QuietHours
from rules.retention import periods
from tests.backend import district
from tests.delivering import Unlimited
from tests.moments import at
from tests.reminding.test_meetings import meeting_on
from tests.trail.acts import heads_in


class At:
    """A clock that stands still."""

    async def now(self) -> datetime:
        return at("2026-10-09 14:01")


async def test_a_worker_that_redis_has_not_asked_for_a_while_reminds_by_itself(database: str, tmp_path: Path) -> None:
    await meeting_on(await district.build(), "2026-10-09 16:00", asked="2026-10-08 09:00")
    deliverer = Deliverer({}, Unlimited(), At().now, worker="w", quiet=QuietHours.parse(""))
    store = photos.open_store(f"file://{tmp_path / 'photos'}")
    log = structlog.get_logger()
    worker = jobs.Worker(At(), deliverer, log, {}, heads_in(tmp_path), 10, photos=store, retention=periods({}))
    await worker.follow_terms_anyway()
    assert not await Notice.exists(kind="answer_wanted"), "Redis may still ask"
    worker._followed_at -= jobs.TERM_MOST_SECONDS
    await worker.follow_terms_anyway()
    assert await Notice.exists(kind="answer_wanted")
