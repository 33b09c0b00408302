"""Pushes: XML or JSON, in three modes, five seconds to answer, three tries, and what the person then sees."""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import aiohttp

from simulator import replies, windows
from simulator.accounts import Account, User
from simulator.acts import Act
from simulator.envelope import encrypt, signature
from simulator.platform import Platform
from simulator.replies import BROKEN, MINI_BROKEN

__all__ = ["BROKEN", "MINI_BROKEN", "Way", "say", "tell"]
ANSWER_SECONDS = 5
TRIES = 3
MODES = ("plain", "compatible", "safe")
FAULT = "服务故障"


@dataclass(frozen=True, slots=True)
class Way:
    """How an account has its pushes: `mode` of MODES, `written` xml or json (json for the mini-program alone)."""

    mode: str
    written: str

    @classmethod
    def of(cls, account: Account, mode: str | None, written: str | None) -> "Way":
        """As asked, or plain, and JSON for the mini-program. Raises ValueError for what the account cannot have."""
        way = cls(mode or "plain", written or ("json" if account.kind == "mini" else "xml"))
        if way.mode not in MODES:
            raise ValueError(f"no mode {way.mode!r}")
        if way.written not in ("xml", "json") or (way.written == "json" and account.kind == "service"):
            raise ValueError(f"a {account.kind} account has no pushes in {way.written}")
        return way


async def say(
    platform: Platform,
    http: aiohttp.ClientSession,
    account: Account,
    openid: str,
    act: Act,
    way: Way,
    *,
    message_id: str | None = None,
) -> dict[str, object]:
    """The person does `act` at the account; returns {"answer", "tries"}: what the phone then shows.

    `openid`: at either account. The mini-program's answer is empty: it writes with custom/send, which the chat shows.
    An answer that the platform cannot use is BROKEN or MINI_BROKEN. Raises PlatformError 40003, ValueError.
    """
    user = platform.phone(openid)
    act.check(account)
    windows.acted(user, account, act.action, platform.now())
    if act.action in ("subscribe", "unsubscribe"):
        user.follows = act.action == "subscribe"
    if act.shown:
        _write(platform, user, account, "me", act.kind, act.shown)
    fields: dict[str, Any] = {"MsgType": act.kind, **act.fields(account)}
    if act.kind != "event":
        message_id = message_id or str(secrets.randbits(63))
        fields["MsgId"] = int(message_id) if message_id.isdecimal() else message_id
    shown, tries = await tell(platform, http, account, user, fields, way)
    if shown:
        _write(platform, user, account, "account", "text", shown)
    platform.save()
    return {"answer": shown, "tries": tries}


async def tell(
    platform: Platform,
    http: aiohttp.ClientSession,
    account: Account,
    user: User,
    fields: dict[str, Any],
    way: Way,
    *,
    created_as_string: bool = False,
) -> tuple[str, int]:
    """Push one message or event: (what the phone would show of the answer, tries). Kept in `platform.pushes`."""
    # The real time, not the clock that admin calls move: a receiver may refuse what is not of these minutes.
    created = int(time.time())
    whole = {
        "ToUserName": account.original_id,
        "FromUserName": user.openid_at(account),
        "CreateTime": str(created) if created_as_string else created,
        **fields,
    }
    args, body = _seal(account, user, whole, way, str(created))
    content_type = "application/json" if way.written == "json" else "text/xml"
    answer, tries = await _deliver(http, account, args, body, content_type)
    is_event = fields["MsgType"] == "event"
    shown = replies.shown(account, user, answer, is_event=is_event, mode=way.mode)
    platform.pushes.append(
        {
            "at": platform.now(),
            "account": account.kind,
            "openid": whole["FromUserName"],
            "what": str(fields.get("Event") or fields["MsgType"]),
            "mode": way.mode,
            "format": way.written,
            "tries": tries,
            "answer": answer,
            "outcome": FAULT if shown == replies.broken(account) else ("answered" if shown else "nothing said"),
        }
    )
    return shown, tries


def _write(platform: Platform, user: User, account: Account, who: str, kind: str, text: str) -> None:
    user.chat.append({"account": account.kind, "from": who, "kind": kind, "text": text, "at": platform.now()})


def _seal(account: Account, user: User, fields: dict[str, Any], way: Way, stamp: str) -> tuple[dict[str, str], str]:
    """The query arguments and the body; compatible mode leaves the fields in the open beside the envelope."""
    nonce = str(secrets.randbits(31))
    args = {
        "signature": signature(account.push_token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": user.openid_at(account),
    }
    if way.mode != "plain":
        sealed = encrypt(account.push_aes_key, account.appid, _write_out(fields, way.written))
        args |= {"encrypt_type": "aes", "msg_signature": signature(account.push_token, stamp, nonce, sealed)}
        beside = {"ToUserName": account.original_id} if way.mode == "safe" else fields
        fields = beside | {"Encrypt": sealed}
    return args, _write_out(fields, way.written)


def _write_out(fields: dict[str, Any], written: str) -> str:
    return json.dumps(fields, ensure_ascii=False) if written == "json" else _element("xml", fields)


def _element(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    inner = "".join(_element(*item) for item in value.items()) if isinstance(value, dict) else escape(str(value))
    return f"<{name}>{inner}</{name}>"


async def _deliver(
    http: aiohttp.ClientSession, account: Account, args: dict[str, str], body: str, content_type: str
) -> tuple[str | None, int]:
    """The answer, none when there was none three times; and the tries."""
    headers = {"Content-Type": content_type}
    for attempt in range(1, TRIES + 1):
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                http.post(account.push_url, params=args, data=body.encode(), headers=headers) as response,
            ):
                answer = await response.text()
                if response.status == 200:
                    return answer, attempt
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeDecodeError):
            continue
    return None, TRIES
