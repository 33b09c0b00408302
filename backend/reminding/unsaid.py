"""Rows to remind of, once only whatever another worker is doing at the same moment."""

from typing import Any

from tortoise import connections

from models.outbox import Notice


async def unsaid(sql: str, *values: object) -> list[dict[str, Any]]:
    """The rows of a query that locks them, without those whose `event_key` has a notice by now.

    Another worker may have been through with a row between our look and our lock: what it has just said of something
    that is late would be called off here, and said by nobody. In the caller's transaction.
    """
    rows = await connections.get("default").execute_query_dict(sql, list(values))
    if not rows:
        return []
    keys = [row["event_key"] for row in rows]
    said = set(await Notice.filter(event_key__in=keys).values_list("event_key", flat=True))
    return [row for row in rows if row["event_key"] not in said]
