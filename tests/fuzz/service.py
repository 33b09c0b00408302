"""The running service, filled with what may leak, and called."""

from datetime import datetime

from backend.api.openapi import build
from tests.contract.table import app
from tests.fuzz import world
from tests.fuzz.run import Report, run
from tests.stack import Stack, connected


async def fuzz(stack: Stack, now: datetime, *, calls: int, seed: int = 1) -> Report:
    """Fill and call; see `run`."""
    async with connected(stack):
        place = await world.build(now, stack.phones)
        await place.plant_agents(place.resident)
        report = await run(stack.base, build(app()), place, stack.redis, calls=calls, seed=seed)
    # Where the service failed: it logs the place, and never what was typed.
    lines = (stack.folder / "web.log").read_text(errors="replace").splitlines()
    report.log = [line for line in lines if '"unexpected_error"' in line][:20]
    return report
