"""What the tables promise, PostgreSQL itself keeps: every constraint of the models exists, and refuses."""

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models import MODEL_MODULES


def declared() -> list[tuple[str, str]]:
    """(table, constraint name) of every constraint that a model names."""
    Tortoise.init_models(MODEL_MODULES, "models")
    return [
        (model._meta.db_table, constraint.name)
        for model in Tortoise.apps["models"].values()
        for constraint in getattr(model.Meta, "constraints", ())
        if isinstance(constraint, CheckConstraint | UniqueConstraint)
    ]


async def test_every_constraint_that_a_model_names_exists_in_the_database(database: str) -> None:
    connection = await asyncpg.connect(database)
    rows = await connection.fetch(
        "SELECT conname AS name FROM pg_constraint UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
    )
    await connection.close()
    present = {row["name"] for row in rows}
    wanted = declared()
    assert len(wanted) > 30
    assert [name for _, name in wanted if name not in present] == []


async def test_every_foreign_key_exists_and_none_deletes_a_case_with_its_person(database: str) -> None:
    connection = await asyncpg.connect(database)
    rows = await connection.fetch(
        "SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent, confdeltype AS on_delete "
        "FROM pg_constraint WHERE contype = 'f'"
    )
    await connection.close()
    keys = {(row["child"].strip('"'), row["parent"].strip('"')): row["on_delete"] for row in rows}
    assert len(keys) >= 25
    assert keys[("case", "person")] == b"r"
    cascading = {pair for pair, on_delete in keys.items() if on_delete == b"c"}
    assert cascading <= {
        *(("list_subscription", "person"), ("consent", "person"), ("notice_acknowledgement", "person")),
        *(("given_consent", "person"), ("correction_request", "person")),
        *(("consent_entry", "person"), ("reached", "person"), ("reached", "notice")),
    }


REFUSED = {
    "a status that nobody knows": "UPDATE \"case\" SET status = 'lost'",
    "a confirmed case without its day": "UPDATE \"case\" SET status = 'confirmed', confirmed_on = NULL",
    "a household of nobody": 'UPDATE "case" SET household_size = 0',
    "urgent money above 5000 元": "UPDATE urgent_relief SET total_fen = 500001",
    "an urgent due time that is not 24 hours": "UPDATE urgent_relief SET due_at = reported_at + interval '25 hours'",
    "a town that knew before the report": "UPDATE urgent_relief SET informed_at = reported_at - interval '1 minute'",
    "a clock that ends in an unknown way": (
        "INSERT INTO case_clock (id, case_id, name, clause, started_on, due_on, alarm_on, provisional, days,"
        " stopped_at, outcome) SELECT gen_random_uuid(), id, 'review', '四(二)a', '2026-09-28', '2026-10-12',"
        " '2026-10-12', false, '[]', now(), 'lost' FROM \"case\""
    ),
    "an override that no leader agreed to": (
        "INSERT INTO deliberation (id, case_id, meets_at, place, status, override_reason, agree, against, abstain,"
        " counted, closed_at, supervisor_opinion, changes) SELECT gen_random_uuid(), id, now(), '礼堂', 'held',"
        " '\\x01', 11, 0, 0, 11, now(), '\\x01', 0 FROM \"case\""
    ),
    "an override that one person asked for and agreed to": (
        "INSERT INTO deliberation (id, case_id, meets_at, place, status, override_asked_by, override_agreed_by,"
        " override_leader, changes) SELECT gen_random_uuid(), id, now(), '礼堂', 'convened', id, id, '镇长', 0"
        ' FROM "case"'
    ),
    "a row that one person prepared and published": "UPDATE listing SET published_by = prepared_by",
    "a standard of no region": (
        "INSERT INTO living_standard (region, monthly_fen, effective_from, document, source_url, is_fictional)"
        " VALUES ('鹿城', 1, '2026-01-01', '文', '', true)"
    ),
    "a name on the list that is not masked": "UPDATE listing SET masked_name = '陈安宁'",
    "a consent below zero": "UPDATE consent SET credits = -1",
    "a person without a name": "UPDATE person SET name = ''",
    "an offline row without a reason": "UPDATE listing SET online = false",
}

ROWS = """
INSERT INTO town (id, code, name, phone) VALUES (1, '330302901', '甲镇', '');
INSERT INTO village (id, town_id, name, is_community, households, phone) VALUES (1, 1, '甲村', false, 100, '');
INSERT INTO person (id, name, village_id, is_demo, created_at)
  VALUES ('00000000-0000-0000-0000-000000000001', '陈安宁', 1, true, now());
INSERT INTO "case" (id, number, village_id, applicant_id, household_size, status, version, created_at, changed_at)
  VALUES ('00000000-0000-0000-0000-000000000002', '个案1', 1, '00000000-0000-0000-0000-000000000001', 1, 'submitted', 0,
          now(), now());
INSERT INTO urgent_relief (id, number, village_id, person_id, what_happened, status, reported_at, informed_at,
                           due_at, total_fen, paperwork_provisional)
  VALUES ('00000000-0000-0000-0000-000000000003', '急1', 1, '00000000-0000-0000-0000-000000000001', '火', 'reported',
          now(), now(), now() + interval '24 hours', 0, false);
INSERT INTO listing (id, case_id, village_id, masked_name, household_size, aid_type, amount_fen, decided_on, valid_from,
                     valid_to, online, prepared_at, prepared_by, published_at)
  VALUES ('00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000002', 1, '陈**', 1, '低保', 100,
          '2026-10-12', '2026-10-12', '2027-10-12', true, now(), '00000000-0000-0000-0000-000000000001', now());
INSERT INTO consent (person_id, template_id, credits, long_term)
  VALUES ('00000000-0000-0000-0000-000000000001', 't', 1, false);
"""


@pytest.mark.parametrize("what", REFUSED)
async def test_the_database_refuses(database: str, what: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(ROWS)
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(REFUSED[what])
    finally:
        await connection.close()


async def test_migrating_a_second_time_changes_nothing(database: str, owner_url: str) -> None:
    from models.migrate import migrate

    connection = await asyncpg.connect(database)
    count = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
    before = await connection.fetchval(count)
    await migrate(owner_url)
    assert await connection.fetchval(count) == before
    await connection.close()
