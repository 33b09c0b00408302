"""Delivery on the real database: claimed once, recorded always, the call list for whoever was not reached."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction

from models.outbox import Delivery, Notice
from models.people import Person
from notices import consent
from notices.delivery import MAX_ATTEMPTS, Outcome, Receipt, deliver_due
from notices.kinds import MEETING, Kind
from notices.outbox import announce
from tests.backend import district

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
FACTS = {"town": "甲镇", "place": "礼堂", "meets_at": "2026-10-10T14:00:00+08:00", "page_id": "1"}


class Sender:
    """A channel that answers as told, and remembers whom it was asked to reach."""

    def __init__(self, *receipts: Receipt) -> None:
        self.receipts = list(receipts)
        self.asked: list[str] = []

    async def send(self, openid: str, template_id: str, page: str, fields: Mapping[str, str]) -> Receipt:
        self.asked.append(openid)
        await asyncio.sleep(0)
        return self.receipts.pop(0) if self.receipts else Receipt(Outcome.SENT, 0)


async def people(count: int, *, credits: int = 1) -> list[UUID]:
    """Persons with phones and credits."""
    ids = []
    for number in range(count):
        someone = await district.person(f"人{number}", None, openid=f"o{number}")
        for _ in range(credits):
            await consent.accept(someone.id, MEETING.key)
        ids.append(someone.id)
    return ids


async def tell(ids: list[UUID], key: str = "meeting:1") -> None:
    """Announce a meeting."""
    async with in_transaction():
        await announce(Kind.MEETING_CONVENED, key, FACTS, ids, now=NOW)


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
    sender = Sender()

    async def work() -> None:
        while await deliver_due(sender, now=NOW, batch=5):
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(sender.asked) == sorted(f"o{number}" for number in range(40))
    assert await statuses() == ["sent"] * 40


async def test_one_accept_is_one_message_and_the_next_person_is_telephoned(database: str) -> None:
    ids = await people(1)
    await tell(ids, "meeting:1")
    await tell(ids, "meeting:2")
    sender = Sender()
    await deliver_due(sender, now=NOW)
    assert sender.asked == ["o0"]
    assert await statuses() == ["failed", "sent"]
    assert await statuses("call_list") == ["pending"]
    assert await consent.balance(ids[0], MEETING.key) == 0


async def test_a_person_without_wechat_is_telephoned(database: str) -> None:
    someone = await district.person("无微信", None)
    await tell([someone.id])
    await deliver_due(Sender(), now=NOW)
    assert await statuses("call_list") == ["pending"]


async def test_a_busy_platform_is_tried_again_later_and_the_credit_comes_back(database: str) -> None:
    ids = await people(1)
    await tell(ids)
    sender = Sender(Receipt(Outcome.NOT_SENT_RETRY, -1, "busy"))
    await deliver_due(sender, now=NOW)
    assert await statuses() == ["pending"]
    assert await consent.balance(ids[0], MEETING.key) == 1
    assert await deliver_due(sender, now=NOW) == 0, "not at once"
    await deliver_due(sender, now=NOW + timedelta(minutes=1))
    assert await statuses() == ["sent"]


async def test_a_platform_that_stays_busy_ends_on_the_call_list(database: str) -> None:
    await tell(await people(1))
    busy = [Receipt(Outcome.NOT_SENT_RETRY, -1, "busy")] * MAX_ATTEMPTS
    sender, moment = Sender(*busy), NOW
    for _ in range(MAX_ATTEMPTS):
        await deliver_due(sender, now=moment)
        moment += timedelta(hours=1)
    assert len(sender.asked) == MAX_ATTEMPTS
    assert await statuses() == ["failed"]
    assert await statuses("call_list") == ["pending"]


async def test_an_answer_that_did_not_come_is_uncertain_and_never_sent_again(database: str) -> None:
    ids = await people(1, credits=2)
    await tell(ids)
    sender = Sender(Receipt(Outcome.UNKNOWN, error="no answer"))
    for hours in range(5):
        await deliver_due(sender, now=NOW + timedelta(hours=hours))
    assert sender.asked == ["o0"]
    assert await statuses() == ["uncertain"]
    assert await statuses("call_list") == ["pending"]
    assert await consent.balance(ids[0], MEETING.key) == 1, "the credit may be gone: it is not given back"


async def test_43101_empties_the_ledger(database: str) -> None:
    ids = await people(1, credits=3)
    await tell(ids)
    await deliver_due(Sender(Receipt(Outcome.NO_CONSENT, 43101)), now=NOW)
    assert await consent.balance(ids[0], MEETING.key) == 0


async def test_a_claim_whose_worker_died_becomes_uncertain_after_its_lease(database: str) -> None:
    await tell(await people(1))
    await Delivery.all().update(status="sending", claimed_until=NOW + timedelta(seconds=60), attempts=1)
    sender = Sender()
    assert await deliver_due(sender, now=NOW + timedelta(seconds=59)) == 0
    await deliver_due(sender, now=NOW + timedelta(seconds=61))
    assert sender.asked == []
    assert await statuses() == ["uncertain"]
    assert await statuses("call_list") == ["pending"]


async def test_accepting_adds_up_under_concurrency(database: str) -> None:
    someone: Person = await district.person("甲", None, openid="o0")
    await asyncio.gather(*(consent.accept(someone.id, MEETING.key) for _ in range(10)))
    assert await consent.balance(someone.id, MEETING.key) == 10
    taken = await asyncio.gather(*(consent.reserve(someone.id, MEETING.key) for _ in range(15)))
    assert sum(taken) == 10
