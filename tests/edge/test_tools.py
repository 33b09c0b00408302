"""An audit that nobody could make claims nothing; a secret in a file is found."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pip_audit._service import ResolvedDependency, ServiceError, SkippedDependency
from requests import ConnectionError as NoConnection

from tools.audit import LOCK, NOT_AUDITED, answers, locked, main

ROOT = Path(__file__).parent.parent.parent
_EXIT = "import sys; print('looked', sys.argv[-1]); sys.exit(int(sys.argv[1]))"


class Asked:
    """A service that answers, or does not, package by package."""

    def __init__(self, *outcomes: object) -> None:
        self._outcomes = iter(outcomes)

    def query(self, spec: ResolvedDependency) -> tuple[Any, list[Any]]:
        outcome = next(self._outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return (spec, []) if outcome == "known" else (SkippedDependency(name=spec.name, skip_reason="404"), [])


def test_the_lock_is_read() -> None:
    packages = dict(locked(LOCK.read_text("utf-8")))
    assert len(packages) > 60
    assert packages["sanic"][0].isdigit()


@pytest.mark.parametrize(
    "outcomes",
    [
        (ServiceError("down"),),
        (NoConnection("no route"),),
        (ValueError("a login page instead of JSON"),),
        ("unknown",) * 5,
        ("unknown", NoConnection("gone")),
    ],
)
def test_where_nobody_can_be_asked_nothing_is_claimed(
    outcomes: tuple[object, ...], capfd: pytest.CaptureFixture
) -> None:
    assert main(Asked(*outcomes), LOCK, [sys.executable, "-c", _EXIT, "1"]) == 0
    assert capfd.readouterr().out == f"{NOT_AUDITED}\n"


@pytest.mark.parametrize("code", [0, 1])
def test_where_somebody_answers_the_audit_decides(code: int, capfd: pytest.CaptureFixture) -> None:
    assert main(Asked("unknown", "known"), LOCK, [sys.executable, "-c", _EXIT, str(code)]) == code
    out = capfd.readouterr().out
    assert out == f"looked {LOCK}\n"
    assert NOT_AUDITED not in out


def test_an_empty_lock_is_a_mistake_and_no_clean_bill(tmp_path: Path) -> None:
    empty = tmp_path / "lock"
    empty.write_text("# nothing\n")
    assert main(Asked(), empty, ["false"]) == 2
    assert not answers(Asked(), [])


def _tracked(into: Path) -> None:
    """A repository with a few of our own files, and our baseline."""
    for name in (".secrets.baseline", "backend/settings.py", "backend/demo/district.py", "Makefile"):
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, into / name)
    for arguments in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *arguments], cwd=into, check=True, capture_output=True)


def _hook(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    hook = Path(sys.executable).parent / "detect-secrets-hook"
    return subprocess.run(
        [str(hook), "--no-verify", "--baseline", ".secrets.baseline", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demonstration_values_are_known(tmp_path: Path) -> None:
    _tracked(tmp_path)
    assert _hook(tmp_path, "backend/settings.py", "backend/demo/district.py").returncode == 0


@pytest.mark.parametrize(
    "secret",
    [
        f'wechat_mini_secret = "{hashlib.sha256(b"x").hexdigest()[:32]}"',
        'DATABASE_URL = "postgres://admin:' + 'hunter2hunter2@db.internal/x"',
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        'aws = "AKIA' + 'QYLPMN5HXXXXYZ12"',
    ],
)
def test_a_planted_secret_is_found(tmp_path: Path, secret: str) -> None:
    _tracked(tmp_path)
    file = tmp_path / "backend" / "settings.py"
    file.write_text(f"{file.read_text('utf-8')}\n{secret}\n", "utf-8")
    found = _hook(tmp_path, "backend/settings.py")
    assert found.returncode != 0
    assert "settings.py" in found.stdout
