"""Figures of the promise, from the rows themselves: how soon urgent and meeting notices are handed to a channel.

No figure is about a member of staff.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from tortoise import connections

from backend.access import Action, Actor
from backend.casework import notice_words as words
from backend.casework.notice_regions import MUST_REACH, require_role, values
from backend.clock import day_start, local_day
from notices.kinds import POLICIES, Lane
from notices.quiet import QuietHours
from notices.sms_texts import NO_MOBILE

DAYS = 30
WITHIN_SECONDS = 10
AIM_PERCENT = 95
PROMISED = frozenset(kind for kind, policy in POLICIES.items() if policy.lane <= Lane.MEETING)
_PLANNED_AHEAD = timedelta(days=60)
"""How long before its time a notice may have been written down."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One day (None: all days). Seconds from the moment at which a notice may be sent until a channel has it.

    `number`: of persons and notices. What no channel has taken yet counts with the time that it has waited so far.
    `share`: percent within ten seconds; None with the times where there was nothing. `no_channel`: persons without any
    channel but the telephone, who are in no other figure.
    """

    day: date | None
    number: int
    within: int
    share: float | None
    median: float | None
    p95: float | None
    worst: float | None
    no_channel: int

    @property
    def is_kept(self) -> bool:
        """Whether the aim was reached."""
        return self.share is not None and self.share >= AIM_PERCENT


@dataclass(frozen=True, slots=True)
class Reaching:
    """One day (None: all days) of notices that must reach people, by the day on which they were written.

    `before`: of `met` persons told of a meeting that has begun, who knew of it before. `unreached`: who ought to know
    still and does not.
    """

    day: date | None
    people: int
    reached: int
    met: int
    before: int
    unreached: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The last thirty days, today first; `channels`: (channel, state, how many)."""

    promise: list[Promise]
    reaching: list[Reaching]
    channels: list[tuple[str, str, int]]


async def figures(actor: Actor, quiet: QuietHours, *, now: datetime) -> Figures:
    """The three tables, each with its sum as its first row. Raises NotAllowedError."""
    require_role(actor, Action.OPERATE_NOTICES)
    today = local_day(now)
    return Figures(await _promise(quiet, today, now), await _reaching(today, now), await _channels(today))


# The end of the quiet hours that hold at due_at: what is not sent yet bears no may_send_at.
_MAY_SEND = """
CASE WHEN d.may_send_at IS NOT NULL THEN d.may_send_at
WHEN d.lane = 0 OR NOT (CASE WHEN $3::time <= $4::time THEN l.t::time >= $3 AND l.t::time < $4
    ELSE l.t::time >= $3 OR l.t::time < $4 END) THEN d.due_at
ELSE (l.t::date + $4::time + CASE WHEN l.t::date + $4::time > l.t THEN interval '0' ELSE interval '1 day' END)
    AT TIME ZONE 'Asia/Shanghai' END
"""
_PROMISE = f"""
WITH told AS (
    SELECT d.notice_id, d.person_id, min({_MAY_SEND}) AS may, min(d.sent_at) AS sent,
        bool_and(d.status IN ('failed', 'cancelled') AND (d.may_send_at IS NULL OR d.error = '{NO_MOBILE}')) AS nowhere,
        bool_and(d.status = 'cancelled') AS off
    FROM notice n JOIN delivery d ON d.notice_id = n.id
    CROSS JOIN LATERAL (SELECT d.due_at AT TIME ZONE 'Asia/Shanghai' AS t) l
    WHERE n.kind = ANY($1::text[]) AND n.created_at >= $2 AND d.channel <> 'call_list'
    GROUP BY d.notice_id, d.person_id
), timed AS (
    SELECT (may AT TIME ZONE 'Asia/Shanghai')::date AS day, nowhere, sent,
        extract(epoch FROM greatest(COALESCE(sent, $5) - may, interval '0'))::float8 AS seconds
    FROM told WHERE NOT (off AND sent IS NULL) AND may <= $5 AND may >= $6
        AND (nowhere OR sent IS NOT NULL OR may < $5 - interval '{WITHIN_SECONDS} seconds')
)
SELECT day, count(*) FILTER (WHERE NOT nowhere) AS number, count(*) FILTER (WHERE nowhere) AS no_channel,
    count(*) FILTER (WHERE NOT nowhere AND sent IS NOT NULL AND seconds <= {WITHIN_SECONDS}) AS within,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE NOT nowhere) AS median,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE NOT nowhere) AS p95,
    max(seconds) FILTER (WHERE NOT nowhere) AS worst
FROM timed GROUP BY GROUPING SETS ((day), ())
"""  # noqa: S608 - our own words


