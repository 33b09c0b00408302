"""Numbers of people, planted into everything that comes in, stand in no log, no Redis, no error, no list, no message.

Left out, with the reason: rows of the database (what an application says is kept there, for who handles it); pages that
answer their own form (what was typed is shown again, so that a mistake costs nobody their text); the answers with which
the owner of a case and the staff of its region read it.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import pytest_asyncio

from backend.demo import district, tour
from tests.conftest import NOW
from tests.edge.planting import BARE, MARKS, Known, body_of, found_in, next_mark, path_of, routes
from tests.journeys.test_every_kind_of_message import push
from tests.stack import Stack, running_stack
from tests.stores import Stores

_PHONES = (
    district.RESIDENT_OPENID,
    district.NEIGHBOUR_OPENID,
    district.MEMBER_OPENID,
    district.BUREAU_OPENID,
)
# What means something to the service, or may not be longer.
_NOT_TEXT = {
    "submission_key",
    "channel",
    "form",
    "meeting_no",
    "circumstance",
    "answer",
    "aid_type",
    "code",
    "supervisor",
}
_NOT_TEXT |= {"recipient", "supervisor"}


@pytest_asyncio.fixture
async def loud(stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    """The whole service; nothing is refused for being asked too often, and everything is logged."""
    wide = dict.fromkeys(("commands", "uploads", "questions", "public_pages", "public_forms", "carried"), 100_000)
    wide |= dict.fromkeys(
        ("persons_asked", "reply_code_misses", "staff_logins", "phone_logins", "public_reads"), 100_000
    )
    monkeypatch.setenv("LIMITS", json.dumps(wide))
    async with running_stack(stores, tmp_path, NOW) as running:
        yield running


class Planter:
    """Sends marked requests and remembers what others could see of the answers."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.refused: list[str] = []
        self.sent = 0

    async def send(self, method: str, path: str, *, who: str = "", **more: Any) -> tuple[int, str]:
        """One request with marks in its headers and its address."""
        headers = {
            "User-Agent": f"phone {next_mark(30)}".encode("ascii", "ignore").decode(),
            "X-Forwarded-For": "17099990001",
            "X-Request-ID": "990000197001019990",
            "Referer": f"{self.stack.base}/x?who=17099990001",
            "Idempotency-Key": f"990000197001019990-{self.sent}",
            "Origin": self.stack.base,
            "Accept-Language": "9999990000000000017",
        }
        if who:
            token = self.stack.stage.tokens[who]
            headers |= {"Authorization": f"Bearer {token}", "Cookie": f"console={token}; seen=17099990001"}
        self.sent += 1
        async with self.stack.stage.service.request(
            method, path, params={"q": next_mark()}, headers=headers, allow_redirects=False, **more
        ) as response:
            words = await response.text(errors="replace")
            shown = f"{response.status} {dict(response.headers)}"
            # A page that answers its own form shows what was typed; its JSON twin must not.
            if response.status >= 400 and "json" in response.headers.get("Content-Type", ""):
                shown += words
            if found_in(shown):
                self.refused.append(f"{method} {path}: {shown[:600]}")
            return response.status, words

    async def walk(self) -> int:
        """The tour, with a mark in every text that it sends; returns the village."""
        call = self.stack.stage.call

        async def marked(who: str, method: str, path: str, body: Any = None, *, data: bytes | None = None) -> Any:
            if isinstance(body, dict) and method == "POST" and not path.startswith(("/api/session", "/demo")):
                body = {name: self._marked(name, value) for name, value in body.items()}
            return await call(who, method, path, body, data=data)

        self.stack.stage.call = marked  # type: ignore[method-assign]
        try:
            return await tour.walk(self.stack.stage)
        finally:
            self.stack.stage.call = call  # type: ignore[method-assign]

    @staticmethod
    def _marked(name: str, value: Any) -> Any:
        is_text = isinstance(value, str) and name not in _NOT_TEXT and not name.endswith(("_at", "_id", "_from"))
        return f"{value} {next_mark()}"[:60] if is_text else value


