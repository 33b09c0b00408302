"""The 24 hours of an urgent relief and the paperwork after it, as a calendar: who is told when, and never twice."""

import json
from uuid import UUID

import pytest

from backend.access import SYSTEM
from backend.casework import calendar, notice_board, urgent_relief
from backend.casework.in_office import people
from backend.clock import local_day
from backend.reminding import remind, urgent
from models.outbox import Delivery, Notice
from models.people import Person, StaffAccount
from models.urgent_relief import UrgentRelief
from notices import consent
from notices.kinds import URGENT, Kind
from notices.quiet import QuietHours
from notices.wording import compose, plain
from rules.statuses import Role
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.backend.test_calendar_import import year_2027
from tests.delivering import Told, deliver
from tests.moments import at
from tests.reminding.racing import one_comes_second
from tests.reminding.test_meetings import live_through, told

REMINDERS = (Kind.URGENT_DUE, Kind.URGENT_PAPERWORK)


async def reported(place: SmallDistrict, first: str, *, written_down: str = "", name: str = "陈火旺") -> UrgentRelief:
    """An emergency that the village heard of at a moment, and that the town wrote down then or later."""
    return await urgent_relief.report(
        place.actors[Role.WORKER],
        village_id=place.village.id,
        name=name,
        phone=None,
        what_happened="失火",
        reported_at=at(first),
        now=at(written_down or first),
    )


async def delivered(place: SmallDistrict, relief: UrgentRelief, when: str, *, late_reason: str = "") -> None:
    """Money is in the household's hands."""
    await urgent_relief.deliver(
        relief.id,
        place.actors[Role.WORKER],
        amount_fen=100_000,
        form="现金",
        delivered_at=at(when),
        late_reason=late_reason,
        now=at(when),
    )


async def lifted(place: SmallDistrict, when: str) -> UrgentRelief:
    """An urgency that was over at a moment, by the calendar that ships."""
    await calendar.seed_shipped(now=at(when))
    relief = await reported(place, when)
    await delivered(place, relief, when)
    return await urgent_relief.lift(relief.id, place.actors[Role.WORKER], now=at(when))


def on_duty(place: SmallDistrict, *more: Role) -> set[UUID | None]:
    """Town and worker of a town, and whoever else is named."""
    return {place.actors[role].person_id for role in (Role.TOWN, Role.WORKER, *more)}


async def statuses(kind: Kind) -> set[str]:
    """Of everything that was announced of a kind."""
    return set(await Delivery.filter(notice__kind=kind.value).values_list("status", flat=True))


# -- the 24 hours


async def test_four_hours_before_whoever_is_on_duty_is_told_and_when_they_are_over_the_bureau_besides(
    database: str,
) -> None:
    here, _there = await district.build("甲"), await district.build("乙")
    await reported(here, "2026-10-08 19:30")
    bureaus = set(await people((Role.BUREAU,), local_day(at("2026-10-09 19:30"))))
    await live_through("2026-10-09 15:29", "2026-10-09 15:30", "2026-10-09 19:30", "2026-10-09 19:31")
    await live_through("2026-10-10 09:00", "2026-10-20 09:00")
    assert await told("urgent_due") == {
        "2026-10-09 15:30": on_duty(here),
        "2026-10-09 19:31": on_duty(here) | bureaus,
    }, "and nobody of the other town"


async def test_who_is_reminded_is_who_was_told_of_the_report(database: str) -> None:
    place = await district.build()
    await reported(place, "2026-10-08 19:30")
    await live_through("2026-10-09 19:31")
    first, again = await told("urgent_reported"), await told("urgent_due")
    assert list(first.values()) == list(again.values())
    await StaffAccount.filter(id=place.actors[Role.TOWN].account_id).update(until=at("2026-10-09 12:00").date())
    await reported(place, "2026-10-10 08:00", name="林水生")
    await live_through("2026-10-11 04:00")
    assert (await told("urgent_due"))["2026-10-11 04:00"] == {place.actors[Role.WORKER].person_id}, "in office that day"


