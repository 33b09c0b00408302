"""The queue: taskiq on a Redis stream. It only makes a worker look sooner than its sweep would."""

from datetime import timedelta
from typing import Protocol

from structlog.typing import FilteringBoundLogger
from taskiq import AsyncBroker, TaskiqScheduler
from taskiq.api import run_scheduler_task
from taskiq.exceptions import SendTaskError
from taskiq.schedule_sources import LabelScheduleSource
from taskiq_redis import RedisStreamBroker

TERM_SECONDS = 10


class Works(Protocol):
    """What a process does when it is woken."""

    async def deliver_notices(self) -> None: ...

    async def follow_terms(self) -> None: ...


def make_broker(redis_url: str) -> RedisStreamBroker:
    """The queue. `approximate` keeps the stream short: a lost wake-up costs five seconds at most."""
    return RedisStreamBroker(redis_url, queue_name="jobs", maxlen=10_000)


def register(broker: AsyncBroker, worker: Works | None = None) -> None:
    """The tasks by name. Without a worker (web, schedule) they can be enqueued and not run here."""

    async def deliver_notices() -> None:
        if worker:
            await worker.deliver_notices()

    async def follow_terms() -> None:
        if worker:
            await worker.follow_terms()

    broker.register_task(deliver_notices, task_name="deliver_notices")
    broker.register_task(
        follow_terms, task_name="follow_terms", schedule=[{"interval": timedelta(seconds=TERM_SECONDS)}]
    )


async def wake(broker: AsyncBroker, log: FilteringBoundLogger) -> None:
    """Tell a worker that the outbox has something. Redis away: the sweep will find it."""
    try:
        await broker.find_task("deliver_notices").kiq()
    except SendTaskError as error:  # what taskiq makes of everything that Redis raises
        log.warning("wake_failed", error=type(error).__name__)


async def run_schedule(broker: AsyncBroker) -> None:
    """Enqueue what is due by the clock on the wall until cancelled."""
    register(broker)
    await broker.startup()
    scheduler = TaskiqScheduler(broker, [LabelScheduleSource(broker)])
    await run_scheduler_task(scheduler, run_startup=True)
