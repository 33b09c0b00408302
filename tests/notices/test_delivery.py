"""Delivery on the real database: claimed once, recorded always, the next channel for whoever was not reached."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tortoise.transactions import in_transaction

from models.identities import PlatformIdentity
from models.outbox import ChannelPause, Delivery, Notice, OperatorAlert, RetiredAddress
from notices import consent, reached
from notices.claims import LEASE, Letter
from notices.delivery import Deliverer, Sender
from notices.kinds import LIST, MEETING, PROGRESS, Channel, Kind
from notices.outbox import announce, call_off, try_again
from notices.quiet import QuietHours
from notices.verdicts import Outcome, Receipt
from tests.backend import district
from tests.delivering import Told, Unlimited, deliver

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
MEETS_AT = datetime(2026, 10, 10, 6, 0, tzinfo=UTC)
FACTS = {"town": "甲镇", "place": "礼堂", "meets_at": "2026-10-10T14:00:00+08:00", "page_id": "1"}
PROGRESS_FACTS = {"number": "一事一议-1", "page_id": "1"}


async def people(count: int, *, credits: int = 1, template: str = MEETING.key, follows: bool = False) -> list[UUID]:
    """Persons with phones and credits; `follows`: the service account too."""
    ids = []
    for number in range(count):
        someone = await district.person(f"人{number}", None, openid=f"o{number}")
        for _ in range(credits):
            await consent.accept(someone.id, template)
        if follows:
            await PlatformIdentity.create(
                id=uuid4(), person_id=someone.id, account="service_account", openid=f"s{number}", since=NOW
            )
        ids.append(someone.id)
    return ids


async def tell(
    ids: list[UUID],
    key: str = "meeting:1",
    kind: Kind = Kind.MEETING_CONVENED,
    facts: dict[str, str] = FACTS,
    **more: object,
) -> None:
    """Announce something."""
    async with in_transaction():
        await announce(kind, key, facts, ids, now=NOW, **more)  # type: ignore[arg-type]


async def statuses(channel: str = "subscribe_message") -> list[str]:
    """Statuses of a channel's rows."""
    return sorted(await Delivery.filter(channel=channel).values_list("status", flat=True))


async def test_an_event_announces_itself_once(database: str) -> None:
    ids = await people(2)
    await tell(ids)
    await tell(ids)
    assert await Notice.all().count() == 1
    assert await Delivery.all().count() == 2


async def test_a_notice_dies_with_the_transaction_of_its_event(database: str) -> None:
    ids = await people(1)

    async def announce_and_fail() -> None:
        async with in_transaction():
            await announce(Kind.MEETING_CONVENED, "meeting:1", FACTS, ids, now=NOW)
            raise RuntimeError("the case could not be stored")

    with pytest.raises(RuntimeError):
        await announce_and_fail()
    assert await Notice.all().count() == 0


async def test_four_workers_at_once_send_each_message_once(database: str) -> None:
    await tell(await people(40))
    sender = Told()
    await asyncio.gather(*(deliver(sender, now=NOW, worker=f"w{number}", slots=5) for number in range(4)))
    assert sorted(sender.asked) == sorted(f"o{number}" for number in range(40))
    assert await statuses() == ["sent"] * 40


async def test_a_lane_ends_though_a_library_loses_a_cancellation(database: str) -> None:
    ids = await people(1, credits=40)

    async def as_over_redis() -> datetime:
        """Python 3.11's wait_for, in which redis-py sends, returns what was ready though its task was cancelled."""
        try:
            await asyncio.sleep(random.random() / 50)
        except asyncio.CancelledError:
            return NOW
        return NOW

    senders = {Channel.SUBSCRIBE_MESSAGE: Told()}
    deliverer = Deliverer(senders, Unlimited(), as_over_redis, worker="test", quiet=QuietHours.parse(""))
    for number in range(40):
        await tell(ids, f"meeting:{number}")
        async with asyncio.timeout(10):
            await deliverer.deliver_due()
    assert await statuses() == ["sent"] * 40


