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


WHOLE = {
    "wecom_corp_id": "ww1",
    "wecom_secret": "s" * 20,
    "wecom_agent_id": 7,
    "sms_secret_id": "id",
    "sms_secret_key": "k" * 20,
    "sms_app_id": "14",
    "contact_phone": "000-1",
}


def test_nobody_is_written_to_on_wecom_or_by_sms_unless_it_is_configured() -> None:
    settings = Settings(environment="test")
    assert (settings.wecom_is_on, settings.sms_is_on) == (False, False)
    settings = Settings(environment="test", **WHOLE)
    assert (settings.wecom_is_on, settings.sms_is_on) == (True, True)


@pytest.mark.parametrize("missing", ["wecom_secret", "wecom_agent_id", "sms_secret_key", "sms_app_id", "contact_phone"])
def test_a_channel_that_is_configured_in_part_is_refused_by_name(missing: str) -> None:
    given = {name: value for name, value in WHOLE.items() if name != missing}
    with pytest.raises(ValueError, match=missing.upper()):
        Settings(environment="test", **given)


def test_outside_production_our_own_names_do_for_the_gateways_texts_and_in_production_they_do_not() -> None:
    demo = Settings(environment="test", sms_templates={"sms-list": "77"})
    assert demo.sms_template_ids["sms-list"] == "77"
    assert demo.sms_template_ids["sms-meeting"] == "sms-meeting"
    live = demo.model_copy(update={"environment": "production"})
    assert live.sms_template_ids == {"sms-list": "77"}
    with pytest.raises(ValueError, match="sms-poem"):
        Settings(environment="test", sms_templates={"sms-poem": "1"})


@pytest.mark.parametrize("secret", ["short", "with a space in it....", "口令" * 10, "s" * 129])
def test_the_end_of_the_reports_address_is_long_and_plain(secret: str) -> None:
    with pytest.raises(ValueError, match="sms_report_secret"):
        Settings(environment="test", sms_report_secret=secret)