async def test_that_the_hours_run_out_is_said_at_night_too(database: str) -> None:
    place = await district.build()
    clerk = place.actors[Role.TOWN].person_id
    assert clerk is not None
    await Person.filter(id=clerk).update(openid="o-town")
    for _ in range(2):
        await consent.accept(clerk, URGENT.key)
    await reported(place, "2026-10-08 03:00")
    await Delivery.all().update(status="cancelled")
    sender = Told()
    for moment in ("2026-10-08 23:00", "2026-10-09 03:01"):
        await remind(at(moment))
        await deliver(sender, now=at(moment), quiet=QuietHours())
    assert [(letter.kind, letter.address) for letter in sender.letters] == [(Kind.URGENT_DUE, "o-town")] * 2


async def test_what_waits_of_the_first_word_gives_way_to_the_second(database: str) -> None:
    place = await district.build()
    relief = await reported(place, "2026-10-08 19:30")
    await live_through("2026-10-09 15:30", "2026-10-09 19:31")
    near, over = await Notice.filter(kind="urgent_due").order_by("created_at")
    assert near.subject == over.subject == f"urgent:{relief.id}"
    assert near.cancelled_at == at("2026-10-09 19:31")
    assert set(await Delivery.filter(notice_id=near.id).values_list("status", flat=True)) == {"cancelled"}
    assert set(await Delivery.filter(notice_id=over.id).values_list("status", flat=True)) == {"pending"}
    assert await statuses(Kind.URGENT_REPORTED) == {"pending"}, "the report itself is still to be told"


@pytest.mark.parametrize(
    ("written_down", "by_moment"),
    [
        ("2026-10-09 15:00", {"2026-10-09 15:30": 2, "2026-10-09 19:31": 3}),
        ("2026-10-09 18:00", {"2026-10-09 18:00": 2, "2026-10-09 19:31": 3}),
        ("2026-10-09 21:00", {"2026-10-09 21:00": 3}),
    ],
    ids=["before the last four hours", "within them", "after they were over"],
)
async def test_a_report_that_is_written_down_late_is_reminded_of_at_once_and_with_the_latest_word_alone(
    database: str, written_down: str, by_moment: dict[str, int]
) -> None:
    place = await district.build()
    await reported(place, "2026-10-08 19:30", written_down=written_down)
    looks = {written_down, "2026-10-09 15:30", "2026-10-09 19:31", "2026-10-09 22:00"}
    await live_through(*sorted(look for look in looks if look >= written_down))
    assert {moment: len(whom) for moment, whom in (await told("urgent_due")).items()} == by_moment


async def test_a_worker_that_was_down_says_that_the_hours_are_over_and_not_that_they_run_out(database: str) -> None:
    place = await district.build()
    await reported(place, "2026-10-08 19:30")
    await live_through("2026-10-10 07:00")
    assert await told("urgent_due") == {"2026-10-10 07:00": on_duty(place, Role.BUREAU)}
    assert await Notice.filter(kind="urgent_due").count() == 1


@pytest.mark.parametrize("looked", ["2026-10-09 15:30", "2026-10-09 19:31"])
async def test_once_help_is_there_nobody_is_reminded_and_the_bureau_still_hears_of_report_and_delivery(
    database: str, looked: str
) -> None:
    place = await district.build()
    relief = await reported(place, "2026-10-08 19:30")
    await live_through(looked)
    await delivered(place, relief, "2026-10-09 20:00", late_reason="山路断了")
    assert await statuses(Kind.URGENT_DUE) == {"cancelled"}
    assert await statuses(Kind.URGENT_REPORTED) == {"pending"}
    before = await Notice.filter(kind="urgent_due").count()
    await live_through("2026-10-09 20:00", "2026-10-12 09:00")
    assert await Notice.filter(kind="urgent_due").count() == before


