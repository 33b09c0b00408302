"""PostgreSQL and Redis of a test's own, which it may kill."""

import os
import signal
import subprocess
import time
from pathlib import Path

from backend import embedded
from tests.stores import start, stop, wait_for_port


class OwnPostgres:
    """A PostgreSQL that comes back on the same port after every death."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "postgres.log"
        self._server = embedded.postgres(folder / "postgres", self._log)
        self.url = self._server.url
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # What the killed one left in shared memory is in the way until its children have noticed.
        deadline = time.monotonic() + 60
        while True:
            process = start(self._server.argv, self._log)
            while process.poll() is None and time.monotonic() < deadline:
                if embedded.postgres_is_ready(self.url):
                    return process
                time.sleep(0.05)
            assert time.monotonic() < deadline, self._log.read_text()[-2000:]

    def kill_and_restart(self) -> None:
        """kill -9, as a power cut would."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = self._start()

    def stop(self) -> None:
        """Gently."""
        stop(self._process, signal.SIGINT)


class OwnRedis:
    """A Redis that comes back on the same port, with what it had saved or with nothing."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "redis.log"
        self._server = embedded.redis(folder / "redis", self._log)
        self.url = self._server.url
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = start(self._server.argv, self._log)
        wait_for_port(int(self.url.rsplit(":", 1)[1].split("/")[0]))
        return process

    def kill_and_restart(self, *, away_seconds: float = 0.0) -> None:
        """kill -9, as a power cut would, and back after so long."""
        self._process.kill()
        self._process.wait()
        time.sleep(away_seconds)
        self._process = self._start()

    def stop(self) -> None:
        """Gently."""
        stop(self._process)
