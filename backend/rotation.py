"""Changing keys under a running service: announced, switched, every value sealed anew; stopped, it goes on from there.

Rows are taken in small batches that others wait for during milliseconds, and rows that others hold are left for the
next round (SKIP LOCKED): nobody waits in a circle.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from obstore.store import ObjectStore
from tortoise import Tortoise, connections
from tortoise.transactions import in_transaction

from backend import audit, photos
from backend.access import SYSTEM
from backend.keys import SETTLE_SECONDS, load, make_key, unwrapped
from models.application import Photo
from models.keyring import VERSION, DamagedError, Keyring, MasterKey, held, key_number
from models.keys import WrappedKey
from models.sealing import SealedModel, place, searchable

BATCH = 100
_LOCK = 330_302_730  # any number that nothing else uses
_AGAIN_SECONDS = 0.2

Say = Callable[[str], None]


class AlreadyRunningError(Exception):
    """Another rotation holds the lock."""


class DamagedLeftError(Exception):
    """So many rows hold a value that does not open; they were named."""


async def rotate(
    master: MasterKey, algorithm: str, store: ObjectStore, *, database_url: str, now: datetime, say: Say
) -> int:
    """Seal everything with a new data key and retire the old ones; returns how many values were sealed anew.

    A rotation that was stopped is finished with the key it had begun with. Values that do not open are left and named,
    and the old keys then stay. Raises AlreadyRunningError, DamagedLeftError.
    """
    async with alone(database_url):
        return await _rotate(master, algorithm, store, now=now, say=say)


@asynccontextmanager
async def alone(database_url: str) -> AsyncIterator[None]:
    """Nobody else seals anew meanwhile. Raises AlreadyRunningError."""
    guard = await asyncpg.connect(database_url)  # holds nothing but the lock, which ends with it
    try:
        if not await guard.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            raise AlreadyRunningError
        yield
    finally:
        await guard.close()


async def _rotate(master: MasterKey, algorithm: str, store: ObjectStore, *, now: datetime, say: Say) -> int:
    if await WrappedKey.exists(purpose="rows", state="reading"):
        say("接着上次没有做完的更换")
    else:
        announced = await WrappedKey.get_or_none(state="announced")
        if announced is None:
            number = max(await WrappedKey.all().values_list("number", flat=True)) + 1
            announced = await make_key(master, number, "rows", algorithm, "announced", now=now)
        say(f"新密钥 {announced.number} ({announced.algorithm}) 已生成, 等所有进程知道")
        await asyncio.sleep(SETTLE_SECONDS)
        await _switch_to(announced, now=now)
        say("已改用新密钥写入, 等所有进程换过来")
        await asyncio.sleep(SETTLE_SECONDS)
    keyring = await load(master)
    sealed, damaged = await reseal(store, say=say)
    if damaged:
        raise DamagedLeftError(damaged)
    async with in_transaction():
        old = await WrappedKey.filter(purpose="rows", state="reading").values_list("number", flat=True)
        await WrappedKey.filter(number__in=list(old)).update(state="retired", retired_at=now)
        await audit.record(
            SYSTEM, "keys_rotated", "keys", now=now, detail={"writing": keyring.writing, "retired": list(old)}
        )
    say(f"完成: 重新加密 {sealed} 个值, 旧密钥 {', '.join(map(str, old))} 已停用")
    return sealed


async def _switch_to(announced: WrappedKey, *, now: datetime) -> None:
    async with in_transaction():
        await WrappedKey.filter(purpose="rows", state="writing").update(state="reading")
        await WrappedKey.filter(number=announced.number).update(state="writing")
        await audit.record(SYSTEM, "keys_switched", "keys", now=now, detail={"writing": announced.number})


async def reseal(store: ObjectStore, *, say: Say) -> tuple[int, int]:
    """Seal with the writing key whatever is plain or sealed with another: (how many values, how many do not open)."""
    sealed = damaged = 0
    for model in Tortoise.apps["models"].values():
        if issubclass(model, SealedModel) and model.sealed_columns():
            table = _Table(model, held(), say)
            sealed += await table.reseal()
            damaged += len(table.damaged)
    return sealed + await _reseal_photos(store, held(), say), damaged


class _Table:
    """One table on its way; `damaged`: rows with a value that does not open, left as they are."""

    def __init__(self, model: type[SealedModel], keyring: Keyring, say: Say) -> None:
        self.damaged: list[str] = []
        self._model, self._keyring, self._say = model, keyring, say
        self._name, self._columns = model._meta.db_table, list(model.sealed_columns())
        self._indexes = [(name, index.source) for name, index in model.blind_indexes().items()]
        stale = " OR ".join(f'substring("{name}" from 1 for 5) <> $1' for name in self._columns)
        self._where = f'"{self._name}" WHERE ({stale}) AND NOT ("id"::text = ANY($2::text[]))'

    async def reseal(self) -> int:
        """All of it; returns how many rows."""
        done = 0
        while left := await self._left():
            self._say(f"{self._name}: 还有 {left} 行")
            while moved := await self._batch():
                done += moved
            await asyncio.sleep(_AGAIN_SECONDS if await self._left() else 0)
        return done

    async def _left(self) -> int:
        query = f"SELECT count(*) AS rows FROM {self._where}"
        found = await connections.get("default").execute_query_dict(query, [_header(self._keyring), self.damaged])
        return int(found[0]["rows"])

    async def _batch(self) -> int:
        names = ", ".join(f'"{name}"' for name in self._columns)
        query = f'SELECT "id", {names} FROM {self._where} LIMIT {BATCH} FOR UPDATE SKIP LOCKED'
        async with in_transaction() as connection:
            rows = await connection.execute_query_dict(query, [_header(self._keyring), self.damaged])
            for row in rows:
                try:
                    values = self._sealed(row)
                except DamagedError as error:
                    self._say(f"读不出来, 没有改动: {error}")
                    self.damaged.append(str(row["id"]))
                    continue
                written = ", ".join(f'"{name}" = ${number}' for number, name in enumerate(values, 2))
                await connection.execute_query(
                    f'UPDATE "{self._name}" SET {written} WHERE "id" = $1', [row["id"], *values.values()]
                )
        return len(rows)

    def _sealed(self, row: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in self._columns:
            if (stored := row[name]) is None or key_number(stored) == self._keyring.writing:
                continue
            where = place(self._model, name, row["id"])
            plain = bytes(stored) if key_number(stored) is None else self._keyring.open(stored, where)
            values[name] = self._keyring.seal(plain, where)
            for index, source in self._indexes:
                if source == name:
                    values[index] = self._keyring.blind(f"{self._name}.{source}", searchable(plain.decode()))
        return values


async def _reseal_photos(store: ObjectStore, keyring: Keyring, say: Say) -> int:
    keys = await Photo.all().order_by("id").values_list("id", "key")
    done = 0
    for number, (photo_id, key) in enumerate(keys, 1):
        if number % BATCH == 0:
            say(f"照片: {number}/{len(keys)}")
        if await photos.key_number_of(store, key) == keyring.writing:
            continue
        async with in_transaction():
            # Held, so that a deletion meanwhile is not undone by writing the object again.
            if await Photo.filter(id=photo_id).select_for_update().exists():
                await photos.reseal(store, key)
                done += 1
    return done


def _header(keyring: Keyring) -> bytes:
    return VERSION + keyring.writing.to_bytes(4, "big")


async def rewrap(old: MasterKey, new: MasterKey, *, now: datetime) -> int:
    """Wrap every data key with a new master key, in one transaction; the values stay as they are."""
    async with in_transaction():
        rows = await WrappedKey.all().select_for_update()
        for row in rows:
            secret = unwrapped(old, row)
            row.wrapped = new.wrap(row.number, row.purpose, row.algorithm, secret)
            await row.save(update_fields=["wrapped"])
        await audit.record(SYSTEM, "keys_rewrapped", "keys", now=now, detail={"keys": len(rows)})
    return len(rows)
