"""Tortoise tables: a file per part of the process; constraints live in the database itself."""

from typing import Any

from tortoise.backends.base.config_generator import expand_db_url

MODEL_MODULES = [
    "models.keys",
    "models.places",
    "models.people",
    "models.staff",
    "models.identities",
    "models.application",
    "models.agents",
    "models.deliberation",
    "models.determination",
    "models.duties",
    "models.disclosure",
    "models.urgent_relief",
    "models.outbox",
    "models.desk",
    "models.reference",
    "models.trail",
    "models.edge",
    "models.privacy",
]


def tortoise_config(database_url: str, *, pool: int = 10) -> dict[str, Any]:
    """Tortoise's configuration for a `postgres://user:password@host:port/name` URL, `pool` connections a process."""
    url = database_url.replace("postgresql://", "asyncpg://", 1).replace("postgres://", "asyncpg://", 1)
    separator = "&" if "?" in url else "?"
    connection = expand_db_url(f"{url}{separator}minsize=1&maxsize={pool}")
    return {
        "connections": {"default": connection | {"engine": "models.engine"}},
        "apps": {
            "models": {"models": MODEL_MODULES, "migrations": "models.migrations", "default_connection": "default"}
        },
        "use_tz": True,
        "timezone": "UTC",
    }
