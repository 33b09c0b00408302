"""A meeting from the call to the day, as a calendar: reminded of, too few, put off, printed, called off."""

from typing import Any

from tests.journeys.acts import Household
from tests.moments import at
from tests.stack import Stack, at_console


async def announced(stack: Stack, kind: str, meeting: str) -> list[Any]:
    """The notices of a kind about a meeting, with how many people each is for."""
    return await stack.rows(
        "SELECT n.event_key, count(DISTINCT d.person_id) AS people FROM notice n JOIN delivery d ON d.notice_id = n.id"
        " WHERE n.kind = $1 AND n.subject = 'deliberation:' || $2::text GROUP BY n.event_key ORDER BY n.event_key",
        kind,
        meeting,
    )


async def test_a_meeting_is_brought_up_by_the_clock_changes_and_is_called_off(stack: Stack) -> None:
    house = await Household.move_in(stack)
    call = stack.stage.call
    await stack.move_clock(at("2026-09-30 09:00"))  # Wednesday
    case = await house.apply()
    await house.review_and_refer(case)
    await house.village("initiate", case)
    await house.visit_with_evidence(case)
    await house.town("confirm", case, {"household_size": 3})

    await stack.move_clock(at("2026-10-08 09:00"))  # Thursday
    meeting = await house.convene(case, at("2026-10-12 14:00"))
    path = f"/api/deliberations/{meeting}"
    await house.member("answer", meeting, {"answer": "attending"})
    (own,) = await call("代表", "GET", "/api/me/meetings")
    assert (own["answer"], own["answer_until"]) == ("attending", own["meets_at"])

    await stack.move_clock(at("2026-10-09 09:05"))  # Friday, a day after being asked
    wanted = await stack.until(lambda: announced(stack, "answer_wanted", meeting), "who is silent is asked")
    assert [row["people"] for row in wanted] == [13]

    await stack.move_clock(at("2026-10-10 14:01"))  # Saturday, 48 hours before
    await stack.until(lambda: announced(stack, "meeting_reminder", meeting), "everybody is reminded")
    await stack.until(
        lambda: announced(stack, "quorum_at_risk", meeting), "the convener is told that too few will come"
    )
    seen = await call("tengqiao-town", "GET", f"{path}/forecast")
    assert len(seen["unanswered"]) == 13
    assert (await call("tengqiao-village", "GET", f"{path}/forecast"))["unanswered"] == []

    await call(
        "tengqiao-town", "POST", f"{path}/change", {"meets_at": at("2026-10-13 10:00").isoformat(), "place": "新礼堂"}
    )
    (own,) = await call("代表", "GET", "/api/me/meetings")
    assert (own["answer"], own["place"], own["changes"]) == ("unanswered", "新礼堂", 1)
    await house.member("answer", meeting, {"answer": "leave"})
    offered = await call("代表", "GET", f"{path}/substitutes")
    assert {row["name"] for row in offered}.isdisjoint({await house.applicant_name(case)})

    headers = {"Authorization": f"Bearer {stack.stage.tokens['代表']}"}
    async with stack.stage.service.get(own["calendar"], headers=headers) as response:
        assert response.content_type == "text/calendar"
        file = await response.text()
    assert "SEQUENCE:1" in file
    assert "20261013T020000Z" in file, "10:00 in Wenzhou"
    assert await house.applicant_name(case) not in file
    async with at_console(stack, "tengqiao-town") as console:
        sheet = await console.get(f"/console/deliberations/{meeting}/sheet")
        assert "2026年10月13日 星期二 10:00" in sheet
        assert await house.applicant_name(case) not in sheet
    headers = {"Authorization": f"Bearer {stack.stage.tokens['居民']}"}
    async with stack.stage.service.get(own["calendar"], headers=headers) as response:
        assert response.status == 403, "the applicant is not told who sits there, nor where"

    await call("tengqiao-town", "POST", f"{path}/void", {"reason": "停电"})
    waiting = await stack.rows(
        "SELECT n.kind FROM delivery d JOIN notice n ON n.id = d.notice_id WHERE d.status = 'pending'"
        " AND n.subject = 'deliberation:' || $1::text AND n.kind <> 'meeting_voided'",
        meeting,
    )
    assert waiting == [], "nothing of a meeting that is called off is still to be sent"
    assert await call("代表", "GET", "/api/me/meetings") == []
