"""Walk the whole chain as a stream: every digest and hash recomputed, heads compared; memory does not grow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from backend.trail.chain import Broken, Link, Walk, digest_of
from backend.trail.heads import Head, Heads, is_signed
from backend.trail.rows import ENTRY

_PAGE = 2000
_CHAIN = (
    f"SELECT s.position, s.entry_id, s.digest, s.hash, {ENTRY}"
    " FROM trail_seal s LEFT JOIN trail_entry e ON e.id = s.entry_id ORDER BY s.position"
)
# Left to itself the planner sorts the whole chain on disk before it hands out the first row.
_AS_A_STREAM = "SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
_UNSEALED = (
    "SELECT count(*) AS count, min(at) AS oldest FROM trail_entry e"
    " WHERE NOT EXISTS (SELECT FROM trail_seal s WHERE s.entry_id = e.id)"
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: `broken` is the first bad link, None where all is right. `oldest`: of the entries not sealed."""

    links: int
    heads: int
    broken: Broken | None
    unsealed: int
    oldest: datetime | None


async def verify(
    connection: asyncpg.Connection, heads: Heads | None, *, progress: Callable[[int, int], None] | None = None
) -> Verified:
    """Check the chain as it stands at this moment, while the service goes on writing.

    `progress` is told (links checked, links in all) after every page.
    """
    # The heads first: one that is written while the chain is read would lie beyond what this snapshot shows.
    kept, broken = await _trusted(heads) if heads else ([], None)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        total = await connection.fetchval("SELECT coalesce(max(position), 0) FROM trail_seal")
        unsealed = await connection.fetchrow(_UNSEALED)
        if broken is None:
            broken, seen = await _walk(connection, {head.position: head.hash for head in kept}, total, progress)
        else:
            seen = 0
    return Verified(seen, len(kept), broken, unsealed["count"], unsealed["oldest"])


async def _trusted(heads: Heads) -> tuple[list[Head], Broken | None]:
    try:
        kept = await heads.kept()
    except ValueError as error:
        return [], Broken(0, None, "head", str(error))
    keys = await heads.public_keys()
    for head in kept:
        if not is_signed(head, keys):
            told = f"另存的链头 (第{head.position}环) 签名不对: 链头被改过, 或不是用登记的钥匙签的。"
            return kept, Broken(head.position, None, "head", told)
    return kept, None


async def _walk(
    connection: asyncpg.Connection,
    heads: dict[int, bytes],
    total: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Broken | None, int]:
    await connection.execute(_AS_A_STREAM)
    walk = Walk(heads)
    cursor = await connection.cursor(_CHAIN)
    while rows := await cursor.fetch(_PAGE):
        if broken := walk.check(map(_link, rows)):
            return broken, walk.seen
        if progress:
            progress(walk.seen, total)
    return walk.finish(), walk.seen


def _link(row: asyncpg.Record) -> Link:
    found = digest_of(row) if row["id"] is not None else None
    return Link(row["position"], row["entry_id"], row["digest"], row["hash"], found)
