"""Messages, popups, calls and figures through the running service: each answer is as its contract says."""

from typing import Any
from uuid import UUID, uuid4

from models.people import Person
from notices.kinds import Kind
from notices.outbox import announce
from tests.conftest import NOW
from tests.contract.table import broken
from tests.journeys.acts import Household
from tests.stack import Stack, connected


async def called(stack: Stack, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """(status, answer) of one call, which keeps its contract."""
    headers = {"Authorization": f"Bearer {stack.stage.tokens[who]}"}
    async with stack.stage.service.request(method, path, json=body, headers=headers) as response:
        raw = await response.read()
        found = broken(method, path, response.status, response.content_type, raw)
        assert found is None, found
        return response.status, await response.json()


async def test_a_message_is_read_opened_and_telephoned_and_a_popup_counts_once(stack: Stack) -> None:
    house = await Household.move_in(stack)
    case = await house.apply()
    applicant = (await stack.rows('SELECT applicant_id FROM "case" WHERE id = $1', case))[0]["applicant_id"]
    async with connected(stack):
        facts = {"number": "一事一议-1", "page_id": "1"}
        neighbour = await Person.create(id=uuid4(), name="邻居", village_id=house.village_id, created_at=NOW)
        await announce(Kind.CASE_DECIDED, "result:1", facts, [applicant], now=NOW)
        await announce(Kind.CASE_DECIDED, "result:2", facts, [neighbour.id], now=NOW)
    ids = {row["event_key"]: row["id"] for row in await stack.rows("SELECT id, event_key FROM notice")}

    async def all_sent() -> bool:
        return not await stack.rows(
            "SELECT 1 FROM delivery WHERE status IN ('pending', 'sending') AND channel = $1", "subscribe_message"
        )

    # Each message that still goes out takes one of those that are counted below.
    await stack.until(all_sent, "nothing is under way")
    _, asked = await called(stack, "居民", "GET", "/api/me/subscriptions")
    progress = next(row for row in asked if row["moment"] == "提交申请时")
    popup = {"asked_id": str(uuid4()), "results": {progress["template"]: "accept"}}
    left = [(await called(stack, "居民", "POST", "/api/me/subscriptions", popup))[1]["left"] for _ in range(2)]
    assert left[0] == left[1]
    status, refused = await called(stack, "居民", "POST", "/api/me/subscriptions", popup | {"results": {"x": "maybe"}})
    assert (status, refused["code"]) == (422, "invalid_input")

    _, messages = await called(stack, "居民", "GET", "/api/me/messages")
    assert [UUID(row["id"]) for row in messages if row["title"] == "办理结果"] == [ids["result:1"]]
    news = [await called(stack, "居民", "POST", f"/api/me/messages/{ids['result:1']}/opened") for _ in range(2)]
    assert [answer["is_new"] for _, answer in news] == [True, False]
    status, _ = await called(stack, "居民", "POST", f"/api/me/messages/{ids['result:2']}/opened")
    assert status == 404

    async def on_the_list() -> Any:
        _, rows = await called(stack, "tengqiao-worker", "GET", "/api/call-list")
        return [row for row in rows if row["name"] == neighbour.name]

    (row,) = await stack.until(on_the_list, "the neighbour must be telephoned")
    path = f"/api/call-list/{row['id']}/called"
    await called(stack, "tengqiao-worker", "POST", path, {"outcome": "no_answer"})
    assert [(row["tries"], row["last"]) for row in await on_the_list()] == [(1, "没人接")]
    await called(stack, "tengqiao-worker", "POST", path, {"outcome": "told", "note": "知道了"})
    assert await on_the_list() == []

    await stack.stage.staff("quminzheng")
    status, figures = await called(stack, "quminzheng", "GET", "/api/notices/figures")
    assert (status, figures["aim_percent"], len(figures["promise"])) == (200, 95, 31)
    status, _ = await called(stack, "tengqiao-worker", "GET", "/api/notices/figures")
    assert status == 403
