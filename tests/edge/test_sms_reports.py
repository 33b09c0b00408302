"""The SMS gateway's reports: taken from whoever knows the address, read strictly, logged nowhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from backend.sms.tencent import Account, TencentGateway
from notices.delivery import Outcome
from tests.edge.conftest import Shared, Web, emptied, web_process
from tests.simulator.ends import serving_sms
from tests.stores import Stores

SECRET = "only-the-gateway-knows-this"
ROW = {
    "user_receive_time": "2026-10-17 08:03:04",
    "nationcode": "86",
    "mobile": "13800000001",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "5000:12",
}


@pytest.fixture(scope="module")
def listening(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with web_process(stores, tmp_path_factory.mktemp("sms"), SMS_REPORT_SECRET=SECRET) as running:
        yield running


@pytest_asyncio.fixture
async def told(listening: Shared, redis: Redis) -> AsyncIterator[Web]:
    async with emptied(listening, redis) as running:
        yield running


async def report(web: Web, body: Any, secret: str = SECRET) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, headers, answer = await web.call("POST", f"/sms/reports/{secret}", data=data)
    assert headers["Content-Type"].startswith("application/json")
    return status, json.loads(answer)


@pytest.mark.parametrize("rows", [[], [ROW], [ROW, ROW | {"sid": "5000:13", "report_status": "FAIL"}]])
async def test_statuses_are_taken_in_the_gateways_own_form(told: Web, rows: list[Any]) -> None:
    assert await report(told, rows) == (200, {"result": 0, "errmsg": "OK"})


@pytest.mark.parametrize("secret", ["x", SECRET + "x", SECRET[:-1], SECRET.upper(), "%E5%8F%A3%E4%BB%A4"])
async def test_who_does_not_know_the_address_is_told_that_there_is_none(told: Web, secret: str) -> None:
    status, answer = await report(told, [ROW], secret)
    assert (status, answer["result"]) == (404, 1)


async def test_without_a_secret_in_the_settings_nothing_is_taken(web: Web) -> None:
    for secret in (SECRET, "None", "%20"):
        assert (await report(web, [ROW], secret))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[",
        {},
        [1],
        [ROW | {"report_status": "MAYBE"}],
        [ROW | {"sid": ""}],
        [ROW | {"sid": "5000:12'; --"}],
        [ROW | {"sid": None}],
        [{name: value for name, value in ROW.items() if name != "sid"}],
        [{"sid": "1", "report_status": "FAIL"}] * 501,
    ],
)
async def test_what_is_no_list_of_statuses_is_refused_whole(told: Web, body: Any) -> None:
    status, answer = await report(told, body)
    assert (status, answer["result"]) == (400, 1)


async def test_what_the_simulated_gateway_reports_by_itself_is_taken(told: Web) -> None:
    async with serving_sms(report_url=f"{told.base}/sms/reports/{SECRET}") as (end, base):
        account = Account("id", "key", "14", "演示", "ap-guangzhou", {"sms-meeting": "t1"})
        gateway = TencentGateway(account, base_url=base, wall=lambda: datetime.now(UTC))
        receipt = await gateway.send("13800000001", "sms-meeting", ["000-1234567"], key="k")
        await gateway.close()
        assert receipt.outcome is Outcome.SENT
        await asyncio.wait(set(end.waiting), timeout=10)
        assert end.calls["report_200"] == 1


async def test_neither_the_number_nor_the_secret_gets_into_the_log(told: Web) -> None:
    await report(told, [ROW])
    await report(told, [ROW | {"sid": ""}])
    await report(told, [ROW], "a-wrong-secret")
    said = told.log.read_text()
    assert "13800000001" not in said
    assert SECRET not in said
    assert "a-wrong-secret" not in said
