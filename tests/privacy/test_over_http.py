"""The person's rights through the running service: what is hidden stays hidden in answers, addresses and logs."""

import asyncio
import re
import subprocess
import sys

from backend.privacy import texts
from tests.journeys.acts import Household
from tests.moments import at
from tests.privacy.people import id_number
from tests.stack import ROOT, Stack, at_console
from tests.stores import wait_for_port

NUMBER = id_number(born="19580520")


async def logs(stack: Stack) -> str:
    """All that the processes said."""
    return "".join(file.read_text("utf-8", "replace") for file in stack.folder.glob("*.log"))


async def test_a_resident_and_staff_use_the_rights_over_http(stack: Stack) -> None:
    house = await Household.move_in(stack)
    call = stack.stage.call
    case = await house.apply()
    rows = await stack.rows('SELECT applicant_id FROM "case" WHERE id = $1', case)
    person = f"/api/people/{rows[0]['applicant_id']}"
    notice = await call("", "GET", "/api/privacy/notice")
    assert len(notice["summary"]) == 8
    me = await call("居民", "GET", "/api/me/privacy")
    assert me["acknowledged"] is False
    await call("居民", "POST", "/api/me/privacy/acknowledgement", {"version": notice["version"]})
    assert (await call("居民", "GET", "/api/me/privacy"))["acknowledged"] is True
    version = texts.current("property_check").version
    given = await call("居民", "POST", "/api/me/privacy/agreements", {"purpose": "property_check", "version": version})
    taken = await call("居民", "POST", f"/api/privacy/agreements/{given['id']}/withdrawal", {})
    assert "不再去查" in taken["means"]

    await call("tengqiao-worker", "POST", f"{person}/particulars", {"id_number": NUMBER, "phone": "13812345678"})
    seen = await call("tengqiao-village", "GET", person)
    assert (seen["id_number"], seen["phone"]) == (f"{NUMBER[:3]}***********{NUMBER[-4:]}", "138****5678")
    body = {"field": "id_number", "reason": "核对身份"}
    async with stack.stage.service.post(
        f"{person}/unmask", json=body, headers={"Authorization": f"Bearer {stack.stage.tokens['tengqiao-town']}"}
    ) as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert (await response.json())["value"] == NUMBER
    found = await call("tengqiao-town", "POST", "/api/people/search", {"field": "id_number", "number": NUMBER})
    assert [row["name"] for row in found] == [seen["name"]]
    asked = await call("居民", "POST", "/api/me/corrections", {"field": "name", "wanted": "陈安", "why": "错字"})
    assert asked["answer_by"] is None
    await call("tengqiao-worker", "POST", f"/api/corrections/{asked['id']}/answer", {"accept": True})
    mine = await call("居民", "GET", "/api/me/data")
    assert (mine["本人"]["姓名"], mine["本人"]["身份证号"]) == ("陈安", NUMBER)
    headers = {"Authorization": f"Bearer {stack.stage.tokens['居民']}"}
    async with stack.stage.service.get("/api/me/data/print", headers=headers) as response:
        page = await response.text()
        assert response.headers["Cache-Control"] == "no-store"
        assert NUMBER in page
        assert "<script" not in page
    said = await logs(stack)
    assert NUMBER not in said
    assert "13812345678" not in said
    trail = str(await stack.rows("SELECT subject, detail FROM trail_entry"))
    assert NUMBER not in trail
    assert "13812345678" not in trail


async def test_two_of_the_bureau_delete_what_a_worker_then_carries_out(stack: Stack) -> None:
    house = await Household.move_in(stack)
    case = await house.apply()
    await stack.stage.call("居民", "POST", f"/api/cases/{case}/withdraw", {"reason": "不用了"})
    for part in ("web", "worker"):
        stack.kill(part)
        stack.start(part, "backend", part, RETENTION='{"case_not_helped": "P2Y"}')
    await asyncio.to_thread(wait_for_port, int(stack.environment["PORT"]))
    await stack.move_clock(at("2029-01-10 09:00"))
    number = (await stack.rows('SELECT number FROM "case" WHERE id = $1', case))[0]["number"]
    files = list((stack.folder / "photos").rglob("*.jpg"))
    assert len(files) == 1
    environment = stack.environment | {"RETENTION": '{"case_not_helped": "P2Y"}'}
    said = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "backend", "retention-preview"],
        env=environment,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert f"到期 1\n  {number}" in said.stdout
    assert "没有设置期限, 不删" in said.stdout
    async with at_console(stack, "quminzheng") as first, at_console(stack, "quminzheng-2") as second:
        page = await first.get("/console/retention")
        assert number in page
        seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
        assert seen
        await first.post("/console/retention/ask", status=422, seen=seen[1])
        await first.post("/console/retention/ask", seen=seen[1], sure="yes")
        run = str((await stack.rows("SELECT id FROM retention_run"))[0]["id"])
        assert "两个人" in await first.post("/console/retention/grant", status=403, id=run, sure="yes")
        await second.post("/console/retention/grant", id=run, sure="yes")

        async def done() -> bool:
            return bool(await stack.rows("SELECT 1 FROM retention_run WHERE status = 'done'"))

        await stack.until(done, "the worker deletes", seconds=60)
        assert "删了 1 件" in await first.get("/console/retention")
    assert not files[0].exists()
    assert not await stack.rows("SELECT 1 FROM application")
    assert not await stack.rows("SELECT 1 FROM leftover_object")


async def test_a_list_of_numbers_needs_two_humans_at_the_console(stack: Stack) -> None:
    house = await Household.move_in(stack)
    case = await house.apply()
    # As if the whole procedure had been gone through: this test is about the list alone.
    await stack.rows(
        "UPDATE \"case\" SET status = 'in_force', circumstance = 'C6', confirmed_on = '2026-09-28' WHERE id = $1", case
    )
    person = (await stack.rows('SELECT applicant_id FROM "case" WHERE id = $1', case))[0]["applicant_id"]
    await stack.stage.call("tengqiao-worker", "POST", f"/api/people/{person}/particulars", {"id_number": NUMBER})
    town = (await stack.rows("SELECT id FROM town WHERE name = '藤桥镇'"))[0]["id"]
    async with at_console(stack, "tengqiao-worker") as worker, at_console(stack, "tengqiao-leaders") as leaders:
        form = {"scope": f"{town}:", "columns": "id_number", "reason": "发放款项"}
        assert "共1人" in await worker.post("/console/persons/lists", **form)
        row = str((await stack.rows("SELECT id FROM unmasked_list"))[0]["id"])
        await worker.post(f"/console/persons/lists/{row}/grant", status=403)
        await worker.post(f"/console/persons/lists/{row}/file", status=409)
        await leaders.post(f"/console/persons/lists/{row}/grant")
        await leaders.post(f"/console/persons/lists/{row}/file", status=403)
        async with worker._http.post(f"/console/persons/lists/{row}/file") as response:
            book = await response.read()
            assert response.status == 200
            assert response.headers["Cache-Control"] == "no-store"
            assert "attachment" in response.headers["Content-Disposition"]
        assert book[:2] == b"PK"
        await worker.post(f"/console/persons/lists/{row}/file", status=409)
    entries = await stack.rows("SELECT subject FROM trail_entry WHERE action = 'unmasked_in_list'")
    assert [entry["subject"] for entry in entries] == [f"person:{person}"]
