"""Settings, read once from the environment and frozen; read by app, cli and launcher only."""

import re
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.keyring import MasterKey
from notices.kinds import TEMPLATES, Channel
from notices.sms_texts import SIGN, TEXTS
from rules.readings import Readings, choose
from rules.retention import Period, periods

DEMO_PHONE = "000-0000000"
"""What a demonstration shows as the telephone: 000 is nobody's area code."""
_DEMO_SECRETS = {
    "wechat_mini_secret": "demo-mini-secret",
    "wechat_service_secret": "demo-service-secret",
    "wechat_push_token": "demo-push-token",
    "wechat_mini_push_token": "demo-mini-push-token",
    "wechat_push_aes_key": "A" * 43,
    "wechat_mini_push_aes_key": "B" * 43,
    "wecom_secret": "demo-wecom-secret",
    "sms_secret_key": "demo-sms-secret-key",
    "sms_report_secret": "demo-sms-report-secret",
}
DEMO_ENDS = {
    "WECOM_CORP_ID": "ww0000demo0000corp",
    "WECOM_SECRET": _DEMO_SECRETS["wecom_secret"],
    "WECOM_AGENT_ID": "1000002",
    "SMS_SECRET_ID": "demo-sms-secret-id",
    "SMS_SECRET_KEY": _DEMO_SECRETS["sms_secret_key"],
    "SMS_APP_ID": "1400000000",
    "SMS_REPORT_SECRET": _DEMO_SECRETS["sms_report_secret"],
}
"""What the local run's simulated WeCom and SMS gateway are spoken to with."""
_HERE = "http://127.0.0.1:8000"
DEMO_SERVICE_TEMPLATES = {template.key: template.key.replace("tmpl", "serv") for template in TEMPLATES}
"""What the local run's simulated service account calls its templates."""


_SPAN = re.compile(r"([01]\d:[0-5]\d|2[0-3]:[0-5]\d)-([01]\d:[0-5]\d|2[0-3]:[0-5]\d)")


