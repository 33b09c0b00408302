"""One writer of the proof: entries through the service's own `audit.record`, each in a transaction of its own.

`python -m tests.trail.writer DATABASE_URL NAME COUNT FILE`. An acknowledged commit is a line in FILE, written before
the next begins. While the database is away the writer waits and goes on with the next number: what it did not see
acknowledged it does not claim.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from tortoise import Tortoise
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Actor
from models import tortoise_config
from rules.statuses import Role


async def one(actor: Actor, subject: str, number: int) -> None:
    """One entry, committed."""
    async with in_transaction():
        await audit.record(actor, "proof", subject, now=datetime.now(UTC), detail={"number": number})


async def work(url: str, name: str, count: int, file: Path) -> None:
    """`count` acknowledged entries."""
    await Tortoise.init(config=tortoise_config(url, pool=1))
    actor = Actor(Role.WORKER, "员", account_id=UUID(int=1), address="127.0.0.1")
    acknowledged, number = 0, 0
    with file.open("w", buffering=1) as told:
        while acknowledged < count:
            number += 1
            subject = f"case:{name}-{number}"
            try:
                await one(actor, subject, number)
            except Exception:  # whatever a dying database raises: the commit was not acknowledged
                await asyncio.sleep(0.05)
                continue
            told.write(f"{subject}\n")
            acknowledged += 1
    await Tortoise.close_connections()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
