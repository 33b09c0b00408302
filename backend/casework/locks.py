"""Locks of the database that a transaction holds until it ends: for what no single row stands for."""

from tortoise import connections

CALENDAR = "calendar"
ENTRIES = "entries"
REPLIES = "replies"


async def one_at_a_time(what: str) -> None:
    """Wait until nobody else holds `what`. Call inside a transaction."""
    await connections.get("default").execute_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [what])


async def together(what: str) -> None:
    """Hold `what` beside others who do, and wait for whoever holds it alone. Call inside a transaction."""
    await connections.get("default").execute_query(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", [what]
    )