class Hotline(BaseModel):
    """A telephone number that the bot may say: nobody's memory, but a source and the day on which it was checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=30)
    number: str = Field(pattern=r"^[0-9-]{3,20}$")
    source: str = Field(min_length=1, max_length=200)
    checked_on: date

    @property
    def line(self) -> str:
        """As it stands in an answer."""
        return f"{self.name}: {self.number}"


def _master_key(given: SecretStr, file: Path | None, name: str) -> MasterKey:
    if text := given.get_secret_value():
        return MasterKey.parse(text)
    if file is None:
        raise ValueError(f"没有设置主密钥 {name} 或 {name}_FILE")
    try:
        return MasterKey.parse(file.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"主密钥文件 {file} 读不出来") from error


class Settings(BaseSettings):
    """All that the environment decides. In production no demonstration value is accepted."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Literal["demo", "test", "production"] = "demo"
    database_url: str = ""
    redis_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    simulator_port: int = Field(default=8090, ge=1, le=65535)
    worker_index: int = 0
    var_dir: Path = Path("var")
    photo_store_url: str = ""
    master_key: SecretStr = SecretStr("")
    """32 bytes in Base64 that wrap the data keys; or in a file, `master_key_file`."""
    master_key_file: Path | None = None
    previous_master_key: SecretStr = SecretStr("")
    previous_master_key_file: Path | None = None
    seal_algorithm: Literal["aes-256-gcm", "sm4-gcm"] = "aes-256-gcm"
    wechat_api_base: str = ""
    wechat_mini_appid: str = "wx0000demo0000mini"
    wechat_mini_secret: str = _DEMO_SECRETS["wechat_mini_secret"]
    wechat_mini_push_token: str = _DEMO_SECRETS["wechat_mini_push_token"]
    wechat_mini_push_aes_key: str = _DEMO_SECRETS["wechat_mini_push_aes_key"]
    wechat_service_appid: str = "wx0000demo0000serv"
    wechat_service_secret: str = _DEMO_SECRETS["wechat_service_secret"]
    wechat_push_token: str = _DEMO_SECRETS["wechat_push_token"]
    wechat_push_aes_key: str = _DEMO_SECRETS["wechat_push_aes_key"]
    wecom_corp_id: str = ""
    """Empty: nobody is written to on WeCom."""
    wecom_secret: str = ""
    wecom_agent_id: int = Field(default=0, ge=0)
    wecom_api_base: str = "https://qyapi.weixin.qq.com"
    sms_secret_id: str = ""
    """Empty: nobody is sent an SMS."""
    sms_secret_key: str = ""
    sms_app_id: str = ""
    sms_sign: str = SIGN
    sms_region: str = "ap-guangzhou"
    sms_api_base: str = "https://sms.tencentcloudapi.com"
    sms_templates: dict[str, str] = Field(default_factory=dict)
    """Our key of a text (notices/sms_texts.py) -> the account's id of it; outside production our key will do."""
    sms_report_secret: str = Field(default="", pattern=r"^([A-Za-z0-9_-]{16,128})?$")
    """The end of the address that the gateway reports to; empty: no report is taken."""
    readings: dict[str, Any] = Field(default_factory=dict)
    contact_phone: str = ""
    hotlines: dict[Literal["legal", "employment", "psychology", "citizens", "discipline"], Hotline] = Field(
        default_factory=dict
    )
    opening_hours: tuple[str, ...] = ()
    """When somebody answers, on working days: 08:30-12:00. Empty: no hour is promised."""
    session_staff_idle_hours: int = Field(default=12, ge=1, le=24)
    session_staff_days: int = Field(default=7, ge=1, le=30)
    session_resident_idle_days: int = Field(default=30, ge=1, le=180)
    session_resident_days: int = Field(default=180, ge=1, le=366)
    wechat_templates: dict[str, str] = Field(default_factory=dict)
    long_term_templates: tuple[str, ...] = ()
    """Our keys of the templates that WeChat granted for good (长期订阅): one accept of them is many messages."""
    service_templates: dict[str, str] = Field(default_factory=dict)
    """Our template key -> the service account's template id, each of ours; empty: that rung is left out."""
    public_url: str = Field(default=_HERE, pattern=r"^https?://[^\s?#]+$")
    """Where the public reaches this service: what a card on WeCom opens."""
    quiet_hours: str = Field(default="21:00-07:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")
    """When only what is urgent is sent. 00:00-00:00: at any hour."""
    notice_rates: dict[Channel, PositiveFloat] = Field(default_factory=dict)
    """Messages a second by channel, for all workers together, where ours are not right."""
    notice_slots: int = Field(default=64, ge=1, le=200)
    """Messages in the air at once, a worker and lane."""
    public_list: bool | None = None
    migration_database_url: str = ""
    """The owner of the tables, for `migrate` alone; `database_url` is the service's, which only adds to the trail."""
    trail_heads_url: str = ""
    trail_heads_minutes: int = Field(default=10, ge=1, le=1440)
    trail_signing_key: str = ""
    trail_signing_key_file: Path | None = None
    proxies_count: int = Field(default=0, ge=0, le=5)
    """How many proxies of our own stand in front and each append to X-Forwarded-For. 0: nobody's word is believed."""
    real_ip_header: str = Field(default="", pattern=r"^[A-Za-z0-9-]{0,40}$")
    """The header in which the proxy in front writes the caller's address, overwriting what the caller sent."""
    limits: dict[str, int] = Field(default_factory=dict)
    """How many of what, where an installation needs other numbers than docs/limits.md."""
    header_seconds: float = Field(default=15, gt=0, le=120)
    answer_seconds: float = Field(default=30, gt=0, le=300)
    retention: dict[str, str] = Field(default_factory=dict)
    """How long what is kept, category -> ISO 8601 period (docs/privacy.md). A category without one is never deleted."""
    answer_days: int | None = Field(default=None, ge=1, le=365)
    """Within how many days a correction is answered. Empty: nothing is promised."""

    @property
    def is_production(self) -> bool:
        """Whether real people are behind this installation."""
        return self.environment == "production"

    @property
    def api_base(self) -> str:
        """Where WeChat answers: the live platform in production, the simulator elsewhere."""
        if self.wechat_api_base:
            return self.wechat_api_base
        if self.is_production:
            return "https://api.weixin.qq.com"
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def list_is_online(self) -> bool:
        """The public list is off in production until the bureau switches it on (policy-model §1.10.15)."""
        return self.public_list if self.public_list is not None else not self.is_production

    @property
    def local_master_key_file(self) -> Path:
        """Where the local run keeps the master key that it makes for itself."""
        return self.var_dir / "keys" / "master.key"

    @property
    def master(self) -> MasterKey:
        """The master key. Raises ValueError in one clear line; in production there is no key but the given one."""
        file = self.master_key_file
        if file is None and not self.is_production and self.local_master_key_file.exists():
            file = self.local_master_key_file
        return _master_key(self.master_key, file, "MASTER_KEY")

    @property
    def previous_master(self) -> MasterKey:
        """The master key before, while the data keys are wrapped anew. Raises ValueError."""
        return _master_key(self.previous_master_key, self.previous_master_key_file, "PREVIOUS_MASTER_KEY")

    @property
    def photo_url(self) -> str:
        """Where photos are kept: a folder under var/ unless an S3-compatible URL is set."""
        return self.photo_store_url or f"file://{(self.var_dir / 'photos').resolve()}"

    @property
    def owner_database_url(self) -> str:
        """What migrations connect as; outside production it may be the service's own."""
        return self.migration_database_url or self.database_url

    @property
    def service_role(self) -> str:
        """The database user of the service."""
        return urlsplit(self.database_url).username or ""

    @property
    def heads_url(self) -> str:
        """Where heads of the trail are kept: a folder under var/ unless a URL is set."""
        return self.trail_heads_url or f"file://{(self.var_dir / 'trail-heads').resolve()}"

    @property
    def signing_key_file(self) -> Path:
        """Where the key of the heads lies when it is not in the environment itself."""
        return self.trail_signing_key_file or self.var_dir / "trail-signing-key.pem"

    @property
    def chosen_readings(self) -> Readings:
        """The district's reading of every ambiguity of the text."""
        return choose(self.readings)

    @property
    def retention_periods(self) -> dict[str, Period]:
        """The district's periods and our own for what is made for a short use."""
        return periods(self.retention)

    @property
    def wecom_is_on(self) -> bool:
        """Whether cadres are written to on WeCom."""
        return bool(self.wecom_corp_id)

    @property
    def sms_is_on(self) -> bool:
        """Whether people are sent an SMS."""
        return bool(self.sms_secret_id)

    @property
    def sms_template_ids(self) -> dict[str, str]:
        """The account's id of every text; a text without one is not sent."""
        ours = {} if self.is_production else {text.key: text.key for text in TEXTS}
        return ours | self.sms_templates

    @field_validator("answer_days", mode="before")
    @classmethod
    def _empty_promises_nothing(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("retention")
    @classmethod
    def _periods_are_known(cls, value: dict[str, str]) -> dict[str, str]:
        periods(value)
        return value

    @field_validator("opening_hours")
    @classmethod
    def _hours_are_spans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for span in value:
            if not (found := _SPAN.fullmatch(span)) or found[1] >= found[2]:
                raise ValueError(f"{span} 要写成 08:30-12:00 这样, 早的在前")
        return value

    @field_validator("readings")
    @classmethod
    def _readings_are_known(cls, value: dict[str, Any]) -> dict[str, Any]:
        choose(value)
        return value

    @field_validator("sms_templates")
    @classmethod
    def _texts_are_known(cls, value: dict[str, str]) -> dict[str, str]:
        known = {text.key for text in TEXTS}
        if unknown := sorted(value.keys() - known):
            raise ValueError(f"SMS_TEMPLATES 里没有 {unknown[0]} 这个名字; 有: {', '.join(sorted(known))}")
        return value

    @field_validator("long_term_templates")
    @classmethod
    def _long_term_templates_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = {template.key for template in TEMPLATES}
        if unknown := sorted(set(value) - known):
            raise ValueError(f"LONG_TERM_TEMPLATES 里没有 {unknown[0]} 这个名字; 有: {', '.join(sorted(known))}")
        return value

    @field_validator("wechat_templates", "service_templates")
    @classmethod
    def _templates_are_ours(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        ours = {template.key for template in TEMPLATES}
        name = str(info.field_name).upper()
        if unknown := sorted(value.keys() - ours):
            raise ValueError(f"{name} 里没有 {unknown[0]} 这个名字; 有: {', '.join(sorted(ours))}")
        if value and info.field_name == "service_templates" and (missing := sorted(ours - value.keys())):
            raise ValueError(f"{name} 还要写上 {missing[0]}; 一个都不写就不用公众号")
        return value

    @model_validator(mode="after")
    def _ends_are_whole(self) -> Self:
        needed = {
            "wecom_corp_id": ("wecom_secret", "wecom_agent_id"),
            "sms_secret_id": ("sms_secret_key", "sms_app_id", "sms_sign", "contact_phone"),
        }
        for name, others in needed.items():
            if getattr(self, name) and (missing := [other for other in others if not getattr(self, other)]):
                raise ValueError(f"设置了 {name.upper()}, 还要设置 {'、'.join(missing).upper()}")
        return self

    @model_validator(mode="after")
    def _production_is_configured(self) -> Self:
        if not self.is_production:
            return self
        for name in ("database_url", "redis_url"):
            if not getattr(self, name):
                raise ValueError(f"正式环境必须设置 {name.upper()}")
        for name, demo in _DEMO_SECRETS.items():
            if getattr(self, name) == demo:
                raise ValueError(f"正式环境不能使用演示用的 {name.upper()}, 请换成自己的")
        if self.wecom_is_on and self.public_url == _HERE:
            raise ValueError("正式环境用企业微信, 还要设置 PUBLIC_URL: 卡片要打开的网址")
        if self.migration_database_url and urlsplit(self.migration_database_url).username == self.service_role:
            raise ValueError("正式环境里 MIGRATION_DATABASE_URL 和 DATABASE_URL 要用两个不同的数据库用户")
        if not self.trail_signing_key and not (self.trail_signing_key_file and self.trail_signing_key_file.is_file()):
            raise ValueError("正式环境必须设置 TRAIL_SIGNING_KEY, 或者让 TRAIL_SIGNING_KEY_FILE 指向私钥文件")
        return self
