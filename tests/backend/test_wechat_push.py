"""Pushes: the official vectors, junk, forged signatures; replies that cannot break out of their XML."""

import base64
import contextlib
import json
from typing import Any

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from backend.wechat import passive, push

# developers.weixin.qq.com, 消息推送: URL verification and safe mode samples.
VECTORS = [
    ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
    ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
]
SECRET = {"token": "AAAAA", "aes_key": "A" * 43, "appid": "wxba5fad812f8e6fb9"}
NOW = 1_714_036_504
TEXT = (
    "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>1714036504</CreateTime>"
    "<MsgType>text</MsgType><Content>要多少人</Content><MsgId>77</MsgId></xml>"
)


@pytest.mark.parametrize(("stamp", "nonce", "signed"), VECTORS)
def test_the_official_signatures_are_ours(stamp: str, nonce: str, signed: str) -> None:
    assert push.signature("AAAAA", stamp, nonce) == signed


def test_the_official_encrypted_sample_has_the_official_signature_and_opens() -> None:
    encrypt = (
        "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnn"
        "R8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km"
        "32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
    )
    assert push.signature("AAAAA", "1714112445", "415670741", encrypt) == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    crypto = WeChatCrypto(**_crypto())
    opened = crypto.decrypt_message(
        {"Encrypt": encrypt}, "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", "1714112445", "415670741"
    )
    assert "debug_demo" in str(opened)


def _crypto() -> dict[str, str]:
    return {"token": SECRET["token"], "encoding_aes_key": SECRET["aes_key"], "app_id": SECRET["appid"]}


def _plain_args(stamp: str = str(NOW)) -> dict[str, str]:
    return {"timestamp": stamp, "nonce": "1", "signature": push.signature("AAAAA", stamp, "1")}


def _sealed() -> tuple[bytes, dict[str, str]]:
    body = WeChatCrypto(**_crypto()).encrypt_message(TEXT, "1", str(NOW))
    fields = xmltodict.parse(body)["xml"]
    args = {"timestamp": str(NOW), "nonce": "1", "encrypt_type": "aes", "msg_signature": fields["MsgSignature"]}
    return body.encode(), args


def test_a_plain_push_is_read() -> None:
    message = push.decode(TEXT.encode(), _plain_args(), now=NOW, **SECRET)
    assert (message.openid, message.kind, message.text, message.dedupe_key) == ("o1", "text", "要多少人", "77")


def test_an_encrypted_push_is_read_and_answered_encrypted() -> None:
    body, args = _sealed()
    message = push.decode(body, args, now=NOW, **SECRET)
    assert message.encrypted
    assert message.text == "要多少人"
    reply = passive.text_reply(message, "十二人", now=NOW, nonce="5", **SECRET)
    fields = xmltodict.parse(reply)["xml"]
    opened = WeChatCrypto(**_crypto()).decrypt_message(reply, fields["MsgSignature"], str(NOW), "5")
    assert xmltodict.parse(opened)["xml"]["Content"] == "十二人"


@pytest.mark.parametrize(
    ("body", "args", "status"),
    [
        (TEXT.encode(), {**_plain_args(), "signature": "0" * 40}, 403),
        (TEXT.encode(), {}, 403),
        (TEXT.encode(), _plain_args(str(NOW - 3600)), 403),
        (b"", _plain_args(), 400),
        (b"not xml", _plain_args(), 400),
        (b"<xml></xml>", _plain_args(), 400),
        (b"<xml><a/></xml>", _plain_args(), 400),
        (b"x" * 70_000, _plain_args(), 400),
        (b'{"a":' * 9000, _plain_args(), 400),
        (b"[1]", _plain_args(), 400),
        (TEXT.replace("<FromUserName>o1", "<FromUserName><a/>").encode(), _plain_args(), 400),
        (TEXT.replace("1714036504</Create", "9" * 30 + "</Create").encode(), _plain_args(), 400),
        (TEXT.replace("o1", "").encode(), _plain_args(), 400),
        (TEXT.encode(), _plain_args("\N{SUPERSCRIPT TWO}"), 403),
        (TEXT.encode(), _plain_args() | {"encrypt_type": "aes"}, 400),
        (b'<!DOCTYPE x [<!ENTITY e "v">]><xml>&e;</xml>', _plain_args(), 400),
    ],
)
def test_junk_and_forgeries_are_refused_without_a_traceback(body: bytes, args: dict[str, str], status: int) -> None:
    with pytest.raises(push.BadPushError) as refused:
        push.decode(body, args, now=NOW, **SECRET)
    assert refused.value.status == status


