"""The trail of the whole service as processes: sealed in seconds, exported over HTTP, verified by the command."""

import asyncio
import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from tests.journeys.acts import Household
from tests.stack import ROOT, Stack

_WAITING = "SELECT 1 FROM trail_unsealed"


def command(stack: Stack, *argv: str) -> subprocess.CompletedProcess[str]:
    """One command of the backend, against the running service."""
    argv = (sys.executable, "-m", "backend", *argv)
    return subprocess.run(argv, cwd=ROOT, env=stack.environment, capture_output=True, text=True)


async def test_what_is_done_over_http_is_sealed_read_exported_and_verified(stack: Stack, tmp_path: Path) -> None:
    house = await Household.move_in(stack)
    case = await house.apply()
    await house.review_and_refer(case)
    committed = time.monotonic()
    while await stack.rows(_WAITING):
        assert time.monotonic() - committed < 5
        await asyncio.sleep(0.1)

    page = await stack.stage.call("tengqiao-supervisor", "GET", f"/api/cases/{case}/trail?limit=3")
    actions = [entry["action"] for entry in page["entries"]]
    assert actions[:2] == ["ReferToVillage", "BeginReview"]
    assert page["entries"][0]["position"] > page["entries"][1]["position"]
    more = await stack.stage.call("tengqiao-supervisor", "GET", f"/api/cases/{case}/trail?before={page['before']}")
    assert more["entries"][-1]["action"] == "application_submitted"
    own = await stack.stage.call("tengqiao-worker", "GET", "/api/me/trail")
    assert [entry["action"] for entry in own["entries"]] == ["ReferToVillage", "BeginReview", "staff_logged_in"]
    [address] = await stack.rows("SELECT DISTINCT address FROM trail_entry WHERE action = 'BeginReview'")
    assert address["address"] == "127.0.0.1"

    async def status(who: str, path: str) -> int:
        headers = {"Authorization": f"Bearer {stack.stage.tokens[who]}"}
        async with stack.stage.service.get(path, headers=headers) as response:
            return response.status

    for who in ("居民", "tengqiao-worker", "tengqiao-town", "tengqiao-village", "tengqiao-leaders"):
        assert await status(who, f"/api/cases/{case}/trail") == 403
        assert await status(who, f"/api/cases/{case}/file") == 403
    assert await status("居民", "/api/me/trail") == 403
    assert await status("tengqiao-supervisor", f"/api/cases/{case}/trail?limit=x") == 422

    headers = {"Authorization": f"Bearer {stack.stage.tokens['tengqiao-supervisor']}"}
    async with stack.stage.service.get(f"/api/cases/{case}/file", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "application/zip"
        bundle = await response.read()
    zipfile.ZipFile(io.BytesIO(bundle)).extractall(tmp_path / "empty")
    argv = [sys.executable, "-I", "-S", "verify.py"]
    checked = await asyncio.to_thread(subprocess.run, argv, cwd=tmp_path / "empty", capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout

    for argv in (("trail-head",), ("trail-verify",)):
        done = await asyncio.to_thread(command, stack, *argv)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "完整: 共" in done.stdout
    number = (await stack.rows('SELECT number FROM "case" WHERE id = $1', case))[0]["number"]
    done = await asyncio.to_thread(command, stack, "trail-export", number, "--to", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / f"{number}-案卷.pdf").read_bytes().startswith(b"%PDF")
    done = await asyncio.to_thread(command, stack, "trail-export", "没有", "--to", str(tmp_path / "out"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    done = await asyncio.to_thread(command, stack, "trail-export", number)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
