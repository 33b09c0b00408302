"""What the platform tells of its own accord about subscriptions and messages; read at the edge, decided on here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class SubscriptionEvent:
    """One entry of a pushed event. `dedupe_key` is the same for every repeat of the push.

    `template_id`: our key of the template, translated at the edge. `msgid` and `errcode` are of `sent` (0: arrived).
    """

    openid: str
    template_id: str
    what: Literal["accept", "reject", "sent"]
    msgid: str | None
    errcode: int | None
    at: datetime
    dedupe_key: str
