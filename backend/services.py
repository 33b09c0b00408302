"""What one process of the service is composed of; made once by `backend.app`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from obstore.store import ObjectStore
from redis.asyncio import Redis
from structlog.typing import FilteringBoundLogger

from backend.clock import Clock
from backend.talk import Talk
from backend.trail.heads import Heads
from backend.wechat.client import WeChatClient
from notices.quiet import QuietHours
from rules.readings import Readings
from rules.retention import Period


@dataclass(frozen=True, slots=True)
class PushSecrets:
    """What WeChat's pushes to us are checked with."""

    token: str
    aes_key: str
    appid: str


@dataclass(frozen=True, slots=True)
class Services:
    """Clients and settings that routes may use. `wake` tells the worker that the outbox has something to send."""

    clock: Clock
    redis: Redis
    wechat: WeChatClient
    service_account: WeChatClient
    photos: ObjectStore
    talk: Talk
    push: PushSecrets
    mini_push: PushSecrets
    templates: Mapping[str, str]
    """The mini-program's template id -> our key of the template, where they differ."""
    log: FilteringBoundLogger
    wake: Callable[[], Awaitable[None]]
    list_is_online: bool
    contact_phone: str
    is_demo: bool
    configured_readings: Readings
    heads: Heads
    answer_days: int | None
    retention: Mapping[str, Period]
    sms_report_secret: str
    template_ids: Mapping[str, str]
    """Our key of a subscribe-message template -> the account's id, where they differ."""
    quiet: QuietHours
    long_term_templates: frozenset[str]
    """Our keys of the templates that the account has been granted for good."""
