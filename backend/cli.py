"""Commands: web, worker, schedule (the parts of the service); migrate; run, tour, demo-fill, accounts (local run)."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import uvloop
from pydantic import ValidationError
from redis.asyncio import Redis
from tortoise import Tortoise

from backend.clock import Clock
from backend.errors import CaseworkError, SetupError
from backend.redis_pool import open_redis
from backend.repeat import every
from backend.settings import Settings
from models import tortoise_config
from models.keyring import MasterKey

_STOP_SECONDS = 30
_WITHOUT_STORES = ("run", "tour", "readings", "check-rules", "new-master-key")

if TYPE_CHECKING:
    from backend.trail.heads import Heads

# Each command imports what it needs itself: a web worker carries no launcher, the launcher no web framework.


def main() -> None:
    """Run one command; a wrong setting is one clear line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m backend", description=__doc__)
    parser.add_argument("command", choices=sorted([*_COMMANDS, *_WITH_FILE, "trail-export"]))
    parser.add_argument("file", nargs="?", type=Path, help="a file; for trail-export the case's number")
    parser.add_argument("--to", type=Path, help="for trail-export: the folder to write into")
    arguments = parser.parse_args()
    command = arguments.command
    if command in _WITH_FILE and (arguments.file is None or not arguments.file.is_file()):
        print(f"错误: {command} 需要一个文件, 例如: python -m backend {command} 文件", file=sys.stderr)
        sys.exit(2)
    if command == "trail-export" and not (arguments.file and arguments.to):
        print("错误: 要写个案编号和文件夹, 例如: python -m backend trail-export 个案编号 --to 文件夹", file=sys.stderr)
        sys.exit(2)
    try:
        settings = _settings(command)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        print(
            f"错误: 设置 {name} 不对: {first['msg'].removeprefix('Value error, ')}".replace("设置  不对: ", ""),
            file=sys.stderr,
        )
        sys.exit(2)
    try:
        sys.exit(_run(command, settings, arguments))
    except SetupError as error:
        print(f"错误: {error}", file=sys.stderr)
        sys.exit(2)


def _run(command: str, settings: Settings, arguments: argparse.Namespace) -> int:
    if command in _WITH_FILE:
        return _WITH_FILE[command](settings, arguments.file)
    if command == "trail-export":
        return _trail_export(settings, str(arguments.file), arguments.to)
    return _COMMANDS[command](settings)


def _settings(command: str) -> Settings:
    """From the environment; in the local run the stores' URLs come from the launcher's file."""
    if command != "run" and not os.environ.get("DATABASE_URL"):
        file = Settings().var_dir / "run" / "environment.json"
        if file.exists():
            os.environ.update(json.loads(file.read_text()))
    settings = Settings()
    if command not in _WITHOUT_STORES and not (settings.database_url and settings.redis_url):
        print("错误: 没有设置 DATABASE_URL 和 REDIS_URL, 也没有正在运行的 make run", file=sys.stderr)
        sys.exit(2)
    return settings


async def _load_keys(settings: Settings) -> MasterKey:
    """The master key, and the data keys held by this process. Raises SetupError."""
    from backend import keys

    try:
        await keys.load(settings.master)
    except (ValueError, keys.KeysUnusableError) as error:
        raise SetupError(f"{error}; 没有启动。") from error
    return settings.master


async def _check_keys(settings: Settings) -> None:
    async with _stores(settings):
        await _load_keys(settings)


def _require_a_safe_trail(settings: Settings) -> None:
    """In production: the key signs, and the database user cannot change the trail. Raises SetupError."""
    if settings.is_production:
        from backend.clients import open_heads
        from backend.trail.rights import require_append_only

        open_heads(settings)
        uvloop.run(require_append_only(settings.database_url))


def _web(settings: Settings) -> int:
    _require_a_safe_trail(settings)
    uvloop.run(_check_keys(settings))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # One process a core on one port: the kernel spreads connections, no manager sits above.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(1024)
        from backend.app import create_app
        from backend.edge.bodies import PatientProtocol

        try:
            app = create_app(settings)
        except ValueError as error:  # a limit that does not exist
            print(f"错误: 设置 LIMITS 不对: {error}", file=sys.stderr)
            return 2
        app.run(sock=listener, protocol=PatientProtocol, single_process=True, access_log=False, motd=False)
    return 0


