"""The two other ends served in this test's own loop, on real ports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from backend.embedded import free_port
from simulator import sms, wecom
from simulator.sms import Sms, Template
from simulator.wecom import WeCom


@asynccontextmanager
async def serving_app(app: web.Application) -> AsyncIterator[str]:
    """The base URL of an application."""
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serving_wecom() -> AsyncIterator[tuple[WeCom, str]]:
    """A company with the members `zhang` and `li`."""
    end = WeCom(corp_id="corp", secret="s", agent_id=7)
    end.add("zhang", "张")
    end.add("Li", "李")
    async with serving_app(wecom.make_app(end)) as base:
        yield end, base


@asynccontextmanager
async def serving_sms(**given: Any) -> AsyncIterator[tuple[Sms, str]]:
    """An account with one approved text of one parameter; a number is not limited unless the test wants it."""
    end = Sms(secret_id="id", secret_key="key", app_id="14", sign="演示", **{"windows": (), **given})
    end.templates["t1"] = Template("请致电{1}。")
    async with serving_app(sms.make_app(end)) as base:
        yield end, base
