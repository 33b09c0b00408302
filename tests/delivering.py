"""Delivering in a test: a fixed moment, a sender that answers as told, no limit."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from notices.claims import Letter
from notices.delivery import Deliverer, Sender
from notices.kinds import Channel
from notices.quiet import QuietHours
from notices.verdicts import Outcome, Receipt


class Unlimited:
    """A budget that grants everything."""

    async def take(self, channel: Channel, wanted: int) -> int:
        return wanted

    async def give_back(self, channel: Channel, unused: int) -> None:
        return None


class Told:
    """A channel that answers as told, and remembers whom it was asked to reach."""

    def __init__(self, *receipts: Receipt) -> None:
        self.receipts = list(receipts)
        self.asked: list[str] = []
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> Receipt:
        """The next receipt; sent, when there are no more."""
        self.asked.append(letter.address)
        self.letters.append(letter)
        await asyncio.sleep(0)
        return self.receipts.pop(0) if self.receipts else Receipt(Outcome.SENT, 0)


async def deliver(
    senders: Mapping[Channel, Sender] | Sender,
    *,
    now: datetime,
    quiet: QuietHours | None = None,
    worker: str = "test",
    slots: int = 64,
) -> int:
    """Everything that is due at `now`, and what follows of it; how many rows were worked on."""
    by_channel = senders if isinstance(senders, Mapping) else {Channel.SUBSCRIBE_MESSAGE: senders}

    async def moment() -> datetime:
        return now

    deliverer = Deliverer(
        by_channel, Unlimited(), moment, worker=worker, quiet=quiet or QuietHours.parse(""), slots=slots
    )
    moved = await deliverer.housekeep()
    return moved + await deliverer.deliver_due()
