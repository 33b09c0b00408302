"""Each code of the platform leads to its documented move, over real HTTP from our client to the simulated platform."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from models.identities import PlatformIdentity
from models.outbox import ChannelPause, Delivery, OperatorAlert, RetiredAddress
from notices import consent
from notices.channels import ServiceAccount, SubscribeMessages
from notices.claims import Letter
from notices.delivery import Sender
from notices.kinds import MEETING, Channel
from notices.verdicts import Receipt
from simulator.platform import Faults, Platform
from tests.backend import district
from tests.delivering import Told, deliver
from tests.notices.test_delivery import FACTS, NOW, tell
from tests.wechat.conftest import Line, line

__all__ = ["line"]
SEND = "/cgi-bin/message/subscribe/send"
MIDNIGHT = datetime(2026, 9, 28, 16, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Expected:
    """What becomes of one message, its consent (two were given), the next channel, and everything else."""

    status: str
    left: int
    goes_on: bool
    alert: bool = False
    retired: bool = False
    paused: tuple[str, datetime] | None = None
    due_after: tuple[float, float] | None = None


def fault(**how: object) -> Callable[[Platform], None]:
    """The platform answers so for this call alone."""

    def cause(platform: Platform) -> None:
        platform.faults_at[SEND] = Faults(**how)  # type: ignore[arg-type]

    return cause


def revoked(platform: Platform) -> None:
    """Every token is refused, whichever is fetched."""
    platform.faults_at[SEND] = Faults(errcode=40001)


def no_credit(platform: Platform) -> None:
    """The person used it up elsewhere, or refused: the platform says the same of both."""
    platform.users["o1"].credits.clear()


def unknown_openid(platform: Platform) -> None:
    """The phone is not known any more."""
    del platform.users["o1"]


def no_template(platform: Platform) -> None:
    """The account lost its template."""
    del platform.templates[MEETING.key]


def no_page(platform: Platform) -> None:
    """The page is not in the released version."""
    platform.pages.clear()


def busy(platform: Platform) -> None:
    """Another call for this openid is being worked on."""
    platform.busy.add("o1")


def other_fields(platform: Platform) -> None:
    """The template was made anew, with a field that we do not fill."""
    fields = {**MEETING.fields, "thing9": "新的"}
    platform.templates[MEETING.key] = {"id": MEETING.key, "title": MEETING.title, "fields": fields}


GONE_ON = "call_list"
OPERATOR = Expected("failed", 2, True, alert=True)
RETRY = Expected("pending", 2, False, due_after=(3.9, 6.1))
CODES = {
    "0 ok": (lambda platform: None, Expected("sent", 1, False)),
    "-1 busy": (fault(errcode=-1), RETRY),
    "40001 stale for ever": (revoked, Expected("pending", 2, False, alert=True, due_after=(3.9, 6.1))),
    "40014 invalid token": (fault(errcode=40014), Expected("pending", 2, False, alert=True, due_after=(3.9, 6.1))),
    "42001 expired": (fault(errcode=42001), Expected("pending", 2, False, alert=True, due_after=(3.9, 6.1))),
    "40003 invalid openid": (unknown_openid, Expected("failed", 2, True, retired=True)),
    "40037 no template": (no_template, OPERATOR),
    "40165 page path": (fault(errcode=40165), OPERATOR),
    "41030 no page": (no_page, OPERATOR),
    "43101 refused or used up": (no_credit, Expected("failed", 0, True)),
    "43107 banned": (
        fault(errcode=43107),
        Expected("failed", 2, True, alert=True, paused=(MEETING.key, NOW + timedelta(hours=1))),
    ),
    "43108 at once": (busy, Expected("pending", 2, False, due_after=(1, 1))),
    "45009 quota": (fault(errcode=45009), Expected("failed", 2, True, alert=True, paused=("", MIDNIGHT))),
    "45011 minute": (fault(errcode=45011), RETRY),
    "45168 words": (fault(errcode=45168), OPERATOR),
    "47003 fields": (other_fields, OPERATOR),
    "48001 not granted": (
        fault(errcode=48001),
        Expected("failed", 2, True, alert=True, paused=("", NOW + timedelta(hours=1))),
    ),
    "49999 never heard of": (fault(errcode=49999), OPERATOR),
    "502": (fault(http_status=502), Expected("uncertain", 1, False)),
    "reset before": (fault(reset="before"), Expected("uncertain", 1, False)),
    "reset after": (fault(reset="after"), Expected("uncertain", 1, False)),
}


@pytest.mark.parametrize("code", CODES)
async def test_a_code_leads_to_its_move(line: Line, database: str, code: str) -> None:
    cause, expected = CODES[code]
    person = await district.person("甲", None, openid="o1")
    for _ in range(2):
        await consent.accept(person.id, MEETING.key)
    line.platform.templates[MEETING.key] = {"id": MEETING.key, "title": MEETING.title, "fields": MEETING.fields}
    line.platform.pages.add("pages/meeting/index")
    line.platform.users["o1"].credits[MEETING.key] = 2
    await tell([person.id])
    cause(line.platform)
    await deliver(SubscribeMessages(line.mini, {}), now=NOW)

    row = await Delivery.get(channel="subscribe_message")
    assert row.status == expected.status, row.error
    assert await consent.balance(person.id, MEETING.key) == expected.left
    assert await Delivery.exists(channel="call_list") is expected.goes_on
    assert await OperatorAlert.exists() is expected.alert
    assert await RetiredAddress.exists(address="o1") is expected.retired
    pauses = [(pause.template_id, pause.until) for pause in await ChannelPause.all()]
    assert pauses == ([expected.paused] if expected.paused else [])
    if expected.due_after:
        waits = (row.due_at - NOW).total_seconds()
        assert expected.due_after[0] <= waits <= expected.due_after[1]


async def test_a_platform_that_takes_no_connections_has_certainly_nothing(line: Line, database: str) -> None:
    person = await district.person("甲", None, openid="o1")
    await consent.accept(person.id, MEETING.key)
    await tell([person.id])
    await line.mini.token()
    line.mini._root = "http://127.0.0.1:9"
    line.mini.API_BASE_URL = "http://127.0.0.1:9/cgi-bin/"
    await deliver(SubscribeMessages(line.mini, {}), now=NOW)
    assert (await Delivery.get()).status == "pending"
    assert await consent.balance(person.id, MEETING.key) == 1


async def test_a_letter_to_the_service_account_that_got_no_answer_passes_once(line: Line, database: str) -> None:
    person = await district.person("甲", None)
    openid = line.platform.users["o1"].service_openid
    await PlatformIdentity.create(id=uuid4(), person_id=person.id, account="service_account", openid=openid, since=NOW)
    line.platform.templates["svc-meeting"] = {
        "id": "svc-meeting",
        "title": "会议通知",
        "sort": "message",
        "account": "service",
        "fields": MEETING.fields,
    }
    await tell([person.id])
    await Delivery.all().update(channel="service_account")
    line.platform.faults_at["/cgi-bin/message/template/send"] = Faults(reset="after", times=1)
    ids = {MEETING.key: "svc-meeting"}
    senders: dict[Channel, Sender] = {Channel.SERVICE_ACCOUNT: ServiceAccount(line.service, ids, "wxtest")}
    await deliver(senders, now=NOW)
    assert (await Delivery.get()).status == "pending", "this account takes the same letter once: it is sent again"
    await deliver(senders, now=NOW + timedelta(seconds=10))
    assert (await Delivery.get()).status == "sent"
    assert len(line.platform.users["o1"].inbox) == 1


def test_the_table_names_every_code_that_the_documents_name() -> None:
    from notices.verdicts import BY_CODE

    tried = {int(name.split()[0]) for name in CODES if name.split()[0].lstrip("-").isdigit()}
    assert set(BY_CODE) - tried <= {43004}


async def test_the_other_channels_are_told_nothing_when_one_answered(line: Line, database: str) -> None:
    person = await district.person("甲", None, openid="o1")
    await consent.accept(person.id, MEETING.key)
    await tell([person.id])
    service = Told()

    class Answers(Told):
        async def send(self, letter: Letter) -> Receipt:
            assert letter.facts == FACTS
            return await super().send(letter)

    both: dict[Channel, Sender] = {Channel.SUBSCRIBE_MESSAGE: Answers(), Channel.SERVICE_ACCOUNT: service}
    await deliver(both, now=NOW)
    assert service.asked == []
