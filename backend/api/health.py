"""Is this process alive; can it serve."""

from typing import Literal

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from tortoise import connections

from backend.api.contract import Kind, Returned, Who, contract
from backend.api.http import answer, services
from backend.api.shapes import Done
from backend.casework.calendar import missing_years
from backend.clock import local_day

blueprint = Blueprint("health", url_prefix="/health")


class Ready(Returned):
    """`state` amber: it serves, and something is due."""

    ok: bool
    state: Literal["green", "amber", "red"]
    missing: list[str]
    warnings: list[str]


@blueprint.get("/live")
@contract(Who.OPEN, returns=Done, kind=Kind.HEALTH)
async def live(_request: Request) -> HTTPResponse:
    """The process answers."""
    return answer({"ok": True})


@blueprint.get("/ready")
@contract(Who.OPEN, returns=Ready, statuses=(200, 503), kind=Kind.HEALTH)
async def ready(request: Request) -> HTTPResponse:
    """PostgreSQL and Redis answer; otherwise 503 with the name of what does not. Amber: a calendar is due."""
    missing = []
    try:
        await connections.get("default").execute_query("SELECT 1")
    except Exception:  # whatever the driver raises, the answer is the same
        missing.append("postgresql")
    try:
        await services(request).redis.ping()
    except Exception:  # likewise
        missing.append("redis")
    warnings = []
    if not missing:
        years = await missing_years(local_day(await services(request).clock.now()))
        warnings += [f"{year}年的放假安排还没有录入, 这一年的期限都是暂定" for year in years]
    state = "red" if missing else "amber" if warnings else "green"
    answered = {"ok": not missing, "state": state, "missing": missing, "warnings": warnings}
    return answer(answered, 503 if missing else 200)
