"""The WeCom client against the simulated company over real HTTP: one token, one retry, every code its outcome."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from backend.wechat import wecom as client_of
from backend.wechat.wecom import CHANNEL_WIDE, OUTCOMES, WeComClient
from notices.kinds import Channel
from notices.states import State
from notices.verdicts import Outcome, Then, judge
from simulator.ends import Fault, Refusal
from simulator.wecom import A_MINUTE, WeCom
from tests.simulator.ends import serving_wecom

URL = "https://town.example/m/1"
WORDS = "您有一个会议, 点开查看"


def client_for(base: str, redis: Redis, secret: str = "s") -> WeComClient:
    return WeComClient(corp_id="corp", secret=secret, agent_id=7, base_url=base, redis=redis)


@pytest_asyncio.fixture
async def both(redis: Redis) -> AsyncIterator[tuple[WeComClient, WeCom]]:
    async with serving_wecom() as (end, base):
        client = client_for(base, redis)
        yield client, end
        await client.close()


async def test_a_card_arrives_and_its_number_is_kept(both: tuple[WeComClient, WeCom]) -> None:
    client, end = both
    receipt = await client.send("Zhang", WORDS, URL, key="n1:p1")
    assert (receipt.outcome, receipt.errcode) == (Outcome.SENT, 0)
    assert receipt.msgid
    (shown,) = end.members["zhang"].inbox
    assert shown["text"] == WORDS
    assert shown["url"].partition("#")[0] == URL


async def test_the_same_key_is_shown_once_and_another_key_with_the_same_words_again(
    both: tuple[WeComClient, WeCom],
) -> None:
    client, end = both
    for _ in range(3):
        assert (await client.send("zhang", WORDS, URL, key="n1:p1")).outcome is Outcome.SENT
    assert len(end.members["zhang"].inbox) == 1
    await client.send("zhang", WORDS, URL, key="n2:p1")
    assert len(end.members["zhang"].inbox) == 2
    end.offset += client_of.SAME_WITHIN_SECONDS + 1
    await client.send("zhang", WORDS, URL, key="n1:p1")
    assert len(end.members["zhang"].inbox) == 3


async def test_after_no_answer_the_same_key_can_go_again_and_is_still_shown_once(
    both: tuple[WeComClient, WeCom],
) -> None:
    client, end = both
    await client.token()
    end.fault = Fault(reset="after", times=1)
    assert (await client.send("zhang", WORDS, URL, key="k")).outcome is Outcome.UNKNOWN
    assert (await client.send("zhang", WORDS, URL, key="k")).outcome is Outcome.SENT
    assert len(end.members["zhang"].inbox) == 1


# -- the token


async def test_fifty_callers_in_two_processes_fetch_a_cold_token_once(redis: Redis) -> None:
    async with serving_wecom() as (end, base):
        clients = [client_for(base, redis) for _ in range(2)]
        tokens = await asyncio.gather(*(clients[turn % 2].token() for turn in range(50)))
        assert len(set(tokens)) == 1
        assert end.calls["gettoken"] == 1
        for client in clients:
            await client.close()


async def test_a_burst_on_a_revoked_token_fetches_once_more_and_everything_arrives(
    both: tuple[WeComClient, WeCom],
) -> None:
    client, end = both
    await client.token()
    end.tokens.clear()
    receipts = await asyncio.gather(*(client.send("zhang", WORDS, URL, key=f"k{turn}") for turn in range(10)))
    assert {receipt.outcome for receipt in receipts} == {Outcome.SENT}
    assert end.calls["gettoken"] == 2


async def test_a_token_that_is_always_refused_is_fetched_once_more_for_the_burst_and_tried_once_more(
    both: tuple[WeComClient, WeCom],
) -> None:
    client, end = both
    await client.token()

    def refuse(_token: str | None) -> None:
        raise Refusal("40014")

    end.check_token = refuse
    receipts = await asyncio.gather(*(client.send("zhang", WORDS, URL, key=f"k{turn}") for turn in range(10)))
    assert {(receipt.outcome, receipt.errcode) for receipt in receipts} == {(Outcome.NOT_SENT, 40014)}
    assert end.calls["gettoken"] == 2, "the company answers with the same token: asking again would not help"
    assert end.calls["send"] == 20


async def test_another_secret_has_another_token(both: tuple[WeComClient, WeCom], redis: Redis) -> None:
    client, end = both
    await client.token()
    other = client_for(client.API_BASE_URL.removesuffix("/cgi-bin/"), redis, secret="wrong")
    receipt = await other.send("zhang", WORDS, URL, key="k")
    await other.close()
    assert (receipt.outcome, receipt.errcode) == (Outcome.NOT_SENT, 40001)
    assert end.members["zhang"].inbox == []


@pytest.mark.parametrize("fault", [Fault(reset="after"), Fault(http_status=502), Fault(code="-1")])
async def test_when_no_token_can_be_had_the_message_has_certainly_not_left(
    both: tuple[WeComClient, WeCom], fault: Fault
) -> None:
    client, end = both
    end.fault = fault
    assert (await client.send("zhang", WORDS, URL, key="k")).outcome is Outcome.NOT_SENT_RETRY
    assert end.calls["send"] == 0


# -- outcomes


@pytest.mark.parametrize(("errcode", "outcome"), OUTCOMES.items())
async def test_every_code_of_the_table_leads_to_its_outcome(
    both: tuple[WeComClient, WeCom], errcode: int, outcome: Outcome
) -> None:
    client, end = both
    await client.token()
    end.fault = Fault(code=str(errcode))
    if errcode in (40001, 40014, 42001):  # then the token is asked for again, and that is refused as well
        end.fault = Fault(code=str(errcode), times=2)
    receipt = await client.send("zhang", WORDS, URL, key="k")
    assert (receipt.outcome, receipt.errcode) == (outcome, errcode)
    assert end.members["zhang"].inbox == []


async def test_what_would_meet_everybody_is_told_from_what_meets_one(both: tuple[WeComClient, WeCom]) -> None:
    client, end = both
    nobody = await client.send("nobody", WORDS, URL, key="k")
    assert (nobody.outcome, nobody.errcode) == (Outcome.NOT_SENT, 81013)
    assert nobody.errcode not in CHANNEL_WIDE
    end.seats = 0
    spent = await client.send("zhang", WORDS, URL, key="k")
    assert spent.errcode in CHANNEL_WIDE
    end.fault = Fault(code="99999")
    assert (await client.send("zhang", WORDS, URL, key="k")).outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("errcode", sorted(CHANNEL_WIDE))
async def test_what_would_meet_everybody_leaves_the_channel_alone(
    both: tuple[WeComClient, WeCom], errcode: int
) -> None:
    client, end = both
    await client.token()
    end.fault = Fault(code=str(errcode), times=2)
    verdict = judge(await client.send("zhang", WORDS, URL, key="k"), Channel.WECOM)
    rest = Then.PAUSE_CHANNEL if errcode == 45009 else Then.TRIP_CHANNEL
    assert (verdict.state, verdict.then) == (State.FAILED, rest)


async def test_a_member_who_is_not_there_leaves_the_channel_open(both: tuple[WeComClient, WeCom]) -> None:
    client, _ = both
    verdict = judge(await client.send("nobody", WORDS, URL, key="k"), Channel.WECOM)
    assert verdict.then is Then.ALERT


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(http_status=502), Outcome.UNKNOWN),
        (Fault(http_status=403), Outcome.NOT_SENT_RETRY),
        (Fault(reset="before"), Outcome.UNKNOWN),
        (Fault(reset="after"), Outcome.UNKNOWN),
    ],
)
async def test_no_answer_is_not_a_refusal(both: tuple[WeComClient, WeCom], fault: Fault, outcome: Outcome) -> None:
    client, end = both
    await client.token()
    end.fault = fault
    assert (await client.send("zhang", WORDS, URL, key="k")).outcome is outcome


async def test_a_company_that_nobody_reaches_has_certainly_not_sent(redis: Redis) -> None:
    client = client_for("http://127.0.0.1:9", redis)
    receipt = await client.send("zhang", WORDS, URL, key="k")
    await client.close()
    assert receipt.outcome is Outcome.NOT_SENT_RETRY


async def test_a_member_is_never_sent_so_much_that_the_company_would_drop_it(
    both: tuple[WeComClient, WeCom], redis: Redis
) -> None:
    client, end = both
    receipts = [await client.send("zhang", WORDS, URL, key=f"k{turn}") for turn in range(A_MINUTE)]
    sent = [receipt for receipt in receipts if receipt.outcome is Outcome.SENT]
    assert len(sent) == len(end.members["zhang"].inbox) == A_MINUTE // 2
    assert receipts[-1].outcome is Outcome.NOT_SENT_RETRY
    assert receipts[-1].error == client_of.OWN_LIMIT
    assert (await client.send("li", WORDS, URL, key="k")).outcome is Outcome.SENT


async def test_neither_the_member_nor_the_secret_stands_in_a_receipt(both: tuple[WeComClient, WeCom]) -> None:
    client, end = both
    end.fault = Fault(code="81013")
    said = repr(await client.send("zhang-private", WORDS, URL, key="k"))
    end.fault = Fault(reset="after")
    said += repr(await client.send("zhang-private", WORDS, URL, key="k"))
    assert "zhang" not in said
    assert "corpsecret" not in said
