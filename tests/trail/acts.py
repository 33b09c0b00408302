"""What the trail's tests share: entries, heads in a folder, a verdict, and what an insider does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
from tortoise.transactions import in_transaction

from backend import audit, photos
from backend.access import Actor
from backend.trail import seal
from backend.trail.heads import Heads, Signer, made_once
from backend.trail.verify import Verified, verify
from rules.statuses import Role

AT = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


def heads_in(folder: Path) -> Heads:
    """The second place as a folder, with a key of its own."""
    signer = Signer(made_once(folder / "key.pem"))
    return Heads(photos.open_store(f"file://{folder / 'heads'}"), signer)


async def write(count: int, *, at: datetime = AT) -> None:
    """So many entries, a transaction each, as the service writes them."""
    actor = Actor(Role.WORKER, "员", account_id=uuid4(), request_id="r", address="127.0.0.1")
    for number in range(count):
        async with in_transaction():
            await audit.record(
                actor, "Confirm", f"case:{uuid4()}", now=at, clause="四(二)a", detail={"from": "a", "number": number}
            )


async def sealed(count: int) -> None:
    """So many entries in the chain."""
    await write(count)
    assert await seal.seal_waiting() == count


async def verdict(url: str, heads: Heads | None = None) -> Verified:
    """What `trail-verify` finds."""
    connection = await asyncpg.connect(url)
    try:
        return await verify(connection, heads)
    finally:
        await connection.close()


@asynccontextmanager
async def insider(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner of the tables with every trigger and foreign key of the trail switched off, and on again afterwards."""
    connection = await asyncpg.connect(owner_url)
    try:
        for table in ("trail_entry", "trail_seal"):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        yield connection
        for table in ("trail_entry", "trail_seal"):
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    finally:
        await connection.close()
