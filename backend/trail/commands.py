"""What the trail's commands print."""

import asyncio
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from backend.access import SYSTEM
from backend.errors import NotFoundError
from backend.trail import seal
from backend.trail.case_file import CaseFile, export
from backend.trail.heads import Heads
from backend.trail.verify import Verified, verify
from models.application import Case

_TELL_EVERY_SECONDS = 1.0


class Progress:
    """A line on standard error about once a second."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._last >= _TELL_EVERY_SECONDS:
            self._last = time.monotonic()
            print(f"· 已核对 {done} / {total} 环 ({100 * done // max(total, 1)}%)", file=sys.stderr, flush=True)


async def verify_and_tell(database_url: str, heads: Heads, *, now: datetime) -> int:
    """Check the whole chain; the verdict on standard output. Returns the exit code: 0 all right, 1 broken."""
    connection = await asyncpg.connect(database_url)
    try:
        found = await verify(connection, heads, progress=Progress())
    finally:
        await connection.close()
    print(_verdict(found))
    if found.unsealed and found.oldest is not None:
        waited = max(now - found.oldest, timedelta())
        print(f"还没有封存的最新痕迹 {found.unsealed} 条, 其中最早的一条已有 {waited.total_seconds():.0f} 秒。")
    else:
        print("没有等待封存的痕迹。")
    print(f"签名钥匙 {heads.signer.key_id}")
    return 1 if found.broken else 0


async def export_to(number: str, folder: Path, heads: Heads, *, now: datetime) -> int:
    """Write the case's PDF and its bundle into a folder, made when missing. Raises CaseworkError."""
    case = await Case.get_or_none(number=number)
    if case is None:
        raise NotFoundError("case_not_found", f"没有编号为 {number} 的个案, 请核对编号。")
    made = await export(case.id, SYSTEM, heads, now=now, why="命令行导出")
    await asyncio.to_thread(_write, made, folder)
    return 0


async def note_head(heads: Heads, *, now: datetime) -> int:
    """Seal what waits and note the head of the chain in the second place."""
    await seal.seal_through()
    head = await heads.publish(now=now)
    print(f"链头: 第{head.position}环 {head.hash.hex()}, 钥匙 {head.key_id}" if head else "还没有痕迹, 没有链头。")
    return 0


def _write(made: CaseFile, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in ((f"{made.name}-案卷.pdf", made.document), (f"{made.name}-案卷.zip", made.bundle)):
        (folder / name).write_bytes(data)
        print(f"已写入 {folder / name} ({len(data)} 字节)")


def _verdict(found: Verified) -> str:
    if found.broken:
        return f"不完整: {found.broken.sentence}"
    return f"完整: 共 {found.links} 环, 与另存的 {found.heads} 个链头一致。"
