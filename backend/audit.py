"""痕迹: every write leaves an entry, in the transaction of the write (五(二)). Sealed afterwards by `backend.trail`."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from backend.access import Actor
from backend.errors import InvalidInputError
from bot.scrubbing import scrub
from models.trail import TrailEntry

WHY_MAX = 200
_MIN_KEY_BYTES = 16
_key: bytes | None = None


class DigestKeyError(RuntimeError):
    """The process was composed without the key of the trail's digests, or with one that is too short."""


def configure(key: bytes) -> None:
    """Set the key of `digest`, once where the process is composed. Raises DigestKeyError for under 16 bytes.

    With another key the same value gives another digest: a changed key ends comparing with older entries.
    """
    global _key
    if len(key) < _MIN_KEY_BYTES:
        raise DigestKeyError(f"痕迹摘要的密钥至少要{_MIN_KEY_BYTES}字节")
    _key = key


def digest(value: str) -> str:
    """What stands in `before` and `after` for a sensitive value: `hmac:` and 24 hexadecimal digits (96 bits).

    Equal values give equal digests, so that a change can be followed; without the key nobody finds the value by
    trying all telephone numbers. Raises DigestKeyError when the process has no key.
    """
    if _key is None:
        raise DigestKeyError("还没有设置痕迹摘要的密钥 (audit.configure)")
    return f"hmac:{hmac.new(_key, value.encode(), hashlib.sha256).hexdigest()[:24]}"


async def record(
    actor: Actor,
    action: str,
    subject: str,
    *,
    now: datetime,
    clause: str | None = None,
    why: str | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append one entry. `subject` is like `case:<id>`; `detail` carries no name, phone, illness or free text.

    `why`: a staff member's reason for looking or for leaving the ordinary way, at most 200 characters; names and
    numbers in it are masked. `before` and `after`: what was changed; a sensitive value only as its `digest`.
    What an agent does carries the id of the person it was done for (代办).
    Raises InvalidInputError for a longer reason.
    """
    await TrailEntry.create(
        at=now,
        actor=actor.label,
        role=actor.role.value,
        acting_for=actor.acting_for,
        action=action,
        subject=subject,
        clause=clause,
        why=_reason(why),
        before=dict(before) if before else None,
        after=dict(after) if after else None,
        detail=dict(detail or {}),
        address=actor.address and actor.address[:64],
        request_id=actor.request_id,
    )


def _reason(why: str | None) -> str | None:
    if why is None or not why.strip():
        return None
    if len(why.strip()) > WHY_MAX:
        raise InvalidInputError("why_too_long", f"理由请写在{WHY_MAX}字以内。")
    return scrub(why.strip())[:WHY_MAX]
