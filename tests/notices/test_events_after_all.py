"""An event after all: what the ladder does when the platform says that a message arrived, and what it must not."""

from datetime import UTC, datetime, timedelta

from models.outbox import Delivery
from notices.events import SubscriptionEvent
from notices.kinds import MEETING
from notices.receipts import sent_event
from notices.verdicts import Outcome, Receipt
from tests.delivering import Told, deliver
from tests.notices.test_delivery import NOW, people, statuses, tell

UNKNOWN = Receipt(Outcome.UNKNOWN, error="no answer")


def arrived(msgid: str = "900", at: datetime = NOW) -> SubscriptionEvent:
    """It is on the phone of o0."""
    return SubscriptionEvent("o0", MEETING.key, "sent", msgid, 0, at, f"sent:{msgid}")


async def test_an_uncertain_notice_that_arrived_goes_on_only_where_the_person_gives_no_sign(database: str) -> None:
    await tell(await people(1))
    sender = Told(UNKNOWN)
    await deliver(sender, now=NOW)
    assert await sent_event(arrived(), now=NOW + timedelta(seconds=5))
    await deliver(sender, now=NOW + timedelta(hours=11))
    assert (await statuses(), await statuses("call_list")) == (["sent"], [])
    await deliver(sender, now=NOW + timedelta(hours=13))
    assert await statuses("call_list") == ["pending"]


async def test_an_event_that_comes_before_the_answer_counts_and_the_ladder_goes_on_as_ever(database: str) -> None:
    await tell(await people(1))
    await Delivery.all().update(status="sending", claimed_until=NOW + timedelta(minutes=1), address="o0")
    assert await sent_event(arrived(), now=NOW)
    delivery = await Delivery.get()
    assert (delivery.status, delivery.may_send_at) == ("sent", NOW)
    assert delivery.go_on_at == NOW + timedelta(hours=12)


async def test_the_event_of_a_notice_that_arrived_clears_no_other(database: str) -> None:
    ids = await people(1, credits=2)
    await tell(ids, "meeting:1")
    sender = Told(UNKNOWN, Receipt(Outcome.SENT, 0))
    await deliver(sender, now=NOW)
    await tell(ids, "meeting:2")
    await deliver(sender, now=NOW)
    assert not await sent_event(arrived(), now=NOW), "two may be meant"
    assert await statuses() == ["sent", "uncertain"]


async def test_an_event_is_of_the_delivery_that_its_msgid_names(database: str) -> None:
    ids = await people(1, credits=2)
    await tell(ids, "meeting:1")
    sender = Told(UNKNOWN, Receipt(Outcome.SENT, 0, msgid="902"))
    await deliver(sender, now=NOW)
    await tell(ids, "meeting:2")
    await deliver(sender, now=NOW)
    at = datetime(2026, 9, 28, 1, 0, 2, tzinfo=UTC)
    assert await sent_event(arrived("902", at), now=at)
    assert await statuses() == ["sent", "uncertain"]
    assert (await Delivery.get(msgid="902")).receipt_at == at
    assert await sent_event(arrived("901", at), now=at), "one alone is left that it may be of"
    assert await statuses() == ["sent", "sent"]