async def test_one_accept_is_one_message_and_the_next_notice_is_telephoned(database: str) -> None:
    ids = await people(1)
    await tell(ids, "meeting:1")
    await tell(ids, "meeting:2")
    sender = Told()
    await deliver(sender, now=NOW)
    assert sender.asked == ["o0"]
    assert await statuses() == ["failed", "sent"]
    assert await statuses("call_list") == ["pending"]
    assert await consent.balance(ids[0], MEETING.key) == 0


async def test_a_long_term_consent_is_not_used_up(database: str) -> None:
    (person,) = await people(1, credits=0)
    await consent.allow_always(person, MEETING.key, now=NOW)
    for number in range(3):
        await tell([person], f"meeting:{number}")
    sender = Told()
    await deliver(sender, now=NOW)
    assert sender.asked == ["o0"] * 3


async def test_a_person_without_wechat_is_telephoned(database: str) -> None:
    someone = await district.person("无微信", None)
    await tell([someone.id])
    await deliver(Told(), now=NOW)
    assert await statuses("call_list") == ["pending"]


async def test_the_last_credit_is_kept_for_what_matters_more(database: str) -> None:
    (person,) = await people(1, credits=2, template=PROGRESS.key)
    await tell([person], "moved:1", Kind.DEADLINE_MOVED, {**PROGRESS_FACTS, "due_on": "2026-10-10"})
    assert (await deliver(sender := Told(), now=NOW)) == 1
    await tell([person], "moved:2", Kind.CASE_MOVED, PROGRESS_FACTS)
    await deliver(sender, now=NOW)
    assert len(sender.asked) == 1, "one credit is left, and progress alone does not take it"
    await tell([person], "result:1", Kind.CASE_DECIDED, PROGRESS_FACTS)
    await deliver(sender, now=NOW)
    assert len(sender.asked) == 2


async def test_a_busy_platform_is_tried_again_later_and_the_credit_comes_back(database: str) -> None:
    ids = await people(1)
    await tell(ids)
    sender = Told(Receipt(Outcome.NOT_SENT_RETRY, -1, "busy"))
    await deliver(sender, now=NOW)
    assert await statuses() == ["pending"]
    assert await consent.balance(ids[0], MEETING.key) == 1
    assert await deliver(sender, now=NOW) == 0, "not at once"
    await deliver(sender, now=NOW + timedelta(minutes=1))
    assert await statuses() == ["sent"]


async def test_the_same_openid_at_once_is_tried_again_after_a_second(database: str) -> None:
    await tell(await people(1))
    sender = Told(Receipt(Outcome.NOT_SENT_RETRY, 43108, "concurrent"))
    await deliver(sender, now=NOW)
    assert await deliver(sender, now=NOW + timedelta(milliseconds=900)) == 0
    await deliver(sender, now=NOW + timedelta(seconds=1))
    assert await statuses() == ["sent"]


async def test_a_channel_that_stays_busy_is_left_when_its_patience_ends(database: str) -> None:
    ids = await people(1)
    await tell(ids)
    busy = Told(*[Receipt(Outcome.NOT_SENT_RETRY, -1, "busy")] * 50)
    moment = NOW
    while moment < NOW + timedelta(minutes=40):
        await deliver(busy, now=moment)
        moment += timedelta(seconds=30)
    assert 3 <= len(busy.asked) <= 8
    assert await statuses() == ["failed"]
    assert await statuses("call_list") == ["pending"]
    assert await consent.balance(ids[0], MEETING.key) == 1


async def test_an_answer_that_did_not_come_is_never_sent_again_and_goes_on_after_ten_minutes(database: str) -> None:
    ids = await people(1, credits=2)
    await tell(ids)
    sender = Told(Receipt(Outcome.UNKNOWN, error="no answer"))
    await deliver(sender, now=NOW)
    await deliver(sender, now=NOW + timedelta(minutes=9))
    assert await statuses() == ["uncertain"]
    assert await statuses("call_list") == [], "the platform's own event may still come"
    for hours in range(1, 5):
        await deliver(sender, now=NOW + timedelta(hours=hours))
    assert sender.asked == ["o0"]
    assert await statuses() == ["unconfirmed"]
    assert await statuses("call_list") == ["pending"]
    assert await consent.balance(ids[0], MEETING.key) == 1, "the credit may be gone: it is not given back"


