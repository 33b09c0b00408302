"""Deliver what is due: claim, send, record. Safe with any number of workers and any kill.

A claim that outlives its lease belonged to a worker that died: the platform may or may not have the message, so it is
`uncertain`, never sent again by itself; the platform's own event clears it, or another channel goes on after a while.
Each channel has two lanes of its own, so that five thousand villagers never stand before a meeting.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from tortoise import connections
from tortoise.transactions import in_transaction

from notices import ladder
from notices.claims import LEASE, Claimed, Letter, Terms, claim
from notices.kinds import PASSES_ONCE, Channel, Lane
from notices.quiet import QuietHours
from notices.records import EVENT_WITHIN, EVENT_WITHIN_ELSE, record
from notices.verdicts import Outcome, Receipt

FAST = (Lane.URGENT, Lane.MEETING)
BULK = (Lane.CASE, Lane.LIST)
RECORD_WITHIN_SECONDS = 0.01
ALLOWED_WITHIN_SECONDS = 0.02
"""How soon the rate limit is asked again after it let nothing go."""
LOOK_AGAIN_SECONDS = 0.5
NOBODY_CLAIMS = timedelta(minutes=5)
"""Longer than workers of two versions run side by side while one takes the other's place."""

__all__ = ["LEASE", "Budget", "Deliverer", "Outcome", "Receipt", "Sender"]


class Sender(Protocol):
    """A channel that can hand over one letter. It never raises; it says what happened."""

    async def send(self, letter: Letter) -> Receipt: ...


class Budget(Protocol):
    """One rate limit for all workers: how many of `wanted` messages may go now; what was not used is given back."""

    async def take(self, channel: Channel, wanted: int) -> int: ...

    async def give_back(self, channel: Channel, unused: int) -> None: ...


class Deliverer:
    """One worker's delivery through every channel that this installation has."""

    def __init__(
        self,
        senders: Mapping[Channel, Sender],
        budget: Budget,
        now: Callable[[], Awaitable[datetime]],
        *,
        worker: str,
        quiet: QuietHours,
        slots: int = 64,
    ) -> None:
        self._now = now
        self._terms = Terms(worker, quiet, frozenset(senders))
        self._pumps = [
            _Pump(channel, lanes, sender, budget, self._terms, now, slots)
            for channel, sender in senders.items()
            for lanes in (FAST, BULK)
        ]

    async def deliver_due(self) -> int:
        """Send until nothing is due; how many rows were worked on. What one channel raises does not stop the others.

        A lane that has nothing left is looked at again while another is still busy, and who calls meanwhile has it
        looked at at once: what is announced in the middle of a long list does not wait for its end.
        """
        running = {pump: asyncio.create_task(pump.run()) for pump in self._pumps}
        worked_on, failures, again = 0, list[BaseException](), True
        try:
            while running and again:
                await asyncio.wait(running.values(), timeout=LOOK_AGAIN_SECONDS)
                over = {pump: task for pump, task in running.items() if task.done()}
                failed = {pump: error for pump, task in over.items() if (error := task.exception())}
                done = sum(task.result() for pump, task in over.items() if pump not in failed)
                failures += failed.values()
                worked_on += done
                again = done > 0 or len(over) < len(running)
                for pump in over:
                    del running[pump]
                if again:
                    running |= {pump: asyncio.create_task(pump.run()) for pump in over if pump not in failed}
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)
        if failures:
            raise failures[0]
        return worked_on

    async def housekeep(self) -> int:
        """What died with its worker, what nobody confirmed, what is for the telephone; how many rows moved."""
        now = await self._now()
        moved = await give_up_stale(now=now)
        moved += await leave_closed_channels(self._terms.usable, now=now)
        moved += await end_calls_too_late(now=now)
        return moved + await go_on_where_unreached(self._terms.usable, now=now)


