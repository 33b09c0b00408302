"""Over a raw socket: whatever comes in, the answer is one of ours, in time, and never a 500."""

import asyncio
import json
import time

import aiohttp
import asyncpg
import pytest

from backend import photos
from backend.edge.bodies import OTHERWISE, most_bytes
from models.trail import TrailEntry
from rules.statuses import Role
from tests.edge.conftest import Shared, Web
from tests.edge.planting import path_of, routes

KEYS = {"code", "message", "reasons"}


def head(path: str, *lines: str, method: str = "POST") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: x", *lines, "", "")).encode()


def answered(raw: bytes) -> tuple[int, str]:
    """(status, code) of an answer in our shape; fails for anything else."""
    top, _, body = raw.partition(b"\r\n\r\n")
    while top.startswith(b"HTTP/1.1 100"):
        top, _, body = body.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 "), raw[:200]
    assert b"nosniff" in top
    found = json.loads(body)
    assert found.keys() == KEYS, found
    assert "Traceback" not in body.decode()
    assert found["message"].endswith("。")
    return int(top.split()[1]), found["code"]


# -- how much


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "/api/applications", 64 * 1024),
        ("POST", "/api/bot/ask", 64 * 1024),
        ("POST", "/wechat/push", 64 * 1024),
        ("POST", "/ask", 64 * 1024),
        ("POST", "/api/cases/7/photos", 10 * 1024 * 1024),
        ("POST", "/api/reference/calendar", 200_000),
        ("POST", "/console/calendar", 200_000 + 16 * 1024),
        ("POST", "/api/roster/import", 1024 * 1024),
        ("POST", "/console/roster", 1024 * 1024),
        ("DELETE", "/api/session", 64 * 1024),
        ("POST", "/api/cases/7/photos/9", 64 * 1024),
    ],
)
def test_how_much_each_route_takes(method: str, path: str, most: int) -> None:
    assert most_bytes(method, path) == most


async def test_no_route_takes_one_byte_more_than_it_says(web: Web) -> None:
    case = await web.place.case("submitted")
    for route in (route for route in routes() if route.takes):
        path = path_of(route.template, case.id, village=1)
        most = most_bytes(route.method, path)
        # Only the claim is sent: were one byte of the body waited for, the answer would be late.
        began = time.monotonic()
        raw = await web.raw(head(path, f"Content-Length: {most + 1}", "Sec-Fetch-Site: none", method=route.method))
        assert answered(raw) == (413, "too_large"), route
        assert time.monotonic() - began < 1.5, route


async def test_what_is_claimed_to_be_huge_is_not_waited_for(web: Web) -> None:
    for claim in ("99999999999999999999", str(2**63), str(photos.MAX_BYTES * 2)):
        assert answered(await web.raw(head("/api/guide", f"Content-Length: {claim}"))) == (413, "too_large")


async def test_the_largest_photo_goes_through_and_one_byte_more_does_not(web: Web) -> None:
    case = await web.place.case("submitted")
    path = f"/api/cases/{case.id}/photos"
    status, _, body = await web.call("POST", path, data=b"x" * photos.MAX_BYTES, headers=web.bearer(Role.RESIDENT))
    assert (status, json.loads(body)["code"]) == (422, "photo_unreadable")
    raw = await web.raw(head(path, f"Content-Length: {photos.MAX_BYTES + 1}"), b"x" * 100_000)
    assert answered(raw) == (413, "too_large")


async def test_chunks_are_added_up(web: Web) -> None:
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    raw = await web.raw(head("/api/guide", "Transfer-Encoding: chunked"), *[chunk] * 5, b"0\r\n\r\n")
    assert answered(raw) == (413, "too_large")
    raw = await web.raw(head("/api/guide", "Transfer-Encoding: chunked"), b"fffffffffff\r\n")
    assert answered(raw) == (413, "too_large")
    small = b'{"asks_for_aid": true}'
    raw = await web.raw(
        head("/api/guide", "Transfer-Encoding: chunked", "Connection: close"),
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(small), small),
    )
    assert raw.startswith(b"HTTP/1.1 200")


async def test_a_page_says_it_on_a_page(web: Web) -> None:
    raw = await web.raw(head("/ask", f"Content-Length: {OTHERWISE + 1}", "Accept: text/html", "Sec-Fetch-Site: none"))
    assert raw.startswith(b"HTTP/1.1 413")
    assert "内容太大".encode() in raw
    assert b"<h1>" in raw


# -- how long


async def test_headers_that_drip_are_ended(web: Web) -> None:
    began = time.monotonic()
    # Two seconds of single bytes; were the time counted from the last one, the end would come after four.
    raw = await web.raw(*[bytes([byte]) for byte in head("/api/guide")[:10]], pause=0.2)
    assert answered(raw) == (408, "timeout")
    assert time.monotonic() - began < 3.8
    assert b"connection: close" in raw.lower()


