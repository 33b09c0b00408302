"""Notices are rows, written in the transaction of what they announce: neither can exist without the other."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from tortoise import connections

from models.outbox import Delivery, Notice
from notices.kinds import POLICIES, Channel, Kind
from notices.states import State

CALL_LIST = Channel.CALL_LIST.value


async def announce(
    kind: Kind,
    event_key: str,
    facts: Mapping[str, str],
    person_ids: Sequence[UUID],
    *,
    now: datetime,
    subject: str | None = None,
    useless_after: datetime | None = None,
) -> bool:
    """Tell these people; whether anything is told. Call inside the transaction of the event.

    The same `event_key` again tells nobody twice. `subject`: what `call_off` finds it by. `useless_after`: from then
    on whoever was not told is not told any more.
    """
    notice, made = await Notice.get_or_create(
        defaults={
            "id": uuid4(),
            "kind": kind.value,
            "facts": dict(facts),
            "created_at": now,
            "subject": subject,
            "useless_after": useless_after,
        },
        event_key=event_key,
    )
    if made and person_ids:
        policy = POLICIES[kind]
        # One statement for five thousand villagers: a row each through the ORM would hold the case's transaction.
        await connections.get("default").execute_query(
            "INSERT INTO delivery (id, notice_id, person_id, channel, status, lane, attempts, due_at, paid) "
            "SELECT gen_random_uuid(), $1, person, $2, 'pending', $3, 0, $4, false FROM unnest($5::uuid[]) AS person",
            [notice.id, policy.ladder[0].value, policy.lane.value, now, list(dict.fromkeys(person_ids))],
        )
    return made


async def call_off(subject: str, *, now: datetime, but: Sequence[Kind] = ()) -> int:
    """What is still waiting about `subject` is not sent any more; how many deliveries that were.

    Call inside the transaction of what makes it wrong, before the notice that takes its place is announced.
    """
    about = Notice.filter(subject=subject, cancelled_at=None)
    ids = [row.id for row in await about if row.kind not in but]
    await Notice.filter(id__in=ids).update(cancelled_at=now)
    waiting = Delivery.filter(notice_id__in=ids)
    # Whoever holds a row in `sending` has it in the air; it goes no further than that one channel.
    await waiting.filter(status__in=["sending", "sent", "uncertain"]).update(go_on_at=None)
    return await waiting.filter(status="pending").update(status=State.CANCELLED.value)


async def put_on_call_list(delivery: Delivery, *, now: datetime) -> None:
    """The person could not be reached on the phone's screen: somebody must telephone. Once a notice and person."""
    await Delivery.get_or_create(
        defaults={"id": uuid4(), "status": State.PENDING.value, "due_at": now, "lane": delivery.lane},
        notice_id=delivery.notice_id,
        person_id=delivery.person_id,
        channel=CALL_LIST,
    )


async def try_again(delivery_id: UUID, *, now: datetime) -> bool:
    """Staff press “再发一次”: a delivery that failed or was never confirmed is due now; whether it was one."""
    return bool(
        await Delivery.filter(
            id=delivery_id, status__in=[State.FAILED.value, State.UNCONFIRMED.value], notice__cancelled_at=None
        ).update(status=State.PENDING.value, due_at=now, attempts=0, go_on_at=None, may_send_at=None)
    )
