"""Pushes: XML, plain or encrypted, five seconds to answer, three tries, and what the person then sees."""

import asyncio
import base64
import hashlib
import re
import secrets
import struct
from xml.sax.saxutils import escape

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.platform import Platform

ACCOUNT = "gh_demo00000001"
ANSWER_SECONDS = 5
TRIES = 3
BROKEN = "该公众号提供的服务出现故障，请稍后再试"
_CONTENT = re.compile(r"<Content>(.*?)</Content>", re.DOTALL)
_ENCRYPT = re.compile(r"<Encrypt>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</Encrypt>", re.DOTALL)


def _signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def encrypt(aes_key: str, appid: str, text: str) -> str:
    """16 random bytes, length, message, appid; PKCS#7 with blocks of 32; AES-256-CBC; base64."""
    data = text.encode()
    plain = secrets.token_bytes(16) + struct.pack(">I", len(data)) + data + appid.encode()
    pad = 32 - len(plain) % 32
    worker = _cipher(aes_key).encryptor()
    return base64.b64encode(worker.update(plain + bytes([pad]) * pad) + worker.finalize()).decode()


def decrypt(aes_key: str, encrypted: str) -> str:
    """The message of an encrypted reply."""
    worker = _cipher(aes_key).decryptor()
    plain = worker.update(base64.b64decode(encrypted)) + worker.finalize()
    plain = plain[: -plain[-1]]
    (length,) = struct.unpack(">I", plain[16:20])
    return plain[20 : 20 + length].decode()


async def say(
    platform: Platform,
    http: aiohttp.ClientSession,
    url: str,
    openid: str,
    text: str,
    *,
    encrypted: bool,
    message_id: str | None = None,
) -> dict[str, object]:
    """The person types `text` to the account; returns what the phone then shows, and the tries."""
    user = platform.user(openid)
    message_id = message_id or str(secrets.randbits(63))
    stamp = str(int(platform.now()))
    xml = (
        f"<xml><ToUserName>{ACCOUNT}</ToUserName><FromUserName>{escape(openid)}</FromUserName>"
        f"<CreateTime>{stamp}</CreateTime><MsgType>text</MsgType><Content>{escape(text)}</Content>"
        f"<MsgId>{message_id}</MsgId></xml>"
    )
    nonce = str(secrets.randbits(31))
    args = {
        "signature": _signature(platform.push_token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": openid,
    }
    if encrypted:
        sealed = encrypt(platform.push_aes_key, platform.appid, xml)
        args |= {
            "encrypt_type": "aes",
            "msg_signature": _signature(platform.push_token, stamp, nonce, sealed),
        }
        xml = f"<xml><ToUserName>{ACCOUNT}</ToUserName><Encrypt>{sealed}</Encrypt></xml>"
    user.chat.append({"from": "me", "text": text, "at": platform.now()})
    answer, tries = await _deliver(platform, http, url, args, xml)
    if answer:
        user.chat.append({"from": "account", "text": answer, "at": platform.now()})
    platform.save()
    return {"answer": answer, "tries": tries}


async def _deliver(
    platform: Platform, http: aiohttp.ClientSession, url: str, args: dict[str, str], xml: str
) -> tuple[str, int]:
    for attempt in range(1, TRIES + 1):
        try:
            async with asyncio.timeout(ANSWER_SECONDS), http.post(url, params=args, data=xml.encode()) as response:
                body = await response.text()
                if response.status == 200:
                    return _read(platform, body), attempt
                return BROKEN, attempt
        except (aiohttp.ClientError, TimeoutError, OSError):
            continue
    return BROKEN, TRIES


def _read(platform: Platform, body: str) -> str:
    if body in ("", "success"):
        return ""
    sealed = _ENCRYPT.search(body)
    if sealed:
        body = decrypt(platform.push_aes_key, sealed.group(1))
    content = _CONTENT.search(body)
    if not content or not content.group(1):
        return BROKEN
    text = content.group(1).removeprefix("<![CDATA[").removesuffix("]]>")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
