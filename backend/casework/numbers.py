"""Readable case numbers, gapless by day under a lock."""

from datetime import datetime

from tortoise import connections

from backend.clock import local_day


async def next_number(prefix: str, now: datetime) -> str:
    """The next number of the day, like `个案20261009-0001`. Call inside the transaction that uses it."""
    day = local_day(now).strftime("%Y%m%d")
    table = "urgent_relief" if prefix == "急" else '"case"'
    connection = connections.get("default")
    # Serialises numbering alone, until the caller's transaction ends.
    await connection.execute_query("SELECT pg_advisory_xact_lock(hashtext($1))", [f"number:{prefix}"])
    _, rows = await connection.execute_query(
        f"SELECT count(*) AS taken FROM {table} WHERE number LIKE $1",  # noqa: S608 (a constant)
        [f"{prefix}{day}-%"],
    )
    return f"{prefix}{day}-{rows[0]['taken'] + 1:04d}"
