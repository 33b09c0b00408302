"""The consent ledger: one accept is one send, told of twice and counted once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from models.outbox import Consent, ConsentEntry
from notices import consent
from notices.events import SubscriptionEvent
from notices.kinds import LIST, MEETING
from tests.backend import district

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


async def someone() -> UUID:
    """A person with a phone."""
    return (await district.person("甲", None, openid="o1")).id


def pushed(what: str = "accept", *, key: str = "o1:1", at: datetime = NOW, openid: str = "o1") -> SubscriptionEvent:
    """An event as the edge hands it on."""
    return SubscriptionEvent(openid, MEETING.key, what, None, None, at, key)  # type: ignore[arg-type]


async def said(person: UUID, key: str, *, at: datetime = NOW) -> bool:
    """The phone's own call-back."""
    return await consent.accept(person, MEETING.key, source="phone", key=key, at=at)


async def test_accepts_add_up(database: str) -> None:
    person = await someone()
    for number in range(3):
        await said(person, f"phone:{number}")
    assert await consent.balance(person, MEETING.key) == 3
    assert await consent.balance(person, LIST.key) == 0


async def test_the_same_call_back_again_counts_once(database: str) -> None:
    person = await someone()
    assert await said(person, "phone:1")
    assert not await said(person, "phone:1", at=NOW + timedelta(hours=1))
    assert await consent.balance(person, MEETING.key) == 1


async def test_the_phone_and_the_platform_tell_of_one_popup_in_either_order(database: str) -> None:
    person = await someone()
    await said(person, "phone:1")
    assert not await consent.popup_event(pushed(at=NOW + timedelta(seconds=3)), now=NOW)
    assert await consent.popup_event(pushed(key="o1:2", at=NOW + timedelta(hours=1)), now=NOW)
    assert not await said(person, "phone:2", at=NOW + timedelta(hours=1, seconds=2))
    assert await consent.balance(person, MEETING.key) == 2


async def test_two_popups_told_of_by_both_are_two(database: str) -> None:
    person = await someone()
    for number in range(2):
        await said(person, f"phone:{number}", at=NOW + timedelta(seconds=number))
        await consent.popup_event(pushed(key=f"o1:{number}", at=NOW + timedelta(seconds=number + 1)), now=NOW)
    assert await consent.balance(person, MEETING.key) == 2
    assert await ConsentEntry.filter(paired=True).count() == 4


async def test_a_popup_that_only_the_platform_tells_of_counts_and_its_repeats_do_not(database: str) -> None:
    person = await someone()
    for _ in range(3):
        await consent.popup_event(pushed(), now=NOW)
    assert await consent.balance(person, MEETING.key) == 1


async def test_events_hours_apart_are_two_popups(database: str) -> None:
    person = await someone()
    await said(person, "phone:1")
    await consent.popup_event(pushed(at=NOW + consent.SAME_POPUP + timedelta(seconds=1)), now=NOW)
    assert await consent.balance(person, MEETING.key) == 2


async def test_call_back_and_event_at_the_same_moment_count_once(database: str) -> None:
    person = await someone()
    for number in range(5):
        moment = NOW + timedelta(days=number)
        await asyncio.gather(
            said(person, f"phone:{number}", at=moment),
            consent.popup_event(pushed(key=f"o1:{number}", at=moment), now=NOW),
        )
    assert await consent.balance(person, MEETING.key) == 5


async def test_a_refusal_takes_nothing_that_was_accepted_and_ends_a_long_term_consent(database: str) -> None:
    person = await someone()
    await said(person, "phone:1")
    await consent.allow_always(person, MEETING.key, now=NOW)
    assert await consent.popup_event(pushed("reject", key="o1:9"), now=NOW)
    row = await Consent.get()
    assert (row.credits, row.long_term) == (1, False)


async def test_who_is_not_known_changes_nothing(database: str) -> None:
    assert not await consent.popup_event(pushed(openid="o-nobody"), now=NOW)
    assert await Consent.all().count() == 0
