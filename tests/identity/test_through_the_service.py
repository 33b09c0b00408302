"""Over HTTP: an account from invitation to leaving office, at both doors; and the first administrator."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pyotp
import pytest
from redis.asyncio import Redis
from tortoise import Tortoise

from backend import keys
from backend.demo import district
from backend.demo.tour import TourError
from backend.identity import invitations
from models import tortoise_config
from models.keyring import MasterKey
from tests.stack import ROOT, Stack, at_console
from tests.stores import MASTER_KEY, Stores, copy_database, drop_database

PASSWORD = "a long sentence"


async def refused(stack: Stack, who: str, method: str, path: str, body: Any = None) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {stack.stage.tokens[who]}"} if who else {}
    async with stack.stage.service.request(method, path, json=body, headers=headers) as response:
        return response.status, (await response.json()).get("code")


async def test_an_account_from_invitation_to_leaving_office(stack: Stack) -> None:
    call = stack.stage.call
    await stack.stage.staff("tengqiao-town")
    await stack.stage.staff("tengqiao-worker")
    town_id = (await stack.rows("SELECT id FROM town WHERE name = $1", district.VILLAGE_TOWN))[0]["id"]
    wanted = {"name": "林小雨", "role": "worker", "town_id": town_id, "to_day": "2026-09-30"}
    assert (await refused(stack, "tengqiao-worker", "POST", "/api/staff/invitations", wanted))[0] == 403
    made = await call("tengqiao-town", "POST", "/api/staff/invitations", wanted)
    path = made["path"].replace("/console/join/", "/api/staff/invitations/") + "/accept"
    await stack.platform("users", {"users": [{"name": "新手机", "openid": "oNewPhone0001", "credits": {}}]})
    await stack.stage.phone("小雨", "oNewPhone0001")
    account = await call("小雨", "POST", path, {"login": "lin.xiaoyu", "password": PASSWORD})
    login = {"login": "lin.xiaoyu", "password": PASSWORD}
    assert await refused(stack, "", "POST", "/api/session/staff", login) == (401, "totp_setup_needed")

    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(stack.base, cookie_jar=jar, headers={"Origin": stack.base}) as http:
        async with http.post("/console/login", data=login) as response:
            secret = (await response.text()).partition("密钥: ")[2].partition(">")[2].partition("<")[0].replace(" ", "")
        async with http.post("/console/login/setup", data={"code": pyotp.TOTP(secret).now()}) as response:
            assert "恢复码" in await response.text()
        assert await refused(stack, "", "POST", "/api/session/staff", login) == (401, "totp_needed")
        used = login | {"totp": pyotp.TOTP(secret).now()}
        status, code = await refused(stack, "", "POST", "/api/session/staff", used)
        if status != 200:  # the set-up used this half minute's code: the next one is good already
            assert code == "wrong_code"
            later = int(datetime.now(UTC).timestamp()) + 30
            used["totp"] = pyotp.TOTP(secret).at(later)
        stack.stage.tokens["lin.xiaoyu"] = (await call("", "POST", "/api/session/staff", used))["token"]
        assert (await call("lin.xiaoyu", "GET", "/api/me"))["role"] == "worker"

        # The last day of office is whole; then both doors are closed.
        await stack.move_clock(datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
        assert (await refused(stack, "lin.xiaoyu", "GET", "/api/me"))[0] == 200
        await stack.move_clock(datetime(2026, 9, 30, 16, 1, tzinfo=UTC))
        assert await refused(stack, "lin.xiaoyu", "GET", "/api/me") == (401, "account_ended")
        async with http.get("/console/me") as response:
            assert response.url.path == "/console/login"

    async with at_console(stack, "tengqiao-worker") as console:
        assert "tengqiao-worker" in await console.get("/console/me")
        rows = (await call("tengqiao-town", "GET", "/api/staff/accounts"))["accounts"]
        worker = next(row for row in rows if row["login"] == "tengqiao-worker")
        assert next(row for row in rows if row["id"] == account["id"])["second_factor"]
        ending = f"/api/staff/accounts/{worker['id']}/end"
        assert (await refused(stack, "tengqiao-town", "POST", ending, {"why": " "}))[0] == 422
        await call("tengqiao-town", "POST", ending, {"why": "调离"})
        assert await refused(stack, "tengqiao-worker", "GET", "/api/me") == (401, "not_logged_in")
        assert "工作人员登录" in await console.get("/console/me")
    with pytest.raises(TourError, match="账号或密码不对"):
        await stack.stage.staff("tengqiao-worker")


async def test_the_console_refuses_what_is_not_for_this_person_and_other_sites_forms(stack: Stack) -> None:
    async with at_console(stack, "tengqiao-worker") as console:
        page = await console.get("/console/me")
        assert "/console/accounts" not in page
        assert "/console/roster" not in page
        for path in ("/console/accounts/invite", "/console/roster/import"):
            await console.post(path, status=403, role="worker", name="x")
    async with at_console(stack, "guanliyuan") as console:
        assert "/console/roster" not in await console.get("/console/me")
        own = (await stack.rows("SELECT id FROM staff_account WHERE login = 'guanliyuan'"))[0]["id"]
        assert "自己的账号" in await console.post(f"/console/accounts/{own}/end", status=403, why="退休")
    link = "/console/join/" + "x" * 43
    async with stack.stage.service.get(link) as response:
        assert response.status == 404
        assert "重新发一个" in await response.text()
    for path in ("/console/login", "/console/scan", "/console/login/code", link):
        async with stack.stage.service.post(
            path, data={"login": "a"}, headers={"Origin": "http://elsewhere.example"}, allow_redirects=False
        ) as response:
            assert response.status == 403, path


async def test_the_first_administrators_link_is_printed_on_an_empty_installation_and_not_again(
    stores: Stores, redis: Redis
) -> None:
    url = await copy_database(stores)
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": stores.redis_url, "MASTER_KEY": MASTER_KEY}

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "backend", "invite-admin"]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)

    try:
        first = await asyncio.to_thread(run)
        assert first.returncode == 0, first.stderr
        assert first.stdout.startswith("/console/join/")
        assert len(first.stdout.strip()) > 50
        await Tortoise.init(config=tortoise_config(url, pool=2))
        await keys.load(MasterKey.parse(MASTER_KEY))
        code = first.stdout.strip().removeprefix("/console/join/")
        await invitations.accept(code, login="guanli", password=PASSWORD, now=datetime.now(UTC))
        await Tortoise.close_connections()
        again = await asyncio.to_thread(run)
        assert (again.returncode, again.stdout) == (1, "")
        assert "已经有系统管理员" in again.stderr
    finally:
        await drop_database(stores, url)
