"""Every call of ours: what comes back, and what each refusal means."""

import asyncio
import io

import pytest

from backend.wechat.client import session_signature
from backend.wechat.errors import MEANINGS, Meaning, WeChatError
from backend.wechat.safety import MOST_TEXT, TextCheck, Verdict
from notices.delivery import Outcome
from simulator.faults import Faults
from tests.simulator.calls import BIZ, FIELDS, SUBSCRIBE, TEMPLATE
from tests.simulator.qr import read
from tests.wechat.conftest import Line

PAGE = "pages/meeting/index?id=1"
NEWS = {"thing1": "会议", "time2": "15:01"}
CARD = ("wxtest", "pages/list/index?id=1")


async def test_a_subscribe_message_opens_the_version_that_was_asked_for(line: Line) -> None:
    receipt = await line.mini.send("o1", "tmpl-meeting", PAGE, FIELDS, miniprogram_state="trial", lang="zh_HK")
    assert (receipt.outcome, receipt.errcode) == (Outcome.SENT, 0)
    (message,) = line.platform.users["o1"].inbox
    assert (message["state"], message["lang"], message["page"]) == ("trial", "zh_HK", PAGE)


@pytest.mark.parametrize(
    ("openid", "template_id", "page", "fields", "refused"),
    [
        ("o-none", "tmpl-meeting", PAGE, {}, (Outcome.NOT_SENT, 40003, Meaning.RETIRED_OPENID)),
        ("o1", "tmpl-none", PAGE, {}, (Outcome.NOT_SENT, 40037, Meaning.OPERATOR)),
        ("o1", "tmpl-meeting", "pages/none", {}, (Outcome.NOT_SENT, 41030, Meaning.OPERATOR)),
        ("o1", "tmpl-meeting", "/pages/meeting/index", {}, (Outcome.NOT_SENT, 40165, Meaning.OPERATOR)),
        ("o1", "tmpl-meeting", PAGE, {"thing1": ""}, (Outcome.NOT_SENT, 47003, Meaning.OPERATOR)),
        ("o1", "tmpl-meeting", PAGE, {"thing1": "赌博"}, (Outcome.NOT_SENT, 45168, Meaning.WORDING)),
        ("o2", "tmpl-meeting", PAGE, {}, (Outcome.NO_CONSENT, 43101, Meaning.NO_CONSENT)),
    ],
)
async def test_a_refusal_keeps_its_code_and_has_its_meaning(
    line: Line,
    openid: str,
    template_id: str,
    page: str,
    fields: dict[str, str],
    refused: tuple[Outcome, int, Meaning],
) -> None:
    line.platform.add_user("乙", "o2")
    receipt = await line.mini.send(openid, template_id, page, FIELDS | fields)
    assert (receipt.outcome, receipt.errcode, MEANINGS[receipt.errcode]) == refused
    assert " rid: " in str(receipt.error)


async def test_quotas_bans_and_two_at_once_are_refused_for_their_own_reasons(line: Line) -> None:
    limit = line.platform.quotas.limits[SUBSCRIBE]

    async def send() -> tuple[Outcome, int | None]:
        receipt = await line.mini.send("o1", "tmpl-meeting", PAGE, FIELDS)
        return receipt.outcome, receipt.errcode

    line.platform.banned.add("mini")
    assert await send() == (Outcome.NOT_SENT, 43107)
    line.platform.banned.clear()
    line.platform.busy.add("o1")
    assert await send() == (Outcome.NOT_SENT_RETRY, 43108)
    line.platform.busy.clear()
    limit.rate, limit.seconds = 1, 86_400
    assert [await send(), await send()] == [(Outcome.SENT, 0), (Outcome.NOT_SENT_RETRY, 45011)]
    limit.rate, limit.day = 0, 1
    assert await send() == (Outcome.NOT_SENT, 45009)


