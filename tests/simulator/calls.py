"""Calls to the platform as anybody could make them, and the whole answer."""

import json
from typing import Any

from tests.simulator.receiver import World

FIELDS = {"thing1": "会议", "date2": "2026年10月10日 14:00", "thing3": "礼堂", "thing4": "请点开"}
SUBSCRIBE = "/cgi-bin/message/subscribe/send"
BIZ = "/cgi-bin/message/subscribe/bizsend"
TEMPLATE = "/cgi-bin/message/template/send"


def values(**changed: str) -> dict[str, Any]:
    """The data of a message to the template `tmpl-meeting`, with some fields changed."""
    return {name: {"value": value} for name, value in (FIELDS | changed).items()}


def message(**changed: Any) -> dict[str, Any]:
    """A subscribe message to `o1` that arrives, unless something is changed."""
    body = {
        "touser": "o1",
        "template_id": "tmpl-meeting",
        "page": "pages/meeting/index?id=1",
        "data": values(),
    }
    return {name: value for name, value in (body | changed).items() if value is not None}


async def answer(
    wechat: World,
    path: str,
    body: Any = None,
    *,
    account: str | None = "mini",
    method: str | None = None,
    raw: bytes | None = None,
    **params: Any,
) -> Any:
    """The answer's JSON, else its bytes. The token of `account` goes with the call, unless one is given."""
    if account and "access_token" not in params:
        params["access_token"] = wechat.platform.stable_token(account, force=False)[0]
    method = method or ("GET" if body is None and raw is None else "POST")
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    async with wechat.http.request(method, wechat.base_url + path, params=params, data=data) as response:
        content = await response.read()
        assert response.status == 200, content
    return json.loads(content) if content[:1] == b"{" else content


async def errcode(wechat: World, path: str, body: Any = None, **more: Any) -> int:
    """What the call is refused with; 0 when it is not."""
    said = await answer(wechat, path, body, **more)
    return int(said.get("errcode", 0)) if isinstance(said, dict) else 0
