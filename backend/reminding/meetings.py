"""Reminders of meetings, answers that are missing, and too few who will come (四(二)a)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from backend.casework import in_office, seats
from backend.casework.meetings import tell
from backend.clock import local_day
from models.deliberation import Deliberation, PanelMember
from notices.kinds import Kind
from rules.statuses import Role

REMINDED = (48, 24, 2)
ANSWERS_WANTED = (24,)
AT_RISK = (48, 24, 4)
"""Hours before the meeting."""

_ASKS = [Kind.MEETING_CONVENED.value, Kind.MEETING_CHANGED.value]
_TELLS = [*_ASKS, Kind.MEETING_REMINDER.value, Kind.ANSWER_WANTED.value]

# The latest window that has begun, of each meeting that is still to come and has had no such notice in it. A meeting
# that somebody is changing at this moment is left for the next time.
_DUE = """
due AS (
    SELECT d.id, d.changes, w.hours, d.meets_at - make_interval(hours => w.hours) AS moment
    FROM deliberation d CROSS JOIN LATERAL (
        SELECT hours FROM unnest($2::int[]) AS hours
        WHERE d.meets_at - make_interval(hours => hours) <= $1 ORDER BY hours LIMIT 1
    ) w
    WHERE d.status = 'convened' AND d.meets_at > $1 AND NOT EXISTS (
        SELECT 1 FROM notice n WHERE n.event_key = $3 || ':' || d.id || ':' || d.changes || ':' || w.hours
    )
    FOR UPDATE OF d SKIP LOCKED
)
"""
# Whoever heard of this meeting within the hour before the moment, or since, is not told again for it.
_PEOPLE = f"""
WITH {_DUE}
SELECT due.id, due.changes, due.hours, array_agg(m.person_id) AS people
FROM due JOIN panel_member m ON m.deliberation_id = due.id
WHERE m.answer = ANY($4::text[]) AND m.recused_reason IS NULL AND m.replaced_by IS NULL AND NOT EXISTS (
    SELECT 1 FROM notice n JOIN delivery x ON x.notice_id = n.id
    WHERE n.subject = 'deliberation:' || due.id AND x.person_id = m.person_id AND n.kind = ANY($5::text[])
    AND n.created_at > due.moment - interval '1 hour'
)
GROUP BY due.id, due.changes, due.hours
"""
_ASKED_A_DAY_AGO = """
WITH open AS (
    SELECT d.id FROM deliberation d WHERE d.status = 'convened' AND d.meets_at > $1 FOR UPDATE OF d SKIP LOCKED
)
SELECT open.id, asked.id AS asked, array_agg(DISTINCT m.person_id) AS people
FROM open JOIN notice asked ON asked.subject = 'deliberation:' || open.id
JOIN delivery sent ON sent.notice_id = asked.id
JOIN panel_member m ON m.deliberation_id = open.id AND m.person_id = sent.person_id
WHERE asked.kind = ANY($2::text[]) AND asked.cancelled_at IS NULL AND asked.created_at <= $1 - interval '24 hours'
AND m.answer = 'unanswered' AND m.recused_reason IS NULL AND m.replaced_by IS NULL
AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.event_key = 'answer-wanted:' || asked.id)
AND NOT EXISTS (
    SELECT 1 FROM notice n JOIN delivery x ON x.notice_id = n.id
    WHERE n.subject = 'deliberation:' || open.id AND x.person_id = m.person_id AND n.kind = ANY($3::text[])
    AND n.id <> asked.id AND n.created_at > asked.created_at + interval '23 hours'
)
GROUP BY open.id, asked.id
"""
_SHORT_PERHAPS = f"""
WITH {_DUE}
SELECT due.id, due.changes, due.hours FROM due WHERE NOT EXISTS (
    SELECT 1 FROM notice n WHERE n.subject = 'deliberation:' || due.id AND n.kind = ANY($4::text[])
    AND n.created_at > $1 - interval '1 hour'
)
"""


async def remind_of_meetings(now: datetime) -> int:
    """48, 24 and 2 hours before: everybody who has not asked for leave or steps aside."""
    wanted = [list(REMINDED), "meeting-reminder", ["unanswered", "attending"], _TELLS]
    return await _tell_people(Kind.MEETING_REMINDER, wanted, now)


async def ask_for_answers(now: datetime) -> int:
    """Who has not answered: 24 hours before the meeting, and 24 hours after being asked."""
    made = await _tell_people(Kind.ANSWER_WANTED, [list(ANSWERS_WANTED), "answer-wanted", ["unanswered"], _TELLS], now)
    async with in_transaction():
        rows = await _rows(_ASKED_A_DAY_AGO, now, _ASKS, _TELLS)
        made += await _tell(Kind.ANSWER_WANTED, [(row, f"answer-wanted:{row['asked']}") for row in rows], now)
    return made


async def _tell_people(kind: Kind, wanted: list[object], now: datetime) -> int:
    async with in_transaction():
        rows = await _rows(_PEOPLE, now, *wanted)
        return await _tell(
            kind, [(row, f"{wanted[1]}:{row['id']}:{row['changes']}:{row['hours']}") for row in rows], now
        )


async def _tell(kind: Kind, rows: Sequence[tuple[dict[str, Any], str]], now: datetime) -> int:
    """Rows of a meeting's id and people, each with the key of its notice."""
    meetings = {meeting.id: meeting for meeting in await _meetings([row["id"] for row, _ in rows])}
    made = 0
    for row, key in rows:
        meeting = meetings[row["id"]]
        made += await tell(kind, meeting.case, meeting, row["people"], key, now=now)
    return made


async def warn_conveners(now: datetime) -> int:
    """From 48, 24 and 4 hours before on, while too few have said 参加: who convened, or the town when they have left.

    Never within an hour of asking: an answer takes a moment.
    """
    made = 0
    async with in_transaction():
        due = {row["id"]: row for row in await _rows(_SHORT_PERHAPS, now, list(AT_RISK), "quorum-at-risk", _ASKS)}
        panels: dict[UUID, list[PanelMember]] = {}
        for member in await PanelMember.filter(deliberation_id__in=list(due)):
            panels.setdefault(UUID(str(member.deliberation_id)), []).append(member)
        towns: dict[int, list[UUID]] = {}
        for meeting in await _meetings(list(due)):
            if seats.forecast_of(meeting.case, panels.get(meeting.id, []), answered_only=True).met:
                continue
            town_id = meeting.case.village.town_id
            if town_id not in towns:
                towns[town_id] = await in_office.people((Role.TOWN,), local_day(now), town_id=town_id)
            town = towns[town_id]
            people = [meeting.convened_by] if meeting.convened_by in town else town
            key = f"quorum-at-risk:{meeting.id}:{meeting.changes}:{due[meeting.id]['hours']}"
            # Its page is the convener's: the case.
            facts = {"page_id": str(meeting.case_id)}
            made += await tell(Kind.QUORUM_AT_RISK, meeting.case, meeting, people, key, now=now, facts=facts)
    return made


async def _meetings(ids: Sequence[UUID]) -> list[Deliberation]:
    return await Deliberation.filter(id__in=list(ids)).select_related("case__village__town")


async def _rows(sql: str, *values: object) -> list[dict[str, Any]]:
    return await connections.get("default").execute_query_dict(sql, list(values))
