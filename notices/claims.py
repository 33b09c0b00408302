"""Claiming: what is due is taken by one worker, in batches, past rows that others hold (SKIP LOCKED)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from notices import consent, ladder
from notices.consent import Wanted
from notices.kinds import POLICIES, Channel, Kind, Lane
from notices.quiet import QuietHours
from notices.states import State

LEASE = timedelta(seconds=60)

# Where each channel finds a person. A telephone is sealed: its channel opens it.
_ADDRESS = {
    Channel.SUBSCRIBE_MESSAGE: "p.openid",
    Channel.SERVICE_ACCOUNT: "(SELECT i.openid FROM platform_identity i WHERE i.person_id = p.id "
    "AND i.account = 'service_account' ORDER BY i.since DESC LIMIT 1)",
    Channel.WECOM: "p.wecom_userid",
    Channel.SMS: "CASE WHEN p.phone IS NULL THEN NULL ELSE p.id::text END",
}

_CLAIM = """
WITH due AS (
    SELECT d.id FROM delivery d
    WHERE d.status = 'pending' AND d.channel = $1 AND d.lane BETWEEN $2 AND $3 AND d.due_at <= $4
        AND (d.go_on_at IS NULL OR d.go_on_at > $4)
    ORDER BY d.lane, d.due_at LIMIT $5 FOR UPDATE OF d SKIP LOCKED
), taken AS (
    UPDATE delivery d SET status = 'sending', attempts = d.attempts + 1, claimed_by = $6, claimed_until = $7
    FROM due WHERE d.id = due.id
    RETURNING d.id, d.notice_id, d.person_id, d.lane, d.attempts, d.due_at, d.may_send_at
)
SELECT t.*, n.kind, n.facts, n.cancelled_at, n.useless_after, a.address,
    EXISTS (SELECT 1 FROM retired_address ra WHERE ra.address = a.address) AS retired,
    EXISTS (SELECT 1 FROM reached r WHERE r.notice_id = t.notice_id AND r.person_id = t.person_id) AS reached
