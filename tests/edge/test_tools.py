"""An audit that nobody could make claims nothing; a secret in a file is found."""

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from pip_audit._service import ResolvedDependency, ServiceError, SkippedDependency
from requests import ConnectionError as NoConnection

from tools.audit import LOCK, NOT_AUDITED, answers, locked, main
from tools.known_secrets import BASELINE, unknown

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


_OURS = ("backend/settings.py", "backend/demo/district.py", "models/__init__.py")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A few of our files and our baseline, where a secret may be planted."""
    for name in (BASELINE, *_OURS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_demonstration_values_are_known_on_whatever_line_they_stand(copy: Path) -> None:
    for name in _OURS:
        (copy / name).write_text("# one more line\n" + (copy / name).read_text("utf-8"), "utf-8")
    assert unknown(_OURS, Path(BASELINE)) == []
    assert (copy / BASELINE).read_bytes() == (ROOT / BASELINE).read_bytes(), "the baseline is only read"


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        (f'wechat_mini_secret = "{hashlib.sha256(b"x").hexdigest()[:32]}"', "Secret Keyword"),
        ('DATABASE_URL = "postgres://admin:' + 'hunter2hunter2@db.internal/x"', "Basic Auth Credentials"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "Private Key"),
        ('aws = "AKIA' + 'QYLPMN5HXXXXYZ12"', "AWS Access Key"),
    ],
)
def test_a_planted_secret_is_found_and_not_repeated(copy: Path, secret: str, what: str) -> None:
    with (copy / _OURS[0]).open("a", encoding="utf-8") as file:
        file.write(f"\n{secret}\n")
    found = unknown(_OURS, Path(BASELINE))
    last = len((copy / _OURS[0]).read_text("utf-8").splitlines())
    assert f"{_OURS[0]}:{last} {what}" in found
    assert "hunter2" not in str(found)
