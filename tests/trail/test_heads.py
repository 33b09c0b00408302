"""Heads: signed, never overwritten, every changed one found; the key is made once, and production goes without none."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from backend import photos
from backend.settings import Settings
from backend.trail.heads import Heads, Signer, SigningKeyError, is_signed, made_once
from tests.backend.test_clock import PRODUCTION
from tests.trail.acts import AT, heads_in, sealed, verdict

ROOT = Path(__file__).parent.parent.parent


async def test_no_chain_no_head_and_the_same_place_is_noted_once(database: str, tmp_path: Path) -> None:
    heads = heads_in(tmp_path)
    assert await heads.publish(now=AT) is None
    await sealed(2)
    first = await heads.publish(now=AT)
    assert await heads.publish(now=AT + timedelta(minutes=10)) == first
    await sealed(1)
    await heads.publish(now=AT)
    kept = await heads.kept()
    assert [head.position for head in kept] == [2, 3]
    keys = await heads.public_keys()
    assert all(is_signed(head, keys) for head in kept)
    assert (await verdict(database, heads)).heads == 2


@pytest.mark.parametrize("field", ["position", "hash", "at", "signature", "key_id"])
async def test_a_head_with_a_changed_byte_is_named(database: str, tmp_path: Path, field: str) -> None:
    heads = heads_in(tmp_path)
    await sealed(3)
    await heads.publish(now=AT)
    [file] = (tmp_path / "heads" / "heads").iterdir()
    stored = json.loads(file.read_text())
    changed = {"position": 2, "hash": "00" * 32, "at": "2026-09-28T01:00:01Z", "signature": "AAAA", "key_id": "0" * 16}
    file.write_text(json.dumps(stored | {field: changed[field]}))
    broken = (await verdict(database, heads)).broken
    assert broken is not None
    assert broken.what == "head"
    assert "签名不对" in broken.sentence


async def test_a_head_that_is_no_longer_one_is_named(database: str, tmp_path: Path) -> None:
    heads = heads_in(tmp_path)
    await sealed(3)
    await heads.publish(now=AT)
    [file] = (tmp_path / "heads" / "heads").iterdir()
    file.write_text("{")
    broken = (await verdict(database, heads)).broken
    assert broken is not None
    assert "读不出来" in broken.sentence


async def test_a_head_by_a_stranger_who_left_no_key_or_a_false_one_is_no_head(database: str, tmp_path: Path) -> None:
    heads, stranger = heads_in(tmp_path), heads_in(tmp_path / "elsewhere")
    await sealed(3)
    head = await stranger.publish(now=AT)
    assert head is not None
    keys = await heads.public_keys()
    assert not is_signed(head, keys)
    assert not is_signed(head, keys | {head.key_id: heads.signer.public_pem})
    assert is_signed(head, await stranger.public_keys())


async def test_heads_of_an_earlier_key_are_checked_with_the_key_that_lies_beside_them(
    database: str, tmp_path: Path
) -> None:
    heads = heads_in(tmp_path)
    await sealed(1)
    await heads.publish(now=AT)
    renewed = Heads(photos.open_store(f"file://{tmp_path / 'heads'}"), Signer(made_once(tmp_path / "new.pem")))
    await sealed(1)
    await renewed.publish(now=AT)
    found = await verdict(database, renewed)
    assert (found.broken, found.heads) == (None, 2)
    assert len(await renewed.public_keys()) == 2


async def test_many_processes_that_come_at_once_get_one_key(tmp_path: Path) -> None:
    file = tmp_path / "var" / "key.pem"
    found = await asyncio.gather(*(asyncio.to_thread(made_once, file) for _ in range(16)))
    assert len(set(found)) == 1
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["key.pem"]


def test_another_kind_of_key_is_refused_in_one_sentence() -> None:
    rsa = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for pem, says in ((rsa, "Ed25519"), ("真的", "PEM")):
        with pytest.raises(SigningKeyError, match=says):
            Signer(pem)


def test_production_without_a_signing_key_is_one_clear_line(tmp_path: Path) -> None:
    values = {name.upper(): str(value) for name, value in PRODUCTION.items() if name != "trail_signing_key"}
    Settings(**PRODUCTION)
    for given in ({}, {"TRAIL_SIGNING_KEY_FILE": str(tmp_path / "missing.pem")}, {"TRAIL_SIGNING_KEY": "真的"}):
        done = subprocess.run(
            [sys.executable, "-m", "backend", "worker"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "VAR_DIR": str(tmp_path), **values, **given},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("\n") == 1
        assert "私钥" in done.stderr or "TRAIL_SIGNING_KEY" in done.stderr
