"""A real PostgreSQL and a real Redis for tests: those of the environment, or the embedded ones for the session."""

import base64
import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import disk_usage, rmtree
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from tortoise import Tortoise

from backend import embedded, keys
from models import tortoise_config
from models.keyring import MasterKey
from models.migrate import migrate

MASTER_KEY = base64.b64encode(b"a key that only the tests have..").decode()

# The service's role, as in production another than the owner's: MIGRATION_DATABASE_URL and DATABASE_URL given from
# outside name the two; otherwise the role is made for this process and removed with its template.
_GIVEN = urlsplit(os.environ.get("DATABASE_URL", "")) if os.environ.get("MIGRATION_DATABASE_URL") else None
SERVICE = (_GIVEN.username if _GIVEN else None) or f"service_{uuid4().hex[:8]}"
_PASSWORD = _GIVEN.password if _GIVEN else secrets.token_urlsafe(18)

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_IN_MEMORY = "yishiyiyi-tests-"
_ROOM = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Stores:
    """The servers, and a migrated database that others are copied from. `server_url` is the owner's."""

    server_url: str
    redis_url: str
    template: str

    def database_url(self, name: str) -> str:
        """The URL of one database of the server, for the service's role."""
        server = urlsplit(self.server_url)
        address = server.netloc.rpartition("@")[2]
        return urlunsplit(server._replace(netloc=f"{SERVICE}:{_PASSWORD}@{address}", path=f"/{name}"))

    def owner_url(self, url: str) -> str:
        """The URL of the same database for the owner of its tables."""
        return urlunsplit(urlsplit(self.server_url)._replace(path=urlsplit(url).path))


@contextlib.contextmanager
def in_memory(else_in: Path) -> Iterator[Path]:
    """A folder in memory where the machine has room, `else_in` where not, and for what is measured (STORES_ON_DISK).

    A database of its own for every test is a thousand files each: on a disk ten times the time, and most of the suite.
    """
    if os.environ.get("STORES_ON_DISK") or not os.access(_MEMORY, os.W_OK) or disk_usage(_MEMORY).free < _ROOM:
        yield else_in
        return
    for left in _MEMORY.glob(f"{_IN_MEMORY}*"):  # by a run that was killed
        if not Path("/proc", left.name.removeprefix(_IN_MEMORY)).exists():
            rmtree(left, ignore_errors=True)
    folder = _MEMORY / f"{_IN_MEMORY}{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def servers(folder: Path, data: Path | None = None) -> Iterator[tuple[str, str]]:
    """(the owner's database URL, Redis URL); embedded servers are stopped at the end. `data`: apart from the logs."""
    given = os.environ.get("MIGRATION_DATABASE_URL") or os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if all(given):
        yield str(given[0]), str(given[1])
        return
    data = data or folder
    postgres = embedded.postgres(data / "postgres", folder / "postgres.log")
    redis = embedded.redis(data / "redis", folder / "redis.log")
    running = [start(postgres.argv, folder / "postgres.log"), start(redis.argv, folder / "redis.log")]
    try:
        for server in (postgres, redis):
            wait_for_port(int(urlsplit(server.url).port or 0))
        while not embedded.postgres_is_ready(postgres.url):
            time.sleep(0.05)
        yield postgres.url, redis.url
    finally:
        for process in reversed(running):
            stop(process, signal.SIGINT)


def start(argv: list[str], log: Path, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A child in its own process group, its words in a file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            argv, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True, env=env
        )


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """Stop a child that a test started, and its group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_port(port: int, seconds: float = 30) -> None:
    """Until somebody listens. Raises TimeoutError."""
    import socket

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")


async def make_template(server_url: str) -> str:
    """A migrated database that fresh ones are copied from."""
    name = f"template_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(server_url)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", SERVICE):
            await connection.execute(f"CREATE ROLE {SERVICE} LOGIN PASSWORD '{_PASSWORD}'")
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    await migrate(url, service=SERVICE)
    await Tortoise.init(config=tortoise_config(url, pool=2))
    await keys.ensure(MasterKey.parse(MASTER_KEY), "aes-256-gcm", now=datetime(2026, 9, 28, tzinfo=UTC))
    await Tortoise.close_connections()
    return name


async def copy_database(stores: Stores, *, template: str | None = None) -> str:
    """The service's URL of a fresh migrated database, or of a copy of another template (`template0` is empty)."""
    name = f"test_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(stores.server_url)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template or stores.template}")
    finally:
        await connection.close()
    return stores.database_url(name)


async def drop_database(stores: Stores, url: str) -> None:
    """Remove a test's database, whoever is still connected."""
    connection = await asyncpg.connect(stores.server_url)
    try:
        await connection.execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")
    finally:
        await connection.close()


async def drop_template(stores: Stores) -> None:
    """Remove the template, and the service's role where this process made it: a server given from outside lives on."""
    connection = await asyncpg.connect(stores.server_url)
    try:
        await connection.execute(f"DROP DATABASE {stores.template} WITH (FORCE)")
        if _GIVEN is None:
            with contextlib.suppress(asyncpg.DependentObjectsStillExistError):  # a database that a test left
                await connection.execute(f"DROP ROLE {SERVICE}")
    finally:
        await connection.close()
