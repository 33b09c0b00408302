"""Staff's replies back to the phone, through the account at which they were asked (custom/send).

pending -> sending -> sent | uncertain | kept. WeChat carries a reply only for 48 hours after the person's last message
and five times (45015, 45047): what it will not carry is kept, and the person reads it when they next write.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from tortoise.transactions import in_transaction

from backend.casework import locks
from models.desk import Handover, HandoverReply
from notices.claims import LEASE
from notices.verdicts import Outcome, Receipt, back_off

BATCH = 20
MOST_LOOKED_AT = 1000

MAX_ATTEMPTS = 6


class TextSender(Protocol):
    """An account that can send a text to one of its users; says what happened, raises nothing of WeChat's."""

    async def send_text(self, openid: str, text: str) -> Receipt: ...


async def deliver_due(senders: Mapping[str, TextSender], *, now: datetime, wall: datetime) -> int:
    """Send one batch; returns how many rows were worked on. `senders` by door; `wall`: the real moment, for leases."""
    claimed, stale = await _claim(now, wall)
    ways_back = await Handover.filter(id__in=[reply.handover_id for reply in claimed]).values("id", "door", "openid")
    back = {row["id"]: (senders[row["door"]], str(row["openid"])) for row in ways_back}
    await asyncio.gather(*(_send(reply, *back[reply.handover_id], now) for reply in claimed))
    return len(claimed) + stale


async def _claim(now: datetime, wall: datetime) -> tuple[list[HandoverReply], int]:
    claimed: list[HandoverReply] = []
    async with in_transaction():
        # One worker at a time, one reply of a conversation at a time: they arrive in the order in which they were made.
        await locks.one_at_a_time(locks.REPLIES)
        # A claim that outlived its lease belonged to a worker that died: perhaps it was sent, nobody knows.
        lost = HandoverReply.filter(status="sending", claimed_until__lt=wall)
        stale = await lost.update(status="uncertain", claimed_until=None, error="发送中断, 不能确定是否送到")
        waiting = await HandoverReply.filter(status="pending").order_by("made_at").limit(MOST_LOOKED_AT)
        busy = set(await HandoverReply.filter(status="sending").values_list("handover_id", flat=True))
        for reply in waiting:
            # The oldest of a conversation holds the later ones back, also while it waits for another try.
            if reply.handover_id in busy:
                continue
            busy.add(reply.handover_id)
            if reply.due_at > now or len(claimed) >= BATCH:
                continue
            claimed.append(reply)
            reply.status, reply.claimed_until, reply.attempts = "sending", wall + LEASE, reply.attempts + 1
            await reply.save(update_fields=["status", "claimed_until", "attempts"])
    return claimed, stale


async def _send(reply: HandoverReply, sender: TextSender, openid: str, now: datetime) -> None:
    receipt = await sender.send_text(openid, reply.text)
    async with in_transaction():
        held = await HandoverReply.filter(id=reply.id, status__in=("sending", "uncertain")).select_for_update().first()
        if held is None:
            return
        held.errcode, held.error, held.claimed_until = receipt.errcode, (receipt.error or "")[:200] or None, None
        match receipt.outcome:
            case Outcome.SENT:
                held.status, held.reached_at, held.error = "sent", now, None
            case Outcome.UNKNOWN:
                held.status = "uncertain"
            case Outcome.NOT_SENT_RETRY if held.attempts < MAX_ATTEMPTS:
                held.status, held.due_at = "pending", now + back_off(held.attempts)
            case _:
                held.status = "kept"
        await held.save()
