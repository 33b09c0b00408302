"""The receiving side of pushes: keeps what came, answers what the test told it to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from wechatpy.crypto import WeChatCrypto

from backend.embedded import free_port
from simulator.platform import Platform
from tests.simulator.platform import serving


@dataclass
class Receiver:
    """`answers`: (status, body) one after another, the last one for ever; status 0 does not answer in time."""

    answers: list[tuple[int, str]] = field(default_factory=lambda: [(200, "success")])
    bodies: list[str] = field(default_factory=list)
    args: list[dict[str, str]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def take(self, request: web.Request) -> web.Response:
        """One push."""
        self.bodies.append(await request.text())
        self.args.append(dict(request.query))
        self.types.append(request.content_type)
        if self.meanwhile:
            await self.meanwhile()
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status == 0:
            await asyncio.sleep(60)
        return web.Response(status=status, text=body)


@dataclass
class World:
    """The simulator with the phone `o1`, its admin calls, its public calls, and who receives its pushes."""

    platform: Platform
    base_url: str
    http: aiohttp.ClientSession
    mini: Receiver
    service: Receiver

    async def admin(self, path: str, body: dict[str, Any]) -> Any:
        """One admin call that works."""
        async with self.http.post(f"{self.base_url}/admin/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def chat(self, account: str) -> list[tuple[str, str]]:
        """(from, text) of one chat of `o1`, as the admin call shows it."""
        params = {"openid": "o1", "account": account}
        async with self.http.get(f"{self.base_url}/admin/chat", params=params) as response:
            return [(line["from"], line["text"]) for line in await response.json()]

    async def call(self, path: str, body: Any, account: str = "mini") -> int:
        """The errcode of a public endpoint called with an account's token."""
        token, _ = self.platform.stable_token(account, force=False)
        params = {"access_token": token}
        async with self.http.post(f"{self.base_url}/cgi-bin/{path}", params=params, json=body) as response:
            return int((await response.json())["errcode"])

    async def write(self, text: str = "答", account: str = "mini") -> int:
        """The errcode of one customer-service text to `o1`."""
        user = self.platform.users["o1"]
        touser = user.openid_at(self.platform.accounts[account])
        return await self.call(
            "message/custom/send", {"touser": touser, "msgtype": "text", "text": {"content": text}}, account
        )

    def opened(self, account: str, place: int = 0) -> str:
        """The message of an encrypted push, opened with wechatpy."""
        known = self.platform.accounts[account]
        receiver = self.mini if account == "mini" else self.service
        crypto = WeChatCrypto(known.push_token, known.push_aes_key, known.appid)
        args, body = receiver.args[place], receiver.bodies[place]
        sealed = {"Encrypt": body.split('"Encrypt": "')[1].split('"')[0]} if body.startswith("{") else body
        return str(crypto.decrypt_message(sealed, args["msg_signature"], args["timestamp"], args["nonce"]))


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """The simulator, and a receiver behind each of its two push addresses."""
    mini, service, port = Receiver(), Receiver(), free_port()
    app = web.Application()
    app.router.add_post("/mini", mini.take)
    app.router.add_post("/service", service.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with (
            serving(f"http://127.0.0.1:{port}/service", f"http://127.0.0.1:{port}/mini") as (platform, base_url),
            aiohttp.ClientSession() as http,
        ):
            yield World(platform, base_url, http, mini, service)
    finally:
        await runner.cleanup()
