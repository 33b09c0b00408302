"""The consent ledger: one accept is one send; WeChat tells nobody the balance, so we keep it (四(二)a notices)."""

from datetime import datetime
from uuid import UUID

from tortoise import connections
from tortoise.expressions import F

from models.outbox import Consent
from models.people import Person
from notices.events import SubscriptionEvent


async def accept(person_id: UUID, template: str) -> None:
    """The person accepted one more message of this template."""
    await connections.get("default").execute_query(
        "INSERT INTO consent (person_id, template_id, credits, long_term) VALUES ($1, $2, 1, false) "
        "ON CONFLICT (person_id, template_id) DO UPDATE SET credits = consent.credits + 1",
        [person_id, template],
    )


async def reserve(person_id: UUID, template: str) -> bool:
    """Take one credit for a message about to be sent; False when there is none. Long-term consent is not used up."""
    if await Consent.exists(person_id=person_id, template_id=template, long_term=True):
        return True
    taken = await Consent.filter(person_id=person_id, template_id=template, credits__gt=0).update(
        credits=F("credits") - 1
    )
    return taken == 1


async def refund(person_id: UUID, template: str) -> None:
    """Give a reserved credit back. Only after a failure that certainly sent nothing."""
    await Consent.filter(person_id=person_id, template_id=template, long_term=False).update(credits=F("credits") + 1)


async def spent(person_id: UUID, template: str) -> None:
    """WeChat says that nothing is left (43101): believe it."""
    await Consent.filter(person_id=person_id, template_id=template).update(credits=0, long_term=False)


async def balance(person_id: UUID, template: str) -> int:
    """How many one-time messages are left."""
    row = await Consent.get_or_none(person_id=person_id, template_id=template)
    return row.credits if row else 0


async def popup_event(event: SubscriptionEvent, *, now: datetime) -> None:
    """What a person chose, as the platform tells it: accepted is one more; refused ends a long-term consent.

    `event.template_id`: our key of the template. An openid that we do not know changes nothing. Call it once an event.
    """
    person = await Person.get_or_none(openid=event.openid)
    if person is None:
        return
    if event.what == "accept":
        await accept(person.id, event.template_id)
    elif event.what == "reject":
        await Consent.filter(person_id=person.id, template_id=event.template_id).update(long_term=False)
