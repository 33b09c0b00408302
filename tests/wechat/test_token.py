"""One token for everybody: cold, revoked, refused for ever, and with Redis away."""

import asyncio

import aiohttp
import pytest
from redis.asyncio import Redis

from backend.wechat import client
from backend.wechat.client import WeChatClient
from backend.wechat.errors import Meaning, WeChatError
from notices.delivery import Outcome, Receipt
from simulator.faults import Faults
from tests.simulator.calls import FIELDS, SUBSCRIBE
from tests.wechat.conftest import Line

PAGE = "pages/meeting/index?id=1"
CALLERS = 200


def phones(line: Line) -> list[str]:
    """So many people that nobody waits for another's message."""
    openids = [f"o-{number}" for number in range(CALLERS)]
    for openid in openids:
        line.platform.add_user("某", openid).credits["tmpl-meeting"] = 5
    return openids


async def send_to_all(line: Line, workers: list[WeChatClient]) -> list[Receipt]:
    each = enumerate(phones(line))
    return await asyncio.gather(
        *(workers[n % len(workers)].send(openid, "tmpl-meeting", PAGE, FIELDS) for n, openid in each)
    )


async def test_two_hundred_callers_of_four_workers_fetch_a_cold_token_once_and_a_revoked_one_once_more(
    line: Line, redis: Redis
) -> None:
    workers = [line.worker(redis) for _ in range(4)]
    assert {receipt.outcome for receipt in await send_to_all(line, workers)} == {Outcome.SENT}
    assert line.fetched == 1
    line.platform.tokens.clear()
    assert {receipt.outcome for receipt in await send_to_all(line, workers)} == {Outcome.SENT}
    assert line.fetched == 2
    assert line.told == []


async def test_a_token_that_somebody_else_renewed_by_force_is_asked_for_and_not_forced_again(line: Line) -> None:
    mine = await line.mini.token()
    others, _ = line.platform.stable_token("mini", force=True)
    assert (await line.mini.send("o1", "tmpl-meeting", PAGE, FIELDS)).outcome is Outcome.SENT
    assert await line.mini.token() == others != mine


async def test_a_platform_that_refuses_every_token_is_asked_once_more_a_call_and_the_operator_hears_of_it_once(
    line: Line, redis: Redis
) -> None:
    workers = [line.worker(redis) for _ in range(4)]
    line.platform.faults_at[SUBSCRIBE] = Faults(errcode=40001)
    receipts = await send_to_all(line, workers)
    assert {(receipt.outcome, receipt.errcode) for receipt in receipts} == {(Outcome.NOT_SENT, 40001)}
    assert line.platform.calls[SUBSCRIBE] == 2 * CALLERS
    assert [(what, errcode) for what, errcode, _ in line.told] == [("stale_token", 40001)]
    asked = line.fetched
    assert asked <= 3 + len(workers)  # cold, asked again, forced; then each worker learns that it is no use
    await send_to_all(line, workers)
    assert line.fetched <= asked + len(workers)
    assert len(line.platform.tokens._forced["mini"]) == 1


async def test_messages_go_out_while_redis_is_away(line: Line, no_redis: Redis) -> None:
    worker = line.worker(no_redis)
    assert {receipt.outcome for receipt in await send_to_all(line, [worker])} == {Outcome.SENT}
    assert line.fetched == 1
    line.platform.tokens.clear()
    assert {receipt.outcome for receipt in await send_to_all(line, [worker])} == {Outcome.SENT}
    assert line.fetched == 2
    line.platform.faults_at[SUBSCRIBE] = Faults(errcode=42001)
    assert {receipt.errcode for receipt in await send_to_all(line, [worker])} == {42001}
    assert [(what, errcode) for what, errcode, _ in line.told] == [("stale_token", 42001)]


async def test_a_known_token_costs_redis_nothing(line: Line, redis: Redis) -> None:
    await line.mini.token()
    before = (await redis.info("stats"))["total_commands_processed"]
    for _ in range(20):
        await line.mini.token()
    assert (await redis.info("stats"))["total_commands_processed"] - before <= 1


async def test_a_new_worker_takes_the_token_that_the_others_have(line: Line, redis: Redis) -> None:
    assert await line.mini.token() == await line.worker(redis).token()
    assert line.fetched == 1
    await redis.flushdb()
    assert await line.worker(redis).token() == await line.mini.token()
    assert line.fetched == 2


async def test_each_account_has_its_own_token(line: Line) -> None:
    assert await line.mini.token() != await line.service.token()


async def test_a_call_whose_token_could_not_be_fetched_certainly_was_not_made(line: Line) -> None:
    line.platform.faults_at["/cgi-bin/stable_token"] = Faults(reset="after")
    receipt = await line.mini.send("o1", "tmpl-meeting", PAGE, FIELDS)
    assert receipt.outcome is Outcome.NOT_SENT_RETRY
    assert line.platform.calls[SUBSCRIBE] == 0


async def test_a_platform_that_says_nothing_is_given_up_by_all_who_wait_at_once(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_TOKEN_TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    line.platform.faults_at["/cgi-bin/stable_token"] = Faults(latency=1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    errors = await asyncio.gather(*(line.mini.token() for _ in range(50)), return_exceptions=True)
    assert {error.meaning for error in errors if isinstance(error, WeChatError)} == {Meaning.UNREACHED}
    assert (len(errors), line.fetched) == (50, 1)
    assert loop.time() - began < 5  # and not 50 times 0.2 s, one behind the other
    line.platform.faults_at.clear()
    assert await line.mini.token()


async def test_a_wrong_secret_and_a_foreign_address_are_told_to_the_operator_once_each(
    line: Line, redis: Redis
) -> None:
    wrong = line.worker(redis, secret="not it")
    assert {(await wrong.send("o1", "tmpl-meeting", PAGE, FIELDS)).errcode for _ in range(3)} == {40125}
    line.platform.whitelist = {"10.0.0.1"}
    assert {(await line.mini.send("o1", "tmpl-meeting", PAGE, FIELDS)).errcode for _ in range(3)} == {40164}
    assert [(what, errcode) for what, errcode, _ in line.told] == [("credentials", 40125), ("credentials", 40164)]
    assert not any("not it" in words for _, _, words in line.told)
