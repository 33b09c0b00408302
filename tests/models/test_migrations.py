"""A database with data in it comes through every migration with its data."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate as run_migrations

from models import tortoise_config
from tests.stores import Stores, copy_database, drop_database

AT = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


async def test_rows_of_the_second_version_are_kept_by_the_third(stores: Stores) -> None:
    url = stores.owner_url(await copy_database(stores, template="template0"))
    try:
        await run_migrations(config=tortoise_config(url, pool=2), target="models.0002_pins_and_two_people")
        await Tortoise.close_connections()
        connection = await asyncpg.connect(url)
        await connection.execute("INSERT INTO town (id, code, name, phone) VALUES (1, '330302901', '镇', '')")
        await connection.execute(
            "INSERT INTO village (id, town_id, name, is_community, households, phone)"
            " VALUES (1, 1, '村', false, 300, '')"
        )
        person = await connection.fetchval(
            "INSERT INTO person (id, name, is_demo, created_at)"
            " VALUES (gen_random_uuid(), '陈', false, $1) RETURNING id",
            AT,
        )
        await connection.execute(
            "INSERT INTO urgent_relief (id, number, village_id, person_id, what_happened, status, reported_at, due_at,"
            " total_fen) VALUES (gen_random_uuid(), '急1', 1, $1, '火', 'reported', $2, $3, 0)",
            person,
            AT,
            AT + timedelta(hours=24),
        )
        await connection.execute(
            "INSERT INTO calendar_day (day, working, name, source) VALUES ('2026-10-01', false, '国庆', '通知')"
        )
        await connection.execute(
            "INSERT INTO living_standard (monthly_fen, effective_from, document, is_fictional, entered_by, entered_at,"
            " confirmed_by, confirmed_at) VALUES (100000, '2026-07-01', '文', true, 'a', $1, 'b', $1)",
            AT,
        )
        await run_migrations(config=tortoise_config(url, pool=2))
        assert await connection.fetchval("SELECT informed_at FROM urgent_relief") == AT
        assert await connection.fetchval("SELECT working FROM calendar_day") is False
        row = await connection.fetchrow("SELECT * FROM living_standard")
        assert (row["region"], row["effective_from"], row["superseded_at"]) == ("330302", date(2026, 7, 1), None)
        await connection.execute(
            "INSERT INTO living_standard (region, monthly_fen, effective_from, document, source_url, is_fictional)"
            " VALUES ('330302', 110000, '2026-07-01', '更正', '', true)"
        )
        await connection.close()
    finally:
        await Tortoise.close_connections()
        await drop_database(stores, url)


async def test_accounts_that_are_older_than_terms_get_one_and_keep_opening(stores: Stores) -> None:
    url = stores.owner_url(await copy_database(stores, template="template0"))
    try:
        await run_migrations(config=tortoise_config(url, pool=2), target="models.0008_sealed")
        await Tortoise.close_connections()
        connection = await asyncpg.connect(url)
        for login, ended in (("quminzheng", None), ("left", AT)):
            await connection.execute(
                "WITH someone AS (INSERT INTO person (id, name, is_demo, created_at)"
                " VALUES (gen_random_uuid(), '陈', false, $1) RETURNING id)"
                " INSERT INTO staff_account (id, person_id, login, password_hash, role, ended_at)"
                " SELECT gen_random_uuid(), id, $2, 'x', 'bureau', $3::timestamptz FROM someone",
                AT,
                login,
                ended,
            )
        await run_migrations(config=tortoise_config(url, pool=2))
        rows = await connection.fetch(
            "SELECT login, t.role, t.ended_at, from_day FROM staff_term t JOIN staff_account a ON a.id = account_id"
        )
        assert {tuple(row) for row in rows} == {("quminzheng", "bureau", None, None), ("left", "bureau", AT, None)}
        await connection.close()
    finally:
        await Tortoise.close_connections()
        await drop_database(stores, url)