async def test_43101_empties_the_ledger(database: str) -> None:
    ids = await people(1, credits=3)
    await tell(ids)
    await deliver(Told(Receipt(Outcome.NO_CONSENT, 43101)), now=NOW)
    assert await consent.balance(ids[0], MEETING.key) == 0
    assert await statuses("call_list") == ["pending"]


async def test_a_claim_whose_worker_died_becomes_uncertain_after_its_lease(database: str) -> None:
    await tell(await people(1))
    await Delivery.all().update(status="sending", claimed_until=NOW + LEASE, attempts=1)
    sender = Told()
    assert await deliver(sender, now=NOW + LEASE - timedelta(seconds=1)) == 0
    await deliver(sender, now=NOW + LEASE + timedelta(seconds=1))
    assert sender.asked == []
    assert await statuses() == ["uncertain"]


async def test_a_channel_that_lets_a_message_pass_once_is_asked_again_after_a_death(database: str) -> None:
    await tell(await people(1, follows=True))
    await Delivery.all().update(channel="service_account", status="sending", claimed_until=NOW + LEASE, attempts=1)
    sender = Told()
    await deliver({Channel.SERVICE_ACCOUNT: sender}, now=NOW + LEASE + timedelta(seconds=1))
    assert sender.asked == ["s0"]
    assert await statuses("service_account") == ["sent"]


async def test_a_quota_that_is_gone_pauses_the_channel_and_the_next_one_goes_on(database: str) -> None:
    ids = await people(3, follows=True)
    await tell(ids)
    subscribe, service = Told(*[Receipt(Outcome.NOT_SENT, 45009, "quota")] * 3), Told()
    both: dict[Channel, Sender] = {Channel.SUBSCRIBE_MESSAGE: subscribe, Channel.SERVICE_ACCOUNT: service}
    await deliver(both, now=NOW)
    assert sorted(service.asked) == ["s0", "s1", "s2"]
    await tell(ids, "meeting:2")
    await deliver(both, now=NOW + timedelta(hours=1))
    assert len(subscribe.asked) == 3, "not asked again before the platform's next day"
    assert len(service.asked) == 6
    assert (await ChannelPause.get()).until == datetime(2026, 9, 28, 16, 0, tzinfo=UTC)
    assert await consent.balance(ids[0], MEETING.key) == 1
    await tell(ids, "meeting:3")
    await deliver(both, now=datetime(2026, 9, 28, 16, 0, 1, tzinfo=UTC))
    assert len(subscribe.asked) == 6


async def test_what_has_no_other_channel_waits_for_the_pause_to_end(database: str) -> None:
    (person,) = await people(1, template=PROGRESS.key, credits=2)
    await ChannelPause.create(channel="subscribe_message", until=NOW + timedelta(hours=2))
    await tell([person], "moved:1", Kind.CASE_MOVED, PROGRESS_FACTS)
    sender = Told()
    await deliver(sender, now=NOW)
    assert (await Delivery.get()).due_at == NOW + timedelta(hours=2)
    await deliver(sender, now=NOW + timedelta(hours=2))
    assert sender.asked == ["o0"]


async def test_a_banned_template_is_left_alone_for_an_hour_and_other_templates_are_not(database: str) -> None:
    (person,) = await people(1, credits=5)
    await consent.accept(person, PROGRESS.key)
    await tell([person])
    sender = Told(Receipt(Outcome.NOT_SENT, 43107, "banned"))
    await deliver(sender, now=NOW)
    await tell([person], "meeting:2")
    await tell([person], "result:1", Kind.CASE_DECIDED, PROGRESS_FACTS)
    await deliver(sender, now=NOW + timedelta(minutes=30))
    assert len(sender.asked) == 2
    assert (await OperatorAlert.get()).errcode == 43107


