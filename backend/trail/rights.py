"""Whether this process really cannot change the trail."""

import asyncpg

from backend.errors import SetupError


async def require_append_only(database_url: str) -> None:
    """Raises SetupError where the user of the URL could change, delete or empty entries or seals."""
    connection = await asyncpg.connect(database_url)
    try:
        could = await connection.fetchval(
            "SELECT has_table_privilege('trail_entry', 'UPDATE, DELETE, TRUNCATE')"
            " OR has_table_privilege('trail_seal', 'UPDATE, DELETE, TRUNCATE')"
        )
    finally:
        await connection.close()
    if could:
        raise SetupError("DATABASE_URL 的数据库用户能修改痕迹; 请换成只有增加和读取权限的用户, 再运行 migrate")
