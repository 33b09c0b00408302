"""`python -m simulator`: the platform on a port, until it is stopped."""

import argparse
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohttp import web

from simulator import admin, api, phones
from simulator.platform import Platform


def make_app(platform: Platform, push_url: str) -> web.Application:
    """The platform as an aiohttp application."""
    app = web.Application(middlewares=[admin.admin_errors, api.platform_rules])
    app[api.PLATFORM] = platform
    app[admin.PUSH_URL] = push_url

    async def http(app: web.Application) -> AsyncIterator[None]:
        app[admin.HTTP] = aiohttp.ClientSession()
        yield
        await app[admin.HTTP].close()
        platform.save()

    app.cleanup_ctx.append(http)
    for module in (api, admin, phones):
        app.add_routes(module.routes)
    return app


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m simulator")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--push-url", default="http://127.0.0.1:8000/wechat/push")
    parser.add_argument("--appid", default="wx0000demo0000mini")
    parser.add_argument("--secret", default="demo-mini-secret")
    parser.add_argument("--push-token", default="demo-push-token")
    parser.add_argument("--push-aes-key", default="A" * 43)
    parser.add_argument("--state", type=Path)
    args = parser.parse_args()
    platform = Platform(
        appid=args.appid,
        secret=args.secret,
        push_token=args.push_token,
        push_aes_key=args.push_aes_key,
        state=args.state,
    )
    web.run_app(make_app(platform, args.push_url), host=args.host, port=args.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
