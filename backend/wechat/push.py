"""Messages that WeChat pushes to us: verified, decrypted, decoded; and replies, sanitised and encrypted.

Plain and encrypted (safe) mode, XML and JSON. wechatpy's crypto does the cipher; what it lets through (control
characters, `]]>`, exceptions of every kind on junk) is handled here.
"""

import hmac
import json
import re
import struct
from dataclasses import dataclass
from hashlib import sha1
from typing import Any
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

MAX_REPLY_BYTES = 2048
MAX_BODY_BYTES = 64 * 1024
WINDOW_SECONDS = 600
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class BadPushError(Exception):
    """Not from WeChat, or junk. `status`: 403 for a wrong signature, 400 for what cannot be read."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass(frozen=True, slots=True)
class Push:
    """One pushed message or event. `dedupe_key` is the same for WeChat's repeats of one message."""

    account: str
    openid: str
    kind: str
    text: str
    event: str
    key: str
    dedupe_key: str
    encrypted: bool
    in_json: bool = False


def signature(*parts: str) -> str:
    """WeChat's signature: SHA-1 over the sorted parts."""
    return sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def verify(token: str, *, given: str, timestamp: str, nonce: str, encrypt: str | None, now: int) -> None:
    """Check signature (constant time) and age. `now`: Unix seconds. Raises BadPushError 403."""
    parts = [token, timestamp, nonce] + ([encrypt] if encrypt is not None else [])
    if not hmac.compare_digest(signature(*parts).encode(), given.encode()):
        raise BadPushError(403)
    # WeChat's repeats keep their first timestamp, hence a loose window; the dedupe key does the rest.
    if not timestamp.isdigit() or abs(now - int(timestamp)) > WINDOW_SECONDS:
        raise BadPushError(403)


def decode(body: bytes, args: dict[str, str], *, token: str, aes_key: str, appid: str, now: int) -> Push:
    """One push from its HTTP body and query arguments. Raises BadPushError."""
    if len(body) > MAX_BODY_BYTES:
        raise BadPushError(400)
    timestamp, nonce = args.get("timestamp", ""), args.get("nonce", "")
    encrypted = args.get("encrypt_type") == "aes"
    try:
        if encrypted:
            envelope = _fields(body)
            encrypt = str(envelope["Encrypt"])
            given = args.get("msg_signature", "")
            verify(token, given=given, timestamp=timestamp, nonce=nonce, encrypt=encrypt, now=now)
            sealed = {"Encrypt": encrypt}  # a dict is what wechatpy decrypts whatever format it came in
            body = _as_bytes(WeChatCrypto(token, aes_key, appid).decrypt_message(sealed, given, timestamp, nonce))
        else:
            verify(token, given=args.get("signature", ""), timestamp=timestamp, nonce=nonce, encrypt=None, now=now)
        return _push(_fields(body), encrypted, in_json=body.lstrip()[:1] == b"{")
    except BadPushError:
        raise
    except WeChatException as error:
        raise BadPushError(403) from error
    except (ExpatError, ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error) as error:
        raise BadPushError(400) from error


def text_reply(push: Push, text: str, *, token: str, aes_key: str, appid: str, now: int, nonce: str) -> str:
    """A passive text reply in the mode of the push; `success` (say nothing) for an empty text."""
    text = clip(_CONTROL.sub("", text))
    if not text:
        return "success"
    xml = (
        f"<xml><ToUserName>{escape(push.openid)}</ToUserName><FromUserName>{escape(push.account)}</FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType>text</MsgType><Content>{escape(text)}</Content></xml>"
    )
    return WeChatCrypto(token, aes_key, appid).encrypt_message(xml, nonce, str(now)) if push.encrypted else xml


def clip(text: str) -> str:
    """At most 2048 bytes of UTF-8, never in the middle of a character."""
    data = text.encode()
    if len(data) <= MAX_REPLY_BYTES:
        return text
    return data[: MAX_REPLY_BYTES - 3].decode(errors="ignore") + "…"


def _fields(body: bytes) -> dict[str, Any]:
    """XML or JSON, whichever the account was set up for."""
    parsed = json.loads(body) if body.lstrip()[:1] == b"{" else xmltodict.parse(body)["xml"]
    if not isinstance(parsed, dict):
        raise BadPushError(400)
    return parsed


def _push(fields: dict[str, Any], encrypted: bool, *, in_json: bool) -> Push:
    openid, kind = str(fields["FromUserName"]), str(fields["MsgType"])
    message_id = fields.get("MsgId")
    return Push(
        account=str(fields["ToUserName"]),
        openid=openid,
        kind=kind,
        # A voice message carries what the platform understood of it, when recognition is on.
        text=str(fields.get("Content") or fields.get("Recognition") or ""),
        event=str(fields.get("Event") or ""),
        key=str(fields.get("EventKey") or ""),
        dedupe_key=str(message_id) if message_id else f"{openid}:{fields['CreateTime']}",
        encrypted=encrypted,
        in_json=in_json,
    )


def _as_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
