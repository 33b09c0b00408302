"""Pushes: XML or JSON, plain or encrypted, five seconds to answer, three tries, and what the person then sees."""

import asyncio
import json
import secrets
import struct
import time
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import aiohttp

from simulator import windows
from simulator.accounts import Account, User
from simulator.acts import Act
from simulator.envelope import decrypt, encrypt, signature
from simulator.platform import Platform

ANSWER_SECONDS = 5
TRIES = 3
BROKEN = "该公众号提供的服务出现故障，请稍后再试"
MINI_BROKEN = "该小程序客服暂时无法提供服务，请稍后再试"


async def say(
    platform: Platform,
    http: aiohttp.ClientSession,
    account: Account,
    openid: str,
    act: Act,
    *,
    encrypted: bool = False,
    message_format: str | None = None,
    message_id: str | None = None,
) -> dict[str, object]:
    """The person does `act` at the account; returns {"answer", "tries"}: what the phone then shows.

    `openid`: at either account. `message_format`: xml or json, json for the mini-program unless told; the service
    account has XML alone. The mini-program's answer is empty: it writes with custom/send, which the chat shows. An
    answer that the platform cannot use is BROKEN or MINI_BROKEN. Raises PlatformError 40003, ValueError.
    """
    user = platform.phone(openid)
    act.check(account)
    message_format = message_format or ("json" if account.kind == "mini" else "xml")
    if message_format not in ("xml", "json") or (message_format == "json" and account.kind == "service"):
        raise ValueError(f"a {account.kind} account has no pushes in {message_format}")
    windows.acted(user, account, act.action, platform.now())
    if act.action in ("subscribe", "unsubscribe"):
        user.follows = act.action == "subscribe"
    if act.shown:
        _write(platform, user, account, "me", act.kind, act.shown)
    args, body = _seal(account, user, _message(account, user, act, message_id), message_format, encrypted)
    content_type = "application/json" if message_format == "json" else "text/xml"
    answer, tries = await _deliver(http, account, args, body, content_type)
    shown = _read(account, user, act, answer)
    if shown:
        _write(platform, user, account, "account", "text", shown)
    platform.save()
    return {"answer": shown, "tries": tries}


def _write(platform: Platform, user: User, account: Account, who: str, kind: str, text: str) -> None:
    user.chat.append({"account": account.kind, "from": who, "kind": kind, "text": text, "at": platform.now()})


def _message(account: Account, user: User, act: Act, message_id: str | None) -> dict[str, str | int]:
    # The real time, not the clock that admin calls move: a receiver may refuse what is not of these minutes.
    fields: dict[str, str | int] = {
        "ToUserName": account.original_id,
        "FromUserName": user.openid_at(account),
        "CreateTime": int(time.time()),
        "MsgType": act.kind,
        **act.fields(account),
    }
    if act.kind != "event":
        message_id = message_id or str(secrets.randbits(63))
        fields["MsgId"] = int(message_id) if message_id.isdecimal() else message_id
    return fields


def _seal(
    account: Account, user: User, fields: dict[str, str | int], message_format: str, encrypted: bool
) -> tuple[dict[str, str], str]:
    """The query arguments and the body."""
    stamp, nonce = str(fields["CreateTime"]), str(secrets.randbits(31))
    args = {
        "signature": signature(account.push_token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": user.openid_at(account),
    }
    if encrypted:
        sealed = encrypt(account.push_aes_key, account.appid, _write_out(fields, message_format))
        args |= {"encrypt_type": "aes", "msg_signature": signature(account.push_token, stamp, nonce, sealed)}
        fields = {"ToUserName": account.original_id, "Encrypt": sealed}
    return args, _write_out(fields, message_format)


def _write_out(fields: dict[str, str | int], message_format: str) -> str:
    if message_format == "json":
        return json.dumps(fields, ensure_ascii=False)
    return "<xml>" + "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items()) + "</xml>"


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
        except (aiohttp.ClientError, TimeoutError, OSError):
            continue
    return None, TRIES


def _read(account: Account, user: User, act: Act, answer: str | None) -> str:
    """What the phone shows of an answer; empty for nothing."""
    if answer in ("", "success"):
        return ""
    fields = _fields(account, answer or "")
    if account.kind == "service":
        return fields.get("Content") or BROKEN
    # Nothing can be said in place: only a person's message can be handed on to the platform's own desk.
    handed_on = {
        "MsgType": "transfer_customer_service",
        "ToUserName": user.openid,
        "FromUserName": account.original_id,
    }
    is_handed_on = act.kind != "event" and {name: fields.get(name) for name in handed_on} == handed_on
    return "" if is_handed_on else MINI_BROKEN


def _fields(account: Account, answer: str) -> dict[str, str]:
    """The fields of an answer, decrypted where it is encrypted; none of what cannot be read."""
    try:
        fields = _parse(answer, account)
        if "Encrypt" in fields:
            parts = (account.push_token, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            if signature(*parts) != fields["MsgSignature"]:
                return {}
            fields = _parse(decrypt(account.push_aes_key, account.appid, fields["Encrypt"]), account)
    except (ValueError, KeyError, struct.error, ElementTree.ParseError):
        return {}
    return fields


def _parse(text: str, account: Account) -> dict[str, str]:
    if account.kind == "mini" and text.startswith("{"):
        return {name: str(value) for name, value in json.loads(text).items()}
    return {element.tag: element.text or "" for element in ElementTree.fromstring(text)}
