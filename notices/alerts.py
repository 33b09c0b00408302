"""What only the operator can put right: one open row a fault, counted, until somebody says that it is settled."""

from datetime import datetime

from tortoise import connections


async def raise_alert(what: str, *, errcode: int | None, error: str | None, now: datetime) -> None:
    """Tell the operator once more of `what` (`subscribe_message:tmpl-meeting`, `token:mini_program`)."""
    await connections.get("default").execute_query(
        "INSERT INTO operator_alert (what, errcode, error, count, first_at, last_at) VALUES ($1, $2, $3, 1, $4, $4) "
        "ON CONFLICT (what) WHERE settled_at IS NULL DO UPDATE SET count = operator_alert.count + 1, last_at = $4, "
        "errcode = $2, error = $3",
        [what[:80], errcode, (error or "")[:200] or None, now],
    )
