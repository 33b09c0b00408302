"""The simulator with somebody behind its push addresses."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.simulator.receiver import World, world


@pytest_asyncio.fixture
async def wechat() -> AsyncIterator[World]:
    """A fresh simulator for one test."""
    async with world() as opened:
        yield opened
