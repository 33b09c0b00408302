"""Messages that WeChat pushes to us: verified, decrypted, decoded.

Plain, compatible and safe mode, XML and JSON. wechatpy's crypto does the cipher; what it lets through (exceptions of
every kind on junk) is handled here. Nothing of what stands beside an `Encrypt` is believed: it is not signed.
"""

import hmac
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

from backend.wechat import events
from backend.wechat.events import MediaVerdict
from notices.events import SubscriptionEvent

MAX_BODY_BYTES = 64 * 1024
WINDOW_SECONDS = 600
# What neither XML nor PostgreSQL holds: control characters, halves of a pair, and the two that are no characters.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_JUNK = (
    *(ExpatError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, OSError),
    *(RecursionError, struct.error),
)
"""What the parsers and the cipher raise on what nobody would send."""


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
    subscriptions: tuple[SubscriptionEvent, ...] = ()
    media: MediaVerdict | None = None


def signature(*parts: str) -> str:
    """WeChat's signature: SHA-1 over the sorted parts."""
    return sha1("".join(sorted(parts)).encode(errors="replace"), usedforsecurity=False).hexdigest()


def verify(token: str, *, given: str, timestamp: str, nonce: str, encrypt: str | None, now: int) -> None:
    """Check signature (constant time) and age. `now`: Unix seconds. Raises BadPushError 403."""
    parts = [token, timestamp, nonce] + ([encrypt] if encrypt is not None else [])
    if not hmac.compare_digest(signature(*parts).encode(), given.encode(errors="replace")):
        raise BadPushError(403)
    # WeChat's repeats keep their first timestamp, hence a loose window; the dedupe key does the rest.
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > WINDOW_SECONDS:
        raise BadPushError(403)


def decode(body: bytes, args: Mapping[str, str], *, token: str, aes_key: str, appid: str, now: int) -> Push:
    """One push from its HTTP body and query arguments. Raises BadPushError."""
    if len(body) > MAX_BODY_BYTES:
        raise BadPushError(400)
    try:
        if args.get("encrypt_type") == "aes" or "msg_signature" in args:
            body = _opened(body, args, token=token, aes_key=aes_key, appid=appid, now=now)
            return _push(_fields(body), encrypted=True, in_json=_is_json(body))
        stamp, nonce = args.get("timestamp", ""), args.get("nonce", "")
        verify(token, given=args.get("signature", ""), timestamp=stamp, nonce=nonce, encrypt=None, now=now)
        fields = _fields(body)
        if "Encrypt" in fields:
            # Whoever took the message's signature off may have written the plain fields beside it.
            raise BadPushError(403)
        return _push(fields, encrypted=False, in_json=_is_json(body))
    except WeChatException as error:
        raise BadPushError(403) from error
    except _JUNK as error:
        raise BadPushError(400) from error


def _opened(body: bytes, args: Mapping[str, str], *, token: str, aes_key: str, appid: str, now: int) -> bytes:
    """The message inside of an envelope; the plain fields of compatible mode are dropped unread."""
    encrypt = _fields(body)["Encrypt"]
    if not isinstance(encrypt, str):
        raise BadPushError(400)
    given, stamp, nonce = args.get("msg_signature", ""), args.get("timestamp", ""), args.get("nonce", "")
    verify(token, given=given, timestamp=stamp, nonce=nonce, encrypt=encrypt, now=now)
    # A dict is what wechatpy decrypts whatever format it came in.
    opened = WeChatCrypto(token, aes_key, appid).decrypt_message({"Encrypt": encrypt}, given, stamp, nonce)
    return opened if isinstance(opened, bytes) else opened.encode()


def _is_json(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def _fields(body: bytes) -> dict[str, Any]:
    """XML or JSON, whichever the account was set up for."""
    parsed = json.loads(body) if _is_json(body) else xmltodict.parse(body)["xml"]
    if not isinstance(parsed, dict):
        raise BadPushError(400)
    return parsed


def _push(fields: dict[str, Any], *, encrypted: bool, in_json: bool) -> Push:
    openid, kind = _name(fields["FromUserName"]), _name(fields["MsgType"])
    created = int(events.moment(fields["CreateTime"]).timestamp())
    message_id = fields.get("MsgId")
    is_event = kind == "event"
    return Push(
        account=_name(fields["ToUserName"]),
        openid=openid,
        kind=kind,
        # A voice message carries what the platform understood of it, when recognition is on.
        text=_words(fields.get("Content") or fields.get("Recognition")),
        event=_words(fields.get("Event")),
        key=_words(fields.get("EventKey")),
        # An event has no number; two of one person in one second are told apart by what they are about.
        dedupe_key=str(message_id) if message_id else f"{openid}:{created}:{events.told_apart(fields)}".rstrip(":"),
        encrypted=encrypted,
        in_json=in_json,
        subscriptions=events.subscriptions(fields) if is_event else (),
        media=events.media_verdict(fields) if is_event else None,
    )


def _name(value: object) -> str:
    """An openid, an account, a type: a word of the platform's own. Raises ValueError."""
    if not isinstance(value, str) or not value or len(value) > 128 or UNWRITABLE.search(value):
        raise ValueError("no name")
    return value


def _words(value: object) -> str:
    """What a person typed, without what no part of ours could keep."""
    return UNWRITABLE.sub("", "" if value is None else str(value))
