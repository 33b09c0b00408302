"""Every posted form of every page must come from a page of ours; the API knows no cookie."""

import json
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from redis.asyncio import Redis

from backend.demo.district import PASSWORD
from backend.identity.passwords import hash_password
from backend.trail.heads import made_once
from models.application import Case
from models.people import Person, StaffAccount
from rules.statuses import Role
from tests.backend.district import SmallDistrict
from tests.edge.conftest import PRODUCTION, Web, running_web
from tests.edge.planting import path_of, routes
from tests.stores import Stores

PAGES = [route for route in routes() if route.takes and route.is_page]
ALL = routes()


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


async def test_the_cookie_is_strict_and_of_this_host(web: Web) -> None:
    # People of the demonstration come in by password alone.
    await Person.filter(id=web.place.actors[Role.TOWN].person_id).update(is_demo=True)
    await StaffAccount.filter(login="甲-town").update(password_hash=await hash_password(PASSWORD))
    form = {"login": "甲-town", "password": PASSWORD}
    async with aiohttp.ClientSession(web.base) as http:
        sent = {"headers": web.own_form(), "data": form, "allow_redirects": False}
        async with http.post("/console/login", **sent) as response:
            assert response.status == 303
            given = response.headers.getall("Set-Cookie")
    (cookie,) = (line for line in given if line.startswith("console="))
    token, *attributes = cookie.removeprefix("console=").split("; ")
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
    key = made_once(tmp_path / "signing.pem")
    async with running_web(database, stores.redis_url, tmp_path, place, **PRODUCTION, TRAIL_SIGNING_KEY=key) as web:
        for path in ("/lists", "/nowhere", "/api/me", "/static/style.css", "/health/live"):
            _, headers, _ = await web.call("GET", path)
            assert headers["Strict-Transport-Security"] == "max-age=31536000", path
        token = web.tokens[Role.TOWN]
        own = {"Cookie": f"__Host-console={token}"}
        assert (await web.call("GET", "/console/people", headers=own))[0] == 200
        planted = {"Cookie": f"console={token}"}
        assert (await web.call("GET", "/console/people", headers=planted))[0] == 303, "a name that others can set"
        _, headers, _ = await web.call("POST", "/console/logout", headers=web.own_form() | own)
        assert headers["Set-Cookie"].startswith('__Host-console=""; Path=/; ')
        attributes = headers["Set-Cookie"].split("; ")
        assert {"Path=/", "HttpOnly", "SameSite=Strict", "Secure"} <= set(attributes)
        assert not any(part.lower().startswith("domain") for part in attributes)
        assert "Secure" in headers["Set-Cookie"]