@given(st.binary(max_size=400))
def test_any_cipher_text_with_a_right_signature_is_read_or_refused(cipher: bytes) -> None:
    """Whatever stands in the envelope: no exception but ours comes out."""
    encrypt = base64.b64encode(cipher).decode()
    args = {"timestamp": str(NOW), "nonce": "1", "encrypt_type": "aes"}
    args["msg_signature"] = push.signature("AAAAA", str(NOW), "1", encrypt)
    body = f"<xml><Encrypt>{encrypt}</Encrypt></xml>".encode()
    with pytest.raises(push.BadPushError):
        push.decode(body, args, now=NOW, **SECRET)


@given(position=st.integers(0, 200), letter=st.sampled_from("ABCDEFabcdef0123456789+/"))
def test_a_changed_letter_of_the_cipher_text_never_gets_out_as_another_exception(position: int, letter: str) -> None:
    body, args = _sealed()
    encrypt = xmltodict.parse(body)["xml"]["Encrypt"]
    place = position % (len(encrypt) - 2)
    broken = encrypt[:place] + letter + encrypt[place + 1 :]
    args = args | {"msg_signature": push.signature("AAAAA", str(NOW), "1", broken)}
    with contextlib.suppress(push.BadPushError):
        push.decode(f"<xml><Encrypt>{broken}</Encrypt></xml>".encode(), args, now=NOW, **SECRET)


@given(st.text(max_size=3000))
def test_any_reply_is_whole_xml_within_2048_bytes(text: str) -> None:
    message = push.Push("gh", "o1", "text", "q", "", "", "1", encrypted=False)
    reply = passive.text_reply(message, text, now=NOW, nonce="1", **SECRET)
    if reply != "success":
        content = xmltodict.parse(reply, strip_whitespace=False)["xml"]["Content"]
        assert len((content or "").encode()) <= passive.MAX_REPLY_BYTES


def test_a_reply_cannot_close_its_own_element() -> None:
    message = push.Push("gh", "o1", "text", "q", "", "", "1", encrypted=False)
    reply = passive.text_reply(message, "a]]></Content><MsgType>x</MsgType>\x00b", now=NOW, nonce="1", **SECRET)
    parsed = xmltodict.parse(reply)["xml"]
    assert parsed["MsgType"] == "text"
    assert parsed["Content"] == "a]]></Content><MsgType>x</MsgType>b"


def test_the_official_sealed_answer_has_the_official_signature_and_ours_opens_the_same_way() -> None:
    official = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    cipher = PrpCrypto(WeChatCrypto(**_crypto()).key)
    assert push.signature("AAAAA", "1713424427", "415670741", official) == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    assert json.loads(cipher.decrypt(official, SECRET["appid"])) == {"demo_resp": "good luck"}
    ours = json.loads(passive.sealed_json('{"demo_resp":"good luck"}', now=1713424427, nonce="415670741", **SECRET))
    assert set(ours) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
    assert ours["TimeStamp"] == 1713424427
    assert ours["MsgSignature"] == push.signature("AAAAA", "1713424427", "415670741", ours["Encrypt"])
    assert json.loads(cipher.decrypt(ours["Encrypt"], SECRET["appid"])) == {"demo_resp": "good luck"}


