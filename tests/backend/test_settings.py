"""What the environment decides, and what it must not be in production."""

from datetime import datetime
from pathlib import Path

import pytest

from backend.clock import SHANGHAI
from backend.settings import DEMO_SERVICE_TEMPLATES, Settings
from notices.quiet import QuietHours

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


@pytest.mark.parametrize(("hours", "at_night"), [("21:00-07:00", True), ("00:00-00:00", False)])
def test_quiet_hours_that_begin_when_they_end_are_none(
    hours: str, at_night: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIET_HOURS", hours)
    quiet = QuietHours.parse(Settings().quiet_hours)
    assert quiet.holds(datetime(2026, 9, 28, 23, 0, tzinfo=SHANGHAI)) is at_night


def test_an_empty_value_leaves_the_quiet_hours_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIET_HOURS", "")
    assert Settings().quiet_hours == "21:00-07:00"


@pytest.mark.parametrize("name", ["wechat_templates", "service_templates"])
def test_a_template_that_nothing_writes_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match="tmpl-poem"):
        Settings(environment="test", **{name: DEMO_SERVICE_TEMPLATES | {"tmpl-poem": "1"}})


def test_a_service_account_has_every_template_or_none() -> None:
    assert Settings(environment="test", service_templates=DEMO_SERVICE_TEMPLATES).service_templates
    with pytest.raises(ValueError, match="tmpl-list"):
        Settings(environment="test", service_templates={"tmpl-meeting": "1", "tmpl-progress": "2", "tmpl-urgent": "3"})


def test_in_production_a_card_on_wecom_opens_where_the_public_reaches_us() -> None:
    live = {"environment": "production", "database_url": "postgres://a@b/c", "redis_url": "redis://b"}
    live |= {name: "own" for name in Settings.model_fields if name.startswith("wechat_") and name.endswith("secret")}
    live |= {"wechat_push_token": "own", "wechat_mini_push_token": "own"}
    live |= {"wechat_push_aes_key": "C" * 43, "wechat_mini_push_aes_key": "D" * 43, "trail_signing_key": "own"}
    assert Settings(**live).public_url
    with pytest.raises(ValueError, match="PUBLIC_URL"):
        Settings(**live, **WHOLE)
    assert Settings(**live, **WHOLE, public_url="https://example.org").wecom_is_on
