"""Background work: taskiq on a Redis stream wakes the worker, a sweep of PostgreSQL is what is relied on.

A message in Redis can be lost (a flush, a crash); a row in the outbox cannot. So the worker looks into the outbox at
least every five seconds whatever Redis says, and Redis only makes it look sooner.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from obstore.store import ObjectStore
from structlog.typing import FilteringBoundLogger
from taskiq import AsyncBroker
from taskiq.api import run_receiver_task
from taskiq.receiver import Receiver

from backend import queue
from backend.casework.follow_up import move_terms
from backend.clock import Clock
from backend.desk import handover, replies, trials
from backend.desk.replies import TextSender
from backend.edge import kept
from backend.privacy import retention
from backend.reminding import remind
from backend.trail import seal
from backend.trail.heads import Heads
from notices.delivery import Deliverer
from rules.retention import Period

SWEEP_SECONDS = 5.0
DESK_SECONDS = 1.0
SEAL_SECONDS = 1.0
FULL_LOOK_SECONDS = 3600.0
TERM_MOST_SECONDS = 30.0
TIDY = timedelta(hours=1)


class Worker:
    """One job worker: delivers notices, moves terms, sends what staff answer, tries drafts of the bot's entries out."""

    def __init__(
        self,
        clock: Clock,
        deliverer: Deliverer,
        log: FilteringBoundLogger,
        text_senders: Mapping[str, TextSender],
        heads: Heads,
        heads_minutes: int,
        *,
        photos: ObjectStore,
        retention: Mapping[str, Period],
    ) -> None:
        self._clock = clock
        self._deliverer = deliverer
        self._text_senders = text_senders
        self._heads = heads
        self._heads_seconds = heads_minutes * 60.0
        self._log = log
        self._photos = photos
        self._retention = retention
        self._tidied_at: datetime | None = None
        self._rounds: set[asyncio.Task[None]] = set()
        self._followed_at = time.monotonic()

    async def deliver_notices(self) -> None:
        """Send until nothing is due; lanes that are busy already are not waited for."""
        await self._deliverer.deliver_due()

    async def follow_terms(self) -> None:
        """Start and end terms, announce what the clock brings up, close quiet talks, delete what is over."""
        self._followed_at = time.monotonic()
        now = await self._clock.now()
        # First: a case whose term cannot be moved must not keep a meeting from being announced.
        if made := await remind(now):
            self._log.info("reminded", count=made)
        if moved := await move_terms(now):
            self._log.info("terms_moved", count=moved)
        await handover.close_quiet(now=now)
        await kept.forget_old(now)
        await self._delete_what_is_over(now)

    async def _delete_what_is_over(self, now: datetime) -> None:
        """What two people of the bureau granted, at once; what was made for a short use, once an hour."""
        if went := await retention.run(self._photos, periods=self._retention, now=now):
            self._log.info("deleted_by_schedule", count=went)
        if self._tidied_at is None or abs(now - self._tidied_at) >= TIDY:
            self._tidied_at = now
            await retention.tidy(periods=self._retention, now=now)

    async def follow_terms_anyway(self) -> None:
        """Where Redis has not asked for it for a while: reminders come without it."""
        if time.monotonic() - self._followed_at >= TERM_MOST_SECONDS:
            await self.follow_terms()

    async def sweep(self) -> None:
        """For ever: look into the outbox, and at the clock. What fails is logged and tried again at the next sweep."""
        while True:
            try:
                await self._deliverer.housekeep()
                await self.follow_terms_anyway()
            except Exception as error:  # the database may be restarting: the next sweep finds the same rows
                self._log.error("sweep_failed", error=type(error).__name__)
            # A round lasts as long as its longest list; the next look does not wait for it.
            one = asyncio.create_task(self._deliver())
            self._rounds.add(one)
            one.add_done_callback(self._rounds.discard)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _deliver(self) -> None:
        try:
            await self.deliver_notices()
        except Exception as error:
            self._log.error("sweep_failed", error=type(error).__name__)

    async def send_replies(self) -> None:
        """For ever: staff's answers to the phones that asked."""
        while True:
            try:
                now = await self._clock.now()
                while await replies.deliver_due(self._text_senders, now=now, wall=self._clock.wall()):
                    pass
            except Exception as error:
                self._log.error("replies_failed", error=type(error).__name__)
            await asyncio.sleep(DESK_SECONDS)

    async def try_drafts(self) -> None:
        """For ever: train what a draft would need and see what it changes; seconds of work, beside everything else."""
        while True:
            try:
                while await trials.work_one(now=await self._clock.now(), wall=self._clock.wall()):
                    self._log.info("draft_tried")
            except Exception as error:
                self._log.error("trial_failed", error=type(error).__name__)
            await asyncio.sleep(DESK_SECONDS)

    async def seal_trail(self) -> None:
        """For ever: link new entries of the trail into its chain, note its head elsewhere every few minutes.

        At the start and once an hour the whole trail is looked through for entries that the queue does not know.
        """
        full_look_due = head_due = 0.0
        while True:
            try:
                if time.monotonic() >= full_look_due:
                    await seal.queue_what_was_left_out()
                    full_look_due = time.monotonic() + FULL_LOOK_SECONDS
                await seal.seal_waiting()
                if time.monotonic() >= head_due:
                    await self._heads.publish(now=await self._clock.now())
                    head_due = time.monotonic() + self._heads_seconds
            except Exception as error:  # the next second finds the same entries
                self._log.error("seal_failed", error=type(error).__name__)
            await asyncio.sleep(SEAL_SECONDS)


async def run_worker(broker: AsyncBroker, worker: Worker) -> None:
    """Sweep and receive until cancelled."""
    queue.register(broker, worker)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.sweep())
        group.create_task(worker.send_replies())
        group.create_task(worker.try_drafts())
        group.create_task(worker.seal_trail())
        group.create_task(_receive(broker))


class _PatientReceiver(Receiver):
    """taskiq begins anew at once whatever a Redis that is away answers: two hundred times a second, each in the log."""

    async def listen(self, finish_event: asyncio.Event) -> None:
        try:
            await super().listen(finish_event)
        except Exception:
            await asyncio.sleep(1)
            raise


async def _receive(broker: AsyncBroker) -> None:
    # A Redis that restarts or is flushed takes the stream's group with it: each beginning makes it where it is missing.
    await run_receiver_task(broker, receiver_cls=_PatientReceiver, run_startup=True)
