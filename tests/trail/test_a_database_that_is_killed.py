"""Eight processes write while the database is killed with -9 and comes back: no acknowledged entry is lost.

The chain is whole afterwards. `TRAIL_PROOF=2000` (make proof) writes so many a process; the ordinary run a hundred.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import structlog
from tortoise import Tortoise

from backend import jobs, photos
from models import tortoise_config
from models.trail import TrailUnsealed
from tests.killable import OwnPostgres
from tests.stores import Stores, copy_database, make_template, start, stop
from tests.trail.acts import heads_in, verdict

WRITERS = 8
EACH = int(os.environ.get("TRAIL_PROOF", "100"))
KILLS = 2 if EACH < 1000 else 5
ROOT = Path(__file__).parent.parent.parent


class WallClock:
    """The real time, without Redis."""

    async def now(self) -> datetime:
        """Aware."""
        return datetime.now(UTC)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OwnPostgres]:
    """Started, and stopped at the end."""
    (tmp_path / "own").mkdir()
    server = OwnPostgres(tmp_path / "own")
    yield server
    server.stop()


async def test_nothing_acknowledged_is_lost_and_the_chain_is_whole(own_server: OwnPostgres, tmp_path: Path) -> None:
    stores = Stores(own_server.url, "", await make_template(own_server.url))
    url = await copy_database(stores)
    files = [tmp_path / f"writer-{index}" for index in range(WRITERS)]
    began = time.monotonic()
    writers = [
        start(
            [sys.executable, "-m", "tests.trail.writer", url, file.name, str(EACH), str(file)],
            tmp_path / f"{file.name}.log",
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for file in files
    ]
    # The worker's own loop, through every death of the database.
    await Tortoise.init(config=tortoise_config(url, pool=3))
    store = photos.open_store(f"file://{tmp_path / 'photos'}")
    log = structlog.get_logger()
    worker = jobs.Worker(WallClock(), None, log, {}, heads_in(tmp_path), 10, photos=store, retention={})
    sealing = asyncio.create_task(worker.seal_trail())
    kills = 0
    try:
        while any(writer.poll() is None for writer in writers):
            await asyncio.sleep(0.1)
            # Killed while everybody writes: after each of equal shares of what is to be written.
            if kills < KILLS and written(files) > WRITERS * EACH * (kills + 1) // (KILLS + 1):
                await asyncio.to_thread(own_server.kill_and_restart)
                kills += 1
    finally:
        for writer in writers:
            stop(writer)
    took = time.monotonic() - began
    assert [writer.returncode for writer in writers] == [0] * WRITERS, files[0].with_suffix(".log")
    assert kills == KILLS
    assert await all_sealed_within(seconds=5)
    sealing.cancel()
    await Tortoise.close_connections()
    acknowledged = {line for file in files for line in file.read_text().splitlines()}
    connection = await asyncpg.connect(url)
    kept = {row["subject"] for row in await connection.fetch("SELECT subject FROM trail_entry")}
    await connection.close()
    assert len(acknowledged) == WRITERS * EACH
    assert acknowledged - kept == set()
    found = await verdict(url, heads_in(tmp_path))
    assert (found.broken, found.unsealed, found.links) == (None, 0, len(kept))
    print(f"{len(acknowledged)} acknowledged, {len(kept)} kept, {kills} kills, {took:.1f} s, {urlsplit(url).path}")


def written(files: list[Path]) -> int:
    """How many are acknowledged so far."""
    return sum(file.read_bytes().count(b"\n") for file in files if file.exists())


async def all_sealed_within(*, seconds: float) -> bool:
    """Whether the queue is empty before the time is over."""
    deadline = time.monotonic() + seconds
    while waiting := await TrailUnsealed.exists():
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.05)
    return not waiting
