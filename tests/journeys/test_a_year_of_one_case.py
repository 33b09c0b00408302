"""One household's case as a calendar, 2026-09-28 to 2027-10, on real PostgreSQL, Redis, worker and simulated WeChat."""

from typing import Any

from backend.demo import district
from tests.journeys.acts import Household
from tests.moments import at
from tests.stack import Stack


async def test_a_case_lives_from_late_september_through_the_national_day_break_to_the_end_of_its_year(
    stack: Stack,
) -> None:
    house = await Household.move_in(stack)

    await stack.move_clock(at("2026-09-28 09:00"))  # Monday
    case = await house.apply()
    assert (await house.photos_of(case))[0]["size"] > 0
    await house.review_and_refer(case)

    await stack.move_clock(at("2026-09-29 10:00"))  # Tuesday
    await house.village("initiate", case)
    await house.visit_with_evidence(case)

    await stack.move_clock(at("2026-09-30 16:00"))  # Wednesday, the last day before the break
    await house.town("confirm", case, {"household_size": 3})
    clock = await house.clock(case, "review")
    assert clock["due_on"] == "2026-10-13", "1-7 October rest, Saturday 10 October works"
    assert not clock["provisional"]
    skipped = {day["date"]: day["reason"] for day in clock["days"] if not day["counted"]}
    assert "2026-10-01" in skipped
    assert "国庆节" in skipped["2026-10-01"]
    assert next(day for day in clock["days"] if day["date"] == "2026-10-10")["counted"]

    await stack.move_clock(at("2026-10-09 09:00"))  # Friday
    meeting = await house.convene(case, at("2026-10-10 14:00"))  # the make-up Saturday
    told = await house.all_told(case)
    assert {row["channel"] for row in told} == {"subscribe_message"}
    assert {row["status"] for row in told} == {"sent"}
    message = (await stack.stage.inbox(district.MEMBER_OPENID))[-1]
    assert message["fields"]["会议时间"] == "2026年10月10日 14:00"
    assert "病" not in str(message), "nothing of the household stands on a phone's screen"
    await house.member("answer", meeting, {"answer": "attending"})

    await stack.move_clock(at("2026-10-10 14:00"))
    result = await house.hold(case, meeting)
    assert result["passed"] is True
    assert (await house.clock(case, "review"))["outcome"] == "on_time"

    await stack.move_clock(at("2026-10-12 15:00"))  # Monday
    await house.town("to-leaders", case)
    term = await house.approve(case, valid_from="2026-10-13")
    assert (term["valid_from"], term["valid_to"]) == ("2026-10-13", "2027-10-13")
    assert (await house.clock(case, "result"))["due_on"] == "2026-10-19"
    assert await house.status(case) == "approved"

    await stack.move_clock(at("2026-10-13 00:01"))  # Tuesday, the first day of the term
    await stack.until(lambda: house.is_(case, "in_force"), "the term begins by itself")

    await stack.move_clock(at("2026-10-14 09:00"))  # Wednesday
    assert await house.tell_all_three(case)
    assert (await house.clock(case, "result"))["outcome"] == "on_time"
    listed = await house.publish(case)
    assert listed["online"] is True
    page = await house.public_page()
    name = await house.applicant_name(case)
    assert name[0] + "*" * (len(name) - 1) in page
    assert name not in page
    assert "980 元" in page
    await stack.until(house.neighbour_heard, "the subscribed neighbour hears of the new list, without a name")

    await stack.move_clock(at("2027-10-13 23:30"))  # the last evening of the year
    assert "980 元" in await house.public_page()
    assert await house.status(case) == "in_force"

    await stack.move_clock(at("2027-10-14 00:05"))
    assert "980 元" not in await house.public_page(), "the row goes with the term, not with a job"
    await stack.until(lambda: house.is_(case, "expired"), "the year ends by itself")
    again = await house.apply(renewal_of=case)
    assert await house.status(again) == "under_review", "a new year is a new case, never automatic"


async def test_over_the_end_of_the_year_without_a_calendar_the_date_is_provisional_and_the_alarm_early(
    stack: Stack,
) -> None:
    house = await Household.move_in(stack)
    await stack.move_clock(at("2026-12-25 09:00"))  # Friday
    case = await house.apply()
    await house.review_and_refer(case)
    await house.village("initiate", case)
    await house.visit_with_evidence(case)
    await stack.move_clock(at("2026-12-28 09:00"))  # Monday; nobody knows 2027 yet
    await house.town("confirm", case, {"household_size": 3})

    clock = await house.clock(case, "review")

    assert clock["provisional"] is True
    assert clock["due_on"] == "2027-01-04"
    assert clock["alarm_on"] == "2027-01-02", "two calendar days earlier"
    assert "暂定" in next(day["reason"] for day in clock["days"] if day["date"] == "2027-01-01")


async def test_a_worker_killed_in_the_middle_of_sending_loses_nobody_and_tells_nobody_twice(stack: Stack) -> None:
    house = await Household.move_in(stack)
    case = await house.apply()
    await house.review_and_refer(case)
    await house.village("initiate", case)
    await house.visit_with_evidence(case)
    await house.town("confirm", case, {"household_size": 3})
    before = {openid: len(await stack.stage.inbox(openid)) for openid in await house.panel_openids(case)}
    await stack.platform("faults", {"latency": 5, "times": 0})

    meeting = await house.convene(case, at("2026-09-30 14:00"))
    in_flight = await stack.until(lambda: _sending(stack), "the worker holds claimed rows")
    stack.kill("worker")
    await stack.platform("faults", {})
    stack.start("worker", "backend", "worker")
    await stack.move_clock(at("2026-09-28 10:00"))  # past the lease of the dead worker

    await house.all_told(case)
    await stack.move_clock(at("2026-09-28 10:30"))  # past what the platform's own event is waited for

    async def settled() -> list[dict[str, Any]]:
        rows = [row for row in await house.all_told(case) if row["kind"] == "meeting_convened"]
        return [] if any(row["status"] == "uncertain" for row in rows) else rows

    told = await stack.until(settled, "nobody waits for an event any more", seconds=60)

    assert in_flight
    by_person: dict[str, set[str]] = {}
    for row in told:
        by_person.setdefault(row["who"], set()).add(f"{row['channel']}:{row['status']}")
    assert len(by_person) == 14
    for outcomes in by_person.values():
        assert outcomes in (
            {"subscribe_message:sent"},
            {"subscribe_message:unconfirmed", "call_list:pending"},
        ), "told, or on the list of those who must be telephoned"
    assert any("call_list:pending" in outcomes for outcomes in by_person.values()), "the kill struck a claimed row"
    for openid, count in before.items():
        assert len(await stack.stage.inbox(openid)) - count <= 1
    calls = await stack.stage.call("tengqiao-town", "GET", "/api/call-list/")
    assert calls
    await stack.stage.call("tengqiao-town", "POST", f"/api/call-list/{calls[0]['id']}/called", {"note": "已接通"})
    left = await stack.stage.call("tengqiao-town", "GET", "/api/call-list/")
    assert len(left) == len(calls) - 1
    assert meeting


async def _sending(stack: Stack) -> list[Any]:
    return await stack.rows(
        "SELECT d.id FROM delivery d JOIN notice n ON n.id = d.notice_id "
        "WHERE d.status = 'sending' AND n.kind = 'meeting_convened'"
    )
