"""先行救助 whose 24 hours run out, and the paperwork after it (四(二)b): whoever is on duty in the town."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from backend.casework import in_office
from backend.casework.urgent_relief import ON_DUTY
from backend.clock import SHANGHAI, local_day
from backend.reminding.unsaid import unsaid
from notices.kinds import Kind
from notices.outbox import announce, call_off
from rules.statuses import Role

HOURS_BEFORE = 4
_AT_ONCE = 200

# One key for each of the two words, with the moment in it: a worker that was down finds the latest alone. A relief that
# somebody is delivering at this moment is left for the next time.
_HELP_WANTED = """
SELECT u.id, u.number, u.due_at, v.town_id, t.name AS town, k.overdue, k.event_key
FROM urgent_relief u JOIN village v ON v.id = u.village_id JOIN town t ON t.id = v.town_id
CROSS JOIN LATERAL (
    SELECT u.due_at < $1 AS overdue, CASE WHEN u.due_at < $1 THEN 'urgent-overdue:' ELSE 'urgent-due:' END
    || u.id || ':' || to_char(u.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS event_key
) k
WHERE u.status = 'reported' AND u.due_at <= $1 + make_interval(hours => $2)
AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.event_key = k.event_key)
ORDER BY u.due_at, u.id LIMIT $3 FOR UPDATE OF u SKIP LOCKED
"""
_PAPERWORK_WANTED = """
SELECT u.id, u.number, u.paperwork_due_on, v.town_id, k.overdue, k.event_key
FROM urgent_relief u JOIN village v ON v.id = u.village_id
CROSS JOIN LATERAL (
    SELECT u.paperwork_due_on < $1::date AS overdue,
    CASE WHEN u.paperwork_due_on < $1::date THEN 'urgent-paperwork-overdue:' ELSE 'urgent-paperwork:' END
    || u.id || ':' || u.paperwork_due_on AS event_key
) k
WHERE u.status = 'lifted' AND u.paperwork_due_on <= $1::date + 1
AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.event_key = k.event_key)
ORDER BY u.paperwork_due_on, u.id LIMIT $2 FOR UPDATE OF u SKIP LOCKED
"""


async def press_for_help(now: datetime) -> int:
    """Once four hours before help must be there, and once, the bureau too, when it is late; the latest alone."""
    async with in_transaction():
        rows = await unsaid(_HELP_WANTED, now, HOURS_BEFORE, _AT_ONCE)
        told = [
            (
                row,
                {"town": row["town"], "due_at": row["due_at"].astimezone(SHANGHAI).isoformat()}
                | ({"overdue": "yes"} if row["overdue"] else {}),
            )
            for row in rows
        ]
        return await _tell(Kind.URGENT_DUE, told, (Role.BUREAU, *ON_DUTY), now)


async def remind_of_paperwork(now: datetime) -> int:
    """Once from the day before it is due on, and once when it is late; the latest alone."""
    async with in_transaction():
        rows = await unsaid(_PAPERWORK_WANTED, local_day(now), _AT_ONCE)
        told = [(row, {"due_on": row["paperwork_due_on"].isoformat()}) for row in rows]
        return await _tell(Kind.URGENT_PAPERWORK, told, ON_DUTY, now)


async def _tell(
    kind: Kind, rows: Sequence[tuple[dict[str, Any], dict[str, str]]], when_overdue: tuple[Role, ...], now: datetime
) -> int:
    """Rows, each with its facts: whoever is on duty in the town is told, `when_overdue` of what is late."""
    made = 0
    known: dict[tuple[int, bool], list[UUID]] = {}
    for row, facts in rows:
        whom = (row["town_id"], row["overdue"])
        if whom not in known:
            roles = when_overdue if row["overdue"] else ON_DUTY
            known[whom] = await in_office.people(roles, local_day(now), town_id=row["town_id"])
        subject = f"urgent:{row['id']}"
        if row["overdue"]:
            await call_off(subject, now=now, but=[other for other in Kind if other is not kind])
        made += await announce(
            kind,
            row["event_key"],
            {"number": row["number"], "page_id": str(row["id"])} | facts,
            known[whom],
            now=now,
            subject=subject,
        )
    return made