async def test_headers_that_stop_are_ended(web: Web) -> None:
    began = time.monotonic()
    assert answered(await web.raw(b"POST /api/guide HTTP/1.1\r\nHost:")) == (408, "timeout")
    assert 1.5 < time.monotonic() - began < 5


async def test_a_body_that_stops_is_ended_with_a_sentence(web: Web) -> None:
    began = time.monotonic()
    raw = await web.raw(head("/api/guide", "Content-Length: 100"), b'{"asks')
    assert answered(raw) == (408, "timeout")
    assert time.monotonic() - began < 4
    assert b"connection: close" in raw.lower()


async def test_a_body_that_drips_for_ever_is_ended(web: Web) -> None:
    began = time.monotonic()
    raw = await web.raw(head("/api/guide", "Content-Length: 60000"), *[b"x"] * 11, pause=0.5, seconds=5)
    assert answered(raw) == (408, "timeout")
    assert 5 < time.monotonic() - began < 9


async def test_a_quiet_connection_is_closed(web: Web) -> None:
    began = time.monotonic()
    raw = await web.raw(head("/health/live", method="GET"), seconds=25)
    assert raw.startswith(b"HTTP/1.1 200")
    assert 1 < time.monotonic() - began < 20, "closed by the service, not by this test"


async def test_a_handler_that_hangs_answers_503_and_takes_its_work_back(web: Web, shared_web: Shared) -> None:
    case = await web.place.case("submitted")
    holder = await asyncpg.connect(shared_web.url)
    async with holder.transaction():
        await holder.execute('SELECT 1 FROM "case" WHERE id = $1 FOR UPDATE', case.id)
        began = time.monotonic()
        headers = web.bearer(Role.WORKER)
        status, got, body = await web.call(
            "POST", f"/api/cases/{case.id}/review", json={"ordinary_case_ref": "1"}, headers=headers
        )
        assert (status, json.loads(body)["code"]) == (503, "busy")
        assert json.loads(body)["message"] == "系统繁忙, 请稍后再试。"
        assert got["X-Content-Type-Options"] == "nosniff"
        assert 2 < time.monotonic() - began < 6
    await holder.close()
    status, _, _ = await web.call(
        "POST", f"/api/cases/{case.id}/review", json={"ordinary_case_ref": "1"}, headers=headers
    )
    assert status == 200


async def test_fifty_slow_ones_keep_nobody_else_waiting(web: Web) -> None:
    slow = [asyncio.create_task(web.raw(b"POST /api/guide HTTP/1.1\r\nHost:")) for _ in range(50)]
    await asyncio.sleep(0.2)
    began = time.monotonic()
    assert (await web.call("GET", "/urgent"))[0] == 200
    assert time.monotonic() - began < 1
    assert {answered(raw) for raw in await asyncio.gather(*slow)} == {(408, "timeout")}


# -- what

_JSON = "Content-Type: application/json"
_DEEP = b'{"asks_for_aid":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
_BODIES = {
    "no JSON": b"hello",
    "half of it": b'{"asks_for_aid": tr',
    "invalid UTF-8": b'{"asks_for_aid": "\xff\xfe"}',
    "half a character": '{"asks_for_aid": "困'.encode()[:-1] + b'"}',
    "a lone surrogate": b'{"asks_for_aid": "\\ud800"}',
    "deeply nested": _DEEP,
    "deeply nested objects": b'{"a":' * 8_000 + b"1" + b"}" * 8_000,
    "a number of ten thousand digits": b'{"deposit_fen": ' + b"9" * 10_000 + b"}",
    "a number above 64 bits": b'{"deposit_fen": 99999999999999999999}',
    "a huge exponent": b'{"deposit_fen": 1e400}',
    "not a number": b'{"deposit_fen": NaN}',
    "a NUL": b'{"asks_for_aid": "\x00"}',
    "an escaped NUL": b'{"asks_for_aid": "\\u0000"}',
    "a list": b"[1, 2]",
    "a word": b'"x"',
    "null": b"null",
    "a name that nobody knows": b'{"<script>": 1}',
    "a name twice": b'{"deposit_fen": 1, "deposit_fen": "x"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "nothing but spaces": b"   ",
}


@pytest.mark.parametrize("what", _BODIES)
async def test_a_body_that_is_no_command_is_said_so(web: Web, what: str) -> None:
    body = _BODIES[what]
    lines = (_JSON, f"Content-Length: {len(body)}", "Connection: close")
    assert answered(await web.raw(head("/api/guide", *lines), body)) == (422, "invalid_input")


