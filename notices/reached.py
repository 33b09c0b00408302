"""Reached: the person opened the notice or answered it, or somebody told them. Then no further channel is tried."""

from datetime import datetime
from uuid import UUID

from models.outbox import Delivery, Notice, Reached
from notices.kinds import Channel, Kind
from notices.states import State


async def mark(
    notice_id: object, person_id: object, how: str, *, now: datetime, recorded_by: UUID | None = None
) -> bool:
    """The person knows of it; whether that is new. `how`: opened, answered; telephoned, in_person with who told them.

    What still waits on other channels is not sent any more. In the caller's transaction.
    """
    _, is_new = await Reached.get_or_create(
        defaults={"how": how, "at": now, "recorded_by": recorded_by}, notice_id=notice_id, person_id=person_id
    )
    rows = Delivery.filter(notice_id=notice_id, person_id=person_id)
    await rows.filter(status="pending").exclude(channel=Channel.CALL_LIST.value).update(status=State.CANCELLED.value)
    # A call that nobody has to make any more is made: it was reached otherwise.
    calls = State.SENT.value if recorded_by else State.CANCELLED.value
    await rows.filter(status="pending", channel=Channel.CALL_LIST.value).update(status=calls, sent_at=now)
    await rows.filter(go_on_at__not_isnull=True).update(go_on_at=None)
    return is_new


async def mark_subject(
    subject: str,
    person_id: object,
    how: str,
    *,
    now: datetime,
    recorded_by: UUID | None = None,
    but: UUID | None = None,
) -> None:
    """The person has answered what the notices about `subject` wanted to tell: they are reached for each of them.

    `but`: a notice that the caller marks. That too few will come is told to who convened, and no answer of their own
    tells it to them.
    """
    theirs = Notice.filter(subject=subject, deliveries__person_id=person_id)
    about = await theirs.exclude(kind=Kind.QUORUM_AT_RISK.value).distinct()
    for notice in about:
        if notice.id != but:
            await mark(notice.id, person_id, how, now=now, recorded_by=recorded_by)
