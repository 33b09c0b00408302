"""The claim finds what is due by its index, however much waits: no scan of the table, and no sort of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise import connections

from notices.claims import LEASE, statement
from notices.kinds import Channel, Lane
from tests.backend import district

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
WAITING = 100_000
BATCH = 64


async def fill() -> None:
    """A hundred thousand rows that are due, of one list, and as many that were sent long ago."""
    await district.person("村民", None, openid="o0")
    db = connections.get("default")
    for status, count in (("pending", WAITING), ("sent", WAITING)):
        await db.execute_query(
            "WITH told AS (INSERT INTO notice (id, event_key, kind, facts, created_at) SELECT gen_random_uuid(), "
            "$1 || n, 'list_changed', '{}', $2 FROM generate_series(1, $4::int) n RETURNING id) "
            "INSERT INTO delivery (id, notice_id, person_id, channel, status, lane, attempts, due_at, paid) "
            "SELECT gen_random_uuid(), told.id, p.id, 'subscribe_message', $3, 3, 0, $2, false FROM told, person p",
            [f"{status}:", NOW - timedelta(seconds=1), status, count],
        )
    await db.execute_script("ANALYZE delivery; ANALYZE notice; ANALYZE person")


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan and everything under it."""
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes(part))]


@pytest.mark.parametrize("lanes", [(Lane.URGENT, Lane.MEETING), (Lane.CASE, Lane.LIST)])
async def test_a_claim_reads_what_it_takes_and_no_more(database: str, lanes: tuple[Lane, Lane]) -> None:
    await fill()
    channel = Channel.SUBSCRIBE_MESSAGE
    values = [channel.value, lanes[0].value, lanes[1].value, NOW, BATCH, "worker:1", NOW + LEASE]
    _, rows = await connections.get("default").execute_query(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {statement(channel)}", values
    )
    given = rows[0]["QUERY PLAN"]
    plan = (json.loads(given) if isinstance(given, str) else given)[0]["Plan"]
    reads = [node for node in nodes(plan) if node.get("Relation Name") == "delivery" and "Scan" in node["Node Type"]]
    assert "delivery_waiting" in {node.get("Index Name") for node in reads}
    assert all(node["Node Type"] != "Seq Scan" for node in reads)
    # What is due comes out of the index in the order in which it is taken.
    sorts = [node for node in nodes(plan) if "Sort" in node["Node Type"] and node["Plan Rows"] > 10 * BATCH]
    assert sorts == []
    assert max(node["Actual Rows"] * node["Actual Loops"] for node in nodes(plan)) <= 2 * BATCH
