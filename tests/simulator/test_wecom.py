"""The simulated WeCom keeps the rules that its documents state; none was checked against the live service."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from wechatpy.enterprise import WeChatClient as Original
from wechatpy.exceptions import WeChatClientException

from simulator.wecom import A_MINUTE, WeCom
from tests.simulator.ends import serving_wecom

TEXT = {"touser": "zhang", "msgtype": "text", "agentid": 7, "text": {"content": "请看"}}
CARD = {"title": "通知", "description": "请看", "url": "https://a.example/1"}


class Company:
    def __init__(self, end: WeCom, base: str, http: aiohttp.ClientSession) -> None:
        self.end, self.base, self.http = end, base, http

    async def gettoken(self, **query: str) -> dict[str, Any]:
        async with self.http.get(f"{self.base}/cgi-bin/gettoken", params=query) as answer:
            assert answer.status == 200
            return await answer.json()

    async def send(self, body: Any, token: str | None = None) -> dict[str, Any]:
        query = {"access_token": self.end.token()[0] if token is None else token}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(f"{self.base}/cgi-bin/message/send", params=query, data=data) as answer:
            assert answer.status == 200
            return await answer.json()

    async def admin(self, path: str, body: dict[str, Any]) -> Any:
        async with self.http.post(f"{self.base}/admin/{path}", json=body) as answer:
            assert answer.status == 200
            return await answer.json()

    def inbox(self, userid: str) -> list[dict[str, Any]]:
        return self.end.members[userid].inbox


@pytest_asyncio.fixture
async def company() -> AsyncIterator[Company]:
    async with serving_wecom() as (end, base), aiohttp.ClientSession() as http:
        yield Company(end, base, http)


async def test_the_same_token_is_given_while_it_is_valid(company: Company) -> None:
    first = await company.gettoken(corpid="corp", corpsecret="s")
    assert (first["errcode"], first["expires_in"]) == (0, 7200)
    company.end.offset += 7100
    second = await company.gettoken(corpid="corp", corpsecret="s")
    assert second["access_token"] == first["access_token"]
    assert second["expires_in"] <= 100
    company.end.offset += 100
    assert (await company.gettoken(corpid="corp", corpsecret="s"))["access_token"] != first["access_token"]


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({"corpsecret": "s"}, 41002),
        ({"corpid": "corp"}, 41004),
        ({"corpid": "other", "corpsecret": "s"}, 40013),
        ({"corpid": "corp", "corpsecret": "x"}, 40001),
    ],
)
async def test_a_wrong_pair_gets_no_token(company: Company, query: dict[str, str], errcode: int) -> None:
    answer = await company.gettoken(**query)
    assert answer["errcode"] == errcode
    assert "access_token" not in answer


async def test_a_token_that_is_missing_unknown_or_old_is_told_apart(company: Company) -> None:
    token, _ = company.end.token()
    assert (await company.send(TEXT, ""))["errcode"] == 41001
    assert (await company.send(TEXT, "nonsense"))["errcode"] == 40014
    company.end.offset += 7200
    assert (await company.send(TEXT, token))["errcode"] == 42001
    assert company.inbox("zhang") == []


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (b"touser=zhang", 47001),
        (b"[]", 47001),
        ({"touser": "zhang", "msgtype": "text"}, 41011),
        (TEXT | {"agentid": 8}, 40056),
        (TEXT | {"touser": ""}, 82001),
        (TEXT | {"touser": "nobody"}, 81013),
        (TEXT | {"touser": "|".join(["zhang"] * 1001)}, 40032),
        (TEXT | {"msgtype": "poem"}, 40008),
        (TEXT | {"text": {"content": ""}}, 44004),
        (TEXT | {"text": "请看"}, 40058),
        (TEXT | {"msgtype": "textcard", "textcard": CARD | {"url": ""}}, 40058),
        (TEXT | {"msgtype": "textcard", "textcard": CARD | {"title": ""}}, 40058),
        (TEXT | {"enable_duplicate_check": 1, "duplicate_check_interval": 14_401}, 40058),
    ],
)
async def test_what_breaks_a_rule_is_refused_and_shown_to_nobody(company: Company, body: Any, errcode: int) -> None:
    assert (await company.send(body))["errcode"] == errcode
    assert company.inbox("zhang") == []


async def test_known_members_get_it_and_the_unknown_are_named_in_lower_case(company: Company) -> None:
    answer = await company.send(TEXT | {"touser": "ZHANG|li|NoBody"})
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody")
    assert answer["msgid"]
    assert len(company.inbox("zhang")) == len(company.inbox("li")) == 1


async def test_a_card_is_shown_with_its_address_and_cut_where_it_is_too_long(company: Company) -> None:
    await company.send(TEXT | {"msgtype": "textcard", "textcard": CARD | {"title": "长" * 60}})
    (shown,) = company.inbox("zhang")
    assert shown["title"] == "长" * 42
    assert shown["url"] == CARD["url"]


async def test_the_same_body_is_shown_once_within_the_window_that_it_asks_for(company: Company) -> None:
    body = TEXT | {"enable_duplicate_check": 1, "duplicate_check_interval": 600}
    for _ in range(3):
        assert (await company.send(body))["errcode"] == 0
    assert len(company.inbox("zhang")) == 1
    await company.send(body | {"text": {"content": "另一件"}})
    assert len(company.inbox("zhang")) == 2
    await company.admin("clock", {"seconds": 601})
    await company.send(body)
    assert len(company.inbox("zhang")) == 3
    await company.send(TEXT)
    await company.send(TEXT)
    assert len(company.inbox("zhang")) == 5, "without the check every body is shown"


async def test_what_is_too_much_for_a_member_is_dropped_and_answered_ok(company: Company) -> None:
    answers = [await company.send(TEXT) for _ in range(A_MINUTE + 1)]
    assert {answer["errcode"] for answer in answers} == {0}
    assert len(company.inbox("zhang")) == A_MINUTE
    company.end.offset += 61
    await company.send(TEXT)
    assert len(company.inbox("zhang")) == A_MINUTE + 1


async def test_a_member_gets_a_thousand_an_hour(company: Company) -> None:
    member = company.end.members["zhang"]
    member.shown_at = [company.end.now() - 120] * 1000
    await company.send(TEXT)
    assert member.inbox == []
    company.end.offset += 3600
    await company.send(TEXT)
    assert len(member.inbox) == 1


async def test_the_companys_day_is_its_seats_times_two_hundred(company: Company) -> None:
    company.end.seats = 0
    assert (await company.send(TEXT))["errcode"] == 45009
    company.end.seats = 1
    assert (await company.send(TEXT))["errcode"] == 0


async def test_a_fault_counts_down_and_a_reset_says_nothing_of_what_was_done(company: Company) -> None:
    await company.admin("faults", {"code": "45033", "times": 1})
    assert (await company.send(TEXT))["errcode"] == 45033
    assert (await company.send(TEXT))["errcode"] == 0
    for reset, shown in (("before", 1), ("after", 2)):
        await company.admin("faults", {"reset": reset, "times": 1})
        with pytest.raises(aiohttp.ClientError):
            await company.send(TEXT)
        assert len(company.inbox("zhang")) == shown


@pytest.mark.parametrize(("url", "opens"), [("https://here.test/n/1", True), ("javascript:alert(1)", False)])
async def test_a_card_opens_an_address_of_the_web_and_no_other(company: Company, url: str, opens: bool) -> None:
    card = {"title": "通知", "description": "内容", "url": url}
    await company.send({"touser": "zhang", "msgtype": "textcard", "agentid": TEXT["agentid"], "textcard": card})
    async with company.http.get(f"{company.base}/") as answer:
        page = await answer.text()
    assert url in page
    assert (f"href='{url}'" in page) is opens


async def test_the_page_shows_who_got_what_and_says_that_it_was_never_checked(company: Company) -> None:
    await company.admin("members", {"members": [{"userid": "wang", "name": "<王>"}]})
    await company.send(TEXT | {"touser": "wang", "text": {"content": "<b>"}})
    async with company.http.get(f"{company.base}/") as answer:
        page = await answer.text()
    assert "从未对照真实的服务核对过" in page
    assert "&lt;王&gt;" in page
    assert "&lt;b&gt;" in page
    async with company.http.get(f"{company.base}/admin/inbox", params={"userid": "WANG"}) as answer:
        assert [message["text"] for message in await answer.json()] == ["<b>"]


def original(base: str) -> Original:
    """Somebody else's client, unmodified but for the address."""

    class There(Original):
        API_BASE_URL = f"{base}/cgi-bin/"

        def fetch_access_token(self) -> Any:
            query = {"corpid": self.corp_id, "corpsecret": self.secret}
            return self._fetch_access_token(url=f"{base}/cgi-bin/gettoken", params=query)

    client = There("corp", "s")
    client._http.trust_env = False
    return client


async def test_wechatpys_own_synchronous_client_works_against_it_too(company: Company) -> None:
    def use() -> tuple[dict[str, Any], dict[str, Any], int]:
        client = original(company.base)
        card = client.message.send_text_card(7, ["zhang", "nobody"], "通知", "请看", "https://a.example/1")
        text = client.message.send_text(7, "li", "请看")
        with pytest.raises(WeChatClientException) as refused:
            client.message.send_text(7, "nobody", "请看")
        return card, text, refused.value.errcode

    card, text, errcode = await asyncio.to_thread(use)
    assert (card["errcode"], card["invaliduser"], text["errcode"], errcode) == (0, "nobody", 0, 81013)
    assert [len(company.inbox(userid)) for userid in ("zhang", "li")] == [1, 1]
    assert company.end.calls["gettoken"] == 1


async def test_wechatpys_client_asks_for_another_token_when_its_own_is_revoked(company: Company) -> None:
    client = original(company.base)
    await asyncio.to_thread(client.message.send_text, 7, "zhang", "一")
    await company.admin("revoke_token", {})
    answer = await asyncio.to_thread(client.message.send_text, 7, "zhang", "二")
    assert answer["errcode"] == 0
    assert company.end.calls["tokens_issued"] == 2
