"""The SMS gateway's client against the simulated end over real HTTP: the signature, every code its outcome."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from backend.sms import codes, tc3
from backend.sms.codes import CHANNEL_WIDE, FOR_THE_OPERATOR, OUTCOMES, then_of
from backend.sms.tencent import NO_MOBILE, NO_TEMPLATE, Account, TencentGateway
from notices import sms_texts
from notices.kinds import Kind
from notices.verdicts import Outcome, Receipt, Then
from rules.disclosure import pii_findings
from simulator.ends import Fault
from simulator.sms import Sms, Template
from tests.simulator.ends import serving_sms

ACCOUNT = Account("id", "key", "14", "演示", "ap-guangzhou", {"sms-meeting": "t1"})
PHONE = "13800000001"


def wall() -> datetime:
    return datetime.now(UTC)


async def send(gateway: TencentGateway, phone: str = PHONE, template: str = "sms-meeting") -> Receipt:
    return await gateway.send(phone, template, ["000-1234567"], key="n1:p1")


@pytest_asyncio.fixture
async def both() -> AsyncIterator[tuple[TencentGateway, Sms]]:
    async with serving_sms() as (end, base):
        gateway = TencentGateway(ACCOUNT, base_url=base, wall=wall)
        yield gateway, end
        await gateway.close()


# -- the signature


def test_the_signature_of_the_published_example() -> None:
    """The example of Tencent Cloud's page on signature v3, with the key that older editions of it print."""
    payload = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    said = tc3.authorization(
        {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"},
        payload,
        secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        secret_key="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",  # pragma: allowlist secret
        service="cvm",
        moment=datetime.fromtimestamp(1551113065, UTC),
    )
    assert said == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_the_day_of_a_signature_is_the_one_in_greenwich() -> None:
    shanghai = datetime.fromisoformat("2026-10-02T07:00:00+08:00")
    said = tc3.authorization({"host": "h"}, b"", secret_id="i", secret_key="k", service="sms", moment=shanghai)
    assert "Credential=i/2026-10-01/sms/tc3_request" in said


@pytest.mark.parametrize(
    ("account", "late", "code"),
    [
        (replace(ACCOUNT, secret_key="other"), 0, "AuthFailure.SignatureFailure"),
        (replace(ACCOUNT, secret_id="other"), 0, "AuthFailure.SecretIdNotFound"),
        (ACCOUNT, 400, "AuthFailure.SignatureExpire"),
    ],
)
async def test_a_wrong_key_and_a_wrong_clock_are_told_and_nothing_is_sent(
    account: Account, late: int, code: str
) -> None:
    async with serving_sms() as (end, base):
        gateway = TencentGateway(account, base_url=base, wall=lambda: wall() - timedelta(seconds=late))
        receipt = await send(gateway)
        await gateway.close()
    assert receipt == Receipt(Outcome.NOT_SENT, None, code, then=Then.TRIP_CHANNEL)
    assert code in CHANNEL_WIDE
    assert end.inboxes == {}


# -- sending


async def test_a_text_arrives_and_its_serial_number_is_kept(both: tuple[TencentGateway, Sms]) -> None:
    gateway, end = both
    receipt = await send(gateway)
    (message,) = end.inboxes[PHONE]
    assert message["text"] == "【演示】请致电000-1234567。"
    assert receipt == Receipt(Outcome.SENT, 0, None, message["sid"])


@pytest.mark.parametrize("place", ["error", "status"])
@pytest.mark.parametrize(("code", "outcome"), [(code, outcome) for code, outcome in OUTCOMES.items() if code != "Ok"])
async def test_every_code_of_the_table_leads_to_its_outcome_wherever_it_stands(
    both: tuple[TencentGateway, Sms], code: str, outcome: Outcome, place: str
) -> None:
    gateway, end = both
    end.fault = Fault(code=code, place=place)
    assert await send(gateway) == Receipt(outcome, None, code, then=then_of(code))
    assert end.inboxes == {}


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("InternalError.SomethingNew", Outcome.UNKNOWN),
        ("FailedOperation.SomethingNew", Outcome.NOT_SENT),
        ("LimitExceeded.SomethingNew", Outcome.NOT_SENT),
    ],
)
def test_a_code_that_nobody_wrote_down_is_never_sent_again_blindly(code: str, outcome: Outcome) -> None:
    assert codes.outcome_of(code) is outcome


