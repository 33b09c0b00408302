"""What the platform tells by itself, on the real database: consents, and deliveries that nobody was sure of."""

from datetime import UTC, datetime
from typing import Literal

import pytest

from models.outbox import Consent, Delivery
from notices import consent, receipts
from notices.events import SubscriptionEvent
from notices.kinds import LIST, MEETING
from tests.notices.test_delivery import NOW, people, tell


def event(
    what: Literal["accept", "reject", "sent"], *, openid: str = "o0", template: str = MEETING.key, errcode: int = 0
) -> SubscriptionEvent:
    at = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
    return SubscriptionEvent(openid, template, what, "7", errcode if what == "sent" else None, at, "key")


async def test_accepted_is_one_more_message_and_refused_takes_none_of_them(database: str) -> None:
    (someone,) = await people(1)
    await consent.popup_event(event("accept"), now=NOW)
    await consent.popup_event(event("accept", template=LIST.key), now=NOW)
    await consent.popup_event(event("reject"), now=NOW)
    assert await consent.balance(someone, MEETING.key) == 2
    assert await consent.balance(someone, LIST.key) == 1


async def test_refused_ends_a_long_term_consent(database: str) -> None:
    (someone,) = await people(1)
    await Consent.filter(person_id=someone).update(long_term=True)
    await consent.popup_event(event("reject"), now=NOW)
    assert not (await Consent.get(person_id=someone)).long_term


async def test_a_choice_of_somebody_unknown_changes_nothing(database: str) -> None:
    await people(1)
    await consent.popup_event(event("accept", openid="o-none"), now=NOW)
    assert await Consent.all().values_list("credits", flat=True) == [1]


async def in_doubt(count: int = 1) -> None:
    """Somebody, and so many meeting notices that perhaps arrived."""
    ids = await people(1)
    for number in range(1, count + 1):
        await tell(ids, f"meeting:{number}")
    await Delivery.all().update(status="uncertain")


@pytest.mark.parametrize(("errcode", "status"), [(0, "sent"), (43101, "failed")])
async def test_the_one_delivery_in_doubt_is_cleared(database: str, errcode: int, status: str) -> None:
    await in_doubt()
    assert await receipts.sent_event(event("sent", errcode=errcode), now=NOW)
    (delivery,) = await Delivery.all()
    assert (delivery.status, delivery.errcode) == (status, errcode)
    assert (delivery.sent_at is not None) is (status == "sent")
    assert not await receipts.sent_event(event("sent"), now=NOW), "it is in doubt no more"


async def test_of_two_in_doubt_none_is_guessed(database: str) -> None:
    await in_doubt(2)
    assert not await receipts.sent_event(event("sent"), now=NOW)
    assert await Delivery.all().values_list("status", flat=True) == ["uncertain", "uncertain"]


@pytest.mark.parametrize(
    "told", [event("sent", template=LIST.key), event("sent", openid="o-none"), event("sent", template="")]
)
async def test_an_event_about_something_else_clears_nothing(database: str, told: SubscriptionEvent) -> None:
    await in_doubt()
    assert not await receipts.sent_event(told, now=NOW)
    assert await Delivery.all().values_list("status", flat=True) == ["uncertain"]


async def test_what_certainly_arrived_or_is_still_to_be_sent_is_left_alone(database: str) -> None:
    await tell(await people(1))
    for status in ("pending", "sent", "failed"):
        await Delivery.all().update(status=status)
        assert not await receipts.sent_event(event("sent"), now=NOW)
        assert await Delivery.all().values_list("status", flat=True) == [status]
