"""One case's file: readable, checkable without the service, and a changed byte is named. Who may read the trail."""

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import SYSTEM, Actor
from backend.casework import application, view
from backend.errors import ConflictError, NotAllowedError
from backend.trail import reading
from backend.trail.actions import ACTIONS
from backend.trail.case_file import CaseFile, export
from backend.trail.commands import export_to
from backend.trail.words import Names, action_of, told
from models.trail import TrailEntry
from rules import commands
from rules.statuses import Role
from tests.backend import district
from tests.trail.acts import AT, heads_in, insider, sealed, write

ROOT = Path(__file__).parent.parent.parent


async def a_case(place: district.SmallDistrict) -> str:
    """A case that was moved, read, and looked at with a reason, among other people's entries."""
    case = await place.case("submitted")
    await application.begin_review(case.id, place.actors[Role.WORKER], ordinary_case_ref="普通-2", now=AT)
    await write(5)
    await view.read_case(case.id, place.actors[Role.TOWN], now=AT)
    agent = Actor(Role.AGENT, "代", person_id=place.resident.id, acting_for=place.resident.id)
    async with in_transaction():
        await audit.record(
            agent,
            "photo_added",
            f"case:{case.id}",
            now=AT,
            why="陈安宁书记来电13800001111核对",
            before={"phone": audit.digest("13800001111")},
            after={"phone": audit.digest("13900002222"), "size": 3},
        )
    return case.number


async def made(tmp_path: Path) -> tuple[CaseFile, Path]:
    """The file of such a case, its bundle unpacked into an empty folder."""
    audit.configure(b"k" * 32)
    place = await district.build()
    heads = heads_in(tmp_path / "second")
    await sealed(3)
    await heads.publish(now=AT)
    number = await a_case(place)
    await sealed_and_head(heads)
    case = await application.Case.get(number=number)
    found = await export(case.id, place.actors[Role.SUPERVISOR], heads, now=AT, why="年度检查")
    folder = tmp_path / "empty"
    zipfile.ZipFile(io.BytesIO(found.bundle)).extractall(folder)
    return found, folder


async def sealed_and_head(heads: object) -> None:
    from backend.trail import seal
    from backend.trail.heads import Heads

    assert isinstance(heads, Heads)
    await seal.seal_waiting()
    await heads.publish(now=AT)


