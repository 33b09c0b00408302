"""Entries come into the chain in whatever order they commit; whatever is done to them afterwards is found and named."""

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from tortoise import connections

from backend.trail import seal
from backend.trail.commands import verify_and_tell
from models.trail import TrailEntry, TrailSeal, TrailUnsealed
from tests.trail.acts import AT, heads_in, insider, sealed, verdict, write

INSERT = (
    "INSERT INTO trail_entry (at, actor, role, action, subject, detail)"
    " VALUES (now(), 'account:x', 'worker', 'slow', 'case:x', '{}') RETURNING id"
)


async def test_an_entry_that_commits_late_is_linked_when_it_does_and_holds_nobody_up(database: str) -> None:
    slow = await asyncpg.connect(database)
    try:
        transaction = slow.transaction()
        await transaction.start()
        early = await slow.fetchval(INSERT)
        await write(3)
        assert await seal.seal_waiting() == 3
        assert not await TrailSeal.exists(entry_id=early)
        await transaction.commit()
        assert await seal.seal_waiting() == 1
        last = await TrailSeal.all().order_by("-position").first()
        assert (last.position, last.entry_id) == (4, early)
        assert early < await TrailEntry.all().order_by("-id").first().values_list("id", flat=True)
        assert (await verdict(database)).broken is None
    finally:
        await slow.close()