async def test_a_day_of_messages_to_one_person_is_sent_one_by_one(line: Line) -> None:
    line.platform.users["o1"].credits["tmpl-meeting"] = 10
    line.platform.faults_at[SUBSCRIBE] = Faults(latency=0.02)
    receipts = await asyncio.gather(*(line.mini.send("o1", "tmpl-meeting", PAGE, FIELDS) for _ in range(10)))
    assert {receipt.errcode for receipt in receipts} == {0}


async def test_the_service_accounts_subscribe_message_arrives_on_its_own_consent(line: Line) -> None:
    user = line.platform.users["o1"]
    assert (await line.service.bizsend(user.service_openid, "biz-1", NEWS)).outcome is Outcome.NO_CONSENT
    user.credits["biz-1"] = 1
    assert (await line.service.bizsend(user.service_openid, "biz-1", NEWS, opens=CARD)).outcome is Outcome.SENT
    assert user.inbox[0]["page"] == CARD[1]
    wrong = await line.mini.bizsend(user.service_openid, "biz-1", NEWS)
    assert (wrong.errcode, MEANINGS[48001]) == (48001, Meaning.BREAKER)
    assert line.platform.calls[BIZ] == 3


async def test_a_template_message_sent_twice_arrives_once_and_only_at_a_followers(line: Line) -> None:
    user = line.platform.users["o1"]
    line.platform.faults_at[TEMPLATE] = Faults(reset="after", times=1)
    sent = [
        await line.service.template_send(user.service_openid, "news-1", NEWS, client_msg_id="n-1", opens=CARD)
        for _ in range(2)
    ]
    assert [receipt.outcome for receipt in sent] == [Outcome.UNKNOWN, Outcome.SENT]
    assert len(user.inbox) == 1
    user.follows = False
    left = await line.service.template_send(user.service_openid, "news-1", NEWS, client_msg_id="n-2")
    assert (left.outcome, left.errcode, MEANINGS[43004]) == (Outcome.NOT_SENT, 43004, Meaning.NOT_FOLLOWING)


@pytest.mark.parametrize("is_hyaline", [False, True])
async def test_a_code_on_paper_can_be_read(line: Line, is_hyaline: bool) -> None:
    picture = await line.mini.codes.picture("m.7Kq2", page="pages/list/index", is_hyaline=is_hyaline)
    assert read(picture) == "weapp://wxtest/pages/list/index?env_version=release&scene=m.7Kq2"


async def test_a_code_for_a_page_that_is_not_released_yet_is_drawn_when_told_so(line: Line) -> None:
    with pytest.raises(WeChatError) as missing:
        await line.mini.codes.picture("a", page="pages/new/index")
    assert missing.value.errcode == 41030
    picture = await line.mini.codes.picture("a", page="pages/new/index", check_path=False, env_version="develop")
    assert read(picture) == "weapp://wxtest/pages/new/index?env_version=develop&scene=a"


@pytest.mark.parametrize(("scene", "refused"), [("a&b", 40129), ("a" * 33, 40169), ("", 40169)])
async def test_a_scene_that_does_not_fit_is_an_error_and_no_picture(line: Line, scene: str, refused: int) -> None:
    with pytest.raises(WeChatError) as error:
        await line.mini.codes.picture(scene)
    assert error.value.errcode == refused


async def test_a_link_for_text_messages_leads_to_its_page(line: Line) -> None:
    link = await line.mini.codes.url_link("pages/list/index", "id=1", days=30)
    assert {name: line.platform.links[link][name] for name in ("path", "query")} == {
        "path": "pages/list/index",
        "query": "id=1",
    }
    with pytest.raises(WeChatError) as long:
        await line.mini.codes.url_link("pages/list/index", days=31)
    assert long.value.errcode == 85401


@pytest.mark.parametrize(
    ("text", "verdict", "label"),
    [("你好", Verdict.PASS, 100), ("加微信", Verdict.BY_HAND, 10001), ("赌博", Verdict.RISKY, 20006)],
)
async def test_words_are_passed_refused_or_left_to_a_person(
    line: Line, text: str, verdict: Verdict, label: int
) -> None:
    line.platform.login_code("o1")
    found = await line.mini.safety.check_text("o1", text)
    assert (found.verdict, found.label) == (verdict, label)
    assert found.trace_id


