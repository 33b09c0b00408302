"""Deadlines of a case that are near or over: whoever has the next step, and the town besides once it is late."""

from datetime import datetime
from uuid import UUID

from tortoise.transactions import in_transaction

from backend.access import ALLOWED, Action
from backend.casework import in_office, telling
from backend.clock import local_day
from backend.reminding.unsaid import unsaid
from notices.kinds import Kind
from notices.outbox import announce, call_off
from rules.commands import Close, VoidMeeting, Withdraw
from rules.process import TRANSITIONS
from rules.statuses import Role, Status

_AT_ONCE = 200
_NO_STEP_ON = (Close, VoidMeeting, Withdraw)
_ACTS_ON = {"result": Action.TELL_RESULT, "listing": Action.PUBLISH}
"""Clocks that are stopped by an act and not by a move."""

# Near: from the working day before the alarm day on. The alarm day is the last one, or earlier where it is 暂定. Twenty
# days hold the longest break, so that no other clock's days are looked through.
_RUNNING = """
SELECT k.id, k.name, k.due_on, k.case_id, c.number, c.status, c.village_id, v.town_id, w.overdue, w.event_key
FROM case_clock k JOIN "case" c ON c.id = k.case_id JOIN village v ON v.id = c.village_id
CROSS JOIN LATERAL (
    SELECT k.due_on < $1::date AS overdue,
    CASE WHEN k.due_on < $1::date THEN 'clock-overdue:' ELSE 'clock-at-risk:' END || k.id || ':' || k.due_on
    AS event_key
) w
WHERE k.stopped_at IS NULL AND k.alarm_on <= $1::date + 20 AND $1::date >= COALESCE((
    SELECT max((day ->> 'date')::date) FROM jsonb_array_elements(k.days) AS day
    WHERE (day ->> 'counted')::boolean AND (day ->> 'date')::date < k.alarm_on
), k.alarm_on)
AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.event_key = w.event_key)
ORDER BY k.due_on, k.id LIMIT $2 FOR UPDATE OF k SKIP LOCKED
"""


def next_roles(clock: str, status: Status) -> frozenset[Role]:
    """Whose turn it is while this clock runs."""
    if clock in _ACTS_ON:
        return ALLOWED[_ACTS_ON[clock]]
    rows = [row for row in TRANSITIONS if status in row.frm and row.command not in _NO_STEP_ON]
    return frozenset(role for row in rows for role in row.roles) - {Role.SYSTEM, Role.RESIDENT, Role.AGENT}


async def warn_owners(now: datetime) -> int:
    """Once when a deadline is near and once when it is over, whatever was missed before."""
    today, made = local_day(now), 0
    known: dict[tuple[frozenset[Role], int], list[UUID]] = {}
    async with in_transaction():
        for row in await unsaid(_RUNNING, today, _AT_ONCE):
            roles = next_roles(row["name"], Status(row["status"])) | ({Role.TOWN} if row["overdue"] else set())
            whom = (roles, row["village_id"])
            if whom not in known:
                known[whom] = await in_office.people(roles, today, town_id=row["town_id"], village_id=row["village_id"])
            subject = telling.about_clock(row["id"])
            if row["overdue"]:
                await call_off(subject, now=now, but=(Kind.DEADLINE_MOVED,))
            made += await announce(
                Kind.CLOCK_OVERDUE if row["overdue"] else Kind.CLOCK_AT_RISK,
                row["event_key"],
                {"number": row["number"], "page_id": str(row["case_id"]), "due_on": row["due_on"].isoformat()},
                known[whom],
                now=now,
                subject=subject,
            )
    return made
