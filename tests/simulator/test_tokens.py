"""Two families of access tokens, what ends them, and who may ask."""

import asyncio

import pytest

from simulator.errors import PlatformError
from simulator.quotas import CLEARS_A_MONTH, Limit, Quotas
from simulator.tokens import Tokens
from tests.simulator.calls import SUBSCRIBE, answer, errcode, message
from tests.simulator.receiver import World

PAIR = {"grant_type": "client_credential", "appid": "wxtest", "secret": "s"}
TOKEN, STABLE = "/cgi-bin/token", "/cgi-bin/stable_token"


def dead(tokens: Tokens, token: str, now: float) -> int:
    try:
        tokens.check(token, now)
    except PlatformError as error:
        return error.errcode
    return 0


def test_a_plain_token_leaves_the_one_before_five_minutes() -> None:
    tokens = Tokens()
    old, seconds = tokens.plain("mini", 0)
    new, _ = tokens.plain("mini", 1000)
    assert (seconds, old == new) == (7200, False)
    assert [dead(tokens, old, at) for at in (1000, 1300, 1301)] == [0, 0, 42001]
    assert [dead(tokens, new, at) for at in (1301, 8200, 8201)] == [0, 0, 42001]


def test_a_stable_token_is_the_same_until_its_last_five_minutes_and_then_the_old_one_stays_good() -> None:
    tokens = Tokens()
    first, seconds, is_new = tokens.stable("mini", 0, force=False)
    assert (seconds, is_new) == (7200, True)
    assert tokens.stable("mini", 6899, force=False) == (first, 301, False)
    second, seconds, is_new = tokens.stable("mini", 6900, force=False)
    assert (first != second, seconds, is_new) == (True, 7200, True)
    assert [dead(tokens, first, at) for at in (6900, 7200, 7201)] == [0, 0, 42001]


def test_a_forced_token_kills_the_old_one_thirty_seconds_apart_and_twenty_times_a_day() -> None:
    tokens = Tokens()
    held = tokens.stable("mini", 0, force=False)[0]
    now = 0.0
    for _ in range(20):
        now += 30
        forced = tokens.stable("mini", now, force=True)[0]
        assert dead(tokens, held, now) == 40001
        assert tokens.stable("mini", now + 29, force=True)[0] == forced
        held = forced
    with pytest.raises(PlatformError) as refused:
        tokens.stable("mini", now + 30, force=True)
    assert refused.value.errcode == 45009
    assert dead(tokens, held, now + 30) == 0


def test_the_families_and_the_accounts_know_nothing_of_each_other() -> None:
    tokens = Tokens()
    stable, plain = tokens.stable("mini", 0, force=False)[0], tokens.plain("mini", 0)[0]
    service = tokens.stable("service", 0, force=False)[0]
    for at in (400, 800):
        tokens.plain("mini", at)
    tokens.stable("mini", 900, force=True)
    assert [dead(tokens, token, 901) for token in (stable, plain, service)] == [40001, 42001, 0]
    tokens.clear("mini")
    assert dead(tokens, service, 902) == 0


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"appid": "wxother"}, 40013),
        ({"secret": "x"}, 40125),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"grant_type": "password"}, 40002),
    ],
)
async def test_a_token_is_for_who_knows_the_pair(wechat: World, changed: dict[str, str], refused: int) -> None:
    assert await errcode(wechat, STABLE, PAIR | changed) == refused
    assert await errcode(wechat, TOKEN, account=None, **(PAIR | changed)) == refused


async def test_both_families_answer_without_an_errcode_and_each_by_its_own_method(wechat: World) -> None:
    for given in (await answer(wechat, STABLE, PAIR), await answer(wechat, TOKEN, account=None, **PAIR)):
        assert set(given) == {"access_token", "expires_in"}
    assert await errcode(wechat, STABLE, account=None, **PAIR) == 43002
    assert await errcode(wechat, TOKEN, PAIR) == 43001


async def test_a_list_of_addresses_keeps_others_from_a_token(wechat: World) -> None:
    await wechat.admin("platform", {"whitelist": ["10.0.0.1"]})
    refused = await answer(wechat, STABLE, PAIR)
    assert refused["errcode"] == 40164
    assert refused["errmsg"].startswith("invalid ip 127.0.0.1, not in whitelist rid: ")
    await wechat.admin("platform", {"whitelist": ["127.0.0.1"]})
    assert await errcode(wechat, STABLE, PAIR) == 0


