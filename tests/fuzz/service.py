"""The running service, filled with what may leak, and called."""

from datetime import datetime

from tortoise import Tortoise

from backend.api.openapi import build
from models import tortoise_config
from tests.contract.table import app
from tests.fuzz import world
from tests.fuzz.run import Report, run
from tests.stack import Stack


async def fuzz(stack: Stack, now: datetime, *, calls: int, seed: int = 1) -> Report:
    """Fill and call; see `run`."""
    await Tortoise.init(config=tortoise_config(stack.environment["DATABASE_URL"], pool=2))
    try:
        place = await world.build(now, stack.phones)
        report = await run(stack.base, build(app()), place, stack.redis, calls=calls, seed=seed)
    finally:
        await Tortoise.close_connections()
    # Where the service failed: it logs the place, and never what was typed.
    lines = (stack.folder / "web.log").read_text(errors="replace").splitlines()
    report.log = [line for line in lines if '"unexpected_error"' in line][:20]
    return report
