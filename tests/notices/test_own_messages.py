"""One's own messages on the phone, and what it asks for: each popup counts once, whoever tells of it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.access import Actor
from backend.casework import my_messages, my_subscriptions
from backend.errors import InvalidInputError, NotFoundError
from backend.privacy import own_data
from models.disclosure import ListSubscription
from models.outbox import Consent, ConsentEntry, Delivery, Notice, OperatorAlert, Reached
from models.people import Person, RosterEntry
from models.trail import TrailEntry
from notices import consent
from notices.events import SubscriptionEvent
from notices.kinds import LIST, MEETING, PROGRESS, Channel, Kind
from notices.outbox import announce, call_off
from notices.states import State
from rules.statuses import Role
from tests.backend import district
from tests.delivering import Told, deliver

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
FACTS = {"town": "甲镇", "place": "礼堂", "meets_at": "2026-10-10T14:00:00+08:00", "page_id": "1"}
IDS = {"tmpl-progress": "wxPROGRESS", "tmpl-list": "wxLIST"}


async def told(person: UUID, key: str = "result:1", *, at: datetime = NOW, subject: str | None = None) -> Notice:
    """A result is announced."""
    facts = {"number": "一事一议-1", "page_id": "7"}
    await announce(Kind.CASE_DECIDED, key, facts, [person], now=at, subject=subject)
    return await Notice.get(event_key=key)


async def asked(actor: Actor) -> dict[str, my_subscriptions.Asking]:
    """What is asked for, by the account's id of the template."""
    return {row.template: row for row in await my_subscriptions.wanted(actor, IDS, now=NOW)}


async def popup(actor: Actor, results: dict[str, str], asked_id: UUID | None = None) -> dict[str, int]:
    """The phone tells of a popup."""
    return await my_subscriptions.answered(actor, asked_id or uuid4(), results, IDS, now=NOW)


# -- messages


async def test_one_reads_ones_own_messages_in_plain_words_the_newest_first(database: str) -> None:
    here = await district.build()
    own = here.actors[Role.RESIDENT]
    old = await told(here.resident.id, "result:old", at=NOW - timedelta(days=3))
    new = await told(here.resident.id, "result:new")
    await told(here.resident.id, "result:gone", at=NOW - timedelta(days=61))
    await told(here.members[0], "result:other")
    rows = await my_messages.messages(own, now=NOW)
    assert [row.id for row in rows] == [new.id, old.id]
    assert rows[0].title == "办理结果"
    assert ("进度", "已有结果") in rows[0].lines
    assert rows[0].page.endswith(f"id=7&n={new.id}")
    assert not rows[0].reached


async def test_a_message_that_is_opened_needs_no_call_and_counts_once(database: str) -> None:
    here = await district.build()
    own = here.actors[Role.RESIDENT]
    notice = await told(here.resident.id)
    await deliver(Told(), now=NOW)
    assert await Delivery.filter(channel="call_list", status="pending").count() == 1
    assert await my_messages.open_message(own, notice.id, now=NOW)
    assert not await my_messages.open_message(own, notice.id, now=NOW)
    assert await Delivery.filter(status="pending").count() == 0
    assert (await my_messages.messages(own, now=NOW))[0].reached
    assert await TrailEntry.filter(action="message_opened").count() == 1


async def test_nobody_opens_what_was_told_to_somebody_else(database: str) -> None:
    here = await district.build()
    notice = await told(here.members[0])
    for unknown in (notice.id, uuid4()):
        with pytest.raises(NotFoundError):
            await my_messages.open_message(here.actors[Role.RESIDENT], unknown, now=NOW)
    assert await Reached.all().count() == 0


async def test_what_was_called_off_before_it_went_out_is_not_shown_and_after_it_says_so(database: str) -> None:
    here = await district.build()
    own = here.actors[Role.RESIDENT]
    await told(here.resident.id, "result:before", subject="a:1")
    await call_off("a:1", now=NOW)
    assert await my_messages.messages(own, now=NOW) == []
    here.resident.openid = "o1"
    await here.resident.save()
    await consent.accept(here.resident.id, PROGRESS.key)
    await told(here.resident.id, "result:after", subject="a:2")
    await deliver(Told(), now=NOW)
    await call_off("a:2", now=NOW)
    (row,) = await my_messages.messages(own, now=NOW)
    assert row.called_off


async def test_ones_own_data_have_a_word_for_every_channel_and_state(database: str) -> None:
    here = await district.build()
    for channel in Channel:
        for state in State:
            notice = await told(here.resident.id, f"result:{channel}:{state}")
            held = {"claimed_until": NOW} if state is State.SENDING else {}
            await Delivery.filter(notice_id=notice.id).update(channel=channel.value, status=state.value, **held)
    document = await own_data.own(here.actors[Role.RESIDENT], now=NOW)
    assert "不用发了" in str(document)


# -- what is asked for


async def test_what_is_asked_for_follows_who_somebody_is(database: str) -> None:
    here = await district.build()
    own = here.actors[Role.RESIDENT]
    assert await asked(own) == {}, "nothing to tell, nothing to ask"
    await here.case("submitted")
    await ListSubscription.create(person_id=here.resident.id, village_id=here.village.id, since=NOW)
    rows = await asked(own)
    assert {key: row.moment for key, row in rows.items()} == {"wxPROGRESS": "提交申请时", "wxLIST": "订阅名单时"}
    assert all(row.ask and row.why for row in rows.values())
    member = Actor(Role.RESIDENT, "委员", person_id=here.members[0])
    assert [row.moment for row in (await asked(member)).values()] == ["点参加时"]
    await RosterEntry.filter(person_id=here.members[0]).update(to_day=date(2026, 9, 27))
    assert await asked(member) == {}, "out of office"
    assert list(await asked(here.actors[Role.WORKER])) == ["tmpl-urgent", "wxPROGRESS"]


