"""Requests that no schema describes: broken bytes, odd headers, numbers that fit nowhere. For pages and JSON alike."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from backend.edge.bodies import OTHERWISE

HUGE = "9" * 400
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Odd:
    """One request as bytes."""

    method: str
    path: str
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def requests() -> Iterator[Odd]:
    """All of them."""
    for body in (
        b'{"text": "\\ud800"}',
        b'{"text": "\xff\xfe"}',
        b'{"text": "\\u0000"}',
        b"\x00",
        b"[",
        b"null",
        b"[]",
        b"1e999",
        b"NaN",
        b"[" * 5_000,
        b'{"a":' * 3_000,
        b'{"text": "' + b"x" * 300_000 + b'"}',
        b'{"text": ' + HUGE.encode() + b"}",
        b'{"text": "a", "text": "b", "conversation": null}',
    ):
        yield Odd("POST", "/api/bot/ask", body, _JSON)
        yield Odd("POST", "/api/guide/next", body, _JSON)
    for answers in (b'{"no_income": "\\u0000y"}', b'{"deposit_fen": "' + HUGE.encode() + b'"}', b'{"\\u0000": "y"}'):
        body = b'{"topic": "C4", "answers": ' + answers + b"}"
        yield Odd("POST", "/api/guide/next", body, _JSON)
        yield Odd("POST", "/api/guide/carry", body, _JSON)
    for day in ("0001-01-01", "9999-12-31", "-1", HUGE, "2026-02-30"):
        yield Odd("POST", "/api/guide", f'{{"applicant_born_on": "{day}"}}'.encode(), _JSON)
    for token in ("", "x", "\u00ff", "a b", "x" * 7_000):
        yield Odd("GET", "/api/me", headers={"Authorization": f"Bearer {token}"})
    for number in ("0", "-1", "2147483648", HUGE, "1.5", "%00", "%FF", "%ED%A0%80"):
        yield Odd("GET", f"/lists/{number}")
        yield Odd("GET", f"/api/cases/{number}")
        yield Odd("GET", f"/console/questions?page={number}")
    for form in (
        b"question=%00%ED%A0%80&talk=%FF",
        b"question=%E4%BD%A0&question=&=&&&",
        b"deposit=" + HUGE.encode() + b"&what=savings",
        b"household=%EF%BC%93&medical=" + HUGE.encode() + b"&what=caps",
        b"topic=C4&answer=%00=y&answer=C4.no_income=%ED%A0%80&at=" + HUGE.encode(),
        b"topic=C1&fact=%00&said=%ED%A0%80&go=change:%00",
        b"code=%ED%A0%80%00&more=%ED%A0%80",
        b"town=%D9%A1&sending=yes&more=%ED%A0%80%00",
        b"login=%ED%A0%80%00&password=%ED%A0%80",
        b"until=0001-01-01&number=%D9%A1%D9%A2",
        b"a=" * 2_000,
    ):
        for page in (
            *("/ask", "/ask/rate", "/ask/person", "/ask/replies", "/guide", "/guide/carry", "/guide/carried"),
            *("/guide/forget", "/calculators", "/console/login"),
        ):
            yield Odd("POST", page, form, _FORM)
        yield Odd("POST", "/ask", form, {"Content-Type": "multipart/form-data; boundary=x"})
        yield Odd("POST", "/ask", form, {"Content-Type": "multipart/form-data"})
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD"):
        yield Odd(method, "/api/cases")
        yield Odd(method, "/lists")
    for path in ("/wechat/push", "/wechat/mini/push"):
        yield Odd("GET", f"{path}?signature=%ED%A0%80&timestamp={HUGE}&nonce=%00&echostr=%FF")
        yield Odd("POST", f"{path}?signature=x&timestamp=x&nonce=x", b"<xml>\x00</xml>")
        yield Odd("POST", f"{path}?signature=x&timestamp=-1&nonce=x&encrypt_type=aes&msg_signature=x", b'{"a":')


async def broken(base: str) -> list[str]:
    """What the service could not cope with: a failure of its own, or a JSON error in another shape."""
    found = []
    # A refused body is not read to its end, and the connection with it is over: each request has its own.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        for odd in requests():
            address = URL(base + odd.path, encoded=True)
            try:
                async with http.request(
                    odd.method, address, data=odd.data or None, headers=odd.headers, allow_redirects=False
                ) as response:
                    text, status = await response.text(), response.status
            except aiohttp.ClientOSError:
                if len(odd.data) <= OTHERWISE:
                    found.append(f"{odd.method} {odd.path[:60]}: the connection was reset")
                continue
            said = f"{odd.method} {odd.path[:60]} {odd.data[:60]!r}: {status}"
            if status >= 500:
                found.append(said)
            is_problem = status >= 400 and odd.path.startswith("/api/") and odd.method != "HEAD"
            if status < 500 and is_problem and set(json.loads(text)) != {"code", "message", "reasons"}:
                found.append(f"{said} {text[:200]}")
    return found
