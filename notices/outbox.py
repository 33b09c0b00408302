"""Notices are rows, written in the transaction of what they announce: neither can exist without the other."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from models.outbox import Delivery, Notice
from notices.kinds import Kind

SUBSCRIBE_MESSAGE = "subscribe_message"
CALL_LIST = "call_list"


async def announce(
    kind: Kind, event_key: str, facts: Mapping[str, str], person_ids: Sequence[UUID], *, now: datetime
) -> None:
    """Tell these people. Call inside the transaction of the event; the same `event_key` again tells nobody twice."""
    notice, made = await Notice.get_or_create(
        defaults={"id": uuid4(), "kind": kind.value, "facts": dict(facts), "created_at": now}, event_key=event_key
    )
    if not made:
        return
    await Delivery.bulk_create(
        [
            Delivery(
                id=uuid4(),
                notice_id=notice.id,
                person_id=person_id,
                channel=SUBSCRIBE_MESSAGE,
                status="pending",
                due_at=now,
            )
            for person_id in dict.fromkeys(person_ids)
        ]
    )


async def put_on_call_list(delivery: Delivery, *, now: datetime) -> None:
    """The person could not be reached on the phone's screen: somebody must telephone. Once a notice and person."""
    await Delivery.get_or_create(
        defaults={"id": uuid4(), "status": "pending", "due_at": now},
        notice_id=delivery.notice_id,
        person_id=delivery.person_id,
        channel=CALL_LIST,
    )