def run(folder: Path, *flags: str) -> tuple[int, str]:
    """The verifier as a process of its own, in the folder of the bundle."""
    done = subprocess.run(
        [sys.executable, *flags, "verify.py"], cwd=folder, capture_output=True, text=True, env={"LANG": "C.UTF-8"}
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


async def test_the_bundle_checks_out_anywhere_and_a_changed_byte_names_the_entry(database: str, tmp_path: Path) -> None:
    found, folder = await made(tmp_path)
    code, said = run(folder)
    assert code == 0, said
    assert "签名已核对" in said
    # Without anything but the standard library the chain is checked all the same.
    code, said = run(folder, "-I", "-S")
    assert code == 0, said
    assert "签名没有核对" in said
    lines = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 4
    actions = [json.loads(line.partition(b"\t")[2])["action"] for line in lines]
    assert actions == ["BeginReview", "case_read", "photo_added", "file_exported"]
    for index, line in enumerate(lines):
        entry = json.loads(line.partition(b"\t")[2])
        for at in (line.index(b'"action":"') + 11, line.index(b"{"), len(line) - 3):
            changed = bytearray(line)
            changed[at] ^= 1
            (folder / "entries.jsonl").write_bytes(b"".join([*lines[:index], bytes(changed), *lines[index + 1 :]]))
            code, said = run(folder, "-I", "-S")
            assert code == 1
            position = line.partition(b"\t")[0].decode()
            assert f"第{position}环" in said
            assert f"痕迹{entry['id']}" in said or "编号读不出来" in said
    (folder / "entries.jsonl").write_bytes(b"".join(lines[1:]))
    code, said = run(folder, "-I", "-S")
    assert (code, "应有 4 条痕迹, 现有 3 条" in said) == (1, True)


async def test_a_changed_byte_in_any_file_of_the_bundle_is_found(database: str, tmp_path: Path) -> None:
    _, folder = await made(tmp_path)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert {path.name for path in files} >= {"links.bin", "heads.jsonl", "chain.json", "案卷.pdf", "verify.py"}
    for path in files:
        whole = path.read_bytes()
        at = whole.index(b"python verify.py") if path.name == "verify.py" else len(whole) // 2
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        code, said = run(folder)
        path.write_bytes(whole)
        assert code == 1, path
        assert "不完整" in said
    assert run(folder)[0] == 0


async def test_a_link_of_somebody_elses_entry_is_found_between_two_heads(database: str, tmp_path: Path) -> None:
    _, folder = await made(tmp_path)
    chain = json.loads((folder / "chain.json").read_text())
    links = bytearray((folder / "links.bin").read_bytes())
    links[32] ^= 1
    (folder / "links.bin").write_bytes(links)
    code, said = run(folder, "-I", "-S")
    assert code == 1
    assert f"第{chain['first']}环到第" in said


async def test_the_pdf_is_one_and_what_it_says_names_no_resident(database: str, tmp_path: Path) -> None:
    found, folder = await made(tmp_path)
    assert found.document.startswith(b"%PDF")
    assert (folder / "案卷.pdf").read_bytes() == found.document
    assert len(found.document) > 5000
    entries = await TrailEntry.filter(subject__startswith="case:").order_by("id")
    names = await Names.of(entries)
    said = "\n".join([names.who(one) + action_of(one) + " ".join(told(one)) for one in entries])
    assert "陈安宁" not in said
    assert "13800001111" not in said
    assert "hmac:" not in said
    assert "代办人 陈** (代陈**办理)" in said
    assert "救助工作人员 员worker" in said
    assert "进度: 已收到, 等工作人员联系您 → 在办: 正在按普通救助审核" in said
    assert "原因: 年度检查" in said


async def test_a_file_is_refused_where_the_chain_does_not_fit_its_head(
    database: str, owner_url: str, tmp_path: Path
) -> None:
    place = await district.build()
    heads = heads_in(tmp_path)
    case = await place.case("submitted")
    await audit.record(SYSTEM, "case_read", f"case:{case.id}", now=AT)
    await sealed_and_head(heads)
    async with insider(owner_url) as connection:
        await connection.execute("UPDATE trail_seal SET hash = decode(repeat('00', 32), 'hex')")
    with pytest.raises(ConflictError) as refused:
        await export(case.id, place.actors[Role.BUREAU], heads, now=AT)
    assert refused.value.code == "trail_broken"


async def test_who_may_read_the_trail_and_export_the_file(database: str, tmp_path: Path) -> None:
    place, other = await district.build(), await district.build("乙")
    heads = heads_in(tmp_path)
    case = await place.case("submitted")
    await view.read_case(case.id, place.actors[Role.WORKER], now=AT)
    for who in (place.actors[Role.SUPERVISOR], place.actors[Role.BUREAU], other.actors[Role.BUREAU]):
        page = await reading.case_trail(case.id, who, now=AT)
        assert "case_read" in [entry["action"] for entry in page["entries"]]
        await export(case.id, who, heads, now=AT)
    refused = [who for role, who in place.actors.items() if role not in (Role.SUPERVISOR, Role.BUREAU)]
    for who in [*refused, other.actors[Role.SUPERVISOR]]:
        with pytest.raises(NotAllowedError):
            await reading.case_trail(case.id, who, now=AT)
        with pytest.raises(NotAllowedError):
            await export(case.id, who, heads, now=AT)
    assert await TrailEntry.filter(action="trail_read").count() == 3
    assert await TrailEntry.filter(action="file_exported").count() == 3


async def test_the_pages_of_a_trail_follow_each_other_without_gap_or_repeat(database: str) -> None:
    place = await district.build()
    worker = place.actors[Role.WORKER]
    for _ in range(7):
        await audit.record(worker, "case_read", f"case:{uuid4()}", now=AT)
    await audit.record(place.actors[Role.TOWN], "case_read", "case:x", now=AT)
    ids: list[int] = []
    before = None
    while True:
        page = await reading.own_trail(worker, before=before, limit=3)
        ids += [entry["id"] for entry in page["entries"]]
        before = page["before"]
        if before is None:
            break
    assert len(ids) == len(set(ids)) == 7
    assert ids == sorted(ids, reverse=True)
    with pytest.raises(NotAllowedError):
        await reading.own_trail(place.actors[Role.RESIDENT])


async def test_the_command_writes_both_files(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = await district.build()
    case = await place.case("submitted")
    await export_to(case.number, tmp_path / "out", heads_in(tmp_path), now=AT)
    assert sorted(os.listdir(tmp_path / "out")) == [f"{case.number}-案卷.pdf", f"{case.number}-案卷.zip"]
    assert capsys.readouterr().out.count("已写入") == 2


def test_every_action_that_leaves_an_entry_has_its_words() -> None:
    actions = {command.__name__ for command in commands.Command.__args__}
    for file in (ROOT / "backend").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and _name(call) == "record" and call.args[1:]:
                found = (leaf.value for leaf in ast.walk(call.args[1]) if isinstance(leaf, ast.Constant))
                actions |= {action for action in found if isinstance(action, str)}
    assert len(actions) > 40
    assert sorted(actions - set(ACTIONS)) == []


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))