async def _promise(quiet: QuietHours, today: date, now: datetime) -> list[Promise]:
    first = _first(today)
    begin, end = (time(0), time(0)) if quiet.begin == quiet.end else (quiet.begin, quiet.end)
    rows = await _rows(_PROMISE, [values(PROMISED), first - _PLANNED_AHEAD, begin, end, now, first])
    found = {row["day"]: row for row in rows}
    return [_kept(day, found.get(day)) for day in _days(today)]


def _kept(day: date | None, row: Any) -> Promise:
    if row is None or not row["number"]:
        return Promise(day, 0, 0, None, None, None, None, row["no_channel"] if row else 0)
    share = round(100 * row["within"] / row["number"], 1)
    # Rounded up to the aim would be a promise kept on paper.
    if share >= AIM_PERCENT > 100 * row["within"] / row["number"]:
        share = AIM_PERCENT - 0.1
    times = (round(row[name], 1) for name in ("median", "p95", "worst"))
    return Promise(day, row["number"], row["within"], share, *times, row["no_channel"])


_REACHING = """
WITH told AS (
    SELECT DISTINCT n.id, d.person_id, (n.created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, n.useless_after,
        (n.facts->>'meets_at')::timestamptz AS meets_at
    FROM notice n JOIN delivery d ON d.notice_id = n.id
    WHERE n.kind = ANY($1::text[]) AND n.created_at >= $2 AND n.cancelled_at IS NULL
)
SELECT t.day, count(*) AS people, count(r.at) AS reached, count(*) FILTER (WHERE t.meets_at <= $3) AS met,
    count(*) FILTER (WHERE t.meets_at <= $3 AND r.at <= t.meets_at) AS before,
    count(*) FILTER (WHERE r.at IS NULL AND COALESCE(t.useless_after, t.meets_at, $3 + interval '1 day') > $3)
        AS unreached
FROM told t LEFT JOIN reached r ON r.notice_id = t.id AND r.person_id = t.person_id
GROUP BY GROUPING SETS ((t.day), ())
"""


async def _reaching(today: date, now: datetime) -> list[Reaching]:
    wanted = values(MUST_REACH & PROMISED)
    found = {row["day"]: row for row in await _rows(_REACHING, [wanted, _first(today), now])}
    names = ("people", "reached", "met", "before", "unreached")
    return [Reaching(day, *(found[day][name] if day in found else 0 for name in names)) for day in _days(today)]


async def _channels(today: date) -> list[tuple[str, str, int]]:
    rows = await _rows(
        "SELECT d.channel, d.status, count(*) AS number FROM notice n JOIN delivery d ON d.notice_id = n.id "
        "WHERE n.kind = ANY($1::text[]) AND n.created_at >= $2 GROUP BY d.channel, d.status",
        [values(PROMISED), _first(today)],
    )
    return counted(rows)


def counted(rows: Sequence[Any]) -> list[tuple[str, str, int]]:
    """Rows of (channel, status, number) in the order of the ladder, in plain words."""
    by = {(row["channel"], row["status"]): row["number"] for row in rows}
    return [
        (words.CHANNELS[channel], words.state(channel, status, confirmed=False), by[channel, status])
        for channel in words.CHANNELS
        for status in words.STATES
        if (channel, status) in by
    ]


def _first(today: date) -> datetime:
    return day_start(today - timedelta(days=DAYS - 1))


def _days(today: date) -> list[date | None]:
    return [None, *(today - timedelta(days=back) for back in range(DAYS))]


async def _rows(statement: str, parameters: list[object]) -> Sequence[Any]:
    _, rows = await connections.get("default").execute_query(statement, parameters)
    return rows