async def test_planted_numbers_are_nowhere_where_others_look(
    loud: Stack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    planter = Planter(loud)
    village = await planter.walk()
    await loud.stage.staff("quminzheng")
    await _every_route(planter, village)
    await _forms_and_files(planter)
    await _chats(loud)
    await _malformed(loud)
    await _until_written(loud)

    assert planter.sent > 250, "this was a lot"
    assert planter.refused == []
    logs = [*loud.folder.glob("*.log"), *tmp_path_factory.getbasetemp().glob("stores*/*.log")]
    assert len(logs) >= 5
    for log in logs:
        assert found_in(log.read_text("utf-8", "replace")) == [], log
    assert await _in_redis(loud) == []
    assert await _on_lists(loud) == []
    assert await _on_phones(loud) == []
    assert await _in_tables_for_everybody(loud) == []


async def _every_route(planter: Planter, village: int) -> None:
    """Each POST with a good body, one of texts alone, and one of names that nobody knows, by several people."""
    case = (await planter.stack.rows('SELECT id FROM "case" ORDER BY created_at LIMIT 1'))[0]["id"]
    known = 0
    for route in filter(lambda route: route.takes, routes()):
        path = path_of(route.template, case, village=village)
        if path in ("/demo/clock", "/api/session"):
            continue
        for body in _bodies(route, case):
            for who in ("", "居民", "tengqiao-worker", "tengqiao-town", "quminzheng"):
                status, words = await planter.send(route.method, path, who=who, json=body)
                assert status != 500, (path, body, words)
        known += route.model is not None
    assert known >= 35, "the models were found"


def _bodies(route: Known, case: UUID) -> list[Any]:
    if route.model is None:
        return [{next_mark(): next_mark()}]
    good = body_of(route.model, case)
    return [good, dict.fromkeys(good, next_mark()), good | {next_mark(): {next_mark(): [next_mark()]}}]


async def _forms_and_files(planter: Planter) -> None:
    pages = ("/ask", "/ask/rate", "/ask/person", "/ask/replies", "/guide", "/guide/carry", "/guide/carried")
    fields = ("question", "more", "town", "code", "talk", "useful", "answer", "topic", "at", "go", "fact", "said")
    for path in (*pages, "/guide/forget", "/calculators", "/console/login", "/console/standard"):
        for _ in range(4):
            form = {name: next_mark() for name in (*fields, "number", "until", "login", "password", "deposit", "what")}
            form |= {
                "topic": "C6",
                "question": f"我叫王安宁, 电话{next_mark()}, 能申请吗",
                "sending": "yes",
                "town": "no",
            }
            await planter.send("POST", path, who="quminzheng" if "standard" in path else "", data=form)
    for mark in MARKS:
        file = aiohttp.FormData()
        file.add_field("file", b'{"year": "990000197001019990"}', filename=f"{mark}.json")
        await planter.send("POST", "/console/calendar", who="quminzheng", data=file)
        await planter.send("GET", f"/{mark}")
        await planter.send("GET", f"/api/cases/{mark}", who="tengqiao-town")
        await planter.send("GET", f"/console/entries/{mark}", who="quminzheng")
    for what in ("answer", "close"):
        for row in await planter.stack.rows("SELECT id FROM handover"):
            text = {"text": "已收到"}
            await planter.send("POST", f"/console/people/{row['id']}/take", who="quminzheng", data=text)
            await planter.send("POST", f"/console/people/{row['id']}/{what}", who="quminzheng", data=text)


async def _chats(stack: Stack) -> None:
    for mark in MARKS:
        await stack.platform("say", {"openid": district.NEIGHBOUR_OPENID, "text": f"我的号码是{mark}, 能申请吗"})
        await push(stack, "text", Content=f"{mark}")
        await push(stack, "voice", Recognition=f"打我电话{mark}")
        await push(stack, "event", Event="CLICK", EventKey=mark)
    await push(stack, "text", Content="人工 藤桥镇")
    await push(stack, "text", Content=f"请打{MARKS[3]}")


async def _malformed(stack: Stack) -> None:
    """What the framework itself has to say something about."""
    import asyncio

    for lines in (
        f"GET /{BARE[0]} HTTP/9.9\r\n\r\n",
        f"{BARE[1]}\r\n\r\n",
        f"POST /api/guide HTTP/1.1\r\nHost: x\r\nContent-Length: {BARE[0]}\r\n\r\n",
        f"POST /api/guide HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{BARE[1]}z\r\n",
        f"POST /ask HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary={BARE[1]}\r\n"
        f"Content-Length: 30\r\n\r\n--{BARE[1]}\r\nContent-Dispos",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(stack.environment["PORT"]))
        writer.write(lines.encode())
        await writer.drain()
        try:
            async with asyncio.timeout(1):
                assert found_in((await reader.read()).decode()) == []
        except (TimeoutError, ConnectionError):
            pass
        writer.close()


async def _until_written(stack: Stack) -> None:
    async def written() -> bool:
        rows = await stack.rows("SELECT count(*) AS waiting FROM delivery WHERE status IN ('pending','sending')")
        asked = await stack.rows("SELECT count(*) AS asked FROM asked_question")
        return rows[0]["waiting"] == 0 and asked[0]["asked"] > 0

    await stack.until(written, "everything is sent and written")


async def _in_redis(stack: Stack) -> list[str]:
    leaks = []
    async for key in stack.redis.scan_iter():
        kind = (await stack.redis.type(key)).decode()
        match kind:
            case "string":
                value = await stack.redis.get(key)
            case "hash":
                value = await stack.redis.hgetall(key)
            case "stream":
                value = await stack.redis.xrange(key)
            case "list":
                value = await stack.redis.lrange(key, 0, -1)
            case "zset":
                value = await stack.redis.zrange(key, 0, -1)
            case _:
                value = await stack.redis.smembers(key)
        shown = f"{key.decode()} {value.decode(errors='replace') if isinstance(value, bytes) else value}"
        if found_in(shown):
            leaks.append(shown[:300])
    return leaks


async def _on_lists(stack: Stack) -> list[str]:
    paths = ["/lists", *(f"/lists/{row['id']}" for row in await stack.rows("SELECT id FROM village"))]
    leaks = []
    for path in paths:
        async with stack.stage.service.get(path) as response:
            assert response.status == 200
            leaks += [path] if found_in(await response.text()) else []
    return leaks


async def _on_phones(stack: Stack) -> list[str]:
    """What the platform carried: notices on lock screens, answers in a chat; not what the phone itself had typed."""
    leaks = []
    for openid in _PHONES:
        leaks += [str(message) for message in await stack.stage.inbox(openid) if found_in(json.dumps(message))]
        async with stack.stage.platform.get("/admin/chat", params={"openid": openid}) as response:
            lines = await response.json()
        leaks += [str(line) for line in lines if line["from"] == "account" and found_in(json.dumps(line))]
    return leaks


async def _in_tables_for_everybody(stack: Stack) -> list[str]:
    """The trail, staff's work list and queue: read by more people than a case is."""
    leaks = []
    for table in ("trail_entry", "asked_question", "handover", "delivery", "bot_day", "listing"):
        rows = await stack.rows(f"SELECT t::text AS words FROM {table} t")
        leaks += [f"{table}: {row['words'][:300]}" for row in rows if found_in(row["words"])]
    return leaks


def test_the_marks_are_found_however_they_are_written() -> None:
    for mark in MARKS:
        assert len(found_in(f"说的是{mark}。")) == 1, mark
        assert len(found_in(json.dumps({"x": mark}))) == 1, mark
    assert found_in("1709999000 2026-09-28 0999888800") == []