async def test_each_way_in_which_a_token_is_bad_has_its_code(wechat: World) -> None:
    good = (await answer(wechat, STABLE, PAIR))["access_token"]
    for token, refused in ((None, 41001), ("", 41001), ("not a token!", 40014), ("unknown", 40001), (good, 0)):
        params = {} if token is None else {"access_token": token}
        assert await errcode(wechat, SUBSCRIBE, message(), account=None, **params) == refused
    await wechat.admin("clock", {"seconds": 7201})
    assert await errcode(wechat, SUBSCRIBE, message(), access_token=good) == 42001
    fresh = (await answer(wechat, STABLE, PAIR))["access_token"]
    await wechat.admin("revoke", {})
    assert await errcode(wechat, SUBSCRIBE, message(), access_token=fresh) == 40001


async def test_every_refusal_ends_with_the_number_of_its_request(wechat: World) -> None:
    words = [(await answer(wechat, SUBSCRIBE, message(touser="x")))["errmsg"] for _ in range(2)]
    for said in words:
        start, _, number = said.partition(" rid: ")
        assert start == "invalid openid"
        assert [len(part) for part in number.split("-")] == [8, 8, 8]
    assert words[0] != words[1]


def test_a_day_of_beijing_and_a_minute_are_counted_apart() -> None:
    quotas, midnight = Quotas(), 16 * 3600.0
    quotas.limits["/x"] = Limit(day=3, rate=2)

    def refused(now: float) -> int:
        try:
            quotas.use("mini", "/x", now)
        except PlatformError as error:
            return error.errcode
        return 0

    assert [refused(midnight - 70) for _ in range(3)] == [0, 0, 45011]
    assert refused(midnight - 1) == 45009
    assert refused(midnight) == 0


async def test_a_used_up_day_is_cleared_ten_times_a_month(wechat: World) -> None:
    await wechat.admin("quotas", {"path": SUBSCRIBE, "day": 1})
    assert await errcode(wechat, SUBSCRIBE, message()) == 0
    assert await errcode(wechat, SUBSCRIBE, message()) == 45009
    clear = "/cgi-bin/clear_quota"
    assert await errcode(wechat, clear, {"appid": "wxservice"}) == 40013
    assert await errcode(wechat, clear, {"appid": "wxtest"}) == 0
    assert await errcode(wechat, SUBSCRIBE, message()) == 0
    assert [await errcode(wechat, clear, {"appid": "wxtest"}) for _ in range(CLEARS_A_MONTH)][-2:] == [0, 48006]


async def test_a_fault_of_one_path_leaves_the_others_alone(wechat: World) -> None:
    await wechat.admin("faults", {"path": SUBSCRIBE, "errcode": -1, "times": 2})
    other = "/wxaapi/newtmpl/getcategory"
    said = [await errcode(wechat, path, body) for path, body in ((SUBSCRIBE, message()), (other, None)) * 3]
    assert said == [-1, 0, -1, 0, 0, 0]
    await wechat.admin("faults", {"errcode": 45011})
    await wechat.admin("faults", {"path": other, "errcode": -1})
    assert (await errcode(wechat, SUBSCRIBE, message()), await errcode(wechat, other)) == (45011, -1)
    await wechat.admin("faults", {})
    assert (await errcode(wechat, SUBSCRIBE, message()), await errcode(wechat, other)) == (0, 0)


async def test_a_fault_may_hit_some_calls_only(wechat: World) -> None:
    await wechat.admin("faults", {"errcode": -1, "probability": 0.5})
    said = {await errcode(wechat, "/wxaapi/newtmpl/getcategory") for _ in range(64)}
    assert said == {0, -1}


async def test_a_slow_call_holds_up_nobody_else(wechat: World) -> None:
    await wechat.admin("faults", {"path": SUBSCRIBE, "latency": 1})
    loop = asyncio.get_running_loop()
    began = loop.time()
    slow = [asyncio.create_task(errcode(wechat, SUBSCRIBE, message(touser="x"))) for _ in range(20)]
    await errcode(wechat, "/wxaapi/newtmpl/getcategory")
    assert not any(task.done() for task in slow)
    assert set(await asyncio.gather(*slow)) == {40003}
    assert 1 <= loop.time() - began < 20
