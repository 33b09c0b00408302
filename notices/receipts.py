"""What became of a message that the platform had taken: it says so by itself, later."""

from datetime import datetime

from tortoise.transactions import in_transaction

from models.outbox import Delivery
from notices.events import SubscriptionEvent
from notices.kinds import TEMPLATE_OF, Kind
from notices.outbox import SUBSCRIBE_MESSAGE


async def sent_event(event: SubscriptionEvent, *, now: datetime) -> bool:
    """Clear the one delivery that the event can be about; False where there is none, or more than one.

    `event.template_id`: our key of the template. Only who is `uncertain` waits for this word.
    """
    kinds = [kind.value for kind in Kind if TEMPLATE_OF[kind].key == event.template_id]
    async with in_transaction():
        waiting = await Delivery.filter(
            status="uncertain",
            channel=SUBSCRIBE_MESSAGE,
            person__openid=event.openid,
            notice__kind__in=kinds,
        ).select_for_update(of=("delivery",))
        if len(waiting) != 1:
            return False
        (delivery,) = waiting
        delivery.status = "sent" if event.errcode == 0 else "failed"
        delivery.sent_at = now if event.errcode == 0 else None
        delivery.errcode = event.errcode
        delivery.error = None if event.errcode == 0 else "微信告知没有送到"
        await delivery.save(update_fields=["status", "sent_at", "errcode", "error"])
    return True
