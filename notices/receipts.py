"""The platforms' own events about messages: the only thing that clears an uncertain delivery."""

from datetime import datetime, timedelta

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from models.outbox import Delivery
from notices.events import SubscriptionEvent
from notices.kinds import POLICIES, Channel, Kind
from notices.records import confirm_by
from notices.states import State, may_become

_EVENTS_COME_WITHIN = timedelta(days=1)


async def sent_event(event: SubscriptionEvent, *, now: datetime) -> bool:
    """The platform says what became of a message (subscribe_msg_sent_event, TEMPLATESENDJOBFINISH).

    By its MsgID where we know that; else by openid and template while one alone is in flight or uncertain. Whether a
    delivery was found.
    """
    found = await _named(event) or await _alone(event)
    if found is None:
        return False
    async with in_transaction():
        # Held: a worker may be writing down its own answer about this row just now.
        delivery = await Delivery.filter(id=found.id).select_for_update().get()
        await Delivery.filter(id=delivery.id).update(**await _changes(delivery, event, now))
    return True


async def _changes(delivery: Delivery, event: SubscriptionEvent, now: datetime) -> dict[str, object]:
    state = State.SENT if not event.errcode else State.FAILED
    changes: dict[str, object] = {"receipt_at": event.at, "msgid": event.msgid, "errcode": event.errcode or 0}
    if delivery.status == state or delivery.status not in may_become(state):
        return changes
    changes |= {"status": state.value, "claimed_until": None}
    if state is State.FAILED:
        return changes | {"error": "对方拒收", "go_on_at": now}
    changes |= {"error": None, "sent_at": delivery.sent_at or event.at}
    changes |= {"may_send_at": delivery.may_send_at or delivery.due_at}
    if delivery.status != State.UNCONFIRMED:  # of that one the next channel has gone on already
        notice = await delivery.notice
        changes |= {"go_on_at": confirm_by(Kind(notice.kind), notice.useless_after, now)}
    return changes


async def sms_report(sid: str, ok: bool, *, now: datetime) -> bool:
    """The gateway says what became of a text message that it took; whether a delivery was found."""
    event = SubscriptionEvent("", "", "sent", sid, 0 if ok else -1, now, f"sms:{sid}")
    return await sent_event(event, now=now)


async def _named(event: SubscriptionEvent) -> Delivery | None:
    if not event.msgid:
        return None
    # Ids are an account's own: two accounts may number alike.
    whose = {"address": event.openid} if event.openid else {"channel": Channel.SMS.value}
    return await Delivery.filter(msgid=event.msgid, **whose).first()


async def _alone(event: SubscriptionEvent) -> Delivery | None:
    if not event.openid:
        return None
    kinds = [kind.value for kind in Kind if POLICIES[kind].template.key == event.template_id]
    # One that was handed over just now is the likelier to be meant, where its answer named no MsgID.
    handed_over = Q(status="sent", receipt_at=None, sent_at__gt=event.at - _EVENTS_COME_WITHIN)
    open_now = await Delivery.filter(
        Q(status__in=["sending", "uncertain", "unconfirmed"]) | handed_over,
        address=event.openid,
        notice__kind__in=kinds,
        msgid=None,
    ).limit(2)
    return open_now[0] if len(open_now) == 1 else None
