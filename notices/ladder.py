"""From one channel to the next: rows of the outbox that follow on rows that came to nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime

from tortoise import connections

from notices.kinds import POLICIES, Channel, Kind


def next_channel(kind: Kind, channel: Channel, usable: Collection[Channel]) -> Channel | None:
    """The channel after `channel` for this kind, of those that this installation has; None at the end."""
    ladder = POLICIES[kind].ladder
    after = ladder[ladder.index(channel) + 1 :] if channel in ladder else ()
    return next((step for step in after if step in usable or step is Channel.CALL_LIST), None)


async def go_on(rows: Sequence[tuple[object, object, str, str]], usable: Collection[Channel], *, now: datetime) -> int:
    """Rows of (notice, person, kind, channel): the next channel of each is due now; how many new deliveries that made.

    Nothing is made for whoever has been reached, for what was called off, and where the channel was tried already. In
    the caller's transaction.
    """
    steps = [
        (notice, person, step.value, POLICIES[Kind(kind)].lane.value)
        for notice, person, kind, channel in rows
        if (step := next_channel(Kind(kind), Channel(channel), usable)) is not None
    ]
    if not steps:
        return 0
    made, _ = await connections.get("default").execute_query(
        "INSERT INTO delivery (id, notice_id, person_id, channel, status, lane, attempts, due_at, paid) "
        "SELECT gen_random_uuid(), s.notice, s.person, s.channel, 'pending', s.lane, 0, $5, false "
        "FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) AS s(notice, person, channel, lane) "
        "JOIN notice n ON n.id = s.notice AND n.cancelled_at IS NULL "
        "AND (n.useless_after IS NULL OR n.useless_after > $5) "
        "WHERE NOT EXISTS (SELECT 1 FROM reached r WHERE r.notice_id = s.notice AND r.person_id = s.person) "
        "ON CONFLICT (notice_id, person_id, channel) DO NOTHING",
        [[list_[i] for list_ in steps] for i in range(4)] + [now],
    )
    return int(made)
