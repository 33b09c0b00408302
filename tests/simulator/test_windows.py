"""When an account may write on its own account, and how often."""

import pytest

from tests.simulator.receiver import World

HOUR = 3600
ENTER = {"openid": "o1", "account": "mini", "kind": "event", "event": "user_enter_tempsession"}
CLICK = {"openid": "o1", "kind": "event", "event": "CLICK", "key": "apply"}


async def count(wechat: World, account: str) -> tuple[int, int]:
    """How many messages go out until one is refused, and how that one is refused."""
    for sent in range(20):
        if errcode := await wechat.write(account=account):
            return sent, errcode
    raise AssertionError("no limit")


async def say(wechat: World, account: str) -> None:
    await wechat.admin("say", {"openid": "o1", "account": account, "text": "问"})


@pytest.mark.parametrize("account", ["mini", "service"])
async def test_nobody_is_written_to_who_did_nothing(wechat: World, account: str) -> None:
    assert await count(wechat, account) == (0, 45015)


@pytest.mark.parametrize("account", ["mini", "service"])
async def test_a_message_allows_five_messages(wechat: World, account: str) -> None:
    await say(wechat, account)
    assert await count(wechat, account) == (5, 45047)


@pytest.mark.parametrize("account", ["mini", "service"])
async def test_a_message_allows_them_for_two_days(wechat: World, account: str) -> None:
    await say(wechat, account)
    await wechat.admin("clock", {"seconds": 48 * HOUR - 60})
    assert await wechat.write(account=account) == 0
    await wechat.admin("clock", {"seconds": 60})
    assert await count(wechat, account) == (0, 45015)


@pytest.mark.parametrize("event", ["CLICK", "subscribe", "SCAN"])
async def test_a_click_a_follow_and_a_scan_allow_three_messages_for_a_minute(wechat: World, event: str) -> None:
    await wechat.admin("say", CLICK | {"event": event})
    assert await wechat.write(account="service") == 0
    wechat.platform.offset += 61
    assert await wechat.write(account="service") == 45015
    await wechat.admin("say", CLICK | {"event": event})
    assert await count(wechat, "service") == (3, 45047)


async def test_opening_customer_service_allows_two_messages_for_a_minute(wechat: World) -> None:
    await wechat.admin("say", ENTER)
    assert await count(wechat, "mini") == (2, 45047)
    wechat.platform.offset += 61
    assert await count(wechat, "mini") == (0, 45015)


async def test_a_link_in_the_menu_and_the_end_of_following_allow_nothing(wechat: World) -> None:
    await wechat.admin("say", CLICK | {"event": "VIEW"})
    assert await wechat.write(account="service") == 45015
    await say(wechat, "service")
    await wechat.admin("say", CLICK | {"event": "unsubscribe"})
    assert await wechat.write(account="service") == 45015


@pytest.mark.parametrize("account", ["mini", "service"])
async def test_another_message_starts_the_five_again_and_does_not_add_to_them(wechat: World, account: str) -> None:
    await say(wechat, account)
    assert await wechat.write(account=account) == 0
    await say(wechat, account)
    assert await count(wechat, account) == (5, 45047)
    await say(wechat, account)
    assert await count(wechat, account) == (5, 45047)


async def test_a_click_does_not_add_to_what_a_message_allows(wechat: World) -> None:
    await say(wechat, "service")
    await wechat.admin("say", CLICK)
    assert await count(wechat, "service") == (5, 45047)


async def test_a_click_allows_three_again_when_a_message_left_fewer(wechat: World) -> None:
    await say(wechat, "service")
    for _ in range(4):
        await wechat.write(account="service")
    await wechat.admin("say", CLICK)
    assert await count(wechat, "service") == (3, 45047)


async def test_what_a_message_left_is_still_there_when_the_minute_of_a_click_is_over(wechat: World) -> None:
    await say(wechat, "service")
    await wechat.write(account="service")
    await wechat.admin("say", CLICK)
    wechat.platform.offset += 61
    assert await count(wechat, "service") == (4, 45047)


async def test_a_message_to_one_account_opens_nothing_at_the_other(wechat: World) -> None:
    await say(wechat, "mini")
    assert await wechat.write(account="service") == 45015
    assert await wechat.write(account="mini") == 0


async def test_a_message_that_is_refused_costs_nothing(wechat: World) -> None:
    await say(wechat, "mini")
    assert await wechat.write("") == 44004
    assert await wechat.write("长" * 683) == 45002
    assert await count(wechat, "mini") == (5, 45047)
