"""Recording: what became of letters, written in batches; and what follows of it for channel, address and operator."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from models.outbox import ChannelPause, RetiredAddress
from notices import alerts, consent, ladder
from notices.claims import Letter
from notices.kinds import PASSES_ONCE, POLICIES, Channel, Kind, Lane
from notices.quiet import next_day
from notices.states import State, may_become
from notices.verdicts import Outcome, Receipt, Then, Verdict, back_off, judge

# How long the platform's own event is waited for before another channel goes on.
EVENT_WITHIN = {Lane.URGENT: timedelta(minutes=2)}
EVENT_WITHIN_ELSE = timedelta(minutes=10)
TRIPPED_FOR = timedelta(hours=1)


async def record(results: Sequence[tuple[Letter, Receipt]], usable: Collection[Channel], *, now: datetime) -> None:
    """Write what became of these letters, in one transaction.

    A row whose lease ran out while the platform was slow stands as `uncertain` by now: a receipt that arrives late is
    still the truth about it.
    """
    judged = [(letter, receipt, _verdict(letter, receipt, now)) for letter, receipt in results]
    async with in_transaction():
        moved = await _write(judged, now)
        lost = [(letter, verdict) for letter, _, verdict in judged if letter.id in moved]
        # In the order in which claims hold the ledger's rows: two workers must not wait for each other.
        for letter, verdict in sorted(
            lost, key=lambda one: (one[0].person_id.bytes, POLICIES[one[0].kind].template.key)
        ):
            if verdict.refund and letter.paid:
                template = POLICIES[letter.kind].template.key
                await consent.refund(letter.person_id, template, delivery_id=letter.id, now=now)
        for letter, receipt, verdict in judged:
            if verdict.then is not Then.NOTHING:
                await _follow(letter, receipt, verdict, now)
        failed = [letter for letter, verdict in lost if verdict.state is State.FAILED]
        rows = [(letter.notice_id, letter.person_id, letter.kind.value, letter.channel.value) for letter in failed]
        await ladder.go_on(rows, usable, now=now)


def _verdict(letter: Letter, receipt: Receipt, now: datetime) -> Verdict:
    verdict = judge(receipt, letter.channel)
    if verdict.state is State.UNCERTAIN and now - letter.may_send_at < PASSES_ONCE.get(letter.channel, timedelta()):
        return Verdict(State.PENDING, refund=False)
    if verdict.state is State.PENDING and now - letter.may_send_at > POLICIES[letter.kind].patience:
        return Verdict(State.FAILED, verdict.refund, verdict.then)
    return verdict


async def _write(judged: Sequence[tuple[Letter, Receipt, Verdict]], now: datetime) -> set[UUID]:
    """The rows that moved: of two that record one letter, the second finds nothing to move."""
    columns = zip(*(_row(letter, receipt, verdict, now) for letter, receipt, verdict in judged), strict=True)
    _, rows = await connections.get("default").execute_query(
        # Tortoise gives no rows back for a statement that begins with UPDATE.
        "WITH moved AS (UPDATE delivery d SET status = r.status, errcode = r.errcode, error = r.error, "
        "msgid = COALESCE(r.msgid, d.msgid), may_send_at = r.may_send_at, sent_at = r.sent_at, "
        # Perhaps sent once, whatever came of the tries after it.
        "go_on_at = CASE WHEN r.status = 'pending' THEN COALESCE(r.go_on_at, d.go_on_at) ELSE r.go_on_at END, "
        "due_at = COALESCE(r.due_at, d.due_at), "
        "paid = d.paid AND NOT r.refund, claimed_until = NULL "
        "FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], "
        "$8::timestamptz[], $9::timestamptz[], $10::bool[]) "
        "AS r(id, status, errcode, error, msgid, may_send_at, sent_at, go_on_at, due_at, refund) "
        "WHERE d.id = r.id AND (d.status = 'sending' OR d.status = ANY($11::text[]) AND r.status = 'sent' "
        "OR d.status = 'uncertain' AND r.status = 'failed') "
        "RETURNING d.id) SELECT id FROM moved",
        [*(list(column) for column in columns), [s for s in may_become(State.SENT) if s != State.PENDING]],
    )
    return {row["id"] for row in rows}


def _row(letter: Letter, receipt: Receipt, verdict: Verdict, now: datetime) -> tuple[object, ...]:
    is_sent = verdict.state is State.SENT
    go_on_at = None
    if is_sent:
        go_on_at = confirm_by(letter.kind, letter.useless_after, now)
    elif verdict.state is State.UNCERTAIN:
        go_on_at = now + EVENT_WITHIN.get(letter.lane, EVENT_WITHIN_ELSE)
    elif receipt.outcome is Outcome.UNKNOWN:
        go_on_at = letter.may_send_at + PASSES_ONCE[letter.channel]
    waits = verdict.retry_after or back_off(letter.attempts)
    return (
        letter.id,
        verdict.state.value,
        receipt.errcode,
        (receipt.error or "")[:200] or None,
        receipt.msgid,
        letter.may_send_at,
        now if is_sent else None,
        go_on_at,
        now + waits if verdict.state is State.PENDING else None,
        verdict.refund,
    )


def confirm_by(kind: Kind, useless_after: datetime | None, now: datetime) -> datetime | None:
    """When the next channel is tried for what was handed over `now`; None: never.

    The shorter the time until it is too late, the sooner.
    """
    usual = POLICIES[kind].confirm_within
    if usual is None:
        return None
    if useless_after is not None:
        usual = max(timedelta(minutes=10), min(usual, (useless_after - now) / 4))
    return now + usual


async def _follow(letter: Letter, receipt: Receipt, verdict: Verdict, now: datetime) -> None:
    template = POLICIES[letter.kind].template.key
    match verdict.then:
        case Then.EMPTY_LEDGER:
            await consent.empty(letter.person_id, template, delivery_id=letter.id, now=now)
        case Then.RETIRE_ADDRESS:
            await RetiredAddress.get_or_create(defaults={"at": now}, address=letter.address)
        case Then.PAUSE_CHANNEL:
            await pause(letter.channel, "", next_day(now), receipt)
        case Then.TRIP_TEMPLATE:
            await pause(letter.channel, template, now + TRIPPED_FOR, receipt)
        case Then.TRIP_CHANNEL:
            await pause(letter.channel, "", now + TRIPPED_FOR, receipt)
    if verdict.then not in (Then.EMPTY_LEDGER, Then.RETIRE_ADDRESS):
        await alerts.raise_alert(
            f"{letter.channel.value}:{template}", errcode=receipt.errcode, error=receipt.error, now=now
        )


async def pause(channel: Channel, template: str, until: datetime, receipt: Receipt) -> None:
    """Leave a channel, or one template of it, alone until then."""
    await ChannelPause.update_or_create(
        defaults={"until": until, "errcode": receipt.errcode, "error": (receipt.error or "")[:200] or None},
        channel=channel.value,
        template_id=template,
    )
