"""`python -m simulator`: the platform on a port, until it is stopped."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import uvloop
from aiohttp import web

from simulator import (
    admin,
    api,
    checks,
    codes,
    controls,
    customer_service,
    logins,
    media,
    messages,
    phones,
    pushing,
    sms,
    switches,
    telling,
    templates,
    wecom,
)
from simulator.accounts import Account
from simulator.platform import Platform

_MOST_BYTES = 12 * 1024 * 1024
_OF_WECHAT = (logins, messages, customer_service, media, codes, checks, templates)
_OURS = (admin, switches, pushing, phones, controls)


async def _save_every_second(platform: Platform) -> None:
    while True:
        await asyncio.sleep(1)
        platform.save_changes()


def make_app(platform: Platform) -> web.Application:
    """The platform as an aiohttp application."""
    app = web.Application(middlewares=[admin.admin_errors, api.platform_rules], client_max_size=_MOST_BYTES)
    app[api.PLATFORM] = platform

    async def http(app: web.Application) -> AsyncIterator[None]:
        app[admin.HTTP] = aiohttp.ClientSession()
        yield
        await app[admin.HTTP].close()

    async def state(app: web.Application) -> AsyncIterator[None]:
        saving = asyncio.create_task(_save_every_second(platform))
        yield
        saving.cancel()
        platform.save()

    app.cleanup_ctx.extend((http, state, telling.telling(platform, admin.HTTP)))
    for module in (*_OF_WECHAT, *_OURS):
        app.add_routes(module.routes)
    return app


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m simulator")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--appid", default="wx0000demo0000mini")
    parser.add_argument("--secret", default="demo-mini-secret")
    parser.add_argument("--mini-push-url", default="http://127.0.0.1:8000/wechat/mini/push")
    parser.add_argument("--mini-push-token", default="demo-mini-push-token")
    parser.add_argument("--mini-push-aes-key", default="B" * 43)
    parser.add_argument("--service-appid", default="wx0000demo0000serv")
    parser.add_argument("--service-secret", default="demo-service-secret")
    parser.add_argument("--push-url", default="http://127.0.0.1:8000/wechat/push", help="of the service account")
    parser.add_argument("--push-token", default="demo-push-token", help="of the service account")
    parser.add_argument("--push-aes-key", default="A" * 43, help="of the service account")
    parser.add_argument("--state", type=Path)
    parser.add_argument("--wecom-corp-id", default="ww0000demo0000corp")
    parser.add_argument("--wecom-secret", default="demo-wecom-secret")
    parser.add_argument("--wecom-agent-id", type=int, default=1000002)
    parser.add_argument("--sms-secret-id", default="demo-sms-secret-id")
    parser.add_argument("--sms-secret-key", default="demo-sms-secret-key")
    parser.add_argument("--sms-app-id", default="1400000000")
    parser.add_argument("--sms-sign", default="鹿城社会救助")
    parser.add_argument("--sms-report-url", default="", help="where the status of every SMS is told; empty: nowhere")
    parser.add_argument("--events", action="store_true", help="tell what people choose and what became of messages")
    args = parser.parse_args()
    mini = Account(
        kind="mini",
        appid=args.appid,
        secret=args.secret,
        push_token=args.mini_push_token,
        push_aes_key=args.mini_push_aes_key,
        original_id="gh_demo00000002",
        push_url=args.mini_push_url,
    )
    service = Account(
        kind="service",
        appid=args.service_appid,
        secret=args.service_secret,
        push_token=args.push_token,
        push_aes_key=args.push_aes_key,
        original_id="gh_demo00000001",
        push_url=args.push_url,
    )
    platform = Platform(mini=mini, service=service, state=args.state)
    app = make_app(platform)
    app.add_subapp("/wecom", wecom.make_app(_wecom(args)))
    app.add_subapp("/sms", sms.make_app(_sms(args)))
    platform.pushing.events = args.events
    loop = uvloop.new_event_loop()
    web.run_app(app, host=args.host, port=args.port, print=None, access_log=None, loop=loop)


def _wecom(args: argparse.Namespace) -> wecom.WeCom:
    return wecom.WeCom(corp_id=args.wecom_corp_id, secret=args.wecom_secret, agent_id=args.wecom_agent_id)


def _sms(args: argparse.Namespace) -> sms.Sms:
    return sms.Sms(
        secret_id=args.sms_secret_id,
        secret_key=args.sms_secret_key,
        app_id=args.sms_app_id,
        sign=args.sms_sign,
        report_url=args.sms_report_url,
    )


if __name__ == "__main__":
    main()