async def test_no_route_breaks_on_any_of_them(web: Web) -> None:
    """Every JSON route, by somebody who may use it, with bodies that are nearly right."""
    case = await web.place.case("submitted")
    nearly = {
        "too large a number everywhere": lambda names: dict.fromkeys(names, 2**40),
        "far too large": lambda names: dict.fromkeys(names, 10**30),
        "NUL everywhere": lambda names: dict.fromkeys(names, "12345678\x00"),
        "negative": lambda names: dict.fromkeys(names, -(2**31) - 1),
        "nested": lambda names: dict.fromkeys(names, {"a": [1]}),
        "a year far away": lambda names: dict.fromkeys(names, "9999-12-31T23:59:59+00:00"),
        "a day far away": lambda names: dict.fromkeys(names, "0001-01-01"),
        "none": lambda names: dict.fromkeys(names, None),
    }
    broken = []
    for route in (route for route in routes() if route.model and route.template != "/demo/clock"):
        path = path_of(route.template, case.id, village=1)
        bodies = [json.dumps(make(route.model.model_fields)).encode() for make in nearly.values()]
        for role in (Role.BUREAU, Role.RESIDENT, Role.TOWN):
            await web.redis.delete(*[key async for key in web.redis.scan_iter("limit:*")] or ["none"])
            headers = web.bearer(role) | {"Content-Type": "application/json"}
            async with aiohttp.ClientSession(web.base, headers=headers) as http:
                for body in bodies:
                    async with http.request(route.method, path, data=body) as response:
                        answer = await response.json()
                    if response.status >= 500 or (response.status >= 400 and answer.keys() != KEYS):
                        broken.append((path, role.value, body[:60], response.status))
    assert broken == []


_FRAMES = {
    "no protocol": b"GET /api/me\r\n\r\n",
    "another protocol": b"GET /api/me HTTP/9.9\r\n\r\n",
    "a header without a colon": head("/api/guide", "nonsense"),
    "a length that is none": head("/api/guide", "Content-Length: many"),
    "a negative length": head("/api/guide", "Content-Length: -5"),
    "two lengths": head("/api/guide", "Content-Length: 5", "Content-Length: 6"),
    "a length and chunks": head("/api/guide", "Content-Length: 5", "Transfer-Encoding: chunked"),
    "bad chunks": head("/api/guide", "Transfer-Encoding: chunked") + b"zz\r\nhello\r\n",
    "an address of Chinese": "GET /名单 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "an expectation that nobody knows": head("/api/guide", "Content-Length: 5", "Expect: the-moon"),
    "bytes": bytes(range(1, 255)) + b"\r\n\r\n",
}


@pytest.mark.parametrize("what", _FRAMES)
async def test_what_is_hardly_http_is_refused_in_our_shape(web: Web, what: str) -> None:
    status, code = answered(await web.raw(_FRAMES[what], seconds=4))
    assert 400 <= status < 500
    assert code in ("bad_request", "not_found", "timeout")


async def test_headers_without_end_are_refused(web: Web) -> None:
    raw = await web.raw(head("/api/guide", *[f"X-{number}: {'y' * 100}" for number in range(400)]))
    assert answered(raw) == (413, "too_large")


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/ask", "multipart/form-data", b"x"),
        ("/ask", "multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"),
        ("/ask", "multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="q'),
        ("/ask", "application/x-www-form-urlencoded; charset=nonsense", b"question=x"),
        ("/ask", "application/x-www-form-urlencoded", b"question=%ff%fe&question=%00"),
        ("/ask", "application/json", b'{"question": 1}'),
        ("/guide", "application/json", b"[]"),
        ("/calculators", "application/x-www-form-urlencoded", b"what=savings&deposit=" + b"9" * 5000),
        ("/guide", "application/x-www-form-urlencoded", b"topic=C6&at=%EF%BC%91&go=change:&fact=x&said=\x00"),
        ("/console/calendar", "multipart/form-data; boundary=b", b"--b\r\n\r\n\r\n--b--"),
        ("/ask/replies", "application/x-www-form-urlencoded", "code=１２３４５６７８９０１２".encode()),
    ],
)
async def test_a_form_that_is_none_breaks_no_page(web: Web, path: str, kind: str, body: bytes) -> None:
    headers = web.own_form(Role.BUREAU) | {"Content-Type": kind}
    status, _, answer = await web.call("POST", path, data=body, headers=headers)
    assert status < 500, answer


async def test_a_request_id_that_a_caller_made_up_is_not_kept(web: Web) -> None:
    case = await web.place.case("submitted")
    headers = web.bearer(Role.WORKER) | {"X-Request-ID": "x" * 900}
    path, body = f"/api/cases/{case.id}/review", {"ordinary_case_ref": "1"}
    assert (await web.call("POST", path, json=body, headers=headers))[0] == 200
    assert len(str((await TrailEntry.first()).request_id)) == 36


async def test_after_all_this_nothing_was_unexpected(web: Web) -> None:
    assert "unexpected_error" not in web.log.read_text("utf-8", "replace")