def test_what_pauses_the_channel_is_somebodys_to_put_right_and_never_tried_again_at_once() -> None:
    assert CHANNEL_WIDE < FOR_THE_OPERATOR
    assert {OUTCOMES[code] for code in FOR_THE_OPERATOR} == {Outcome.NOT_SENT}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(http_status=502), Outcome.UNKNOWN),
        (Fault(http_status=404), Outcome.NOT_SENT),
        (Fault(reset="before"), Outcome.UNKNOWN),
        (Fault(reset="after"), Outcome.UNKNOWN),
    ],
)
async def test_no_answer_is_not_a_refusal(both: tuple[TencentGateway, Sms], fault: Fault, outcome: Outcome) -> None:
    gateway, end = both
    end.fault = fault
    assert (await send(gateway)).outcome is outcome
    assert len(end.inboxes.get(PHONE, [])) == (fault.reset == "after")


async def test_a_gateway_that_nobody_reaches_has_certainly_not_sent() -> None:
    gateway = TencentGateway(ACCOUNT, base_url="http://127.0.0.1:9", wall=wall)
    assert (await send(gateway)).outcome is Outcome.NOT_SENT_RETRY
    await gateway.close()


@pytest.mark.parametrize("phone", ["057788880000", "+8613800000001", "138", "", "１３８００００００００"])
async def test_what_is_no_mobile_number_is_not_sent_to_anybody(both: tuple[TencentGateway, Sms], phone: str) -> None:
    gateway, end = both
    assert await send(gateway, phone) == Receipt(Outcome.NOT_SENT, None, NO_MOBILE)
    assert end.calls["send_sms"] == 0


async def test_a_text_without_an_approved_template_is_not_sent(both: tuple[TencentGateway, Sms]) -> None:
    gateway, end = both
    assert await send(gateway, template="sms-list") == Receipt(Outcome.NOT_SENT, None, NO_TEMPLATE)
    assert end.calls["send_sms"] == 0


async def test_a_number_stands_in_no_receipt_and_no_address(both: tuple[TencentGateway, Sms]) -> None:
    gateway, end = both
    end.blacklist.add(PHONE)
    said = repr(await send(gateway))
    end.fault = Fault(code=f"FailedOperation.{PHONE}", place="status")
    said += repr(await send(gateway)) + repr(ACCOUNT)
    end.fault = Fault(reset="after")
    said += repr(await send(gateway))
    assert PHONE not in said
    assert "secret_key" not in said


# -- the texts


def test_every_kind_of_notice_has_a_text_and_every_text_a_kind() -> None:
    assert set(sms_texts.TEXT_OF) == set(Kind)
    assert set(sms_texts.TEXT_OF.values()) == set(sms_texts.TEXTS)
    assert len({text.key for text in sms_texts.TEXTS}) == len(sms_texts.TEXTS)


@pytest.mark.parametrize("text", sms_texts.TEXTS, ids=lambda text: text.key)
def test_no_text_says_whom_or_what_it_is_about_and_it_fits_one_sms(text: sms_texts.SmsText) -> None:
    said = text.filled("0577-00000000")
    assert len(said) <= 70
    assert Template(text.words).parameters == len(sms_texts.parameters("0577-00000000"))
    assert not any(word in text.words for word in ("救助", "低保", "特困", "病", "残", "元", "申请", "认定", "名单"))
    assert not set(pii_findings(text.words))


def test_a_text_needs_the_telephone_that_it_sends_people_to() -> None:
    with pytest.raises(ValueError, match="telephone"):
        sms_texts.parameters(" ")
