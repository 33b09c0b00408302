"""The keys of this installation: made once, loaded at start, followed while they are changed (docs/keys.md)."""

import secrets
from datetime import datetime

from structlog.typing import FilteringBoundLogger
from tortoise.transactions import in_transaction

from backend import audit
from backend.repeat import every
from models.keyring import ALGORITHMS, DamagedError, DataKey, Keyring, MasterKey, hold
from models.keys import WrappedKey

REFRESH_SECONDS = 2.0
"""Every process looks for changed keys this often."""
SETTLE_SECONDS = 3 * REFRESH_SECONDS
"""After this long every process knows what was announced."""


class KeysUnusableError(Exception):
    """Why no sealed value can be read or written: one clear line for whoever starts the service."""


async def ensure(master: MasterKey, algorithm: str, *, now: datetime) -> bool:
    """Make the first two keys where there are none; True when they were made."""
    async with in_transaction():
        if await WrappedKey.exists():
            return False
        await make_key(master, 1, "rows", algorithm, "writing", now=now)
        await make_key(master, 2, "index", algorithm, "writing", now=now)
    return True


async def make_key(
    master: MasterKey, number: int, purpose: str, algorithm: str, state: str, *, now: datetime
) -> WrappedKey:
    """A new random data key, wrapped."""
    wrapped = master.wrap(number, purpose, algorithm, secrets.token_bytes(ALGORITHMS[algorithm]))
    return await WrappedKey.create(
        number=number, purpose=purpose, algorithm=algorithm, wrapped=wrapped, state=state, made_at=now
    )


def unwrapped(master: MasterKey, row: WrappedKey) -> bytes:
    """The secret of a data key. Raises DamagedError."""
    return master.unwrap(row.number, row.purpose, row.algorithm, bytes(row.wrapped))


async def load(master: MasterKey) -> Keyring:
    """Read the keys and hold them in this process. Raises KeysUnusableError."""
    # A retired key seals nothing that is kept for long, and still opens what Redis holds for days.
    rows = await WrappedKey.all().order_by("number")
    if not rows:
        raise KeysUnusableError("数据库里还没有数据密钥, 请先运行 python -m backend migrate")
    try:
        keys = [DataKey(row.number, row.purpose, row.algorithm, unwrapped(master, row)) for row in rows]
    except DamagedError as error:
        raise KeysUnusableError("主密钥不对: 它打不开数据库里的数据密钥, 请换上这个系统自己的主密钥") from error
    writing = next((row.number for row in rows if row.purpose == "rows" and row.state == "writing"), 0)
    keyring = Keyring(keys, writing=writing)
    hold(keyring)
    audit.configure(keyring.derived("trail"))
    return keyring


async def follow(master: MasterKey, log: FilteringBoundLogger) -> None:
    """Load the keys again and again, so that a change reaches every process without a restart."""
    await every(REFRESH_SECONDS, lambda: load(master), log, "keys_not_refreshed")