class _Pump:
    """One lane of one channel: claims as slots come free, and records receipts in batches."""

    def __init__(
        self,
        channel: Channel,
        lanes: tuple[Lane, Lane],
        sender: Sender,
        budget: Budget,
        terms: Terms,
        now: Callable[[], Awaitable[datetime]],
        slots: int,
    ) -> None:
        self._channel, self._lanes, self._sender, self._budget = channel, lanes, sender, budget
        self._terms, self._now, self._slots = terms, now, slots
        self._receipts: list[tuple[Letter, Receipt]] = []
        self._received = asyncio.Event()
        self._in_the_air: set[asyncio.Task[None]] = set()
        # Of a long list some are claimed ahead, so that no slot waits for the database.
        self._next: deque[Letter] = deque()
        self._landed = asyncio.Event()
        self._is_running = self._was_called = self._is_over = False

    async def run(self) -> int:
        """Until nothing of this lane is due and nothing is in the air; how many rows were worked on.

        While it runs, a further call makes it look again at once, and returns.
        """
        if self._is_running:
            self._was_called = True
            self._landed.set()
            return 0
        self._is_running = True
        worked_on = 0
        try:
            while True:
                worked_on += await self._round()
                if not self._was_called:
                    return worked_on
        finally:
            self._is_running = False

    async def _round(self) -> int:
        self._is_over = False
        recorder = asyncio.create_task(self._keep_recording())
        try:
            return await self._send_what_is_due()
        finally:
            # Whatever stopped this lane: what is in the air comes down, and what is known is written.
            while self._in_the_air:
                await asyncio.wait(self._in_the_air)
            # Told to end, not cancelled: Python 3.11's wait_for, in which redis-py sends, can lose a cancellation, and
            # a lane that waited for its recorder would stand still until the worker's end.
            self._is_over = True
            self._received.set()
            await recorder
            await self._record()

    async def _send_what_is_due(self) -> int:
        worked_on = 0
        while True:
            self._landed.clear()
            self._was_called = False
            free = self._slots * 3 // 2 - len(self._in_the_air) - len(self._next)
            if free * 4 < self._slots:
                await self._landed.wait()
                continue
            claimed = await self._claim(free)
            if claimed:
                worked_on += len(claimed)
                self._launch(claimed.letters)
            elif self._in_the_air:
                # Nothing was due, or nothing may go now: not asked again for every single one that lands.
                await self._landed.wait()
                await asyncio.sleep(RECORD_WITHIN_SECONDS)
            elif claimed is None:
                await asyncio.sleep(ALLOWED_WITHIN_SECONDS)
            elif not self._was_called:
                return worked_on

    def _launch(self, letters: Sequence[Letter]) -> None:
        self._next.extend(letters)
        while self._next and len(self._in_the_air) < self._slots:
            task = asyncio.create_task(self._send(self._next.popleft()))
            self._in_the_air.add(task)
            task.add_done_callback(self._land)

    def _land(self, task: asyncio.Task[None]) -> None:
        self._in_the_air.discard(task)
        self._launch(())
        self._landed.set()

    async def _claim(self, free: int) -> Claimed | None:
        """A batch, empty where nothing is due; None where the rate limit lets nothing go now."""
        granted = await self._budget.take(self._channel, free)
        if not granted:
            return None
        used = 0
        try:
            claimed = await claim(self._channel, self._lanes, granted, self._terms, now=await self._now())
            used = len(claimed.letters)
        finally:
            if used < granted:
                await self._budget.give_back(self._channel, granted - used)
        return claimed

    async def _send(self, letter: Letter) -> None:
        try:
            receipt = await self._sender.send(letter)
        except Exception as error:  # a channel that breaks its promise: nobody knows whether it had sent
            receipt = Receipt(Outcome.UNKNOWN, error=f"通道出错: {type(error).__name__}")
        self._receipts.append((letter, receipt))
        self._received.set()

    async def _keep_recording(self) -> None:
        while not self._is_over:
            await self._received.wait()
            await asyncio.sleep(RECORD_WITHIN_SECONDS)
            self._received.clear()
            try:
                await self._record()
            except Exception:  # the database is away: the receipts stay here, and are written when it is back
                await asyncio.sleep(1)
                self._received.set()

    async def _record(self) -> None:
        batch = self._receipts[:256]
        while batch:
            await record(batch, self._terms.usable, now=await self._now())
            del self._receipts[: len(batch)]
            batch = self._receipts[:256]


