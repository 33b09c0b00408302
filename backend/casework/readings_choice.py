"""How the text is read is the bureau's choice, and takes two people: configured, looked at, looked at again, in force.

Outside production what is configured is in force at once: a demonstration and a test have no bureau.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, require_district
from backend.casework.readings_in_force import configure
from backend.errors import ConflictError
from models.reference import ReadingsChoice
from rules.readings import DEFAULT, READINGS, Readings, choose

REFRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is configured and not yet in force: its digest, what it would change, and whether one person has agreed."""

    digest: str
    changes: list[str]
    asked: bool


def digest_of(readings: Readings) -> str:
    """The same for the same choices."""
    return hashlib.sha256(json.dumps(readings.as_json(), sort_keys=True).encode()).hexdigest()


async def settle(configured: Readings, *, two_people: bool) -> None:
    """Put in force what two people of the bureau have agreed to; the spec's own readings before that."""
    configure(await _agreed() if two_people else configured)


async def _agreed() -> Readings:
    newest = await ReadingsChoice.filter(confirmed_at__isnull=False).order_by("-confirmed_at").first()
    return choose(newest.choices) if newest else DEFAULT


async def waiting(configured: Readings, *, two_people: bool) -> Waiting | None:
    """What is to be agreed to; None where everything configured is in force."""
    if not two_people or (before := await _agreed()) == configured:
        return None
    asked = await ReadingsChoice.exists(digest=digest_of(configured), confirmed_at=None)
    changes = [
        f"{item.clause} {item.question}: {item.said(before)} → {item.said(configured)}"
        for item in READINGS
        if item.name and getattr(before, item.name) != getattr(configured, item.name)
    ]
    return Waiting(digest_of(configured), changes, asked)


async def agree(actor: Actor, configured: Readings, *, digest: str, now: datetime) -> bool:
    """One person of the bureau agrees to what was shown under this digest; True when the second has too.

    Raises ConflictError where it has changed meanwhile, or the same person agrees twice.
    """
    require_district(actor, Action.CONFIRM_READINGS)
    if digest != digest_of(configured):
        raise ConflictError("changed_meanwhile", "口径设置又改过了, 请重新核对。")
    async with in_transaction():
        row = await ReadingsChoice.filter(digest=digest, confirmed_at=None).select_for_update().first()
        if row is not None and row.asked_by == _who(actor):
            raise ConflictError("same_person", "要由另一位同事再核对一遍。")
        if row is None:
            values: Mapping[str, Any] = configured.as_json()
            row = await ReadingsChoice.create(choices=values, digest=digest, asked_by=_who(actor), asked_at=now)
        else:
            row.confirmed_by, row.confirmed_at = _who(actor), now
            await row.save(update_fields=["confirmed_by", "confirmed_at"])
        done = row.confirmed_at is not None
        action = "readings_confirmed" if done else "readings_asked"
        await audit.record(actor, action, f"readings:{digest[:12]}", now=now, after=dict(row.choices))
    return done


def _who(actor: Actor) -> str:
    """The human being: two accounts of one person are one person."""
    return f"person:{actor.person_id}"
