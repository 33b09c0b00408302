"""Bring a database to the newest schema by Tortoise's own migrations; several processes may try at once."""

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate as run_migrations

from models import tortoise_config

_LOCK = 730_330_302  # any number that nothing else uses


async def migrate(database_url: str) -> None:
    """Apply what is missing, under an advisory lock: who comes second finds nothing left to do."""
    guard = await asyncpg.connect(database_url)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await run_migrations(config=tortoise_config(database_url, pool=2))
    finally:
        await guard.close()
        await Tortoise.close_connections()
