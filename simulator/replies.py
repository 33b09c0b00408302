"""What an account may answer to a push, and what the phone then shows: anything else is a broken service."""

import json
import struct
from typing import Any
from xml.etree import ElementTree

from simulator.accounts import Account, User
from simulator.envelope import decrypt, signature

BROKEN = "该公众号提供的服务出现故障，请稍后再试"
MINI_BROKEN = "该小程序客服暂时无法提供服务，请稍后再试"
MOST_TEXT_BYTES = 2048
_NEEDED: dict[str, tuple[str, ...]] = {
    "text": ("Content",),
    "image": ("Image/MediaId",),
    "voice": ("Voice/MediaId",),
    "video": ("Video/MediaId",),
    "music": ("Music/ThumbMediaId",),
    "news": ("ArticleCount", "Articles/item/Title"),
    "transfer_customer_service": (),
}
_SHOWN = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "music": "[音乐]", "news": "[图文]"}
_ENVELOPE = {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}


def broken(account: Account) -> str:
    """What the phone shows instead of an answer."""
    return BROKEN if account.kind == "service" else MINI_BROKEN


def shown(account: Account, user: User, answer: str | None, *, is_event: bool, mode: str) -> str:
    """What the phone shows of an answer (None: there was none in three tries); empty for nothing.

    `mode`: plain, compatible or safe; in safe mode words in the open are refused.
    """
    if answer in ("", "success"):
        return ""
    try:
        fields = _opened(account, answer or "", mode)
        _addressed(account, user, fields)
        kind = str(fields["MsgType"])
        # At the mini-program nothing can be said in place; only a person's message goes to the platform's own desk.
        if kind == "transfer_customer_service" and not is_event:
            return ""
        if account.kind == "mini" or kind not in _SHOWN and kind != "text":
            return broken(account)
        if not all(_at(fields, path) for path in _NEEDED[kind]):
            return broken(account)
    except (ValueError, KeyError, TypeError, IndexError, struct.error, ElementTree.ParseError):
        return broken(account)
    text = str(fields["Content"]) if kind == "text" else _SHOWN[kind]
    return text if text.strip() and len(text.encode()) <= MOST_TEXT_BYTES else broken(account)


def _opened(account: Account, answer: str, mode: str) -> dict[str, Any]:
    fields = _parse(answer, account)
    if "Encrypt" not in fields:
        if mode == "safe":
            raise ValueError("words in the open")
        return fields
    if mode == "plain" or set(fields) != _ENVELOPE:
        raise ValueError("no envelope was asked for, or it lacks something")
    parts = (account.push_token, str(fields["TimeStamp"]), str(fields["Nonce"]), str(fields["Encrypt"]))
    if signature(*parts) != fields["MsgSignature"]:
        raise ValueError("wrong signature")
    return _parse(decrypt(account.push_aes_key, account.appid, str(fields["Encrypt"])), account)


def _addressed(account: Account, user: User, fields: dict[str, Any]) -> None:
    """Raises KeyError, ValueError for an answer to somebody else, from somebody else, or of no time."""
    if (fields["ToUserName"], fields["FromUserName"]) != (user.openid_at(account), account.original_id):
        raise ValueError("not to this person, or not from this account")
    if not str(fields["CreateTime"]).isdecimal():
        raise ValueError("CreateTime is no number")


def _parse(text: str, account: Account) -> dict[str, Any]:
    """JSON for the mini-program alone. Raises ValueError and ParseError, for an element that stands twice too."""
    if account.kind == "mini" and text.startswith("{"):
        fields = json.loads(text)
        return {str(name): value for name, value in fields.items()}
    root = ElementTree.fromstring(text)
    if root.tag != "xml" or len({element.tag for element in root}) != len(root):
        raise ValueError("not one <xml> with each element once")
    return {element.tag: element if len(element) else (element.text or "") for element in root}


def _at(fields: dict[str, Any], path: str) -> str:
    first, _, rest = path.partition("/")
    found = fields.get(first)
    if not rest:
        return found.strip() if isinstance(found, str) else ""
    return (found.findtext(rest) or "").strip() if isinstance(found, ElementTree.Element) else ""