async def give_up_stale(*, now: datetime) -> int:
    """Claims whose worker died: `uncertain`, or due again for as long as the channel lets the same letter pass once."""
    channels = [channel.value for channel in PASSES_ONCE]
    moved, _ = await connections.get("default").execute_query(
        "UPDATE delivery d SET claimed_until = NULL, error = '发送中断, 不能确定是否送到', "
        "status = CASE WHEN s.until > $1 THEN 'pending' ELSE 'uncertain' END, "
        "go_on_at = CASE WHEN s.until > $1 THEN s.until WHEN d.lane = 0 THEN $2::timestamptz ELSE $3 END "
        "FROM (SELECT id, COALESCE(may_send_at, due_at) + (SELECT o.holds FROM unnest($4::text[], $5::interval[]) "
        "AS o(channel, holds) WHERE o.channel = delivery.channel) AS until "
        "FROM delivery WHERE status = 'sending' AND claimed_until < $1 LIMIT 500 FOR UPDATE SKIP LOCKED) AS s "
        "WHERE d.id = s.id",
        [now, now + EVENT_WITHIN[Lane.URGENT], now + EVENT_WITHIN_ELSE, channels, list(PASSES_ONCE.values())],
    )
    return int(moved)


async def leave_closed_channels(usable: Collection[Channel], *, now: datetime) -> int:
    """What waits for a channel that this installation has no more goes on: nobody would ever claim it."""
    async with in_transaction():
        _, rows = await connections.get("default").execute_query(
            "WITH moved AS (UPDATE delivery d SET status = 'failed', error = '这个通道没有开通' FROM notice n "
            "WHERE n.id = d.notice_id AND d.id IN (SELECT id FROM delivery WHERE status = 'pending' "
            "AND channel <> ALL($1::text[]) AND due_at <= $2 LIMIT 500 FOR UPDATE SKIP LOCKED) "
            "RETURNING d.notice_id, d.person_id, n.kind, d.channel) SELECT * FROM moved",
            [[*(channel.value for channel in usable), Channel.CALL_LIST.value], now - NOBODY_CLAIMS],
        )
        await ladder.go_on(
            [(row["notice_id"], row["person_id"], row["kind"], row["channel"]) for row in rows], usable, now=now
        )
    return len(rows)


async def end_calls_too_late(*, now: datetime) -> int:
    """Nobody telephones about what is over or called off: such a row of the call list has ended."""
    ended, _ = await connections.get("default").execute_query(
        "UPDATE delivery d SET status = 'cancelled' FROM notice n WHERE n.id = d.notice_id "
        "AND d.status = 'pending' AND d.channel = 'call_list' "
        "AND (n.cancelled_at IS NOT NULL OR n.useless_after <= $1)",
        [now],
    )
    return int(ended)


async def go_on_where_unreached(usable: Collection[Channel], *, now: datetime) -> int:
    """Whoever has given no sign in time is tried on the next channel; what stayed uncertain is left as it is."""
    async with in_transaction():
        _, rows = await connections.get("default").execute_query(
            "WITH moved AS (UPDATE delivery d SET go_on_at = NULL, "
            "status = CASE WHEN d.status IN ('uncertain', 'pending') THEN 'unconfirmed' ELSE d.status END "
            "FROM notice n WHERE n.id = d.notice_id AND d.id IN (SELECT id FROM delivery WHERE go_on_at <= $1 "
            "ORDER BY go_on_at LIMIT 500 FOR UPDATE SKIP LOCKED) "
            "RETURNING d.notice_id, d.person_id, n.kind, d.channel) SELECT * FROM moved",
            [now],
        )
        await ladder.go_on(
            [(row["notice_id"], row["person_id"], row["kind"], row["channel"]) for row in rows], usable, now=now
        )
    return len(rows)
