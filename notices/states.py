"""The states of one delivery and the moves between them; every statement that changes a state asks this table. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where one delivery stands. Persisted."""

    PENDING = "pending"
    SENDING = "sending"
    """A worker holds it. A worker that died in this state may or may not have sent it."""
    SENT = "sent"
    """Handed over; on the call list: somebody telephoned. Not yet the same as reached."""
    UNCERTAIN = "uncertain"
    """Perhaps handed over: waiting for the platform's own event."""
    UNCONFIRMED = "unconfirmed"
    """Nobody will ever know; another channel went on."""
    FAILED = "failed"
    """Certainly not sent through this channel; another went on where there is one."""
    CANCELLED = "cancelled"
    """Not wanted any more: called off, superseded, too late, or the person was reached otherwise."""


MOVES: Mapping[State, frozenset[State]] = {
    # Unconfirmed: perhaps sent, and the time is over in which its channel would show it once.
    State.PENDING: frozenset({State.SENDING, State.SENT, State.FAILED, State.CANCELLED, State.UNCONFIRMED}),
    State.SENDING: frozenset({State.SENT, State.PENDING, State.FAILED, State.UNCERTAIN}),
    State.UNCERTAIN: frozenset({State.SENT, State.FAILED, State.UNCONFIRMED}),
    # A platform's event may come late, and is still the truth.
    State.UNCONFIRMED: frozenset({State.SENT, State.FAILED, State.PENDING}),
    State.SENT: frozenset({State.FAILED}),
    # Only a person has something tried again.
    State.FAILED: frozenset({State.PENDING}),
    State.CANCELLED: frozenset(),
}

FINAL = frozenset({State.SENT, State.UNCONFIRMED, State.FAILED, State.CANCELLED})


def may_become(state: State) -> list[str]:
    """The states from which `state` can be reached, for a WHERE clause."""
    return sorted(before for before, after in MOVES.items() if state in after)
