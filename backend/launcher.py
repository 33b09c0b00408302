"""The local run: starts every part, owns every process, notices a death, leaves nothing behind.

Neither Sanic's nor taskiq's manager reports a child killed with -9 (docs/decisions/0005), so there is no manager below
this one: each part is one process in its own group, asked to die with the launcher.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from backend import embedded
from backend.settings import DEMO_ENDS, DEMO_PHONE, DEMO_SERVICE_TEMPLATES, Settings
from models.keyring import MasterKey

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10.0
_READY_SECONDS = 180.0
_LIBC = ctypes.CDLL(None, use_errno=True)


class LaunchError(Exception):
    """Why the run cannot go on: one clear line."""


class StopRequested(Exception):  # noqa: N818 (not an error: somebody pressed Ctrl-C)
    """Ctrl-C or a polite kill."""


@dataclass
class Part:
    """One running process."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_with: signal.Signals


class Launcher:
    """Everything that runs, in the order in which it was started."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._var = settings.var_dir.resolve()
        self._run = self._var / "run"
        self._logs = self._var / "log"
        self._parts: list[Part] = []
        self._owner_url = ""
        self._environment = dict(os.environ)
        self._environment.pop("MIGRATION_DATABASE_URL", None)
        # A card on the simulated WeCom opens this very run.
        self._environment.setdefault("PUBLIC_URL", f"http://{settings.host}:{settings.port}")
        self._environment.setdefault("CONTACT_PHONE", settings.contact_phone or DEMO_PHONE)

    def run(self) -> int:
        """Start, watch, stop. Returns the exit code: 0 after Ctrl-C, 1 when something was wrong."""
        for folder in (self._run, self._logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for wanted in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wanted, _stop_requested)
        try:
            with self._only_one():
                try:
                    self._start_all()
                    self._watch()
                finally:
                    # A second Ctrl-C must not leave half of the parts running.
                    for wanted in (signal.SIGINT, signal.SIGTERM):
                        signal.signal(wanted, signal.SIG_IGN)
                    self._stop_all()
        except StopRequested:
            print("已全部停止, 数据保存在 var/ 里。", flush=True)
            return 0
        except (LaunchError, RuntimeError, OSError) as error:
            print(f"错误: {error}", file=sys.stderr, flush=True)
            return 1
        return 1

    # -- starting

    def _start_all(self) -> None:
        began = time.monotonic()
        settings = self._settings
        self._clear_leftovers()
        for port, name in ((settings.port, "PORT"), (settings.simulator_port, "SIMULATOR_PORT")):
            _require_free(settings.host, port, name)
        self._start_stores()
        self._say("更新数据库结构")
        self._run_once("migrate", MIGRATION_DATABASE_URL=self._owner_url)
        if not settings.wechat_api_base:
            self._start_simulator()
        self._say("准备演示数据 (只在第一次)")
        self._run_once("demo-fill")
        count = os.cpu_count() or 1
        self._say(f"启动网页服务 ×{count}、后台任务、定时任务")
        for index in range(count):
            self._start_command(f"web-{index}", "web", WORKER_INDEX=str(index))
        self._start_command("worker", "worker")
        self._start_command("schedule", "schedule")
        address = f"http://{settings.host}:{settings.port}"
        self._wait("网页服务", lambda: _answers(f"{address}/health/ready"))
        print(f"\n已就绪 (用时 {time.monotonic() - began:.1f} 秒)", flush=True)
        print(f"  公布名单        {address}/lists", flush=True)
        print(f"  政策原文        {address}/policy", flush=True)
        print(f"  模拟手机        http://{settings.host}:{settings.simulator_port}/", flush=True)
        print(f"  模拟企业微信    http://{settings.host}:{settings.simulator_port}/wecom/", flush=True)
        print(f"  模拟短信        http://{settings.host}:{settings.simulator_port}/sms/", flush=True)
        print(f"  工作台          {address}/console/people", flush=True)
        self._run_once("accounts", show=True)
        print("另开一个终端运行 make tour 看一个个案走完全程; 按 Ctrl-C 停止。", flush=True)

    def _start_stores(self) -> None:
        settings = self._settings
        urls = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
        self._owner_url = settings.owner_database_url
        if not settings.database_url:
            self._say("启动内置 PostgreSQL")
            server = embedded.postgres(self._var / "postgres", self._logs / "postgres.log")
            self._start("postgres", server.argv, server.log, signal.SIGINT)
            self._owner_url = server.url
            self._wait("PostgreSQL", lambda: embedded.postgres_is_ready(server.url))
            # What serves people cannot change the trail: only migrate is handed the owner's URL.
            urls["DATABASE_URL"] = embedded.service_url(server.url, self._var / "postgres")
            asyncio.run(embedded.make_service_role(server.url, urls["DATABASE_URL"]))
        if not settings.redis_url:
            self._say("启动内置 Redis")
            server = embedded.redis(self._var / "redis", self._logs / "redis.log")
            self._start("redis", server.argv, server.log, signal.SIGTERM)
            urls["REDIS_URL"] = server.url
            self._wait("Redis", lambda: _accepts(server.url))
        self._make_master_key()
        self._environment |= urls
        # For commands in another terminal; readable by the owner alone, since the URLs carry passwords.
        file = self._run / "environment.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(urls | {"MIGRATION_DATABASE_URL": self._owner_url}))

    def _make_master_key(self) -> None:
        """The local run makes its own, once; an installation is given one (docs/keys.md)."""
        settings = self._settings
        file = settings.local_master_key_file
        if (
            settings.is_production
            or settings.master_key.get_secret_value()
            or settings.master_key_file
            or file.exists()
        ):
            return
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(MasterKey.generate())

    def _start_simulator(self) -> None:
        settings = self._settings
        self._say("启动微信模拟器")
        argv = [sys.executable, "-m", "simulator", "--host", settings.host, "--port", str(settings.simulator_port)]
        argv += ["--push-url", f"http://{settings.host}:{settings.port}/wechat/push"]
        argv += ["--mini-push-url", f"http://{settings.host}:{settings.port}/wechat/mini/push"]
        argv += ["--state", str(self._var / "simulator.json"), "--events"]
        argv += [
            "--sms-report-url",
            f"http://{settings.host}:{settings.port}/sms/reports/{DEMO_ENDS['SMS_REPORT_SECRET']}",
        ]
        phones = f"http://{settings.host}:{settings.simulator_port}"
        ends = DEMO_ENDS | {"WECOM_API_BASE": f"{phones}/wecom", "SMS_API_BASE": f"{phones}/sms"}
        if not (settings.is_production or settings.wecom_is_on or settings.sms_is_on):
            self._environment |= ends
        if not (settings.is_production or settings.service_templates):
            self._environment["SERVICE_TEMPLATES"] = json.dumps(DEMO_SERVICE_TEMPLATES)
        self._start("simulator", argv, self._logs / "simulator.log", signal.SIGINT)
        self._wait("微信模拟器", lambda: _answers(f"http://{settings.host}:{settings.simulator_port}/admin/stats"))

    def _start_command(self, name: str, command: str, **environment: str) -> None:
        argv = [sys.executable, "-m", "backend", command]
        self._start(name, argv, self._logs / f"{name}.log", signal.SIGTERM, **environment)

    def _start(self, name: str, argv: list[str], log: Path, stop_with: signal.Signals, **environment: str) -> None:
        with log.open("ab") as output:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment | environment,
                start_new_session=True,
                preexec_fn=lambda: _LIBC.prctl(_PR_SET_PDEATHSIG, stop_with),
            )
        self._parts.append(Part(name, process, log, stop_with))
        records = [
            {"name": part.name, "pid": part.process.pid, "started": _start_time(part.process.pid)}
            for part in self._parts
        ]
        part_file = self._run / "processes.json.part"
        part_file.write_text(json.dumps(records))
        part_file.replace(self._run / "processes.json")

    def _run_once(self, command: str, *, show: bool = False, **environment: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "backend", command],
            env=self._environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=None if show else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr or "").strip().splitlines()[-1:] or ["没有说明"]
            raise LaunchError(f"{command} 失败: {last[0]}")

    def _wait(self, name: str, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not is_ready():
            self._require_all_alive()
            if time.monotonic() > deadline:
                raise LaunchError(f"{name}在{_READY_SECONDS:.0f}秒内没有就绪, 请看 {self._logs}")
            time.sleep(0.05)

    # -- watching and stopping

    def _watch(self) -> None:
        while True:
            self._require_all_alive()
            time.sleep(0.2)

    def _require_all_alive(self) -> None:
        for part in self._parts:
            code = part.process.poll()
            if code is not None:
                how = f"被信号 {-code} 杀死" if code < 0 else f"退出, 代码 {code}"
                raise LaunchError(
                    f"{part.name} 已停止 ({how}), 其余部分随之停止; 日志在 {part.log}{_last_line(part.log)}"
                )

    def _stop_all(self) -> None:
        for part in reversed(self._parts):
            if part.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(part.process.pid, part.stop_with)
            try:
                part.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"{part.name} 没有按时停止, 强制结束", file=sys.stderr, flush=True)
            # The group outlives its leader when the leader was killed: PostgreSQL's children, for one.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(part.process.pid, signal.SIGKILL)
            part.process.wait()
        (self._run / "processes.json").unlink(missing_ok=True)
        (self._run / "environment.json").unlink(missing_ok=True)

    def _clear_leftovers(self) -> None:
        file = self._run / "processes.json"
        if not file.exists():
            return
        for record in json.loads(file.read_text()):
            pid = int(record["pid"])
            # The same pid with another start time is somebody else's process: never touched.
            if _start_time(pid) != record["started"]:
                continue
            self._say(f"清理上次留下的 {record['name']} (进程 {pid})")
            _end_group(pid)
        file.unlink()

    @contextlib.contextmanager
    def _only_one(self) -> Iterator[None]:
        with (self._run / "launcher.lock").open("w") as lock:
            os.set_inheritable(lock.fileno(), False)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LaunchError(f"这个文件夹里已经有一个服务在运行 ({self._run})") from error
            yield

    @staticmethod
    def _say(text: str) -> None:
        print(f"· {text}", flush=True)


def _stop_requested(_signal: int, _frame: FrameType | None) -> None:
    raise StopRequested


def _require_free(host: str, port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LaunchError(f"端口 {port} 已被占用; 请停掉占用它的程序, 或用 {name}=别的端口 再运行") from error


def _accepts(url: str) -> bool:
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _start_time(pid: int) -> str | None:
    """The kernel's start time of a process: together with the pid it names one process for ever."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return None


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _start_time(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return f"; 最后一行: {lines[-1][:200]}" if lines else ""