@asynccontextmanager
async def _stores(settings: Settings) -> AsyncIterator[Redis]:
    redis = open_redis(settings.redis_url)
    await Tortoise.init(config=tortoise_config(settings.database_url))
    try:
        yield redis
    finally:
        await Tortoise.close_connections()
        await redis.aclose()


async def _until_stopped(work: Awaitable[None]) -> None:
    """Run until SIGTERM or Ctrl-C; a failure of the work itself comes out."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        task.cancel()
        # redis-py on Python 3.11 can lose a cancellation; whatever is still at work is safe against being killed.
        loop.call_later(_STOP_SECONDS, os._exit, 1)

    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stop)
    with suppress(asyncio.CancelledError):
        await task


async def _run_worker(settings: Settings) -> None:
    from backend import jobs, keys, photos, queue
    from backend.budget import RedisBudget
    from backend.casework import readings_choice
    from backend.clients import make_senders, make_sms, make_wechat, make_wecom, open_heads
    from backend.edge.log import configure as configure_logs
    from notices.delivery import Deliverer
    from notices.quiet import QuietHours
    from notices.wording import check_wording

    configure_logs(settings.environment)
    if problems := check_wording():
        raise SetupError(f"通知的文字不合微信的规则: {problems[0]}; 没有启动。")
    heads = open_heads(settings)
    log = structlog.get_logger().bind(process="worker")
    async with _stores(settings) as redis:
        master = await _load_keys(settings)
        settle = partial(readings_choice.settle, settings.chosen_readings, two_people=settings.is_production)
        await settle()
        clients = make_wechat(settings, redis)
        broker = queue.make_broker(settings.redis_url)
        clock = Clock(redis, movable=not settings.is_production)
        wecom, sms = make_wecom(settings, redis), make_sms(settings, clock)
        senders = make_senders(settings, clients, wecom, sms)
        deliverer = Deliverer(
            senders,
            RedisBudget(redis, settings.notice_rates),
            clock.now,
            worker=f"{socket.gethostname()}:{os.getpid()}"[:40],
            quiet=QuietHours.parse(settings.quiet_hours),
            slots=settings.notice_slots,
        )
        try:
            worker = jobs.Worker(
                clock,
                deliverer,
                log,
                clients,
                heads,
                settings.trail_heads_minutes,
                photos=photos.open_store(settings.photo_url),
                retention=settings.retention_periods,
            )
            following = [
                asyncio.create_task(keys.follow(master, log)),
                asyncio.create_task(every(readings_choice.REFRESH_SECONDS, settle, log, "readings_not_refreshed")),
            ]
            await _until_stopped(jobs.run_worker(broker, worker))
            for task in following:
                task.cancel()
        finally:
            await broker.shutdown()
            for client in (*clients.values(), wecom, sms):
                if client is not None:
                    await client.close()


async def _run_schedule(settings: Settings) -> None:
    from backend import queue
    from backend.edge.log import configure as configure_logs

    configure_logs(settings.environment)
    broker = queue.make_broker(settings.redis_url)
    try:
        await _until_stopped(queue.run_schedule(broker))
    finally:
        await broker.shutdown()


async def _fill(settings: Settings) -> None:
    if settings.environment == "production":
        return
    from backend.demo import fill

    async with _stores(settings) as redis:
        await _load_keys(settings)
        await fill.fill(settings, now=await Clock(redis, movable=True).now())


async def _migrate(settings: Settings) -> None:
    from backend import keys, photos, rotation
    from backend.casework.calendar import seed_shipped
    from backend.desk import entries, trials
    from models.migrate import ServiceRoleError, migrate

    if settings.is_production and not settings.migration_database_url:
        raise SetupError("正式环境要设置 MIGRATION_DATABASE_URL (表的所有者), 与 DATABASE_URL 用不同的用户")
    try:
        await migrate(settings.owner_database_url, service=settings.service_role)
    except ServiceRoleError as error:
        raise SetupError(str(error)) from error
    async with _stores(settings) as redis:
        now = await Clock(redis, movable=not settings.is_production).now()
        try:
            made = await keys.ensure(settings.master, settings.seal_algorithm, now=now)
        except ValueError as error:
            raise SetupError(f"{error}; 没有启动。") from error
        if made:
            print(f"· 生成数据密钥 ({settings.seal_algorithm})")
        await _load_keys(settings)
        # What an earlier version wrote plainly is sealed before anybody reads it.
        try:
            async with rotation.alone(settings.database_url):
                await rotation.reseal(photos.open_store(settings.photo_url), say=lambda line: print(f"· 加密 {line}"))
        except rotation.AlreadyRunningError:
            print("· 正在更换密钥, 加密由它完成")
        for year in await seed_shipped(now=now):
            print(f"· 录入{year}年放假安排")
        if changed := await entries.seed_shipped(now=now):
            print(f"· 录入问答条目 {len(changed)} 个")
        if await trials.ensure_model(now=now):
            print("· 按已发布的条目训练问答模型")


async def _accounts(settings: Settings) -> None:
    from backend.demo import fill

    async with _stores(settings):
        await _load_keys(settings)
        await fill.print_accounts()


async def _rotate_keys(settings: Settings) -> None:
    from backend import photos, rotation

    async with _stores(settings) as redis:
        master = await _load_keys(settings)
        now = await Clock(redis, movable=not settings.is_production).now()
        store = photos.open_store(settings.photo_url)
        try:
            await rotation.rotate(
                master,
                settings.seal_algorithm,
                store,
                database_url=settings.database_url,
                now=now,
                say=lambda line: print(f"· {line}", flush=True),
            )
        except rotation.AlreadyRunningError as error:
            raise SetupError("另一个更换密钥的命令正在运行") from error
        except rotation.DamagedLeftError as error:
            raise SetupError(f"有 {error} 行读不出来(见上), 旧密钥保留; 请先核对这些记录") from error


async def _rewrap_keys(settings: Settings) -> None:
    from backend import rotation
    from models.keyring import DamagedError

    async with _stores(settings) as redis:
        now = await Clock(redis, movable=not settings.is_production).now()
        try:
            count = await rotation.rewrap(settings.previous_master, settings.master, now=now)
        except (ValueError, DamagedError) as error:
            raise SetupError(str(error) if isinstance(error, ValueError) else "原来的主密钥不对") from error
        print(f"已用新的主密钥重新包裹 {count} 把数据密钥; 请用新的主密钥重启各进程。")


def _invite_admin(settings: Settings) -> int:
    from backend.errors import ConflictError
    from backend.identity import invitations

    async def work() -> int:
        async with _stores(settings) as redis:
            await _load_keys(settings)
            now = await Clock(redis, movable=not settings.is_production).now()
            try:
                _, code = await invitations.invite_first_admin(now=now)
            except ConflictError as error:
                print(f"错误: {error.message}", file=sys.stderr)
                return 1
        print(f"{invitations.PATH}{code}")
        print(f"· 请在{invitations.DAYS}天内用浏览器打开: 本服务的网址加上面这一行; 只能用一次。", file=sys.stderr)
        return 0

    return uvloop.run(work())


def _new_master_key(_settings: Settings) -> int:
    from models.keyring import MasterKey

    print(MasterKey.generate())
    return 0


async def _retention_preview(settings: Settings) -> None:
    from backend.privacy.due import preview
    from rules.retention import SCHEDULE

    periods = settings.retention_periods
    async with _stores(settings) as redis:
        await _load_keys(settings)
        now = await Clock(redis, movable=not settings.is_production).now()
        found = await preview(now, periods) | await preview(now, periods, by_itself=True)
    for category in SCHEDULE:
        period, rows = periods.get(category.key), found.get(category.key, [])
        state = f"{period.said}, 到期 {len(rows)}" if period else "没有设置期限, 不删"
        print(f"{category.key:<16} {category.title}: {state}")
        for one in rows:
            if one.label:
                print(f"  {one.label}")
    print("只是看看, 没有删。要删请区民政两位同事在 /console/retention 申请和同意。")


async def _tour(settings: Settings) -> None:
    from backend.demo import tour

    await tour.run(settings)


def _readings(settings: Settings) -> int:
    from rules.readings import DEFAULT, READINGS

    chosen = settings.chosen_readings
    for item in READINGS:
        value = getattr(chosen, item.name) if item.name else None
        mark = f"[{item.name} = {value}]" if item.name else "[只有这一种]"
        changed = " (区里另选)" if item.name and value != getattr(DEFAULT, item.name) else ""
        print(f"{item.number:<8} {item.clause:<7} {item.question}: {item.said(chosen)} {mark}{changed}")
        for other in item.otherwise(chosen):
            print(f"{'':<17}也可以选: {other}")
    return 0


def _import_calendar(settings: Settings, file: Path) -> int:
    from backend.access import SYSTEM
    from backend.casework.calendar import import_year
    from backend.errors import CaseworkError

    text = file.read_text("utf-8", "replace")

    async def work() -> int:
        async with _stores(settings) as redis:
            await _load_keys(settings)
            now = await Clock(redis, movable=not settings.is_production).now()
            try:
                found = await import_year(SYSTEM, text, now=now)
            except CaseworkError as error:
                print("\n".join((f"错误: {error.message}", *error.reasons)), file=sys.stderr)
                return 1
        print(f"已导入{found.year}年: 新增或改变的日子 {found.days_changed} 个, 期限改变的有 {len(found.moved)} 个。")
        for item in found.moved:
            print(f"  {item.number} {item.clock}: {item.before} -> {item.after}")
        return 0

    return uvloop.run(work())


def _check_rules(_settings: Settings, file: Path) -> int:
    from backend.check_rules import check_file

    return check_file(file, sys.stdout)


def _asynchronous(work: Callable[[Settings], Awaitable[None]]) -> Callable[[Settings], int]:
    def run(settings: Settings) -> int:
        uvloop.run(work(settings))  # type: ignore[arg-type]
        return 0

    return run


def _worker(settings: Settings) -> int:
    _require_a_safe_trail(settings)
    return _asynchronous(_run_worker)(settings)


def _at_the_trail(
    work: Callable[[Settings, "Heads", datetime], Awaitable[int]], *, with_keys: bool = False
) -> Callable[[Settings], int]:
    """A command over the database and the second place of the heads; what it refuses is one line and exit code 1.

    To verify nobody needs the keys: the chain is over what is stored.
    """

    def run(settings: Settings) -> int:
        from backend.clients import open_heads

        async def inside() -> int:
            async with _stores(settings) as redis:
                now = await Clock(redis, movable=not settings.is_production).now()
                try:
                    if with_keys:
                        await _load_keys(settings)
                    return await work(settings, open_heads(settings), now)
                except CaseworkError as error:
                    print(f"错误: {' '.join((error.message, *error.reasons))}", file=sys.stderr)
                    return 1

        return uvloop.run(inside())

    return run


async def _trail_verify(settings: Settings, heads: "Heads", now: datetime) -> int:
    from backend.trail.commands import verify_and_tell

    return await verify_and_tell(settings.database_url, heads, now=now)


async def _trail_head(_settings: Settings, heads: "Heads", now: datetime) -> int:
    from backend.trail.commands import note_head

    return await note_head(heads, now=now)


def _trail_export(settings: Settings, number: str, folder: Path) -> int:
    from backend.trail.commands import export_to

    export = _at_the_trail(lambda _settings, heads, now: export_to(number, folder, heads, now=now), with_keys=True)
    return export(settings)


def _check_templates(settings: Settings) -> int:
    from backend.clients import make_wechat
    from backend.wechat.templates import check
    from notices.kinds import TEMPLATES

    async def work() -> int:
        redis = open_redis(settings.redis_url)
        clients = make_wechat(settings, redis)
        try:
            findings = await check(clients["mini_program"], TEMPLATES, settings.wechat_templates)
        finally:
            for client in clients.values():
                await client.close()
            await redis.aclose()
        print("\n".join(findings) if findings else f"{len(TEMPLATES)}个订阅消息模板和账号里的一致。")
        return 1 if findings else 0

    return uvloop.run(work())


def _launch(settings: Settings) -> int:
    from backend.launcher import Launcher

    return Launcher(settings).run()


_COMMANDS: dict[str, Callable[[Settings], int]] = {
    "web": _web,
    "worker": _worker,
    "schedule": _asynchronous(_run_schedule),
    "migrate": _asynchronous(_migrate),
    "demo-fill": _asynchronous(_fill),
    "accounts": _asynchronous(_accounts),
    "tour": _asynchronous(_tour),
    "rotate-keys": _asynchronous(_rotate_keys),
    "rewrap-keys": _asynchronous(_rewrap_keys),
    "new-master-key": _new_master_key,
    "invite-admin": _invite_admin,
    "readings": _readings,
    "check-templates": _check_templates,
    "retention-preview": _asynchronous(_retention_preview),
    "run": _launch,
    "trail-verify": _at_the_trail(_trail_verify),
    "trail-head": _at_the_trail(_trail_head),
}

_WITH_FILE: dict[str, Callable[[Settings, Path], int]] = {
    "check-rules": _check_rules,
    "import-calendar": _import_calendar,
}