FROM taken t JOIN notice n ON n.id = t.notice_id JOIN person p ON p.id = t.person_id
CROSS JOIN LATERAL (SELECT {address} AS address) a
"""


def statement(channel: Channel) -> str:
    """The one statement that claims: ($1 channel, $2-$3 lanes, $4 now, $5 count, $6 worker, $7 lease's end)."""
    return _CLAIM.format(address=_ADDRESS[channel])


@dataclass(frozen=True, slots=True)
class Letter:
    """One claimed delivery: what a channel needs to send it. `key` is the same for every try of it.

    `address`: an openid or a WeCom userid; for a text message the person's id, whose telephone the channel opens.
    """

    id: UUID
    notice_id: UUID
    person_id: UUID
    kind: Kind
    channel: Channel
    lane: Lane
    facts: Mapping[str, str]
    address: str
    attempts: int
    may_send_at: datetime
    useless_after: datetime | None
    paid: bool

    @property
    def key(self) -> str:
        """For a channel that lets the same message pass once."""
        return self.id.hex


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch: letters to send, and how many rows were settled without sending."""

    letters: list[Letter]
    settled: int

    def __len__(self) -> int:
        return len(self.letters) + self.settled


@dataclass(frozen=True, slots=True)
class Terms:
    """What a claim depends on besides the rows: who claims, the quiet hours, and the channels that there are."""

    worker: str
    quiet: QuietHours
    usable: Collection[Channel]


async def claim(channel: Channel, lanes: tuple[Lane, Lane], count: int, terms: Terms, *, now: datetime) -> Claimed:
    """Take up to `count` due rows of a channel, lanes first to last.

    Consents are reserved, whoever cannot be reached here goes to the next channel, what is not wanted any more is
    cancelled, what meets a paused channel goes on or waits: all in one transaction.
    """
    first, last = lanes[0], min(lanes[1], terms.quiet.slowest_lane(now))
    if count < 1 or first > last:
        return Claimed([], 0)
    async with in_transaction():
        _, rows = await connections.get("default").execute_query(
            statement(channel),
            [channel.value, first.value, last.value, now, count, terms.worker, now + LEASE],
        )
        return await _sort_out(channel, rows, terms, now) if rows else Claimed([], 0)


async def _sort_out(channel: Channel, rows: Sequence[Mapping[str, Any]], terms: Terms, now: datetime) -> Claimed:
    pauses = await _pauses(channel, now)
    good: list[Mapping[str, Any]] = []
    unwanted: list[UUID] = []
    nowhere: list[tuple[Mapping[str, Any], str]] = []
    later: list[tuple[UUID, datetime]] = []
    for row in rows:
        kind = Kind(row["kind"])
        until = pauses.get("") or pauses.get(POLICIES[kind].template.key)
        if row["cancelled_at"] or row["reached"] or (row["useless_after"] or now + LEASE) <= now:
            unwanted.append(row["id"])
        elif until and ladder.next_channel(kind, channel, terms.usable) is None:
            later.append((row["id"], until))
        elif until:
            nowhere.append((row, "通道暂停"))
        elif not row["address"]:
            nowhere.append((row, "没有这个通道的联系方式"))
        elif row["retired"]:
            nowhere.append((row, "微信号已经失效"))
        else:
            good.append(row)
    paid: Mapping[UUID, bool] = {}
    if channel is Channel.SUBSCRIBE_MESSAGE and good:
        paid = await consent.reserve([_wanted(row) for row in good], now=now)
        nowhere += [(row, "没有可用的订阅次数") for row in good if row["id"] not in paid]
        good = [row for row in good if row["id"] in paid]
    await _let_go(unwanted, later, nowhere)
    await ladder.go_on(
        [(row["notice_id"], row["person_id"], row["kind"], channel.value) for row, _ in nowhere],
        terms.usable,
        now=now,
    )
    await _note_where(good, paid)
    letters = [_letter(row, channel, terms.quiet, paid.get(row["id"], False)) for row in good]
    return Claimed(letters, len(rows) - len(letters))


async def _pauses(channel: Channel, now: datetime) -> dict[str, datetime]:
    _, rows = await connections.get("default").execute_query(
        "SELECT template_id, until FROM channel_pause WHERE channel = $1 AND until > $2", [channel.value, now]
    )
    return {row["template_id"]: row["until"] for row in rows}


def _wanted(row: Mapping[str, Any]) -> Wanted:
    policy = POLICIES[Kind(row["kind"])]
    spares = 1 if policy.spares_the_last_credit else 0
    return Wanted(row["id"], row["person_id"], policy.template.key, spares)


async def _note_where(good: Sequence[Mapping[str, Any]], paid: Mapping[UUID, bool]) -> None:
    """Before anything is sent: should this worker die, the platform's own event still finds the row."""
    if not good:
        return
    await connections.get("default").execute_query(
        "UPDATE delivery d SET address = CASE WHEN d.channel = 'sms' THEN NULL ELSE e.address END, paid = e.paid "
        "FROM unnest($1::uuid[], $2::text[], $3::bool[]) AS e(id, address, paid) WHERE d.id = e.id",
        [
            [row["id"] for row in good],
            [row["address"] for row in good],
            [paid.get(row["id"], False) for row in good],
        ],
    )


async def _let_go(
    unwanted: Sequence[UUID], later: Sequence[tuple[UUID, datetime]], nowhere: Sequence[tuple[Mapping[str, Any], str]]
) -> None:
    connection = connections.get("default")
    ended = [(row, State.CANCELLED, None) for row in unwanted]
    ended += [(row["id"], State.FAILED, why) for row, why in nowhere]  # type: ignore[misc]
    if ended:
        await connection.execute_query(
            "UPDATE delivery d SET status = e.status, error = e.why, claimed_until = NULL "
            "FROM unnest($1::uuid[], $2::text[], $3::text[]) AS e(id, status, why) WHERE d.id = e.id",
            [[row for row, _, _ in ended], [state.value for _, state, _ in ended], [why for _, _, why in ended]],
        )
    if later:
        await connection.execute_query(
            "UPDATE delivery d SET status = 'pending', attempts = d.attempts - 1, claimed_until = NULL, "
            "due_at = e.until "
            "FROM unnest($1::uuid[], $2::timestamptz[]) AS e(id, until) WHERE d.id = e.id",
            [[row for row, _ in later], [until for _, until in later]],
        )


def _letter(row: Mapping[str, Any], channel: Channel, quiet: QuietHours, paid: bool) -> Letter:
    lane = Lane(row["lane"])
    return Letter(
        id=row["id"],
        notice_id=row["notice_id"],
        person_id=row["person_id"],
        kind=Kind(row["kind"]),
        channel=channel,
        lane=lane,
        facts=json.loads(row["facts"]) if isinstance(row["facts"], str) else row["facts"],
        address=row["address"],
        attempts=row["attempts"],
        may_send_at=row["may_send_at"] or quiet.may_send_at(row["due_at"], lane),
        useless_after=row["useless_after"],
        paid=paid,
    )
