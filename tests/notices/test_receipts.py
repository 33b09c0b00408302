"""The platform's own events clear what is uncertain: by the message's id, or by person and template."""

from datetime import UTC, datetime, timedelta

from models.outbox import Delivery
from notices import receipts
from notices.events import SubscriptionEvent
from notices.kinds import MEETING, PROGRESS
from notices.verdicts import Outcome, Receipt
from tests.delivering import Told, deliver
from tests.notices.test_delivery import NOW, people, statuses, tell

LATER = NOW + timedelta(seconds=30)
LOST = Receipt(Outcome.UNKNOWN, error="no answer")


def sent(
    *, openid: str = "o0", msgid: str | None = "77", errcode: int = 0, template: str = MEETING.key
) -> SubscriptionEvent:
    """subscribe_msg_sent_event."""
    return SubscriptionEvent(openid, template, "sent", msgid, errcode, LATER, "k")


async def test_an_uncertain_message_alone_in_the_air_is_sent_when_the_platform_says_so(database: str) -> None:
    await tell(await people(2))
    await deliver(Told(LOST, LOST), now=NOW)
    assert await receipts.sent_event(sent(), now=LATER)
    assert await statuses() == ["sent", "uncertain"]
    assert not await receipts.sent_event(sent(openid="o9"), now=LATER)
    assert not await receipts.sent_event(sent(openid="o1", msgid="78", template=PROGRESS.key), now=LATER)
    await deliver(Told(), now=NOW + timedelta(minutes=11))
    assert len(await statuses("call_list")) == 1, "only the other one is telephoned"


async def test_two_of_one_template_in_the_air_are_not_guessed_at(database: str) -> None:
    ids = await people(1, credits=2)
    await tell(ids, "meeting:1")
    await tell(ids, "meeting:2")
    await deliver(Told(LOST, LOST), now=NOW)
    assert not await receipts.sent_event(sent(), now=LATER)
    assert await statuses() == ["uncertain", "uncertain"]


async def test_an_id_that_we_know_names_its_message(database: str) -> None:
    ids = await people(1, credits=2)
    await tell(ids, "meeting:1")
    await tell(ids, "meeting:2")
    told = Told(Receipt(Outcome.SENT, 0, msgid="77"), Receipt(Outcome.SENT, 0, msgid="78"))
    await deliver(told, now=NOW)
    assert await receipts.sent_event(sent(msgid="78"), now=LATER)
    assert (await Delivery.get(msgid="78")).receipt_at == LATER
    assert (await Delivery.get(msgid="77")).receipt_at is None


async def test_a_message_that_the_phone_refused_goes_on_to_the_next_channel(database: str) -> None:
    await tell(await people(1))
    await deliver(Told(Receipt(Outcome.SENT, 0, msgid="77")), now=NOW)
    assert await receipts.sent_event(sent(errcode=43101), now=LATER)
    assert await statuses() == ["failed"]
    await deliver(Told(), now=LATER)
    assert await statuses("call_list") == ["pending"]


async def test_an_event_that_comes_before_our_answer_is_not_undone_by_it(database: str) -> None:
    await tell(await people(1))

    class Slow(Told):
        async def send(self, letter: object) -> Receipt:
            assert await receipts.sent_event(sent(), now=LATER)
            return LOST

    await deliver(Slow(), now=NOW)
    assert await statuses() == ["sent"]


async def test_an_event_after_all_hope_is_still_the_truth(database: str) -> None:
    await tell(await people(1))
    await deliver(Told(LOST), now=NOW)
    late = datetime(2026, 9, 29, 1, 0, tzinfo=UTC)
    await deliver(Told(), now=late)
    assert await statuses() == ["unconfirmed"]
    assert await receipts.sent_event(sent(), now=late)
    assert await statuses() == ["sent"]


async def test_a_gateway_reports_on_a_text_message(database: str) -> None:
    await tell(await people(1))
    await deliver(Told(Receipt(Outcome.SENT, 0, msgid="sid-1")), now=NOW)
    await Delivery.all().update(channel="sms", address=None)
    assert await receipts.sms_report("sid-1", False, now=LATER)
    assert await statuses("sms") == ["failed"]
    assert not await receipts.sms_report("sid-unknown", True, now=LATER)