async def test_an_openid_that_the_platform_does_not_know_is_retired(database: str) -> None:
    (person,) = await people(1, credits=2)
    await tell([person])
    sender = Told(Receipt(Outcome.NOT_SENT, 40003, "invalid openid"))
    await deliver(sender, now=NOW)
    await tell([person], "meeting:2")
    await deliver(sender, now=NOW)
    assert sender.asked == ["o0"]
    assert (await RetiredAddress.get()).address == "o0"
    assert await statuses("call_list") == ["pending", "pending"]
    assert await consent.balance(person, MEETING.key) == 2


async def test_what_only_the_operator_can_put_right_is_one_alert_that_counts(database: str) -> None:
    await tell(await people(3))
    await deliver(Told(*[Receipt(Outcome.NOT_SENT, 47003, "data.thing3.value invalid")] * 3), now=NOW)
    alert = await OperatorAlert.get()
    assert (alert.what, alert.errcode, alert.count) == ("subscribe_message:tmpl-meeting", 47003, 3)
    assert await statuses("call_list") == ["pending"] * 3


async def test_at_night_only_what_is_urgent_is_sent_and_the_rest_at_seven(database: str) -> None:
    ids = await people(1)
    await consent.accept(ids[0], "tmpl-urgent")
    await tell(ids)
    await tell(ids, "urgent:1", Kind.URGENT_REPORTED, {"number": "急1", "town": "甲镇", "page_id": "1"})
    sender, quiet = Told(), QuietHours()
    await Delivery.all().update(due_at=datetime(2026, 9, 28, 14, 0, tzinfo=UTC))
    await deliver(sender, now=datetime(2026, 9, 28, 14, 0, tzinfo=UTC), quiet=quiet)
    assert [letter.kind for letter in sender.letters] == [Kind.URGENT_REPORTED]
    await deliver(sender, now=datetime(2026, 9, 28, 22, 59, tzinfo=UTC), quiet=quiet)
    assert len(sender.letters) == 1
    await deliver(sender, now=datetime(2026, 9, 28, 23, 0, 3, tzinfo=UTC), quiet=quiet)
    sent = await Delivery.get(lane=1)
    assert sent.may_send_at == datetime(2026, 9, 28, 23, 0, tzinfo=UTC), "the promise counts from seven"


async def test_what_is_called_off_is_not_sent_nor_tried_on_another_channel(database: str) -> None:
    ids = await people(2)
    await tell(ids, "meeting:1", subject="deliberation:1")
    await tell(ids, "meeting:2", subject="deliberation:2")
    sender = Told()
    assert await call_off("deliberation:1", now=NOW) == 2
    await deliver(sender, now=NOW)
    assert sorted(await Delivery.filter(notice__event_key="meeting:1").values_list("status", flat=True)) == [
        "cancelled",
        "cancelled",
    ]
    assert len(sender.asked) == 2
    await call_off("deliberation:2", now=NOW)
    await deliver(sender, now=NOW + timedelta(days=3))
    assert await statuses("call_list") == []


async def test_what_comes_too_late_is_not_sent(database: str) -> None:
    await tell(await people(1), useless_after=NOW + timedelta(minutes=5))
    sender = Told()
    await deliver(sender, now=NOW + timedelta(minutes=5))
    assert sender.asked == []
    assert await statuses() == ["cancelled"]


async def test_who_gives_no_sign_is_tried_on_the_next_channel_and_who_does_is_not(database: str) -> None:
    ids = await people(2, follows=True)
    await tell(ids, useless_after=MEETS_AT)
    subscribe, service = Told(), Told()
    both: dict[Channel, Sender] = {Channel.SUBSCRIBE_MESSAGE: subscribe, Channel.SERVICE_ACCOUNT: service}
    await deliver(both, now=NOW)
    assert await reached.mark((await Notice.get()).id, ids[0], "opened", now=NOW)
    await deliver(both, now=NOW + timedelta(hours=11))
    assert service.asked == []
    await deliver(both, now=NOW + timedelta(hours=12, seconds=1))
    assert service.asked == ["s1"]
    await deliver(both, now=NOW + timedelta(hours=25))
    (call,) = await Delivery.filter(channel="call_list")
    assert call.person_id == ids[1]


