"""Claim what is due, send it, record what became of it. Safe with any number of workers and any kill.

pending -> sending -> sent | uncertain | failed, or back to pending when certainly nothing was sent. A claim that
outlives its lease belonged to a worker that died: WeChat may or may not have the message, so it is `uncertain`,
never sent again by itself, and the person goes on the call list.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from tortoise.transactions import in_transaction

from models.outbox import Delivery
from notices import consent
from notices.kinds import TEMPLATE_OF, Kind
from notices.outbox import SUBSCRIBE_MESSAGE, put_on_call_list
from notices.wording import compose

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 6
BACK_OFF = (5, 15, 60, 300, 900)


class Outcome(Enum):
    """What sending came to."""

    SENT = "sent"
    NOT_SENT_RETRY = "not_sent_retry"
    """Certainly not sent, and worth trying again."""
    NOT_SENT = "not_sent"
    """Certainly not sent, and trying again would not help."""
    NO_CONSENT = "no_consent"
    """The platform knows of no consent (43101)."""
    UNKNOWN = "unknown"
    """Perhaps sent: the answer did not arrive."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome, with the platform's code and words."""

    outcome: Outcome
    errcode: int | None = None
    error: str | None = None
    message_id: str | None = None
    """What the platform calls the message: its later reports name it by this."""


class Sender(Protocol):
    """A channel that can hand over one subscribe message. It never raises; it says what happened."""

    async def send(self, openid: str, template_id: str, page: str, fields: Mapping[str, str]) -> Receipt: ...


async def deliver_due(
    sender: Sender, *, now: datetime, template_ids: Mapping[str, str] | None = None, batch: int = 20
) -> int:
    """Deliver one batch of what is due at `now`; returns how many rows were worked on, 0 when there is nothing.

    `template_ids`: our template key -> the account's template id, where they differ.
    """
    stale = await _give_up_stale(now)
    claimed, unreachable = await _claim(now, batch)
    await asyncio.gather(*(_send(delivery, sender, template_ids or {}, now) for delivery in claimed))
    return stale + len(claimed) + unreachable


async def _give_up_stale(now: datetime) -> int:
    async with in_transaction():
        stale = await Delivery.filter(status="sending", claimed_until__lt=now).select_for_update(skip_locked=True)
        for delivery in stale:
            await _record(delivery, "uncertain", Receipt(Outcome.UNKNOWN, error="发送中断, 不能确定是否送到"), now)
    return len(stale)


async def _claim(now: datetime, batch: int) -> tuple[list[Delivery], int]:
    """Rows to send, each with a consent credit reserved; people without openid or credit go on the call list."""
    claimed: list[Delivery] = []
    async with in_transaction():
        due = (
            await Delivery.filter(status="pending", channel=SUBSCRIBE_MESSAGE, due_at__lte=now)
            .order_by("due_at", "id")
            .limit(batch)
            .select_for_update(skip_locked=True, of=("delivery",))
            .select_related("person", "notice")
        )
        for delivery in due:
            template = TEMPLATE_OF[Kind(delivery.notice.kind)].key
            if not delivery.person.openid:
                await _record(delivery, "failed", Receipt(Outcome.NOT_SENT, error="没有绑定微信"), now)
            elif not await consent.reserve(delivery.person.id, template):
                await _record(delivery, "failed", Receipt(Outcome.NOT_SENT, error="没有可用的订阅次数"), now)
            else:
                delivery.status = "sending"
                delivery.claimed_until = now + LEASE
                delivery.attempts += 1
                await delivery.save(update_fields=["status", "claimed_until", "attempts"])
                claimed.append(delivery)
    return claimed, len(due) - len(claimed)


async def _send(delivery: Delivery, sender: Sender, template_ids: Mapping[str, str], now: datetime) -> None:
    message = compose(Kind(delivery.notice.kind), delivery.notice.facts)
    template_id = template_ids.get(message.template, message.template)
    receipt = await sender.send(str(delivery.person.openid), template_id, message.page, message.fields)
    async with in_transaction():
        held = await Delivery.filter(id=delivery.id, status="sending").select_for_update().get_or_none()
        if held is None:
            # The lease ran out while the platform was slow and somebody recorded it as uncertain. A receipt that
            # arrives late is still the truth.
            if receipt.outcome is Outcome.SENT:
                await Delivery.filter(id=delivery.id).update(status="sent", sent_at=now, error=None)
            return
        match receipt.outcome:
            case Outcome.SENT:
                await _record(held, "sent", receipt, now)
            case Outcome.UNKNOWN:
                await _record(held, "uncertain", receipt, now)
            case Outcome.NO_CONSENT:
                await consent.spent(delivery.person.id, message.template)
                await _record(held, "failed", receipt, now)
            case Outcome.NOT_SENT_RETRY if held.attempts < MAX_ATTEMPTS:
                await consent.refund(delivery.person.id, message.template)
                held.due_at = now + timedelta(seconds=BACK_OFF[held.attempts - 1])
                await _record(held, "pending", receipt, now)
            case Outcome.NOT_SENT | Outcome.NOT_SENT_RETRY:
                await consent.refund(delivery.person.id, message.template)
                await _record(held, "failed", receipt, now)


async def _record(delivery: Delivery, status: str, receipt: Receipt, now: datetime) -> None:
    delivery.status = status
    delivery.errcode = receipt.errcode
    delivery.error = (receipt.error or "")[:200] or None
    delivery.claimed_until = None
    if status == "sent":
        delivery.sent_at = now
    await delivery.save(update_fields=["status", "errcode", "error", "claimed_until", "sent_at", "due_at"])
    if status in ("failed", "uncertain"):
        await put_on_call_list(delivery, now=now)


async def record_call(delivery: Delivery, *, now: datetime, note: str) -> None:
    """Somebody telephoned: the call-list row is done."""
    if await Delivery.filter(id=delivery.id, status="pending").update(status="sent", sent_at=now):
        delivery.note = note or None
        await delivery.save(update_fields=["note"])
