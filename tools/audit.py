"""`make audit`: are there known advisories about what we lock? Where nobody can be asked, nothing is claimed.

pip-audit itself ends with "No known vulnerabilities found" where it could look nothing up: so it is asked first whether
the advisory service answers about any of our packages at all.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from packaging.version import Version
from pip_audit._service import PyPIService, ResolvedDependency, ServiceError
from requests import RequestException

NOT_AUDITED = "not audited: no service"
LOCK = Path(__file__).parent.parent / "requirements.lock"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_ASKED = 5


class Service(Protocol):
    """Where advisories are asked for."""

    def query(self, spec: Any) -> tuple[Any, Any]: ...


def locked(text: str) -> list[tuple[str, str]]:
    """(name, version) of every line of a lock."""
    return _PINNED.findall(text)


def answers(service: Service, packages: Sequence[tuple[str, str]]) -> bool:
    """Whether the service knows any of the first packages; one that it cannot find may have been withdrawn."""
    for name, version in packages[:_ASKED]:
        try:
            found, _ = service.query(ResolvedDependency(name, Version(version)))
        except (ServiceError, RequestException, ValueError):
            return False
        if not found.is_skipped():
            return True
    return False


def main(service: Service, lock: Path, audit: Sequence[str]) -> int:
    """0: audited and nothing known, or nobody to ask. Otherwise what the audit ended with."""
    packages = locked(lock.read_text("utf-8"))
    if not packages:
        print(f"{lock} holds no packages", file=sys.stderr)
        return 2
    if not answers(service, packages):
        print(NOT_AUDITED)
        return 0
    return subprocess.run([*audit, "-r", str(lock)], check=False).returncode


if __name__ == "__main__":
    command = [sys.executable, "-m", "pip_audit", "--strict", "--no-deps", "--disable-pip", "--progress-spinner=off"]
    sys.exit(main(PyPIService(timeout=15), LOCK, command))
