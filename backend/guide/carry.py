"""Answers that somebody chose to take along: under a number, for seven days, to a preliminary application or a window.

Nothing of the guide is kept otherwise. Redis holds a digest of the number, never the number, and the answers sealed; no
name is among them.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.asyncio import Redis

from backend.edge import limits
from backend.errors import NotFoundError
from models.keyring import held

KEPT = timedelta(days=7)
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Carried:
    """The topic and the answers by fact, as they were given."""

    topic: str
    answers: Mapping[str, str]


def _bare(number: str) -> str:
    return "".join(character for character in number if character.isdecimal())


def _key(number: str) -> str:
    return "guide-carried:" + hashlib.sha256(_bare(number).encode()).hexdigest()


def spoken(number: str) -> str:
    """1234567890 -> 123 456 7890: as a telephone number is read out."""
    return f"{number[:3]} {number[3:6]} {number[6:]}"


async def keep(redis: Redis, carried: Carried, *, now: datetime) -> tuple[str, datetime]:
    """Keep the answers; returns the number to say and until when it holds."""
    number = "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
    value = json.dumps({"topic": carried.topic, "answers": dict(carried.answers)})
    await redis.set(_key(number), held().seal(value.encode(), _key(number)), ex=KEPT)
    return number, now + KEPT


async def look_up(redis: Redis, number: str, *, asker: str) -> Carried:
    """What is kept under a number. `asker`: who tries, so that nobody tries numbers out.

    Raises NotFoundError, TooManyError after too many tries.
    """
    await limits.require_left(redis, "guide_number_misses", asker)
    stored = await redis.get(_key(number))
    if stored is None:
        await limits.missed(redis, "guide_number_misses", asker)
        raise NotFoundError("carried_not_found", "没有找到这个号码, 可能写错了或过了七天; 请核对, 或重新回答。")
    value = json.loads(held().open(stored, _key(number)))
    return Carried(value["topic"], value["answers"])


async def forget(redis: Redis, number: str) -> None:
    """Delete what is kept under a number, at once; one that is not there is no error."""
    await redis.delete(_key(number))