async def test_the_nearer_the_meeting_the_sooner_the_next_channel(database: str) -> None:
    await tell(await people(1, follows=True), useless_after=NOW + timedelta(hours=2))
    subscribe, service = Told(), Told()
    both: dict[Channel, Sender] = {Channel.SUBSCRIBE_MESSAGE: subscribe, Channel.SERVICE_ACCOUNT: service}
    await deliver(both, now=NOW)
    await deliver(both, now=NOW + timedelta(minutes=30))
    assert service.asked == ["s0"]


async def test_staff_try_again_what_failed_and_nothing_else(database: str) -> None:
    (person,) = await people(1)
    await tell([person])
    sender = Told(Receipt(Outcome.NOT_SENT, 47003, "bad"))
    await deliver(sender, now=NOW)
    (row,) = await Delivery.filter(channel="subscribe_message")
    assert await try_again(row.id, now=NOW)
    await deliver(sender, now=NOW)
    assert await statuses() == ["sent"]
    assert not await try_again(row.id, now=NOW), "what was sent is not sent again"


async def test_a_channel_that_raises_leaves_its_message_uncertain_and_the_others_sent(database: str) -> None:
    await tell(await people(3))

    class Breaks(Told):
        async def send(self, letter: Letter) -> Receipt:
            receipt = await super().send(letter)
            if letter.address == "o1":
                raise ValueError("a bug")
            return receipt

    await deliver(Breaks(), now=NOW)
    assert await statuses() == ["sent", "sent", "uncertain"]


async def test_accepting_and_reserving_add_up_under_concurrency(database: str) -> None:
    (person,) = await people(1, credits=0)
    await asyncio.gather(*(consent.accept(person, MEETING.key) for _ in range(10)))
    assert await consent.balance(person, MEETING.key) == 10
    for number in range(15):
        await tell([person], f"meeting:{number}")
    sender = Told()
    await asyncio.gather(*(deliver(sender, now=NOW, worker=f"w{number}", slots=4) for number in range(4)))
    assert len(sender.asked) == 10
    assert await consent.balance(person, MEETING.key) == 0
    assert await statuses("call_list") == ["pending"] * 5


async def test_a_meeting_is_sent_at_once_while_a_list_goes_out(database: str) -> None:
    ids = await people(1)
    await consent.accept(ids[0], LIST.key)
    await tell(ids, "list:1", Kind.LIST_CHANGED, {"village": "甲村", "page_id": "1"})
    sender, begun, held = Told(), asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def send(self, letter: Letter) -> Receipt:
            if letter.kind is Kind.LIST_CHANGED:
                begun.set()
                await held.wait()
            return await sender.send(letter)

    async def moment() -> datetime:
        return NOW

    channels: dict[Channel, Sender] = {Channel.SUBSCRIBE_MESSAGE: Slow()}
    deliverer = Deliverer(channels, Unlimited(), moment, worker="w", quiet=QuietHours.parse(""))
    list_goes_out = asyncio.create_task(deliverer.deliver_due())
    await begun.wait()
    await tell(ids, "meeting:1")
    async with asyncio.timeout(5):
        await deliverer.deliver_due()
    assert [letter.kind for letter in sender.letters] == [Kind.MEETING_CONVENED]
    held.set()
    await list_goes_out
    assert await statuses() == ["sent", "sent"]


class Slow:
    """A channel that takes a moment for each letter, and remembers which it had first."""

    def __init__(self) -> None:
        self.kinds: list[Kind] = []
        self.first = asyncio.Event()

    async def send(self, letter: Letter) -> Receipt:
        """Sent, after a twentieth of a second."""
        await asyncio.sleep(0.05)
        self.kinds.append(letter.kind)
        self.first.set()
        return Receipt(Outcome.SENT, 0)


