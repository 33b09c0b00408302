"""What a process does again and again beside its work."""

import asyncio
from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger


async def every(seconds: float, work: Callable[[], Awaitable[object]], log: FilteringBoundLogger, failed: str) -> None:
    """For ever: rest, then work. A failure is logged under `failed` and tried again; what was there before stays."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception as error:  # the database may be restarting
            log.error(failed, error=type(error).__name__)
