"""The simulated SMS gateway keeps the rules that its documents state; none was checked against the live service."""

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from simulator.sms import WINDOWS, Sms
from tests.simulator.ends import serving_app, serving_sms

BODY = {
    "PhoneNumberSet": ["+8613800000001"],
    "SmsSdkAppId": "14",
    "SignName": "演示",
    "TemplateId": "t1",
    "TemplateParamSet": ["000-1234567"],
    "SessionContext": "k1",
}


class Caller:
    """Signs as the documents say, step by step, and can do each step wrongly."""

    def __init__(self, end: Sms, base: str, http: aiohttp.ClientSession) -> None:
        self.end, self.base, self.http = end, base, http

    async def call(
        self,
        body: Any = BODY,
        *,
        key: str = "key",
        secret_id: str = "id",
        age: int = 0,
        service: str = "sms",
        day: str = "",
        signed: str = "content-type;host",
        sent: bytes | None = None,
        **headers: str,
    ) -> dict[str, Any]:
        payload = json.dumps(body).encode()
        host, stamp = self.base.removeprefix("http://"), int(self.end.now()) - age
        given = {
            "Content-Type": "application/json",
            "Host": host,
            "X-TC-Action": "SendSms",
            "X-TC-Version": "2021-01-11",
            "X-TC-Timestamp": str(stamp),
            "X-TC-Region": "ap-guangzhou",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        day = day or time.strftime("%Y-%m-%d", time.gmtime(stamp))
        lower = {name.lower(): value.lower() for name, value in given.items()}
        lines = "".join(f"{name}:{lower[name]}\n" for name in signed.split(";"))
        request = f"POST\n/\n\n{lines}\n{signed}\n{sha256(payload).hexdigest()}"
        scope = f"{day}/{service}/tc3_request"
        text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        secret = ("TC3" + key).encode()
        for part in (day, service, "tc3_request", text):
            secret = hmac.new(secret, part.encode(), sha256).digest()
        given["Authorization"] = (
            f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={signed}, Signature={secret.hex()}"
        )
        async with self.http.post(f"{self.base}/", data=sent or payload, headers=given) as answer:
            assert answer.status == 200
            found = (await answer.json())["Response"]
        assert found["RequestId"]
        return found

    async def refusal(self, body: Any = BODY, **how: Any) -> str:
        return (await self.call(body, **how))["Error"]["Code"]

    async def code(self, **changed: Any) -> str:
        return (await self.call(BODY | changed))["SendStatusSet"][0]["Code"]

    def inbox(self, phone: str = "13800000001") -> list[str]:
        return [message["text"] for message in self.end.inboxes.get(phone, [])]


@pytest_asyncio.fixture
async def caller() -> AsyncIterator[Caller]:
    async with serving_sms() as (end, base), aiohttp.ClientSession() as http:
        yield Caller(end, base, http)


async def test_a_signed_call_puts_the_text_on_the_phone(caller: Caller) -> None:
    (status,) = (await caller.call())["SendStatusSet"]
    assert caller.inbox() == ["【演示】请致电000-1234567。"]
    assert status == {
        "SerialNo": caller.end.inboxes["13800000001"][0]["sid"],
        "PhoneNumber": "+8613800000001",
        "Fee": 1,
        "SessionContext": "k1",
        "Code": "Ok",
        "Message": "send success",
        "IsoCode": "CN",
    }


async def test_more_headers_may_be_signed(caller: Caller) -> None:
    assert "SendStatusSet" in await caller.call(signed="content-type;host;x-tc-action")


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"key": "other"}, "AuthFailure.SignatureFailure"),
        ({"secret_id": "other"}, "AuthFailure.SecretIdNotFound"),
        ({"age": 301}, "AuthFailure.SignatureExpire"),
        ({"age": -301}, "AuthFailure.SignatureExpire"),
        ({"service": "cvm"}, "AuthFailure.SignatureFailure"),
        ({"day": "2020-01-01"}, "AuthFailure.SignatureFailure"),
        ({"signed": "content-type"}, "AuthFailure.SignatureFailure"),
        ({"sent": json.dumps(BODY | {"TemplateId": "t2"}).encode()}, "AuthFailure.SignatureFailure"),
        ({"X_TC_Action": "DeleteAll"}, "InvalidAction"),
        ({"X_TC_Version": "2019-07-11"}, "NoSuchVersion"),
        ({"X_TC_Region": "ap-nowhere"}, "UnsupportedRegion"),
        ({"Content_Type": "text/plain"}, "UnsupportedProtocol"),
    ],
)
async def test_a_call_that_is_not_rightly_signed_does_nothing(caller: Caller, how: dict[str, Any], code: str) -> None:
    assert await caller.refusal(**how) == code
    assert caller.inbox() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "InvalidParameter"),
        ({name: value for name, value in BODY.items() if name != "TemplateId"}, "MissingParameter"),
        (BODY | {"PhoneNumberSet": []}, "MissingParameter.EmptyPhoneNumberSet"),
        (BODY | {"PhoneNumberSet": ["+8613800000001"] * 201}, "LimitExceeded.PhoneNumberCountLimit"),
        (BODY | {"PhoneNumberSet": "+8613800000001"}, "InvalidParameter"),
        (BODY | {"TemplateParamSet": [12]}, "InvalidParameter"),
        (BODY | {"SmsSdkAppId": "15"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
    ],
)
async def test_a_body_that_is_wrong_as_a_whole_is_refused_as_a_whole(caller: Caller, body: Any, code: str) -> None:
    assert await caller.refusal(body) == code
    assert caller.inbox() == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PhoneNumberSet": ["13800000001"]}, "InvalidParameterValue.IncorrectPhoneNumber"),
        ({"PhoneNumberSet": ["+8612345"]}, "InvalidParameterValue.IncorrectPhoneNumber"),
        ({"SignName": "别人"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateId": "t9"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"TemplateParamSet": []}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"TemplateParamSet": ["1", "2"]}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"TemplateParamSet": ["http://a"]}, "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"),
        ({"TemplateParamSet": ["字" * 500]}, "InvalidParameterValue.ContentLengthLimit"),
    ],
)
async def test_what_is_wrong_for_a_number_stands_in_its_status(
    caller: Caller, changed: dict[str, Any], code: str
) -> None:
    assert await caller.code(**changed) == code
    assert caller.end.inboxes.get("13800000001", []) == []
    assert caller.end.balance == 100_000


