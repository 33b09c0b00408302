"""Two workers that remind at once."""

import asyncio
from datetime import datetime
from types import ModuleType

import pytest

from backend.reminding import remind


async def one_comes_second(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, query: str, where: str, *, moment: datetime
) -> None:
    """The second began to look before the first had written, and comes to the row when the first is through with it.

    `query`: the name of the module's query; `where`: how its own condition begins. One notice is made by the first.
    """
    plainly = getattr(module, query)
    monkeypatch.setattr(module, query, plainly.replace(where, f"CROSS JOIN pg_sleep(1) {where}", 1))
    second = asyncio.create_task(remind(moment))
    await asyncio.sleep(0.3)
    monkeypatch.setattr(module, query, plainly)
    assert await remind(moment) == 1
    assert not second.done()
    assert await second == 0
