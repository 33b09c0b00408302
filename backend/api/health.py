"""Is this process alive; can it serve."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from tortoise import connections

from backend.api.http import answer, services

blueprint = Blueprint("health", url_prefix="/health")


@blueprint.get("/live")
async def live(_request: Request) -> HTTPResponse:
    """The process answers."""
    return answer({"ok": True})


@blueprint.get("/ready")
async def ready(request: Request) -> HTTPResponse:
    """PostgreSQL and Redis answer; otherwise 503 with the name of what does not."""
    missing = []
    try:
        await connections.get("default").execute_query("SELECT 1")
    except Exception:  # whatever the driver raises, the answer is the same
        missing.append("postgresql")
    try:
        await services(request).redis.ping()
    except Exception:  # likewise
        missing.append("redis")
    return answer({"ok": not missing, "missing": missing}, 503 if missing else 200)
