"""A year of help that ends: 60, 30 and 7 days before, the applicant and the staff of village and town (四(四)a)."""

from datetime import date, datetime, timedelta
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from backend.casework import in_office
from backend.clock import day_start, local_day
from notices.kinds import Kind
from notices.outbox import announce
from rules.statuses import Role

DAYS_BEFORE = (60, 30, 7)
_AT_ONCE = 200
"""Cases in one transaction; the next run takes the next."""

_ENDING = """
SELECT c.id, c.number, c.applicant_id, c.village_id, v.town_id, t.valid_to, w.days
FROM "case" c JOIN village v ON v.id = c.village_id
JOIN determination t ON t.case_id = c.id AND t.outcome = 'approved'
CROSS JOIN LATERAL (
    SELECT days FROM unnest($2::int[]) AS days WHERE t.valid_to - days <= $1::date ORDER BY days LIMIT 1
) w
WHERE c.status IN ('approved', 'in_force') AND t.valid_to BETWEEN $1::date AND $1::date + $4::int
AND NOT EXISTS (
    SELECT 1 FROM notice n WHERE n.event_key = 'term-ending:' || c.id || ':' || t.valid_to || ':' || w.days
)
AND NOT EXISTS (
    SELECT 1 FROM "case" r WHERE r.renewal_of_id = c.id AND r.status NOT IN ('withdrawn', 'closed')
)
ORDER BY t.valid_to, c.id LIMIT $3 FOR UPDATE OF c SKIP LOCKED
"""


async def tell_of_ending_terms(now: datetime) -> int:
    """Who has begun to renew is not told any more."""
    today, made = local_day(now), 0
    staff: dict[int, list[UUID]] = {}
    async with in_transaction():
        values = [today, list(DAYS_BEFORE), _AT_ONCE, max(DAYS_BEFORE)]
        for row in await connections.get("default").execute_query_dict(_ENDING, values):
            village = row["village_id"]
            if village not in staff:
                roles = (Role.VILLAGE, Role.TOWN)
                staff[village] = await in_office.people(roles, today, town_id=row["town_id"], village_id=village)
            made += await _tell(row, [row["applicant_id"]], staff[village], today, now)
    return made


async def _tell(row: dict[str, object], own: list[object], staff: list[UUID], today: date, now: datetime) -> int:
    last = row["valid_to"]
    assert isinstance(last, date)
    facts = {"number": str(row["number"]), "page_id": str(row["id"]), "days": str((last - today).days)}
    made = 0
    for kind, word, people in (
        (Kind.TERM_ENDING, "term-ending", own),
        (Kind.TERM_ENDING_HERE, "term-ending-here", staff),
    ):
        made += await announce(
            kind,
            f"{word}:{row['id']}:{last}:{row['days']}",
            facts,
            people,  # type: ignore[arg-type]
            now=now,
            subject=f"case:{row['id']}",
            useless_after=day_start(last + timedelta(days=1)),
        )
    return made
