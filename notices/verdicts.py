"""What an answer of a channel means: one table from the platform's code to what becomes of the delivery. Pure.

Only what is known not to have happened is tried again; what may have happened is `uncertain` and waits for the
platform's own event (wire protocol §1.3, §4).
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from notices.kinds import Channel
from notices.states import State


class Outcome(Enum):
    """What sending came to, as a channel says it."""

    SENT = "sent"
    NOT_SENT_RETRY = "not_sent_retry"
    """Certainly not sent, and worth trying again."""
    NOT_SENT = "not_sent"
    """Certainly not sent, and trying again would not help."""
    NO_CONSENT = "no_consent"
    """The platform knows of no consent (43101)."""
    UNKNOWN = "unknown"
    """Perhaps sent: the answer did not arrive."""


class Then(Enum):
    """What else follows of a code, besides what becomes of the one delivery."""

    NOTHING = "nothing"
    EMPTY_LEDGER = "empty_ledger"
    """Nothing is left of this person's consent for the template."""
    RETIRE_ADDRESS = "retire_address"
    PAUSE_CHANNEL = "pause_channel"
    """Until the platform's next day."""
    TRIP_TEMPLATE = "trip_template"
    TRIP_CHANNEL = "trip_channel"
    ALERT = "alert"
    """Only the operator can put it right."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome, with the platform's code and words, and its id of the message where it gives one.

    `then`: what a channel without WeChat's table of codes knows to follow.
    """

    outcome: Outcome
    errcode: int | None = None
    error: str | None = None
    msgid: str | None = None
    then: Then = Then.NOTHING


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery: its state, whether a reserved consent comes back, what else."""

    state: State
    refund: bool
    then: Then = Then.NOTHING
    retry_after: timedelta | None = None


_SOON = timedelta(seconds=1)
_SENT = Verdict(State.SENT, refund=False)
_UNCERTAIN = Verdict(State.UNCERTAIN, refund=False)
_RETRY = Verdict(State.PENDING, refund=True)
_NOT = Verdict(State.FAILED, refund=True)
_OPERATOR = Verdict(State.FAILED, refund=True, then=Then.ALERT)

BY_CODE: dict[int, Verdict] = {
    -1: _RETRY,
    45011: _RETRY,
    43108: Verdict(State.PENDING, refund=True, retry_after=_SOON),
    40001: Verdict(State.PENDING, refund=True, then=Then.ALERT),
    40014: Verdict(State.PENDING, refund=True, then=Then.ALERT),
    42001: Verdict(State.PENDING, refund=True, then=Then.ALERT),
    43101: Verdict(State.FAILED, refund=False, then=Then.EMPTY_LEDGER),
    45009: Verdict(State.FAILED, refund=True, then=Then.PAUSE_CHANNEL),
    40003: Verdict(State.FAILED, refund=True, then=Then.RETIRE_ADDRESS),
    43004: _NOT,
    40037: _OPERATOR,
    40165: _OPERATOR,
    41030: _OPERATOR,
    45168: _OPERATOR,
    47003: _OPERATOR,
    43107: Verdict(State.FAILED, refund=True, then=Then.TRIP_TEMPLATE),
    48001: Verdict(State.FAILED, refund=True, then=Then.TRIP_CHANNEL),
}

_OF_WECHAT = (Channel.SUBSCRIBE_MESSAGE, Channel.SERVICE_ACCOUNT)
"""WeCom numbers its errors alike and means other things."""

_BACK_OFF = (5, 15, 60, 300, 900)


def judge(receipt: Receipt, channel: Channel = Channel.SUBSCRIBE_MESSAGE) -> Verdict:
    """The verdict on a receipt. A code of WeChat's that stands in no table is a failure, and the operator is told."""
    match receipt.outcome:
        case Outcome.SENT:
            return _SENT
        case Outcome.UNKNOWN:
            return _UNCERTAIN
    if receipt.then is not Then.NOTHING:
        return Verdict(State.FAILED, refund=True, then=receipt.then)
    if channel in _OF_WECHAT and receipt.errcode in BY_CODE:
        return BY_CODE[receipt.errcode]
    match receipt.outcome:
        case Outcome.NOT_SENT_RETRY:
            return _RETRY
        case Outcome.NO_CONSENT:
            return BY_CODE[43101]
    return _NOT if not receipt.errcode else _OPERATOR


def back_off(attempts: int) -> timedelta:
    """How long to wait after this many tries, a fifth more or less so that not all come back at once."""
    seconds = _BACK_OFF[min(attempts, len(_BACK_OFF)) - 1]
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - spreading, not a secret
