"""痕迹化管理: whatever is written through the service is in the trail, by whom and under which clause."""

from typing import Any

from backend.demo import tour
from tests.stack import Stack

_READS = ("/api/guide", "/api/bot/ask", "/api/session", "/demo/")


async def test_every_command_of_the_tour_leaves_a_trail_entry(stack: Stack) -> None:
    call = stack.stage.call
    silent: list[str] = []

    async def watched(who: str, method: str, path: str, body: Any = None, *, data: bytes | None = None) -> Any:
        before = (await stack.rows("SELECT max(id) AS last FROM trail_entry"))[0]["last"] or 0
        answer = await call(who, method, path, body, data=data)
        after = (await stack.rows("SELECT max(id) AS last FROM trail_entry"))[0]["last"] or 0
        if method == "POST" and not path.startswith(_READS) and after <= before:
            silent.append(path)
        return answer

    stack.stage.call = watched
    await tour.walk(stack.stage)
    assert silent == []
    entries = await stack.rows("SELECT * FROM trail_entry")
    assert {entry["clause"] for entry in entries} >= {"四(一)", "四(二)a", "四(二)b", "四(三)", "四(四)a"}
    names = [row["name"] for row in await stack.rows("SELECT name FROM person")]
    for entry in entries:
        assert not any(name in f"{entry['actor']}{entry['detail']}" for name in names), entry["action"]
