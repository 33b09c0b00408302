"""The sealer: links committed entries into the chain, one sealer at a time; no request waits for it."""

import asyncio

from tortoise import connections
from tortoise.transactions import in_transaction

from backend.trail.chain import GENESIS, build, digest_of
from backend.trail.rows import ENTRY

BATCH = 1000
_WAIT_SECONDS = 0.05
_LOCK = 730_330_306
_LAST = "SELECT position, hash FROM trail_seal ORDER BY position DESC LIMIT 1"
# The range comes from the small table; what is sealed already (somebody wrote into the queue) is taken out and skipped.
_TAKE = "SELECT entry_id FROM trail_unsealed ORDER BY entry_id LIMIT $1"
_READ = (
    f"SELECT {ENTRY} FROM trail_entry e WHERE e.id = ANY($1::bigint[])"
    " AND NOT EXISTS (SELECT FROM trail_seal s WHERE s.entry_id = e.id) ORDER BY e.id"
)
_WRITE = (
    "INSERT INTO trail_seal (position, entry_id, digest, hash)"
    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[])"
)
_STILL_WAITING = "SELECT 1 FROM trail_unsealed WHERE entry_id <= $1 LIMIT 1"
_LEFT_OUT = (
    "INSERT INTO trail_unsealed (entry_id) SELECT e.id FROM trail_entry e"
    " WHERE NOT EXISTS (SELECT FROM trail_seal s WHERE s.entry_id = e.id) ON CONFLICT DO NOTHING"
)


async def seal_batch(limit: int = BATCH) -> int:
    """Link up to `limit` waiting entries in one transaction; how many were taken.

    0 as well where another sealer is at work: its transaction holds the lock, and this one does not wait.
    """
    async with in_transaction() as own:
        locked = await own.execute_query_dict("SELECT pg_try_advisory_xact_lock($1) AS mine", [_LOCK])
        if not locked[0]["mine"]:
            return 0
        taken = [row["entry_id"] for row in await own.execute_query_dict(_TAKE, [limit])]
        if not taken:
            return 0
        last = await own.execute_query_dict(_LAST)
        position, previous = (last[0]["position"], last[0]["hash"]) if last else (0, GENESIS)
        entries = await own.execute_query_dict(_READ, [taken])
        digests = [digest_of(entry) for entry in entries]
        positions = list(range(position + 1, position + 1 + len(entries)))
        hashes = list(build(digests, previous=previous))
        if entries:
            await own.execute_query(_WRITE, [positions, [entry["id"] for entry in entries], digests, hashes])
        await own.execute_query("DELETE FROM trail_unsealed WHERE entry_id = ANY($1::bigint[])", [taken])
        return len(taken)


async def seal_waiting() -> int:
    """Link batch after batch until none waits here; how many were taken."""
    count = 0
    while taken := await seal_batch():
        count += taken
    return count


async def seal_through(seconds: float = 5.0) -> None:
    """Return when nothing that had been committed at the call waits any longer, whoever sealed it.

    Raises TimeoutError after `seconds`.
    """
    own = connections.get("default")
    newest = await own.execute_query_dict("SELECT max(entry_id) AS id FROM trail_unsealed")
    if newest[0]["id"] is None:
        return
    async with asyncio.timeout(seconds):
        while await own.execute_query_dict(_STILL_WAITING, [newest[0]["id"]]):
            if not await seal_batch():
                await asyncio.sleep(_WAIT_SECONDS)


async def queue_what_was_left_out() -> None:
    """The full look: put every entry without a seal into the queue, whoever removed it there. Cost: the whole trail."""
    await connections.get("default").execute_query(_LEFT_OUT)
