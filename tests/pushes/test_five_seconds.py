"""The five-second rule with real processes: however slow we are, one answer reaches the phone.

What is slow is real: PostgreSQL keeps a table to somebody else, a process stands still, an answer gets lost on its way.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from tests.pushes.conftest import Line

ASKED: dict[str, dict[str, Any]] = {
    "service": {"openid": "o1", "text": "评议会要多少人参加", "mode": "safe"},
    "mini": {"openid": "o1", "text": "评议会要多少人参加", "account": "mini", "mode": "safe"},
}
BOTH = pytest.mark.parametrize("account", ["service", "mini"])


@asynccontextmanager
async def a_slow_database(line: Line, seconds: float) -> AsyncIterator[None]:
    """Nobody reads a conversation for so long: the bot looks for one first."""
    owner = await asyncpg.connect(line.owner_url)

    async def held() -> None:
        async with owner.transaction():
            await owner.execute("LOCK TABLE handover IN ACCESS EXCLUSIVE MODE")
            locked.set()
            await asyncio.sleep(seconds)

    locked = asyncio.Event()
    holding = asyncio.create_task(held())
    await locked.wait()
    try:
        yield
        await holding
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        await owner.close()


@BOTH
async def test_an_answer_that_takes_too_long_is_acknowledged_at_once_and_follows(line: Line, account: str) -> None:
    async with a_slow_database(line, 4.5):
        said = await line.admin("say", ASKED[account])
        assert said == {"answer": "", "tries": 1}, "success, well before the five seconds"
        assert line.answers(account) == []
    (answer,) = await line.until_answered(account)
    assert "一般不得少于12人" in answer


@BOTH
async def test_a_platform_that_repeats_meanwhile_gets_the_same_word_and_the_phone_one_answer(
    line: Line, account: str
) -> None:
    """The acknowledgement is lost twice: the tries go to two processes, and all but one wait for what one works out."""
    line.door.lose_answers = 2
    async with a_slow_database(line, 10.5):
        said = await line.admin("say", ASKED[account])
        assert said == {"answer": "", "tries": 3}
    assert line.door.taken == [0, 1, 0]
    (answer,) = await line.until_answered(account)
    assert "一般不得少于12人" in answer


@BOTH
async def test_answers_that_are_lost_on_the_way_are_given_again_and_seen_once(line: Line, account: str) -> None:
    line.door.lose_answers = 2
    said = await line.admin("say", ASKED[account])
    assert said["tries"] == 3
    (answer,) = await line.until_answered(account)
    assert "一般不得少于12人" in answer


@BOTH
async def test_a_process_that_stands_still_is_cut_off_and_the_other_one_answers_once(line: Line, account: str) -> None:
    line.stop(0)
    try:
        said = await line.admin("say", ASKED[account])
        assert said["tries"] == 2
        assert line.door.taken == [0, 1]
        assert len(await line.until_answered(account)) == 1
    finally:
        line.go_on(0)
    await asyncio.sleep(1.5)  # it finds the first try in its hands, and that it was answered
    assert len(line.answers(account)) == 1


async def test_one_process_alone_that_stands_still_for_two_tries_answers_the_third(line: Line) -> None:
    line.door.only = 0
    line.stop(0)
    asking = asyncio.create_task(line.admin("say", ASKED["service"]))
    try:
        await asyncio.sleep(11)
    finally:
        line.go_on(0)
    assert (await asking)["tries"] == 3
    (answer,) = await line.until_answered("service")
    assert "一般不得少于12人" in answer


async def test_a_process_that_dies_at_work_is_followed_by_one_that_does_the_work(line: Line) -> None:
    """Stopped while it holds the message, it is as good as dead: its hold ends, and who waits takes over."""
    async with a_slow_database(line, 9):
        asking = asyncio.create_task(line.admin("say", ASKED["mini"]))
        await asyncio.sleep(1)
        line.stop(0)
        said = await asking
    try:
        assert said["tries"] == 2
        (answer,) = await line.until_answered("mini")
        assert "一般不得少于12人" in answer
    finally:
        line.go_on(0)
    await asyncio.sleep(1.5)
    assert len(line.answers("mini")) == 1


async def test_a_repeated_request_for_a_person_opens_one_conversation(line: Line) -> None:
    line.door.lose_answers = 2
    async with a_slow_database(line, 5):
        await line.admin("say", ASKED["service"] | {"text": "人工"})
    assert len(await line.until_answered("service")) == 1
    owner = await asyncpg.connect(line.owner_url)
    try:
        assert await owner.fetchval("SELECT count(*) FROM handover") == 1
    finally:
        await owner.close()


@BOTH
async def test_words_that_got_lost_after_the_acknowledgement_are_worked_out_again(line: Line, account: str) -> None:
    """PostgreSQL throws the waiting question out: WeChat repeats nothing that was acknowledged."""
    async with a_slow_database(line, 5):
        said = await line.admin("say", ASKED[account])
        assert said == {"answer": "", "tries": 1}
        owner = await asyncpg.connect(line.owner_url)
        thrown_out = await owner.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE wait_event = 'relation' AND datname = current_database()"
        )
        await owner.close()
        assert thrown_out
    (answer,) = await line.until_answered(account)
    assert "一般不得少于12人" in answer
