"""Every route of the router, over HTTP: its headers, whose forms it takes, where it leads."""

import json
from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest

from backend.edge.headers import BASE
from rules.statuses import Role
from tests.edge.conftest import Web
from tests.edge.planting import path_of, routes

HTML = {"Accept": "text/html,*/*;q=0.8"}
PAGES = [route for route in routes() if route.takes and route.is_page]
ALL = routes()


def wrong_in(headers: dict[str, str], status: int) -> list[str]:
    """What is missing, or weaker than it must be."""
    wrong = [name for name in BASE if name not in headers]
    policy = headers.get("Content-Security-Policy", "")
    wrong += [f"CSP without {part}" for part in ("default-src 'none'", "frame-ancestors 'none'") if part not in policy]
    if any(word in policy for word in ("unsafe", "*", "script-src", "http")):
        wrong.append(f"CSP: {policy}")
    if headers.get("X-Content-Type-Options") != "nosniff":
        wrong.append("nosniff")
    if headers.get("Cache-Control") != "no-store" and status != 200:
        wrong.append("an error that may be kept")
    return wrong


def test_the_router_is_walked_whole() -> None:
    assert len(ALL) > 90
    assert len(PAGES) > 15


async def test_every_answer_of_every_route_carries_the_headers(web: Web) -> None:
    case = await web.place.case("submitted")
    wrong: dict[str, object] = {}
    for route in ALL:
        path = path_of(route.template, case.id, village=web.place.village.id)
        for headers in ({}, HTML, web.bearer(Role.TOWN), web.own_form(Role.TOWN) | HTML):
            status, got, _ = await web.call(route.method, path, headers=headers)
            if found := wrong_in(got, status):
                wrong[f"{route} {status}"] = found
            if "Strict-Transport-Security" in got:
                wrong[f"{route} HSTS"] = "only in production"
            if status == 500:
                wrong[f"{route}"] = "500"
    assert wrong == {}


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/lists/999999999999", 404),
        ("PUT", "/ask", 405),
        ("TRACE", "/api/me", 405),
        ("GET", "/api/me", 401),
        ("POST", "/api/session/wechat", 422),
        ("POST", "/wechat/push", 403),
        ("GET", "/console/people", 303),
    ],
)
async def test_errors_carry_them_too(web: Web, method: str, path: str, status: int, accept: str) -> None:
    got, headers, body = await web.call(method, path, headers={"Accept": accept})
    assert got == status
    assert wrong_in(headers, status) == []
    if accept == "text/html" and path.startswith(("/nowhere", "/ask")):
        assert headers["Content-Type"].startswith("text/html")
    elif headers["Content-Type"] == "application/json":
        assert json.loads(body).keys() == {"code", "message", "reasons"}


async def test_only_what_says_so_itself_may_be_kept(web: Web) -> None:
    case = await web.place.case("submitted")
    kept = set()
    for route in (route for route in ALL if route.method == "GET"):
        path = path_of(route.template, case.id, village=web.place.village.id)
        _, headers, _ = await web.call("GET", path, headers=web.bearer(Role.TOWN))
        if headers["Cache-Control"] != "no-store":
            kept.add(route.template)
    assert kept == {"/static/style.css", "/api/openapi.json"}


# -- where a page leads

_ELSEWHERE = ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "%2f%2fevil.example")


async def test_every_redirect_stays_on_our_own_paths(web: Web) -> None:
    case = await web.place.case("submitted")
    seen = 0
    for route in ALL:
        path = path_of(route.template, case.id, village=web.place.village.id)
        for elsewhere in _ELSEWHERE:
            names = ("next", "url", "to", "return", "redirect", "back", "type", "page", "status", "topic", "go")
            query = "&".join(f"{name}={elsewhere}" for name in names)
            for headers in (web.own_form(), web.own_form(Role.TOWN)):
                sent = {"data": {"go": elsewhere, "topic": "urgent", "next": elsewhere}} if route.takes else {}
                status, got, _ = await web.call(route.method, f"{path}?{query}", headers=headers, **sent)
                if 300 <= status < 400:
                    seen += 1
                    where = urlsplit(urljoin(f"{web.base}{path}", got["Location"]))
                    assert f"{where.scheme}://{where.netloc}" == web.base, (path, got["Location"])
                    assert got["Location"].startswith("/"), got["Location"]
                    assert "evil" not in got["Location"]
    assert seen > 20


async def test_a_host_that_somebody_made_up_leads_nowhere_else(web: Web) -> None:
    answer = await web.raw(
        b"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n"
    )
    assert b"Location: /lists\r\n" in answer or b"location: /lists\r\n" in answer
    assert b"evil" not in answer


async def test_a_path_that_looks_like_another_site_is_no_link_on_the_page_about_it(web: Web) -> None:
    answer = await web.raw(
        b"GET //evil.example/x HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"<h1>" in answer
    assert b"evil" not in answer


async def test_no_other_site_may_read_an_answer(web: Web) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("GET", "POST", "OPTIONS"):
        for path in ("/api/me", "/lists", "/api/bot/ask"):
            _, headers, _ = await web.call(method, path, headers=asked)
            assert not [name for name in headers if name.lower().startswith("access-control")], (method, path)


# -- names of files

_NAMES = ("../../etc/passwd", "..\\..\\x.json", "</script>.json", "x" * 300, "CON", '"; rm -rf')


@pytest.mark.parametrize("name", _NAMES)
async def test_the_name_of_an_uploaded_file_is_never_used(web: Web, name: str) -> None:
    file = aiohttp.FormData()
    file.add_field("file", b"{}", filename=name)
    status, headers, body = await web.call("POST", "/console/calendar", headers=web.own_form(Role.BUREAU), data=file)
    assert status in (409, 422)
    assert name not in body.decode() + str(headers)
    assert name not in web.log.read_text("utf-8", "replace")


async def test_no_answer_names_a_file(web: Web) -> None:
    """A download's name would be ours and fixed; today nothing is handed out as a file."""
    case = await web.place.case("submitted")
    for route in (route for route in ALL if route.method == "GET"):
        path = path_of(route.template, case.id, village=web.place.village.id)
        _, headers, _ = await web.call("GET", f"{path}?filename=evil.exe&name=evil", headers=web.own_form(Role.TOWN))
        assert "evil" not in headers.get("Content-Disposition", "")