async def test_what_is_refused_is_not_reminded_of_any_more(database: str) -> None:
    place = await district.build()
    relief = await reported(place, "2026-10-08 19:30")
    await live_through("2026-10-09 15:30")
    worker = place.actors[Role.WORKER]
    await urgent_relief.refuse_relief(relief.id, worker, reason="可以走临时救助", now=at("2026-10-09 16:00"))
    assert await statuses(Kind.URGENT_DUE) == {"cancelled"}
    await live_through("2026-10-09 19:31", "2026-10-12 09:00")
    assert await Notice.filter(kind="urgent_due").count() == 1


async def test_nobody_is_reminded_of_help_that_came_in_time(database: str) -> None:
    place = await district.build()
    await delivered(place, await reported(place, "2026-10-08 19:30"), "2026-10-08 21:00")
    await live_through("2026-10-09 15:30", "2026-10-09 19:31")
    assert await told("urgent_due") == {}


async def test_two_emergencies_are_reminded_of_each_by_itself(database: str) -> None:
    place = await district.build()
    first = await reported(place, "2026-10-08 19:30")
    second = await reported(place, "2026-10-08 19:45", name="林水生")
    await live_through("2026-10-09 15:45")
    await delivered(place, first, "2026-10-09 16:00")
    waiting = Delivery.filter(notice__kind="urgent_due", status="pending")
    assert set(await waiting.values_list("notice__subject", flat=True)) == {f"urgent:{second.id}"}