async def test_what_the_platform_cannot_say_is_never_a_pass(line: Line) -> None:
    check = line.mini.safety.check_text
    assert await check("o1", "你好") == TextCheck(Verdict.BY_HAND, errcode=61010)
    line.platform.login_code("o1")
    assert await check("o1", "长" * (MOST_TEXT + 1)) == TextCheck(Verdict.BY_HAND)
    for fault, errcode in (
        (Faults(errcode=-1), -1),
        (Faults(errcode=45009), 45009),
        (Faults(http_status=502), 0),
        (Faults(reset="after"), 0),
    ):
        line.platform.faults_at["/wxa/msg_sec_check"] = fault
        assert await check("o1", "你好") == TextCheck(Verdict.BY_HAND, errcode=errcode)


async def test_a_picture_is_checked_later_under_its_trace(line: Line) -> None:
    with pytest.raises(WeChatError) as late:
        await line.mini.safety.check_picture("o1", "https://example.invalid/a")
    assert late.value.meaning is Meaning.VISIT_EXPIRED
    line.platform.login_code("o1")
    trace = await line.mini.safety.check_picture("o1", "https://example.invalid/a")
    assert [check["trace_id"] for check in line.platform.pending_checks] == [trace]


def test_a_session_is_signed_as_in_the_documents_example() -> None:
    assert session_signature("o0q0otL8aEzpcZL/FT9WsQ==", '{"foo":"bar"}') == (
        "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b"
    )


async def test_a_session_holds_until_the_next_login(line: Line) -> None:
    assert not await line.mini.session_holds("o1", "x")
    key = line.platform.redeem(line.platform.login_code("o1")).session_key
    assert await line.mini.session_holds("o1", key)
    line.platform.redeem(line.platform.login_code("o1"))
    assert not await line.mini.session_holds("o1", key)
    with pytest.raises(WeChatError) as unknown:
        await line.mini.session_holds("o-none", key)
    assert unknown.value.errcode == 40003


async def test_somebody_held_for_a_risk_is_refused_at_login(line: Line) -> None:
    line.platform.users["o1"].blocked = True
    with pytest.raises(WeChatError) as blocked:
        await line.mini.code_to_session(line.platform.login_code("o1"))
    assert blocked.value.errcode == 40226


async def test_wechatpys_own_methods_work_on_our_transport(line: Line) -> None:
    """Upload and download too: a token that is refused half-way does not send an empty file."""
    await line.service.token()
    line.platform.tokens.clear("service")
    content = b"\xff\xd8\xff\xe0" + b"x" * 1000
    made = await line.service.media.upload("image", io.BytesIO(content))
    assert await line.service.media.download(made["media_id"]) == content
    with pytest.raises(WeChatError) as unknown:
        await line.service.media.download("x")
    assert unknown.value.errcode == 40007
    assert (await line.mini.wxa.get_wxa_code_unlimited("a")).startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("errcode", "sent", "meaning", "retryable", "ambiguous"),
    [
        (0, False, Meaning.UNREACHED, True, False),
        (0, True, Meaning.AMBIGUOUS, False, True),
        (-1, False, Meaning.BUSY, True, False),
        (45011, False, Meaning.MINUTE_QUOTA, True, False),
        (43108, False, Meaning.AT_ONCE, True, False),
        (45009, False, Meaning.DAILY_QUOTA, False, False),
        (43107, False, Meaning.BREAKER, False, False),
        (40014, False, Meaning.STALE_TOKEN, False, False),
        (99999, False, Meaning.OTHER, False, False),
    ],
)
def test_only_what_certainly_was_not_done_may_be_done_again(
    errcode: int, sent: bool, meaning: Meaning, retryable: bool, ambiguous: bool
) -> None:
    error = WeChatError(errcode, "words", sent=sent)
    assert (error.meaning, error.retryable, error.ambiguous) == (meaning, retryable, ambiguous)