def pushed(fields: dict[str, Any], mode: str, written: str) -> push.Push:
    """What we make of `fields`, pushed in a mode (plain, compatible, safe) and a format (xml, json)."""
    body = json.dumps(fields) if written == "json" else xmltodict.unparse({"xml": fields})
    args = _plain_args()
    if mode != "plain":
        encrypt = PrpCrypto(WeChatCrypto(**_crypto()).key).encrypt(body, SECRET["appid"]).decode()
        beside = {"ToUserName": "gh"} if mode == "safe" else fields | {"FromUserName": "somebody else"}
        envelope = beside | {"Encrypt": encrypt}
        body = json.dumps(envelope) if written == "json" else xmltodict.unparse({"xml": envelope})
        args |= {"encrypt_type": "aes", "msg_signature": push.signature("AAAAA", str(NOW), "1", encrypt)}
    return push.decode(body.encode(), args, now=NOW, **SECRET)


MODES = [(mode, written) for mode in ("plain", "compatible", "safe") for written in ("xml", "json")]
HEAD = {"ToUserName": "gh", "FromUserName": "o1", "CreateTime": NOW, "MsgType": "event"}


@pytest.mark.parametrize(("mode", "written"), MODES)
def test_every_mode_and_format_is_read_and_only_what_is_sealed_is_believed(mode: str, written: str) -> None:
    message = pushed(HEAD | {"MsgType": "text", "Content": "要多少人", "MsgId": 77}, mode, written)
    assert (message.openid, message.text, message.dedupe_key) == ("o1", "要多少人", "77")
    assert (message.encrypted, message.in_json) == (mode != "plain", written == "json")
    answer = passive.text_reply(message, "十二人", now=NOW, nonce="5", **SECRET)
    if message.encrypted:
        fields = json.loads(answer) if written == "json" else xmltodict.parse(answer)["xml"]
        answer = PrpCrypto(WeChatCrypto(**_crypto()).key).decrypt(fields["Encrypt"], SECRET["appid"])
    fields = json.loads(answer) if written == "json" else xmltodict.parse(answer)["xml"]
    assert (fields["ToUserName"], fields["FromUserName"], fields["Content"]) == ("o1", "gh", "十二人")


def test_an_envelope_whose_signature_was_taken_off_is_refused() -> None:
    """The plain signature says nothing of the body: who has seen one may have written these fields."""
    body = xmltodict.unparse({"xml": HEAD | {"MsgType": "text", "Content": "x", "MsgId": 1, "Encrypt": "AAAA"}})
    with pytest.raises(push.BadPushError) as refused:
        push.decode(body.encode(), _plain_args(), now=NOW, **SECRET)
    assert refused.value.status == 403


def test_what_no_database_keeps_is_taken_out_of_a_persons_words() -> None:
    message = pushed(HEAD | {"MsgType": "text", "Content": "a\x00\ud800b\uffff", "MsgId": 1}, "plain", "json")
    assert message.text == "ab"


_WORDS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
_ODD = st.recursive(
    _WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
_NAMES = st.sampled_from(
    [*HEAD, "Event", "EventKey", "List", "MsgId", "MsgID", "Content", "TemplateId", "SubscribeStatusString"]
    + ["SubscribeMsgPopupEvent", "SubscribeMsgSentEvent", "Status", "errcode", "result", "trace_id", "Encrypt"]
)
_EVENTS = st.sampled_from(
    ["subscribe_msg_popup_event", "subscribe_msg_sent_event", "subscribe_msg_change_event"]
    + ["TEMPLATESENDJOBFINISH", "wxa_media_check", "CLICK"]
)


@given(st.binary(max_size=400))
def test_any_bytes_with_a_right_signature_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(push.BadPushError):
        push.decode(body, _plain_args(), now=NOW, **SECRET)


@given(event=_EVENTS, changed=st.dictionaries(_NAMES, _ODD, max_size=5))
def test_an_event_with_anything_in_its_fields_is_read_or_refused(event: str, changed: dict[str, Any]) -> None:
    body = json.dumps(HEAD | {"Event": event} | changed).encode()
    with contextlib.suppress(push.BadPushError):
        push.decode(body, _plain_args(), now=NOW, **SECRET)


@given(
    st.dictionaries(st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type"]), st.text())
)
def test_any_arguments_are_refused_in_one_way(args: dict[str, str]) -> None:
    with pytest.raises(push.BadPushError):
        push.decode(TEXT.encode(), args, now=NOW, **SECRET)