@pytest.mark.parametrize(
    ("left", "asks_for_progress", "asks_for_list"),
    [(0, True, True), (2, True, True), (3, True, False), (19, True, False), (20, False, False)],
)
async def test_with_plenty_left_what_is_of_low_need_is_not_asked_for(
    database: str, left: int, asks_for_progress: bool, asks_for_list: bool
) -> None:
    here = await district.build()
    await here.case("submitted")
    await ListSubscription.create(person_id=here.resident.id, village_id=here.village.id, since=NOW)
    for template in (PROGRESS, LIST):
        await Consent.create(person_id=here.resident.id, template_id=template.key, credits=left)
    rows = await asked(here.actors[Role.RESIDENT])
    assert (rows["wxPROGRESS"].ask, rows["wxLIST"].ask) == (asks_for_progress, asks_for_list)
    assert rows["wxLIST"].told == f"还可收到 {left} 条提醒"


async def test_a_long_term_consent_is_never_asked_for_again(database: str) -> None:
    here = await district.build()
    await here.case("submitted")
    await consent.allow_always(here.resident.id, PROGRESS.key, now=NOW)
    row = (await asked(here.actors[Role.RESIDENT]))["wxPROGRESS"]
    assert (row.ask, row.long_term, row.told) == (False, True, "一直可以收到")


# -- what was answered


async def test_the_same_popup_told_twice_counts_once_and_the_platforms_word_of_it_too(database: str) -> None:
    here = await district.build()
    here.resident.openid = "o1"
    await here.resident.save()
    own, one_popup = here.actors[Role.RESIDENT], uuid4()
    answers = {"wxPROGRESS": "accept", "tmpl-meeting": "reject"}
    for _ in range(3):
        assert await popup(own, answers, one_popup) == {"wxPROGRESS": 1, "tmpl-meeting": 0}
    event = SubscriptionEvent("o1", PROGRESS.key, "accept", None, None, NOW, "popup:1")
    assert not await consent.popup_event(event, now=NOW)
    assert await popup(own, {"wxPROGRESS": "accept"}) == {"wxPROGRESS": 2}, "another popup is another message"
    entries = await TrailEntry.filter(action="messages_accepted").order_by("id")
    assert [entry.detail["templates"] for entry in entries] == [["tmpl-progress"], ["tmpl-progress"]]


async def test_who_refused_is_left_in_peace_about_what_is_of_low_need(database: str) -> None:
    here = await district.build()
    await here.case("submitted")
    await ListSubscription.create(person_id=here.resident.id, village_id=here.village.id, since=NOW)
    own = here.actors[Role.RESIDENT]
    await popup(own, {"wxLIST": "reject", "wxPROGRESS": "reject"})
    rows = await asked(own)
    assert (rows["wxLIST"].ask, rows["wxPROGRESS"].ask) == (False, True)
    await ConsentEntry.all().update(at=NOW - timedelta(days=8))
    assert (await asked(own))["wxLIST"].ask


async def test_a_template_that_cannot_be_asked_for_is_the_operators_affair(database: str) -> None:
    here = await district.build()
    own, one_popup = here.actors[Role.RESIDENT], uuid4()
    for _ in range(2):
        await popup(own, {"wxPROGRESS": "ban", "wxLIST": "filter"}, one_popup)
    alerts = await OperatorAlert.all().order_by("what")
    assert [(row.what, row.count) for row in alerts] == [
        ("subscribe_message:tmpl-list", 1),
        ("subscribe_message:tmpl-progress", 1),
    ]
    assert await consent.balance(here.resident.id, PROGRESS.key) == 0


async def test_an_unknown_template_changes_nothing(database: str) -> None:
    here = await district.build()
    with pytest.raises(InvalidInputError, match="更新小程序"):
        await popup(here.actors[Role.RESIDENT], {MEETING.key: "accept", "wxOTHER": "accept"})
    assert await Consent.all().count() == 0


async def test_a_template_granted_for_good_is_accepted_once_and_not_used_up_nor_asked_for_again(database: str) -> None:
    here = await district.build()
    member = Actor(role=Role.RESIDENT, name="甲", person_id=here.members[0])
    for_good = frozenset({MEETING.key})
    asked_id = uuid4()
    for _ in range(2):
        await my_subscriptions.answered(member, asked_id, {MEETING.key: "accept"}, IDS, long_term=for_good, now=NOW)
    row = await Consent.get(person_id=here.members[0])
    assert (row.long_term, row.credits) == (True, 0)
    assert not (await asked(member))[MEETING.key].ask
    refused = SubscriptionEvent("o-member", MEETING.key, "reject", None, None, NOW, "r1")
    await (await Person.get(id=here.members[0])).update_from_dict({"openid": "o-member"}).save()
    assert await consent.popup_event(refused, now=NOW, long_term=for_good)
    again = SubscriptionEvent("o-member", MEETING.key, "accept", None, None, NOW, "a1")
    assert await consent.popup_event(again, now=NOW, long_term=for_good)
    assert not await consent.popup_event(again, now=NOW, long_term=for_good)
    assert (await Consent.get(person_id=here.members[0])).long_term
