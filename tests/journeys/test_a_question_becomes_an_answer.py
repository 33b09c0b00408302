"""Asked in vain, put into an entry, tried out, published: seconds later every process answers; and rolled back."""

import asyncio
import re
import time
from typing import Any

import aiohttp

from backend.embedded import free_port
from bot.entries import load_entries
from tests.stack import Console, Stack, at_console
from tests.stores import wait_for_port

QUESTION = "叽里咕噜的饭票呱呱到哪年吹"
SWITCHED_WITHIN = 5.0


async def asked(base: str, text: str = QUESTION) -> dict[str, Any]:
    async with aiohttp.ClientSession(base) as http, http.post("/api/bot/ask", json={"text": text}) as response:
        assert response.status == 200
        return await response.json()


async def tried(stack: Stack, console: Console, intent: str) -> str:
    """The entry's page when the trial is over."""

    async def over() -> str:
        page = await console.get(f"/console/entries/{intent}")
        return page if "正在试答" not in page else ""

    await console.post(f"/console/entries/{intent}/try")
    return await stack.until(over, "the trial ends", seconds=90)


def mark(page: str) -> str:
    """What the publishing form of this page carries."""
    return re.search(r'name="seen" value="([^"]+)"', page)[1]


async def switched(bases: list[str], intent: str | None) -> float:
    """Seconds until every process answers with `intent`."""
    began = time.monotonic()
    while True:
        found = [await asked(base) for base in bases]
        if all(answer["intent"] == intent for answer in found):
            return time.monotonic() - began
        assert time.monotonic() - began < 4 * SWITCHED_WITHIN, found
        await asyncio.sleep(0.1)


async def test_from_a_question_in_vain_to_an_answer_in_every_process_and_back(stack: Stack) -> None:
    port = str(free_port())
    stack.start("web-2", "backend", "web", PORT=port)
    await asyncio.to_thread(wait_for_port, int(port))
    bases = [stack.base, f"http://127.0.0.1:{port}"]
    assert (await asked(bases[0], f"{QUESTION} 13800138000"))["outcome"] != "answer"
    assert (await asked(bases[0]))["outcome"] != "answer"
    async with at_console(stack, "tengqiao-worker") as worker, at_console(stack, "quminzheng") as bureau:

        async def listed() -> str:
            page = await worker.get("/console/questions")
            return page if f"<h2>{QUESTION}</h2>" in page else ""

        page = await stack.until(listed, "the question is in the work list")
        assert "13800138000" not in page
        number = re.search(r"/console/questions/(\d+)/give", page.split(f"<h2>{QUESTION}</h2>")[1])[1]
        await worker.post(f"/console/questions/{number}/give", status=422, add="yes", way=QUESTION)
        page = await worker.post(f"/console/questions/{number}/give", intent="validity", add="yes", way=QUESTION)
        assert "问法加进了草稿" in page
        assert (await asked(bases[1]))["intent"] != "validity", "a draft changes nothing"

        page = await tried(stack, worker, "validity")
        assert "留存的2个真实问题里, 有1个的回答会改变" in page
        assert "变对了" in page
        assert "请区民政的同事看过变化以后发布" in page
        await worker.post("/console/entries/validity/publish", status=403, why="x", sure="yes")
        seen = mark(page)
        await bureau.post("/console/entries/validity/publish", status=422, why="x", seen=seen)
        await bureau.post("/console/entries/validity/publish", status=422, why=" ", sure="yes", seen=seen)
        await bureau.post("/console/entries/validity/publish", status=409, why="x", sure="yes", seen="older")
        page = await bureau.post("/console/entries/validity/publish", why="居民这样问", sure="yes", seen=seen)
        assert "第2版" in page
        assert "居民这样问" in page
        assert await switched(bases, "validity") <= SWITCHED_WITHIN

        await bureau.post("/console/entries/validity/restore", number="1")
        page = await tried(stack, bureau, "validity")
        assert "变错了" in page
        await bureau.post("/console/entries/validity/publish", why="恢复原来的", sure="yes", seen=mark(page))
        assert await switched(bases, None) <= SWITCHED_WITHIN
        page = await bureau.get("/console/figures")
        assert "2026年9月28日" in page
    published = "SELECT 1 FROM trail_entry WHERE subject = 'entry:validity' AND action = 'entry_published'"
    assert len(await stack.rows(published)) == 3


async def test_a_worker_killed_in_the_middle_of_a_trial_leaves_it_to_the_next(stack: Stack) -> None:
    async with at_console(stack, "quminzheng") as bureau:
        entry = load_entries()["validity"]
        await bureau.post(
            "/console/entries/validity/save",
            **{name: getattr(entry, name) for name in ("title", "short", "long", "next")},
            ask="\n".join([*entry.ask, QUESTION]),
            seen="v1",
        )
        await bureau.post("/console/entries/validity/try")

        async def working() -> bool:
            return bool(await stack.rows("SELECT 1 FROM entry_draft WHERE trial = 'working'"))

        await stack.until(working, "a worker has begun")
        stack.kill("worker")
        await stack.rows("UPDATE entry_draft SET trial_until = now() - interval '1 second'")
        stack.start("worker-2", "backend", "worker")

        async def ready() -> bool:
            return bool(await stack.rows("SELECT 1 FROM entry_draft WHERE trial = 'ready'"))

        await stack.until(ready, "the other worker finishes", seconds=90)
        assert (await asked(stack.base))["intent"] != "validity"
