"""The consent ledger: one accept is one send; WeChat tells nobody the balance, so we keep it.

A popup is told of twice, by the phone and by the platform's own event: an entry of each within ten minutes is one
accept. Each event counts once by its key. Reserving is done for a whole batch in three statements.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from models.outbox import Consent, ConsentEntry
from models.people import Person
from notices.events import SubscriptionEvent

SAME_POPUP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message that would use a consent; `spares`: how many one-time consents it leaves to higher notices."""

    delivery_id: UUID
    person_id: UUID
    template: str
    spares: int = 0


async def accept(
    person_id: UUID, template: str, *, source: str = "phone", key: str | None = None, at: datetime | None = None
) -> bool:
    """The person accepted one more message of this template; whether it counted (not for what was told before).

    `source`: `phone` (its call-back) or `platform` (the pushed event); `key` names the popup for that source.
    """
    async with in_transaction():
        await _row(person_id, template)
        if key is not None and at is not None:
            if await ConsentEntry.exists(event_key=key):
                return False
            twin = (
                await ConsentEntry.filter(
                    person_id=person_id,
                    template_id=template,
                    what="accepted",
                    source="platform" if source == "phone" else "phone",
                    paired=False,
                    at__range=(at - SAME_POPUP, at + SAME_POPUP),
                )
                .order_by("at")
                .first()
            )
            await ConsentEntry.create(
                person_id=person_id,
                template_id=template,
                what="accepted",
                source=source,
                at=at,
                event_key=key,
                paired=twin is not None,
            )
            if twin is not None:
                await ConsentEntry.filter(id=twin.id).update(paired=True)
                return False
        await connections.get("default").execute_query(
            "UPDATE consent SET credits = credits + 1 WHERE person_id = $1 AND template_id = $2", [person_id, template]
        )
    return True


async def allow_always(
    person_id: UUID, template: str, *, now: datetime, source: str = "phone", key: str | None = None
) -> bool:
    """A long-term template was accepted: it is not used up. Whether that is new."""
    async with in_transaction():
        await _row(person_id, template)
        if key is not None and await ConsentEntry.exists(event_key=key):
            return False
        changed = await Consent.filter(person_id=person_id, template_id=template, long_term=False).update(
            long_term=True
        )
        await ConsentEntry.create(
            person_id=person_id, template_id=template, what="long_term", source=source, at=now, event_key=key
        )
    return bool(changed)


async def popup_event(event: SubscriptionEvent, *, now: datetime, long_term: Collection[str] = ()) -> bool:
    """The platform tells of a popup or of a refusal in the settings; whether the ledger changed.

    `long_term`: our keys of the templates that the account has been granted for good; one accept of them is many sends.
    """
    person = await Person.get_or_none(openid=event.openid).only("id")
    if person is None:
        return False
    if event.what == "accept" and event.template_id in long_term:
        return await allow_always(person.id, event.template_id, source="platform", key=event.dedupe_key, now=event.at)
    if event.what == "accept":
        return await accept(person.id, event.template_id, source="platform", key=event.dedupe_key, at=event.at)
    async with in_transaction():
        await _row(person.id, event.template_id)
        if await ConsentEntry.exists(event_key=event.dedupe_key):
            return False
        await ConsentEntry.create(
            person_id=person.id,
            template_id=event.template_id,
            what="rejected",
            source="platform",
            at=event.at,
            event_key=event.dedupe_key,
        )
        # What was accepted before stays accepted for a one-time template; a long-term one is switched off by this.
        changed = await Consent.filter(person_id=person.id, template_id=event.template_id, long_term=True).update(
            long_term=False
        )
    return bool(changed)


async def reserve(wanted: Sequence[Wanted], *, now: datetime) -> Mapping[UUID, bool]:
    """Take the consents for messages about to be sent, in the caller's transaction: delivery -> whether it was paid for
    with a one-time consent. A delivery that is not in the answer has none and may not be sent.
    """
    if not wanted:
        return {}
    pairs = sorted({(row.person_id, row.template) for row in wanted})
    connection = connections.get("default")
    _, rows = await connection.execute_query(
        "SELECT id, person_id, template_id, credits, long_term FROM consent WHERE (person_id, template_id) IN "
        "(SELECT * FROM unnest($1::uuid[], $2::text[])) ORDER BY person_id, template_id FOR UPDATE",
        [[person for person, _ in pairs], [template for _, template in pairs]],
    )
    left = {(row["person_id"], row["template_id"]): [row["credits"], row["long_term"], row["id"]] for row in rows}
    granted: dict[UUID, bool] = {}
    taken: dict[int, int] = {}
    for row in wanted:
        balance = left.get((row.person_id, row.template))
        if balance is None:
            continue
        if balance[1]:
            granted[row.delivery_id] = False
        elif balance[0] > row.spares:
            balance[0] -= 1
            taken[balance[2]] = taken.get(balance[2], 0) + 1
            granted[row.delivery_id] = True
    if taken:
        await connection.execute_query(
            "UPDATE consent SET credits = credits - t.n FROM unnest($1::int[], $2::int[]) AS t(id, n) "
            "WHERE consent.id = t.id",
            [list(taken), list(taken.values())],
        )
        await _write("reserved", [row for row in wanted if granted.get(row.delivery_id)], now)
    return granted


async def refund(person_id: UUID, template: str, *, delivery_id: UUID, now: datetime) -> None:
    """Give a reserved one-time consent back. Only after a failure that certainly sent nothing."""
    await connections.get("default").execute_query(
        "UPDATE consent SET credits = credits + 1 WHERE person_id = $1 AND template_id = $2", [person_id, template]
    )
    await _write("refunded", [Wanted(delivery_id, person_id, template)], now)


async def empty(person_id: UUID, template: str, *, delivery_id: UUID, now: datetime) -> None:
    """WeChat says that nothing is left (43101): believe it."""
    await Consent.filter(person_id=person_id, template_id=template).update(credits=0, long_term=False)
    await _write("emptied", [Wanted(delivery_id, person_id, template)], now)


async def balance(person_id: UUID, template: str) -> int:
    """How many one-time messages are left."""
    row = await Consent.get_or_none(person_id=person_id, template_id=template)
    return row.credits if row else 0


async def _row(person_id: UUID, template: str) -> None:
    """The ledger's row, made where it is missing and locked: two call-backs at once are told apart."""
    await connections.get("default").execute_query(
        "INSERT INTO consent (person_id, template_id, credits, long_term) VALUES ($1, $2, 0, false) "
        "ON CONFLICT (person_id, template_id) DO UPDATE SET credits = consent.credits",
        [person_id, template],
    )


async def _write(what: str, rows: Sequence[Wanted], now: datetime) -> None:
    await connections.get("default").execute_query(
        "INSERT INTO consent_entry (person_id, template_id, what, source, at, paired, delivery_id) "
        "SELECT p, t, $1, 'delivery', $2, false, d FROM unnest($3::uuid[], $4::text[], $5::uuid[]) AS x(p, t, d)",
        [
            what,
            now,
            [row.person_id for row in rows],
            [row.template for row in rows],
            [row.delivery_id for row in rows],
        ],
    )
