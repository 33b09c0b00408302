"""Pushes: the official vectors, junk, forged signatures; replies that cannot break out of their XML."""

import base64
import contextlib

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from backend.wechat import push

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
    reply = push.text_reply(message, "十二人", now=NOW, nonce="5", **SECRET)
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
    reply = push.text_reply(message, text, now=NOW, nonce="1", **SECRET)
    if reply != "success":
        content = xmltodict.parse(reply, strip_whitespace=False)["xml"]["Content"]
        assert len((content or "").encode()) <= push.MAX_REPLY_BYTES


def test_a_reply_cannot_close_its_own_element() -> None:
    message = push.Push("gh", "o1", "text", "q", "", "", "1", encrypted=False)
    reply = push.text_reply(message, "a]]></Content><MsgType>x</MsgType>\x00b", now=NOW, nonce="1", **SECRET)
    parsed = xmltodict.parse(reply)["xml"]
    assert parsed["MsgType"] == "text"
    assert parsed["Content"] == "a]]></Content><MsgType>x</MsgType>b"