async def test_a_meeting_that_is_announced_while_a_list_is_sent_does_not_wait_for_its_end(database: str) -> None:
    ids = await people(200, template=LIST.key)
    await consent.accept(ids[0], MEETING.key)
    await tell(ids, "list:1", Kind.LIST_CHANGED, {"village": "甲村", "page_id": "1"})
    sender = Slow()
    round_of_one_worker = asyncio.create_task(deliver(sender, now=NOW, slots=4))
    await sender.first.wait()
    await tell([ids[0]], "meeting:1")
    await round_of_one_worker
    assert sender.kinds.index(Kind.MEETING_CONVENED) < 100


async def test_what_may_have_been_sent_is_not_sent_again_when_its_channel_would_show_it_twice(database: str) -> None:
    await tell(await people(1, credits=0, follows=True))
    service = Told(*[Receipt(Outcome.UNKNOWN, error="no answer")] * 20)
    both: dict[Channel, Sender] = {Channel.SUBSCRIBE_MESSAGE: Told(), Channel.SERVICE_ACCOUNT: service}
    moments = []
    for seconds in range(0, 3600, 20):
        before = len(service.asked)
        await deliver(both, now=NOW + timedelta(seconds=seconds))
        moments += [seconds] * (len(service.asked) - before)
    assert len(moments) > 2
    assert max(moments) < 600, "the platform shows one client_msg_id once in ten minutes"
    assert await statuses("service_account") == ["unconfirmed"]
    assert await statuses("call_list") == ["pending"]


async def test_what_may_have_been_sent_before_the_night_is_not_sent_again_after_it(database: str) -> None:
    evening, quiet = datetime(2026, 9, 28, 12, 59, 50, tzinfo=UTC), QuietHours()
    await tell(await people(1, credits=0, follows=True))
    await Delivery.all().update(due_at=evening)
    service = Told(Receipt(Outcome.UNKNOWN, error="no answer"))
    both: dict[Channel, Sender] = {Channel.SUBSCRIBE_MESSAGE: Told(), Channel.SERVICE_ACCOUNT: service}
    for later in (timedelta(), timedelta(minutes=5), timedelta(hours=10, minutes=1)):
        await deliver(both, now=evening + later, quiet=quiet)
    assert service.asked == ["s0"]
    assert await statuses("call_list") == ["pending"]


async def test_an_urgent_notice_whose_worker_died_waits_two_minutes_for_the_event_and_not_ten(database: str) -> None:
    ids = await people(1, template="tmpl-urgent")
    await tell(ids, "urgent:1", Kind.URGENT_REPORTED, {"number": "急1", "town": "甲镇", "page_id": "1"})
    await Delivery.all().update(status="sending", claimed_until=NOW, attempts=1)
    found = NOW + timedelta(seconds=1)
    await deliver(Told(), now=found)
    await deliver(Told(), now=found + timedelta(minutes=2))
    assert await statuses("call_list") == ["pending"]


async def test_what_waits_for_a_channel_that_was_closed_goes_on(database: str) -> None:
    ids = await people(1)
    await tell(ids)
    await Delivery.all().update(channel="sms")
    await deliver(Told(), now=NOW + timedelta(minutes=1))
    assert await statuses("sms") == ["pending"], "another worker may have it"
    await deliver(Told(), now=NOW + timedelta(minutes=5))
    assert await statuses("sms") == ["failed"]
    assert await statuses("call_list") == ["pending"]


async def test_a_call_that_nobody_made_in_time_has_ended(database: str) -> None:
    await tell(await people(1, credits=0), useless_after=MEETS_AT)
    await deliver(Told(), now=NOW)
    assert await statuses("call_list") == ["pending"]
    await deliver(Told(), now=MEETS_AT)
    assert await statuses("call_list") == ["cancelled"]


async def test_a_failure_that_is_written_down_late_gives_the_credit_back(database: str) -> None:
    ids = await people(1)
    await tell(ids)

    class Late(Told):
        async def send(self, letter: Letter) -> Receipt:
            await Delivery.filter(id=letter.id).update(status="uncertain", claimed_until=None)
            return await super().send(letter)

    await deliver(Late(Receipt(Outcome.NOT_SENT, 47003, "bad")), now=NOW)
    assert await statuses() == ["failed"]
    assert await consent.balance(ids[0], MEETING.key) == 1
