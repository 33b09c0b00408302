"""The simulator served in this test's own loop, on a real port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from backend.embedded import free_port
from simulator.__main__ import make_app
from simulator.platform import Platform


@asynccontextmanager
async def serving(push_url: str = "http://127.0.0.1:9/push") -> AsyncIterator[tuple[Platform, str]]:
    """(platform, base URL): an account with one template and one phone `o1` that accepted it three times."""
    platform = Platform(appid="wxtest", secret="s", push_token="t", push_aes_key="A" * 43, state=None)
    platform.templates["tmpl-meeting"] = {
        "id": "tmpl-meeting",
        "title": "会议通知",
        "fields": {"thing1": "事项", "date2": "时间", "thing3": "地点", "thing4": "提示"},
    }
    platform.pages.update({"pages/meeting/index", "pages/list/index"})
    platform.add_user("甲", "o1").credits["tmpl-meeting"] = 3
    runner = web.AppRunner(make_app(platform, push_url))
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield platform, f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
