"""A person's own notices, as the phone shows them, and that one was opened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Actor
from backend.errors import NotFoundError
from models.outbox import Delivery, Notice, Reached
from notices import reached
from notices.kinds import LABELS, POLICIES, Kind
from notices.wording import compose

KEPT = timedelta(days=60)
MOST = 200


@dataclass(frozen=True, slots=True)
class Message:
    """One notice. `lines`: (label, text) as on the phone's screen; `page`: what it opens; `reached`: was opened."""

    id: UUID
    title: str
    lines: list[tuple[str, str]]
    page: str
    at: datetime
    reached: bool
    called_off: bool


async def messages(actor: Actor, *, now: datetime) -> list[Message]:
    """The last sixty days, the newest first, at most 200. One's own, whoever one acts for."""
    mine = Notice.filter(deliveries__person_id=actor.person_id, created_at__gte=now - KEPT)
    rows = await mine.distinct().order_by("-created_at").limit(MOST)
    ids = [row.id for row in rows]
    known = set(await Reached.filter(person_id=actor.person_id, notice_id__in=ids).values_list("notice_id", flat=True))
    # What was called off before it went out was never news to anybody.
    gone_out = set(
        await Delivery.filter(person_id=actor.person_id, notice_id__in=ids)
        .exclude(status="cancelled")
        .values_list("notice_id", flat=True)
    )
    return [_message(row, row.id in known) for row in rows if row.id in known | gone_out or row.cancelled_at is None]


def _message(row: Notice, known: bool) -> Message:
    kind = Kind(row.kind)
    labels = POLICIES[kind].template.fields
    try:
        worded = compose(kind, row.facts)
        lines = [(labels.get(name, ""), text) for name, text in worded.fields.items()]
        page = worded.page_of(row.id)
    except (KeyError, ValueError):  # facts of an older version: that there was something is still said
        lines, page = [], f"{POLICIES[kind].page}?n={row.id}"
    return Message(row.id, LABELS[kind], lines, page, row.created_at, known, row.cancelled_at is not None)


async def open_message(actor: Actor, notice_id: UUID, *, now: datetime) -> bool:
    """The person opened it; whether that is new. Raises NotFoundError for what is not theirs."""
    async with in_transaction():
        if not await Delivery.exists(notice_id=notice_id, person_id=actor.person_id):
            raise NotFoundError("message_not_found", "没有找到这条消息, 请回到消息列表重新打开。")
        is_new = await reached.mark(notice_id, actor.person_id, "opened", now=now)
        if is_new:
            await audit.record(actor, "message_opened", f"notice:{notice_id}", now=now)
    return is_new
