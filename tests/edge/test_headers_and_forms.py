"""Every route of the router, over HTTP: its headers, whose forms it takes, where it leads."""

import json
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import aiohttp
import pytest
from redis.asyncio import Redis

from backend.demo.district import PASSWORD
from backend.edge.headers import BASE
from backend.identity.staff import hash_password
from models.application import Case
from models.people import StaffAccount
from rules.statuses import Role
from tests.backend.district import SmallDistrict
from tests.edge.conftest import PRODUCTION, Web, running_web
from tests.edge.planting import path_of, routes
from tests.stores import Stores

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
    assert kept == {"/static/style.css"}


# -- whose forms

_FOREIGN = {
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site, a neighbour of the domain": {"Sec-Fetch-Site": "same-site"},
    "another origin": {"Origin": "http://evil.example"},
    "the same name on another port": {"Origin": "http://127.0.0.1:1"},
    "an origin that is hidden": {"Origin": "null"},
    "ours to the eye": {"Origin": "http://127.0.0.1.evil.example"},
    "fetch metadata right, origin wrong": {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    "origin right, fetch metadata wrong": {"Sec-Fetch-Site": "cross-site", "Origin": "OURS"},
    "an unknown word": {"Sec-Fetch-Site": "whatever"},
}


@pytest.mark.parametrize("how", _FOREIGN)
async def test_no_page_takes_a_form_of_another_site(web: Web, how: str) -> None:
    case = await web.place.case("submitted")
    foreign = {name: value.replace("OURS", web.base) for name, value in _FOREIGN[how].items()}
    taken = []
    for route in PAGES:
        path = path_of(route.template, case.id, village=web.place.village.id)
        for cookie in ({}, {"Cookie": f"console={web.tokens[Role.BUREAU]}"}):
            status, _, body = await web.call("POST", path, headers=foreign | cookie, data={"a": "b"})
            if status != 403 or json.loads(body)["code"] != "other_site":
                taken.append((path, status))
    assert taken == []


_OWN = {
    "a browser of today": {"Sec-Fetch-Site": "same-origin", "Origin": "OURS"},
    "without fetch metadata": {"Origin": "OURS"},
    "without an origin": {"Sec-Fetch-Site": "same-origin"},
    "sent again by hand": {"Sec-Fetch-Site": "none"},
    "an old browser with a referer": {"Referer": "OURS/console/login"},
}


@pytest.mark.parametrize("how", _OWN)
async def test_every_page_takes_its_own_form(web: Web, how: str) -> None:
    case = await web.place.case("submitted")
    own = {name: value.replace("OURS", web.base) for name, value in _OWN[how].items()}
    refused = []
    for route in PAGES:
        path = path_of(route.template, case.id, village=web.place.village.id)
        cookie = {"Cookie": f"console={web.tokens[Role.BUREAU]}"}
        _, _, body = await web.call("POST", path, headers=own | cookie, data={"a": "b"})
        refused += [path] if b"other_site" in body else []
    assert refused == []


@pytest.mark.parametrize("referer", [{}, {"Referer": "http://evil.example/"}, {"Referer": "not an address"}])
async def test_a_form_that_rides_on_the_cookie_must_say_where_it_comes_from(web: Web, referer: dict[str, str]) -> None:
    cookie = {"Cookie": f"console={web.tokens[Role.BUREAU]}"}
    for route in PAGES:
        path = path_of(route.template, uuid4(), village=1)
        status, _, body = await web.call("POST", path, headers=cookie | referer, data={"a": "b"})
        assert (b"other_site" in body) == path.startswith("/console/"), (path, status)


async def test_a_foreign_form_changes_nothing(web: Web) -> None:
    cookie = {"Cookie": f"console={web.tokens[Role.BUREAU]}", "Sec-Fetch-Site": "cross-site"}
    form = {"monthly": "1000", "effective_from": "2026-01-01", "document": "某文第七号"}
    assert (await web.call("POST", "/console/standard", headers=cookie, data=form))[0] == 403
    own = web.own_form(Role.BUREAU)
    assert "某文第七号".encode() not in (await web.call("GET", "/console/reference", headers=own))[2]
    assert (await web.call("POST", "/console/standard", headers=own, data=form))[0] == 200
    assert "某文第七号".encode() in (await web.call("GET", "/console/reference", headers=own))[2]


async def test_the_api_knows_no_cookie(web: Web) -> None:
    case = await web.place.case("submitted")
    token = web.tokens[Role.WORKER]
    cookie = {"Cookie": f"console={token}; __Host-console={token}; access_token={token}"}
    for route in (route for route in ALL if route.template.startswith("/api/") and route.model):
        path = path_of(route.template, case.id, village=1)
        status, _, _ = await web.call(route.method, path, headers=cookie, json={})
        anonymous, _, _ = await web.call(route.method, path, json={})
        assert status == anonymous, route
    assert (await Case.get(id=case.id)).status == "submitted"


async def test_a_form_cannot_pass_for_a_command(web: Web) -> None:
    """What another site can make a browser send without asking first: text/plain and forms."""
    body = json.dumps({"login": "甲-worker", "password": "x"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        status, _, answer = await web.call("POST", "/api/session/staff", data=body, headers={"Content-Type": kind})
        assert (status, json.loads(answer)["code"]) == (415, "not_json")


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


# -- the cookie


async def test_the_cookie_is_strict_and_of_this_host(web: Web) -> None:
    await StaffAccount.filter(login="甲-town").update(password_hash=await hash_password(PASSWORD))
    form = {"login": "甲-town", "password": PASSWORD}
    status, headers, _ = await web.call("POST", "/console/login", headers=web.own_form(), data=form)
    assert status == 303
    name, _, rest = headers["Set-Cookie"].partition("=")
    token, *attributes = rest.split("; ")
    assert name == "console"
    assert {"Path=/", "HttpOnly", "SameSite=Strict"} <= set(attributes)
    own = web.own_form() | {"Cookie": f"console={token}"}
    assert (await web.call("GET", "/console/people", headers=own))[0] == 200
    status, headers, _ = await web.call("POST", "/console/logout", headers=own)
    assert headers["Set-Cookie"].startswith('console=""; Path=/; ')
    assert "Max-Age=0" in headers["Set-Cookie"]
    assert (await web.call("GET", "/console/people", headers=own))[0] == 303, "the session itself is gone"


async def test_in_production_everything_is_said_to_stay_with_tls_and_the_cookie_is_of_this_host_alone(
    database: str, redis: Redis, stores: Stores, place: SmallDistrict, tmp_path: Path
) -> None:
    await StaffAccount.filter(login="甲-town").update(password_hash=await hash_password(PASSWORD))
    async with running_web(database, stores.redis_url, tmp_path, place, **PRODUCTION) as web:
        for path in ("/lists", "/nowhere", "/api/me", "/static/style.css", "/health/live"):
            _, headers, _ = await web.call("GET", path)
            assert headers["Strict-Transport-Security"] == "max-age=31536000", path
        form = {"login": "甲-town", "password": PASSWORD}
        status, headers, _ = await web.call("POST", "/console/login", headers=web.own_form(), data=form)
        assert status == 303
        name, _, rest = headers["Set-Cookie"].partition("=")
        token, *attributes = rest.split("; ")
        assert name == "__Host-console"
        assert {"Path=/", "HttpOnly", "SameSite=Strict", "Secure"} <= set(attributes)
        assert not any(part.lower().startswith("domain") for part in attributes)
        own = {"Cookie": f"__Host-console={token}"}
        assert (await web.call("GET", "/console/people", headers=own))[0] == 200
        planted = {"Cookie": f"console={token}"}
        assert (await web.call("GET", "/console/people", headers=planted))[0] == 303, "a name that others can set"
        _, headers, _ = await web.call("POST", "/console/logout", headers=web.own_form() | own)
        assert headers["Set-Cookie"].startswith('__Host-console=""; Path=/; ')
        assert "Secure" in headers["Set-Cookie"]