async def test_a_worker_that_comes_second_takes_back_nothing_of_what_the_first_has_said(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await district.build()
    await reported(place, "2026-10-08 19:30")
    await one_comes_second(monkeypatch, urgent, "_HELP_WANTED", "WHERE u.", moment=at("2026-10-09 19:31"))
    assert await statuses(Kind.URGENT_DUE) == {"pending"}


async def test_the_words_say_until_when_and_neither_whose_affair_it_is_nor_what_happened(database: str) -> None:
    place = await district.build()
    relief = await reported(place, "2026-10-08 19:30")
    await live_through("2026-10-09 15:30")
    notice = await Notice.get(kind="urgent_due")
    message = compose(Kind.URGENT_DUE, notice.facts)
    assert message.page == f"pages/urgent/index?id={relief.id}"
    assert message.fields["thing3"] == "10月9日 19:30前要办到"
    line = plain(Kind.URGENT_DUE, notice.facts)
    assert line.startswith("甲镇有一件紧急事项要在10月9日 19:30前办到")
    assert not any(word in f"{message.fields}{line}{notice.facts}" for word in ("陈火旺", "失火", "救助"))
    bureau = place.actors[Role.BUREAU]
    heading, _, _ = await notice_board.opened(bureau, notice.id, page=1, now=at("2026-10-09 15:30"))
    assert (heading.label, heading.lane, heading.must_reach) == ("紧急事项还没办到", "紧急", True)
    assert "10月9日 19:30" in heading.about, "whoever telephones says until when"


async def test_what_is_late_is_said_to_be_late(database: str) -> None:
    place = await district.build()
    await reported(place, "2026-10-08 19:30")
    await live_through("2026-10-09 19:31")
    facts = (await Notice.get(kind="urgent_due")).facts
    assert compose(Kind.URGENT_DUE, facts).fields["thing3"] == "已过10月9日 19:30, 请马上办"
    assert "已过10月9日 19:30还没办到, 请马上点开办理" in plain(Kind.URGENT_DUE, facts)


async def test_what_staff_are_told_of_an_emergency_is_seen_in_the_town_of_their_office(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    await Person.filter(id=here.actors[Role.TOWN].person_id).update(village_id=there.village.id)
    await Person.filter(id=here.actors[Role.WORKER].person_id).update(village_id=there.village.id)
    await lifted(here, "2026-10-13 09:00")
    await reported(here, "2026-10-26 08:00", name="林水生")
    await live_through("2026-10-27 05:00")

    async def seen(actor_of: SmallDistrict) -> set[str]:
        wanted = [notice_board.Filter(kind=kind) for kind in REMINDERS]
        town = actor_of.actors[Role.TOWN]
        pages = [await notice_board.listed(town, one, page=1, now=at("2026-10-27 05:00")) for one in wanted]
        return {heading.label for headings, _ in pages for heading in headings}

    assert await seen(here) == {"紧急事项还没办到", "紧急事项要补手续"}
    assert await seen(there) == set()


# -- the paperwork afterwards


async def test_the_paperwork_is_reminded_of_from_the_day_before_on_and_once_more_when_it_is_late(
    database: str,
) -> None:
    here, _there = await district.build("甲"), await district.build("乙")
    relief = await lifted(here, "2026-10-13 09:00")  # Tuesday; ten working days end on Tuesday 2026-10-27
    assert f"{relief.paperwork_due_on}" == "2026-10-27"
    await live_through("2026-10-25 23:59", "2026-10-26 00:00", "2026-10-27 09:00", "2026-10-27 23:59")
    assert await statuses(Kind.URGENT_PAPERWORK) == {"pending"}
    await live_through("2026-10-28 00:00", "2026-11-05 09:00")
    assert await told("urgent_paperwork") == {"2026-10-26 00:00": on_duty(here), "2026-10-28 00:00": on_duty(here)}
    near, late = await Notice.filter(kind="urgent_paperwork").order_by("created_at")
    assert near.cancelled_at == at("2026-10-28 00:00"), "that it is near is not said any more when it is late"
    assert late.cancelled_at is None
    assert plain(Kind.URGENT_PAPERWORK, late.facts).startswith("有一件紧急事项的手续最迟10月27日补齐")
    assert compose(Kind.URGENT_PAPERWORK, late.facts).page == f"pages/urgent/index?id={relief.id}"


async def test_paperwork_waits_for_the_morning(database: str) -> None:
    place = await district.build()
    await lifted(place, "2026-10-13 09:00")
    await live_through("2026-10-26 00:00")
    rows = await Delivery.filter(notice__kind="urgent_paperwork")
    assert {row.lane for row in rows} == {2}


async def test_paperwork_that_is_late_when_the_worker_comes_back_is_said_to_be_late_alone(database: str) -> None:
    place = await district.build()
    await lifted(place, "2026-10-13 09:00")
    await live_through("2026-11-02 09:00")
    (notice,) = await Notice.filter(kind="urgent_paperwork")
    assert notice.event_key.startswith("urgent-paperwork-overdue:")


async def test_nobody_is_reminded_of_paperwork_that_is_complete(database: str) -> None:
    place = await district.build()
    first = await lifted(place, "2026-10-13 09:00")
    await live_through("2026-10-26 09:00")
    worker = place.actors[Role.WORKER]
    await urgent_relief.complete_paperwork(first.id, worker, now=at("2026-10-26 10:00"))
    assert await statuses(Kind.URGENT_PAPERWORK) == {"cancelled"}
    await live_through("2026-10-28 09:00")
    assert await Notice.filter(kind="urgent_paperwork").count() == 1


async def test_paperwork_whose_last_day_moves_is_not_said_to_be_near_and_is_reminded_of_for_the_new_day(
    database: str,
) -> None:
    place = await district.build()
    relief = await lifted(place, "2026-12-28 09:00")
    assert f"{relief.paperwork_due_on}" == "2027-01-11", "暂定: the year's holidays are not known yet"
    await live_through("2027-01-10 09:00")
    await calendar.import_year(SYSTEM, json.dumps(year_2027()), now=at("2027-01-10 10:00"))
    assert f"{(await UrgentRelief.get(id=relief.id)).paperwork_due_on}" == "2027-01-12"
    assert await statuses(Kind.URGENT_PAPERWORK) == {"cancelled"}
    assert await statuses(Kind.DEADLINE_MOVED) == {"pending"}
    await live_through("2027-01-10 23:59", "2027-01-11 09:00")
    assert list(await told("urgent_paperwork")) == ["2027-01-10 09:00", "2027-01-11 09:00"]
    await urgent_relief.complete_paperwork(relief.id, place.actors[Role.WORKER], now=at("2027-01-11 10:00"))
    assert await statuses(Kind.DEADLINE_MOVED) == {"cancelled"}, "nor until when, once it is complete"
