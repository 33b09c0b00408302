"""`make run` as a process: started, used, stopped, every part killed in turn; nothing is left behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.embedded import free_port

pytestmark = pytest.mark.whole
ROOT = Path(__file__).parent.parent.parent
PARTS = ("postgres", "redis", "simulator", "web-0", "worker", "schedule")


class LocalRun:
    """One `python -m backend run` in a folder of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        self.var = folder
        self.environment = clean | {
            "VAR_DIR": str(folder),
            "PORT": str(free_port()),
            "SIMULATOR_PORT": str(free_port()),
            **environment,
        }
        folder.parent.mkdir(exist_ok=True)
        self.output = folder.parent / f"{folder.name}.out"

    def __enter__(self) -> "LocalRun":
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend", "run"], cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def until_ready(self, seconds: float = 60) -> float:
        """Seconds until it said that it was ready."""
        began = time.monotonic()
        before = self.output.read_text().count("已就绪")
        while self.output.read_text().count("make tour") <= before:
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() - began < seconds, self.output.read_text()
            time.sleep(0.05)
        return time.monotonic() - began

    def end(self, seconds: float = 60) -> int:
        """The exit code."""
        return self.process.wait(seconds)

    def records(self) -> dict[str, int]:
        """Part -> pid, from the launcher's own file."""
        return {row["name"]: row["pid"] for row in json.loads((self.var / "run" / "processes.json").read_text())}

    def get(self, path: str) -> str:
        """One page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.environment['PORT']}{path}", timeout=10) as response:
            return str(response.read().decode())


def alive(pids: Iterator[int] | list[int]) -> list[int]:
    """Which of these processes still run (zombies of others do not count)."""
    found = []
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                found.append(pid)
    return found


def group_of(pids: dict[str, int]) -> list[int]:
    """Every process in the parts' groups, PostgreSQL's children among them."""
    groups = set(pids.values())
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[2]) in groups:
                members.append(int(stat.parent.name))
    return members


def test_it_starts_is_used_by_the_tour_stops_cleanly_and_keeps_its_data(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "a folder" / "var") as run:
        run.until_ready()
        tour = subprocess.run(
            [sys.executable, "-m", "backend", "tour"], cwd=ROOT, env=run.environment, capture_output=True, text=True
        )
        assert tour.returncode == 0, tour.stdout + tour.stderr
        assert "公布名单" in tour.stdout
        convened = next(line for line in tour.stdout.splitlines() if "通知: 微信订阅消息" in line)
        for rung in ("公众号", "企业微信", "短信", "电话名单"):
            assert f"{rung} 1 人" in convened
        members = group_of(run.records())
        run.process.send_signal(signal.SIGINT)
        assert run.end() == 0
        assert alive(members) == []
    with LocalRun(tmp_path / "a folder" / "var", PORT=run.environment["PORT"]) as again:
        again.until_ready()
        village = next(line for line in tour.stdout.splitlines() if "/lists/" in line).rsplit("/", 1)[1]
        assert "980 元" in again.get(f"/lists/{village}")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A var folder that has been filled once."""
    folder = tmp_path_factory.mktemp("killed") / "var"
    with LocalRun(folder) as run:
        run.until_ready()
    return folder


@pytest.mark.parametrize("part", PARTS)
def test_a_part_killed_with_9_is_noticed_in_one_line_and_nothing_is_left_running(filled: Path, part: str) -> None:
    with LocalRun(filled) as run:
        run.until_ready()
        pids = run.records()
        members = group_of(pids)
        os.kill(pids[part], signal.SIGKILL)
        assert run.end() == 1
        assert alive(members) == []
        complaint = [line for line in run.output.read_text().splitlines() if line.startswith("错误")][-1]
        assert part in complaint
        assert "信号 9" in complaint


def test_a_launcher_killed_with_9_leaves_nothing_that_the_next_start_does_not_clear(filled: Path) -> None:
    with LocalRun(filled) as run:
        run.until_ready()
        members = group_of(run.records())
        run.process.kill()
        run.process.wait()
    with LocalRun(filled) as again:
        again.until_ready()
        assert alive(members) == []


def test_a_second_run_in_the_same_folder_is_refused_and_the_first_goes_on(filled: Path) -> None:
    with LocalRun(filled) as run:
        run.until_ready()
        second = subprocess.run(
            [sys.executable, "-m", "backend", "run"], cwd=ROOT, env=run.environment, capture_output=True, text=True
        )
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert "已经有一个服务在运行" in second.stderr
        assert "公布名单" in run.get("/lists")


def test_a_taken_port_is_one_clear_line(filled: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with LocalRun(filled, PORT=str(port)) as run:
            assert run.end() == 1
    complaints = [line for line in run.output.read_text().splitlines() if line.startswith("错误")]
    assert complaints[-1].startswith(f"错误: 端口 {port} 已被占用")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "abc", "PORT"),
        ("ENVIRONMENT", "live", "ENVIRONMENT"),
        ("ENVIRONMENT", "production", "DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(tmp_path: Path, name: str, value: str, says: str) -> None:
    environment = {**os.environ, "VAR_DIR": str(tmp_path), name: value}
    environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "backend", "run"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
