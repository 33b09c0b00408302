"""WeChat's check of our two addresses, through a real process; and what anybody else gets there."""

import time

import pytest

from backend.wechat.push import WINDOW_SECONDS, signature
from tests.pushes.conftest import Line


@pytest.mark.parametrize(("path", "token"), [("/wechat/push", "t"), ("/wechat/mini/push", "mini-t")])
async def test_the_address_is_proved_by_its_echo_and_by_nothing_else(line: Line, path: str, token: str) -> None:
    address = f"http://127.0.0.1:{line.door.ports[0]}{path}"

    async def ask(stamp: str, **other: str) -> tuple[int, str, str]:
        given = {"signature": signature(token, stamp, "1"), "timestamp": stamp, "nonce": "1", "echostr": "<b>7</b>"}
        async with line.http.get(address, params=given | other) as response:
            return response.status, response.content_type, await response.text()

    now = int(time.time())
    assert await ask(str(now)) == (200, "text/plain", "<b>7</b>")
    assert (await ask(str(now), signature="0" * 40))[0] == 403
    assert (await ask(str(now), signature=signature("another", str(now), "1")))[0] == 403
    assert (await ask(str(now - WINDOW_SECONDS - 5)))[0] == 403
    assert (await ask("²"))[0] == 403
