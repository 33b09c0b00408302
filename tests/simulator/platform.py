"""The simulator served in this test's own loop, on a real port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from backend.embedded import free_port
from simulator.__main__ import make_app
from simulator.accounts import Account
from simulator.platform import Platform

NOBODY = "http://127.0.0.1:9/push"


def make_platform(push_url: str = NOBODY, mini_push_url: str = NOBODY, state: Path | None = None) -> Platform:
    """The mini-program (`wxtest`, `s`) and the service account (`wxservice`, `ss`), without anybody."""
    mini = Account("mini", "wxtest", "s", "mini-t", "B" * 43, "gh_mini", mini_push_url)
    service = Account("service", "wxservice", "ss", "t", "A" * 43, "gh_service", push_url)
    return Platform(mini=mini, service=service, state=state)


@asynccontextmanager
async def serving(
    push_url: str = NOBODY, mini_push_url: str = NOBODY, *, port: int | None = None
) -> AsyncIterator[tuple[Platform, str]]:
    """(platform, base URL): the mini-program with one template and one phone `o1` that accepted it three times."""
    platform = make_platform(push_url, mini_push_url)
    platform.templates["tmpl-meeting"] = {
        "id": "tmpl-meeting",
        "title": "会议通知",
        "fields": {"thing1": "事项", "date2": "时间", "thing3": "地点", "thing4": "提示"},
    }
    platform.pages.update({"pages/meeting/index", "pages/list/index"})
    platform.add_user("甲", "o1").credits["tmpl-meeting"] = 3
    runner = web.AppRunner(make_app(platform))
    await runner.setup()
    port = port or free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield platform, f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
