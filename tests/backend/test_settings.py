"""What the environment decides, and what it must not be in production."""

from pathlib import Path

import pytest

from backend.settings import Settings

EXAMPLE = Path(__file__).parent.parent.parent / ".env.example"
OF_THE_LAUNCHER = {"worker_index"}


def test_every_setting_stands_in_the_example_and_nothing_else() -> None:
    lines = [line for line in EXAMPLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    names = {line.partition("=")[0].lower() for line in lines}
    assert names == set(Settings.model_fields) - OF_THE_LAUNCHER


def test_the_example_is_a_valid_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in EXAMPLE.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.environment == "demo"
    assert settings.signing_key_file == Path("var/trail-signing-key.pem")
