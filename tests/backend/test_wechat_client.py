"""The client against the simulator over real HTTP: one token, one retry, every error told apart."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from backend.wechat.client import WeChatClient
from backend.wechat.errors import WeChatError
from notices.delivery import Outcome
from simulator.platform import Faults, Platform
from tests.simulator.platform import serving

FIELDS = {"thing1": "会议", "date2": "2026年10月10日 14:00", "thing3": "礼堂", "thing4": "请点开"}
PAGE = "pages/meeting/index?id=1"


@pytest_asyncio.fixture
async def wechat(redis: Redis) -> AsyncIterator[tuple[WeChatClient, Platform]]:
    async with serving() as (platform, base_url):
        client = WeChatClient(appid="wxtest", secret="s", base_url=base_url, redis=redis)
        yield client, platform
        await client.close()


async def test_a_message_arrives_as_the_phone_shows_it(wechat: tuple[WeChatClient, Platform]) -> None:
    client, platform = wechat
    receipt = await client.send("o1", "tmpl-meeting", PAGE, FIELDS)
    assert receipt.outcome is Outcome.SENT
    assert platform.users["o1"].inbox[0]["fields"] == {
        "事项": "会议",
        "时间": "2026年10月10日 14:00",
        "地点": "礼堂",
        "提示": "请点开",
    }
    assert platform.users["o1"].credits["tmpl-meeting"] == 2


async def test_a_revoked_token_is_fetched_once_more_and_the_message_still_arrives(
    wechat: tuple[WeChatClient, Platform],
) -> None:
    client, platform = wechat
    await client.token()
    platform.tokens.clear()
    receipts = await asyncio.gather(*(client.send("o1", "tmpl-meeting", PAGE, FIELDS) for _ in range(3)))
    assert {receipt.outcome for receipt in receipts} == {Outcome.SENT}
    assert platform.calls["/cgi-bin/stable_token"] == 2


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Faults(errcode=-1), Outcome.NOT_SENT_RETRY),
        (Faults(errcode=45011), Outcome.NOT_SENT_RETRY),
        (Faults(errcode=43108), Outcome.NOT_SENT_RETRY),
        (Faults(errcode=43101), Outcome.NO_CONSENT),
        (Faults(errcode=40003), Outcome.NOT_SENT),
        (Faults(errcode=47003), Outcome.NOT_SENT),
        (Faults(http_status=502), Outcome.UNKNOWN),
        (Faults(reset="before"), Outcome.UNKNOWN),
        (Faults(reset="after"), Outcome.UNKNOWN),
    ],
)
async def test_each_way_to_fail_is_told_apart(
    wechat: tuple[WeChatClient, Platform], fault: Faults, outcome: Outcome
) -> None:
    client, platform = wechat
    await client.token()
    platform.faults = fault
    receipt = await client.send("o1", "tmpl-meeting", PAGE, FIELDS)
    assert receipt.outcome is outcome


async def test_a_platform_that_nobody_reaches_has_certainly_not_sent(redis: Redis) -> None:
    client = WeChatClient(appid="wxtest", secret="s", base_url="http://127.0.0.1:9", redis=redis)
    receipt = await client.send("o1", "tmpl-meeting", PAGE, FIELDS)
    await client.close()
    assert receipt.outcome is Outcome.NOT_SENT_RETRY


async def test_a_login_code_works_once(wechat: tuple[WeChatClient, Platform]) -> None:
    client, platform = wechat
    code = platform.login_code("o1")
    assert (await client.code_to_session(code)).openid == "o1"
    with pytest.raises(WeChatError) as used:
        await client.code_to_session(code)
    assert used.value.errcode == 40163
    with pytest.raises(WeChatError) as unknown:
        await client.code_to_session("nonsense")
    assert unknown.value.errcode == 40029


async def test_a_field_that_breaks_its_type_is_named(wechat: tuple[WeChatClient, Platform]) -> None:
    client, _ = wechat
    receipt = await client.send("o1", "tmpl-meeting", PAGE, FIELDS | {"date2": "明天"})
    assert receipt.errcode == 47003
    assert "date2" in str(receipt.error)


async def test_messages_to_one_openid_never_overlap(wechat: tuple[WeChatClient, Platform]) -> None:
    client, platform = wechat
    platform.users["o1"].credits["tmpl-meeting"] = 20
    receipts = await asyncio.gather(*(client.send("o1", "tmpl-meeting", PAGE, FIELDS) for _ in range(20)))
    assert {receipt.outcome for receipt in receipts} == {Outcome.SENT}