async def test_the_account_itself_can_be_the_reason(caller: Caller) -> None:
    caller.end.blacklist.add("13800000001")
    assert await caller.code() == "FailedOperation.PhoneNumberInBlacklist"
    caller.end.blacklist.clear()
    caller.end.balance = 0
    assert await caller.code() == "FailedOperation.InsufficientBalanceInSmsPackage"
    caller.end.balance, caller.end.is_personal = 1, True
    assert await caller.code(TemplateParamSet=["1" * 13]) == "InvalidParameterValue.TemplateParameterLengthLimit"
    assert await caller.code(TemplateParamSet=["1" * 12]) == "Ok"


async def test_a_number_gets_one_in_thirty_seconds_five_an_hour_and_ten_a_day(caller: Caller) -> None:
    caller.end.windows = WINDOWS
    got = []
    for _ in range(26):
        got.append((await caller.code()).removeprefix("LimitExceeded.PhoneNumber"))
        caller.end.offset += 20 if got[-1] == "Ok" else 11
        if got[-1] == "OneHourLimit":
            caller.end.offset += 3600
    assert got.count("Ok") == 10
    assert [code for code in got if code not in ("Ok", "ThirtySecondLimit")][0] == "OneHourLimit"
    assert got[-1] == "DailyLimit"
    caller.end.offset += 86_400
    assert await caller.code() == "Ok"


async def test_several_numbers_are_each_answered(caller: Caller) -> None:
    answer = await caller.call(BODY | {"PhoneNumberSet": ["+8613800000001", "+861", "+8613800000002"]})
    assert [status["Code"] == "Ok" for status in answer["SendStatusSet"]] == [True, False, True]
    assert [len(caller.inbox(f"1380000000{last}")) for last in (1, 2)] == [1, 1]


async def test_faults_stand_where_they_are_wanted_and_a_reset_says_nothing_of_what_was_done(caller: Caller) -> None:
    async def fault(**how: Any) -> None:
        async with caller.http.post(f"{caller.base}/admin/faults", json=how | {"times": 1}) as answer:
            assert answer.status == 200

    await fault(code="RequestLimitExceeded")
    assert await caller.refusal() == "RequestLimitExceeded"
    await fault(code="InternalError.Timeout", place="status")
    assert await caller.code() == "InternalError.Timeout"
    for reset, shown in (("before", 0), ("after", 1)):
        await fault(reset=reset)
        with pytest.raises(aiohttp.ClientError):
            await caller.call()
        assert len(caller.inbox()) == shown


# -- reports


class Listener:
    """Who is told; the first `refusals` times badly."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals, self.heard = refusals, []

    async def take(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json())
        return web.Response(status=500 if len(self.heard) <= self.refusals else 200)


async def reported(caller: Caller, listener: Listener, sends: int = 1) -> list[Any]:
    app = web.Application()
    app.router.add_post("/r", listener.take)
    async with serving_app(app) as there:
        caller.end.report_url = f"{there}/r"
        for _ in range(sends):
            await caller.call()
        if caller.end.waiting:
            await asyncio.wait(set(caller.end.waiting), timeout=10)
    return listener.heard


async def test_what_became_of_it_is_told_with_the_serial_number(caller: Caller) -> None:
    ((row,),) = await reported(caller, Listener())
    assert row["sid"] == caller.end.inboxes["13800000001"][0]["sid"]
    assert (row["report_status"], row["nationcode"], row["mobile"]) == ("SUCCESS", "86", "13800000001")
    caller.end.unreachable.add("13800000001")
    ((row,),) = await reported(caller, Listener())
    assert row["report_status"] == "FAIL"


async def test_it_is_told_again_where_the_answer_is_bad_and_not_at_all_where_it_is_switched_off(
    caller: Caller,
) -> None:
    heard = await reported(caller, Listener(refusals=1))
    assert len(heard) == 2
    assert heard[0] == heard[1]
    caller.end.reports = False
    assert await reported(caller, Listener()) == []


async def test_the_page_shows_the_phones_and_says_that_it_was_never_checked(caller: Caller) -> None:
    await caller.call()
    async with caller.http.get(f"{caller.base}/") as answer:
        page = await answer.text()
    assert "从未对照真实的服务核对过" in page
    assert "【演示】请致电000-1234567。" in page
    async with caller.http.get(f"{caller.base}/admin/inbox", params={"phone": "13800000001"}) as answer:
        assert len(await answer.json()) == 1