async def test_what_is_rolled_back_leaves_no_gap(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(INSERT)
        await transaction.rollback()
    finally:
        await connection.close()
    await sealed(2)
    assert await TrailSeal.all().order_by("position").values_list("position", flat=True) == [1, 2]


async def test_one_sealer_works_and_the_other_does_not_wait_nor_does_a_request(database: str) -> None:
    await write(5)
    other = await asyncpg.connect(database)
    try:
        async with other.transaction():
            await other.execute("SELECT pg_advisory_xact_lock($1)", seal._LOCK)
            assert await seal.seal_batch() == 0
            async with asyncio.timeout(2):
                await write(5)
    finally:
        await other.close()
    assert await seal.seal_waiting() == 10
    assert (await verdict(database)).links == 10


async def test_several_sealers_and_writers_at_once_make_one_chain(database: str) -> None:
    done = asyncio.Event()

    async def keep_sealing() -> None:
        while not done.is_set():
            await seal.seal_batch(7)
            await asyncio.sleep(0)

    sealers = [asyncio.create_task(keep_sealing()) for _ in range(3)]
    await asyncio.gather(*(write(40) for _ in range(4)))
    done.set()
    await asyncio.gather(*sealers)
    await seal.seal_waiting()
    found = await verdict(database)
    assert (found.broken, found.links, found.unsealed) == (None, 160, 0)


async def test_an_entry_taken_out_of_the_queue_is_found_by_the_full_look(database: str) -> None:
    await write(3)
    await TrailUnsealed.all().delete()
    assert await seal.seal_waiting() == 0
    assert (await verdict(database)).unsealed == 3
    await seal.queue_what_was_left_out()
    assert await seal.seal_waiting() == 3


async def test_what_was_sealed_before_is_not_sealed_again_when_it_stands_in_the_queue(database: str) -> None:
    await sealed(3)
    await connections.get("default").execute_query("INSERT INTO trail_unsealed SELECT id FROM trail_entry")
    await write(1)
    await seal.seal_waiting()
    assert await TrailSeal.all().count() == 4
    assert await TrailUnsealed.all().count() == 0


async def test_what_no_program_can_read_is_sealed_all_the_same(database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(
        "INSERT INTO trail_entry (at, actor, role, action, subject, detail)"
        " VALUES ('infinity', 'a', 'worker', 'x', 'case:x', $1), ('4713-01-01 BC', 'a', 'worker', 'x', 'case:x', '{}')",
        f'{{"n": {"9" * 6000}}}',
    )
    await connection.close()
    assert await seal.seal_waiting() == 2
    assert (await verdict(database)).broken is None


async def test_a_changed_byte_in_any_column_is_named(database: str, owner_url: str) -> None:
    await sealed(12)
    sixth = await TrailSeal.get(position=6)
    changes = {
        "at": "at + interval '1 microsecond'",
        "actor": "actor || ' '",
        "role": "'town'",
        "acting_for": "gen_random_uuid()",
        "action": "'Reject'",
        "subject": "subject || 'x'",
        "clause": "NULL",
        "detail": "detail || '{\"number\": 99}'",
        "before": "'{}'",
        "after": "'{}'",
        "why": "'因'",
        "address": "'127.0.0.2'",
        "request_id": "'s'",
    }
    assert set(changes) | {"id"} == set(TrailEntry._meta.fields_db_projection)
    for column, value in changes.items():
        async with insider(owner_url) as connection:
            await connection.execute("CREATE TABLE kept AS SELECT * FROM trail_entry WHERE id = $1", sixth.entry_id)
            await connection.execute(f"UPDATE trail_entry SET {column} = {value} WHERE id = $1", sixth.entry_id)
        broken = (await verdict(database)).broken
        assert broken is not None, column
        assert (broken.what, broken.position, broken.entry_id) == ("changed", 6, sixth.entry_id)
        assert f"第6环: 痕迹{sixth.entry_id}的内容被改过" in broken.sentence
        async with insider(owner_url) as connection:
            await connection.execute(
                f"UPDATE trail_entry e SET {column} = kept.{column} FROM kept WHERE e.id = kept.id; DROP TABLE kept"
            )
    assert (await verdict(database)).broken is None


@pytest.mark.parametrize("renumbered", [False, True])
async def test_a_dropped_row_is_named_even_when_the_rest_is_renumbered(
    database: str, owner_url: str, renumbered: bool
) -> None:
    await sealed(12)
    async with insider(owner_url) as connection:
        gone = await connection.fetchval("DELETE FROM trail_seal WHERE position = 5 RETURNING entry_id")
        await connection.execute("DELETE FROM trail_entry WHERE id = $1", gone)
        if renumbered:
            for position in range(6, 13):
                await connection.execute("UPDATE trail_seal SET position = $1 - 1 WHERE position = $1", position)
    broken = (await verdict(database)).broken
    assert broken is not None
    assert (broken.what, broken.position) == ("dropped", 5)
    assert "被删除" in broken.sentence


async def test_an_entry_dropped_under_its_seal_is_named(database: str, owner_url: str) -> None:
    await sealed(4)
    async with insider(owner_url) as connection:
        await connection.execute(
            "DELETE FROM trail_entry WHERE id = (SELECT entry_id FROM trail_seal WHERE position = 2)"
        )
    broken = (await verdict(database)).broken
    assert broken is not None
    assert (broken.what, broken.position) == ("dropped", 2)


@pytest.mark.parametrize("columns", ["entry_id", "entry_id, digest", "entry_id, digest, hash"])
async def test_a_swapped_pair_is_named(database: str, owner_url: str, columns: str) -> None:
    await sealed(12)
    first, second = await TrailSeal.filter(position__in=[7, 8]).order_by("position")
    async with insider(owner_url) as connection:
        await connection.execute("ALTER TABLE trail_seal DROP CONSTRAINT IF EXISTS trail_seal_entry_id_key")
        sources = ", ".join(f"o.{column.strip()}" for column in columns.split(","))
        await connection.execute(
            f"UPDATE trail_seal s SET ({columns}) = (SELECT {sources} FROM trail_seal o"
            " WHERE o.position = 15 - s.position) WHERE s.position IN (7, 8)"
        )
    broken = (await verdict(database)).broken
    assert broken is not None
    assert (broken.what, broken.position, broken.entry_id) == ("swapped", 7, second.entry_id)
    assert f"痕迹{first.entry_id}" in broken.sentence


async def test_a_truncated_tail_is_found_by_the_head(database: str, owner_url: str, tmp_path: Path) -> None:
    heads = heads_in(tmp_path)
    await sealed(12)
    await heads.publish(now=AT)
    async with insider(owner_url) as connection:
        await connection.execute(
            "WITH gone AS (DELETE FROM trail_seal WHERE position > 9 RETURNING entry_id)"
            " DELETE FROM trail_entry WHERE id IN (SELECT entry_id FROM gone)"
        )
    assert (await verdict(database)).broken is None
    broken = (await verdict(database, heads)).broken
    assert broken is not None
    assert (broken.what, broken.position) == ("truncated", 10)
    assert "少了3环" in broken.sentence
    # New entries take the places of the old: the chain is long enough again, and the head still does not fit.
    await sealed(3)
    broken = (await verdict(database, heads)).broken
    assert broken is not None
    assert (broken.what, broken.position) == ("rewritten", 12)


async def test_the_command_says_what_it_found_and_how_many_wait(
    database: str, owner_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = heads_in(tmp_path)
    await sealed(4)
    await heads.publish(now=AT)
    await write(2)
    assert await verify_and_tell(database, heads, now=AT + timedelta(seconds=90)) == 0
    said = capsys.readouterr().out
    assert "完整: 共 4 环, 与另存的 1 个链头一致。" in said
    assert "还没有封存的最新痕迹 2 条, 其中最早的一条已有 90 秒。" in said
    async with insider(owner_url) as connection:
        await connection.execute(
            "UPDATE trail_entry SET subject = 'case:y' WHERE id = (SELECT min(id) FROM trail_entry)"
        )
    assert await verify_and_tell(database, heads, now=AT) == 1
    assert "不完整: 第1环: 痕迹" in capsys.readouterr().out


async def test_the_planner_hands_the_chain_out_as_a_stream(database: str) -> None:
    from backend.trail.verify import _AS_A_STREAM, _CHAIN

    await sealed(3)
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await connection.execute(_AS_A_STREAM)
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {_CHAIN}"))
    finally:
        await connection.close()
    assert "Sort" not in plan
    assert "Hash" not in plan
