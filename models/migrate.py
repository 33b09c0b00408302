"""Bring a database to the newest schema by Tortoise's own migrations; several processes may try at once.

Migrations run as the owner of the tables. The service connects as another role, which is granted here what it needs:
everything ordinary, and on the trail nothing but adding and reading.
"""

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate as run_migrations

from models import tortoise_config

_LOCK = 730_330_302  # any number that nothing else uses
APPEND_ONLY = ("trail_entry", "trail_seal")


class ServiceRoleError(Exception):
    """The service's role is missing, or could do more than it may: one Chinese sentence."""


async def migrate(owner_url: str, *, service: str | None = None) -> None:
    """Apply what is missing, under an advisory lock: who comes second finds nothing left to do.

    `service`: the role that the service connects as; where it is another than the owner's it is granted its rights.
    Raises ServiceRoleError.
    """
    guard = await asyncpg.connect(owner_url)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await run_migrations(config=tortoise_config(owner_url, pool=2))
        if service and service != await guard.fetchval("SELECT current_user"):
            await _grant(guard, service)
    finally:
        await guard.close()
        await Tortoise.close_connections()


async def _grant(owner: asyncpg.Connection, service: str) -> None:
    role = await owner.fetchrow(
        "SELECT quote_ident(rolname) AS name, quote_ident(current_database()) AS database,"
        " rolsuper OR pg_has_role(oid, current_user, 'MEMBER') AS too_strong"
        " FROM pg_roles WHERE rolname = $1",
        service,
    )
    if role is None:
        raise ServiceRoleError(f"数据库里没有角色 {service}, 请先建立: CREATE ROLE {service} LOGIN PASSWORD '…'")
    if role["too_strong"]:
        raise ServiceRoleError(f"角色 {service} 是超级用户或属于表的所有者, 能改痕迹; 请换一个普通角色")
    name = role["name"]
    async with owner.transaction():
        await owner.execute(
            f"REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
            f"GRANT CONNECT ON DATABASE {role['database']} TO {name};"
            f"GRANT USAGE ON SCHEMA public TO {name};"
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name};"
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name};"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name};"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {name};"
            f"REVOKE ALL ON {', '.join(APPEND_ONLY)} FROM PUBLIC, {name};"
            f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO {name}"
        )
