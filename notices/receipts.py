"""The platforms' own events about messages: the only thing that clears an uncertain delivery."""

from datetime import datetime

from models.outbox import Delivery
from notices.events import SubscriptionEvent
from notices.kinds import POLICIES, Channel, Kind
from notices.records import confirm_by
from notices.states import State, may_become


async def sent_event(event: SubscriptionEvent, *, now: datetime) -> bool:
    """The platform says what became of a message (subscribe_msg_sent_event, TEMPLATESENDJOBFINISH).

    By its MsgID where we know that; else by openid and template while one alone is in flight or uncertain. Whether a
    delivery was found.
    """
    delivery = await _named(event) or await _alone(event)
    if delivery is None:
        return False
    state = State.SENT if not event.errcode else State.FAILED
    changes: dict[str, object] = {"receipt_at": event.at, "msgid": event.msgid, "errcode": event.errcode or 0}
    if delivery.status in may_become(state) and delivery.status != state:
        changes |= {"status": state.value, "claimed_until": None, "error": None if state is State.SENT else "对方拒收"}
        if state is State.SENT:
            go_on_at = confirm_by(Kind(delivery.notice.kind), delivery.notice.useless_after, now)
            changes |= {"sent_at": delivery.sent_at or event.at, "go_on_at": go_on_at}
        else:
            changes |= {"go_on_at": now}
    await Delivery.filter(id=delivery.id, status=delivery.status).update(**changes)
    return True


async def sms_report(sid: str, ok: bool, *, now: datetime) -> bool:
    """The gateway says what became of a text message that it took; whether a delivery was found."""
    event = SubscriptionEvent("", "", "sent", sid, 0 if ok else -1, now, f"sms:{sid}")
    return await sent_event(event, now=now)


async def _named(event: SubscriptionEvent) -> Delivery | None:
    if not event.msgid:
        return None
    # Ids are an account's own: two accounts may number alike.
    whose = {"address": event.openid} if event.openid else {"channel": Channel.SMS.value}
    return await Delivery.filter(msgid=event.msgid, **whose).select_related("notice").first()


async def _alone(event: SubscriptionEvent) -> Delivery | None:
    if not event.openid:
        return None
    kinds = [kind.value for kind in Kind if POLICIES[kind].template.key == event.template_id]
    open_now = (
        await Delivery.filter(
            address=event.openid, status__in=["sending", "uncertain", "unconfirmed"], notice__kind__in=kinds, msgid=None
        )
        .limit(2)
        .select_related("notice")
    )
    return open_now[0] if len(open_now) == 1 else None
