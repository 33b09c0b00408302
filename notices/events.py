"""What the platform tells by itself about subscriptions and about messages that it was handed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class SubscriptionEvent:
    """One line of a push: somebody accepted or refused a template, or a message of it did or did not arrive."""

    openid: str
    """At the account that pushed it."""
    template_id: str
    """The account's own; empty where the platform names none (a template message of the service account)."""
    what: Literal["accept", "reject", "sent"]
    msgid: str | None
    errcode: int | None
    """Of `sent`: 0 where the message arrived. None for accept and reject."""
    at: datetime
    """When the platform says that it happened; aware, UTC."""
    dedupe_key: str
    """The same in every repeat of this push, another one for every other line."""
