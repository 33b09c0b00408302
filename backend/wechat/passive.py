"""Answers in place, in the mode and the format of the push that they answer: sanitised, cut, sealed."""

import json
from xml.sax.saxutils import escape

from wechatpy.crypto import PrpCrypto, WeChatCrypto

from backend.wechat.push import UNWRITABLE, Push, signature

MAX_REPLY_BYTES = 2048
NOTHING = "success"
"""Heard, and nothing to say."""


def text_reply(push: Push, text: str, *, token: str, aes_key: str, appid: str, now: int, nonce: str) -> str:
    """A text; NOTHING for an empty one. `now`: Unix seconds."""
    text = clip(UNWRITABLE.sub("", text))
    if not text.strip():
        return NOTHING
    return written(push, "text", {"Content": text}, token=token, aes_key=aes_key, appid=appid, now=now, nonce=nonce)


def written(
    push: Push, kind: str, fields: dict[str, str], *, token: str, aes_key: str, appid: str, now: int, nonce: str
) -> str:
    """A message of `kind` to who wrote the push: XML or JSON as the push was, sealed where the push was."""
    whole: dict[str, str | int] = {
        "ToUserName": push.openid,
        "FromUserName": push.account,
        "CreateTime": now,
        "MsgType": kind,
        **fields,
    }
    if push.in_json:
        plain = json.dumps(whole, ensure_ascii=False)
        if not push.encrypted:
            return plain
        return sealed_json(plain, token=token, aes_key=aes_key, appid=appid, now=now, nonce=nonce)
    plain = f"<xml>{''.join(f'<{name}>{escape(str(value))}</{name}>' for name, value in whole.items())}</xml>"
    return WeChatCrypto(token, aes_key, appid).encrypt_message(plain, nonce, str(now)) if push.encrypted else plain


def sealed_json(plain: str, *, token: str, aes_key: str, appid: str, now: int, nonce: str) -> str:
    """The envelope in JSON, which wechatpy writes in XML alone."""
    cipher = PrpCrypto(WeChatCrypto(token, aes_key, appid).key)
    encrypt = cipher.encrypt(plain, appid)
    encrypt = encrypt.decode() if isinstance(encrypt, bytes) else encrypt
    envelope = {
        "Encrypt": encrypt,
        "MsgSignature": signature(token, str(now), nonce, encrypt),
        "TimeStamp": now,
        "Nonce": nonce,
    }
    return json.dumps(envelope)


def clip(text: str) -> str:
    """At most 2048 bytes of UTF-8, never in the middle of a character."""
    data = text.encode(errors="replace")
    if len(data) <= MAX_REPLY_BYTES:
        return text
    return data[: MAX_REPLY_BYTES - 3].decode(errors="ignore") + "…"
