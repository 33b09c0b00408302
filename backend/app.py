"""The composition root: the only file that knows everything. `create_app(settings)` is what a web process serves."""

import sys
import uuid
from contextlib import suppress
from datetime import time
from functools import partial

import structlog
from sanic import Request, Sanic
from sanic.response import HTTPResponse
from sanic_ext.config import PRIORITY
from tortoise import Tortoise

from backend import keys, photos, queue
from backend.api import (
    agents,
    application,
    bot,
    calls,
    customer_service,
    deliberation,
    demo,
    determination,
    devices,
    guide,
    health,
    messages,
    openapi,
    people,
    privacy,
    reference,
    session,
    sms_reports,
    staff,
    trail,
    urgent,
    wechat_push,
)
from backend.casework import readings_choice
from backend.clients import make_wechat, open_heads
from backend.clock import Clock
from backend.desk.current import CurrentBot
from backend.desk.hours import Span
from backend.desk.ledger import Ledger
from backend.edge import bodies, gate, headers, limits, once, own_forms, refusals
from backend.edge.log import configure as configure_logs
from backend.identity import sessions
from backend.redis_pool import open_redis
from backend.repeat import every
from backend.services import PushSecrets, Services
from backend.settings import Settings
from backend.talk import Talk
from backend.web import accounts as account_pages
from backend.web import answer as answer_pages
from backend.web import ask as ask_pages
from backend.web import calculators as calculator_pages
from backend.web import calls as call_pages
from backend.web import console, join, login, me, pages
from backend.web import desk as desk_pages
from backend.web import devices as device_pages
from backend.web import guide as guide_pages
from backend.web import meetings as meeting_pages
from backend.web import notices as notice_pages
from backend.web import persons as persons_pages
from backend.web import privacy as privacy_pages
from backend.web import retention as retention_pages
from backend.web import roster as roster_pages
from models import tortoise_config
from notices.quiet import QuietHours

_BLUEPRINTS = (
    session.blueprint,
    devices.blueprint,
    agents.blueprint,
    staff.blueprint,
    application.blueprint,
    deliberation.blueprint,
    determination.blueprint,
    urgent.blueprint,
    guide.blueprint,
    bot.blueprint,
    calls.blueprint,
    messages.blueprint,
    wechat_push.blueprint,
    customer_service.blueprint,
    sms_reports.blueprint,
    health.blueprint,
    openapi.blueprint,
    reference.blueprint,
    trail.blueprint,
    people.blueprint,
    privacy.blueprint,
    pages.blueprint,
    answer_pages.blueprint,
    ask_pages.blueprint,
    desk_pages.blueprint,
    guide_pages.blueprint,
    calculator_pages.blueprint,
    login.blueprint,
    join.blueprint,
    me.blueprint,
    account_pages.blueprint,
    roster_pages.blueprint,
    console.blueprint,
    device_pages.blueprint,
    persons_pages.blueprint,
    notice_pages.blueprint,
    call_pages.blueprint,
    privacy_pages.blueprint,
    retention_pages.blueprint,
    meeting_pages.blueprint,
)


# Posted so that nothing typed stands in an address; nothing is announced by them, so no worker is woken.
_ANSWERS_ONLY = ("/api/bot/", "/api/guide", "/api/calculators/")


def contact_line(settings: Settings) -> str:
    """The line with the configured telephone; empty when none is configured. A number is never invented."""
    return f"咨询电话: {settings.contact_phone}" if settings.contact_phone else ""


def opening_spans(settings: Settings) -> tuple[Span, ...]:
    """When somebody answers, as times."""
    ends = (span.split("-") for span in settings.opening_hours)
    return tuple(Span(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in ends)


def session_limits(settings: Settings) -> sessions.Limits:
    """How long a login holds, in seconds."""
    hour, day = 3600, 86_400
    return sessions.Limits(
        staff_idle=settings.session_staff_idle_hours * hour,
        staff_absolute=settings.session_staff_days * day,
        resident_idle=settings.session_resident_idle_days * day,
        resident_absolute=settings.session_resident_days * day,
    )


def create_app(settings: Settings) -> Sanic:
    """The web service of one process."""
    configure_logs(settings.environment)
    sessions.configure(session_limits(settings))
    app = Sanic(
        "yishiyiyi", configure_logging=False, env_prefix="SANIC_YISHIYIYI_", request_class=bodies.PatientRequest
    )
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.config.OAS = False
    app.config.PROXIES_COUNT = settings.proxies_count or None
    app.config.REAL_IP_HEADER = settings.real_ip_header or None
    limits.configure(settings.limits)
    refusals.install(app)
    for blueprint in _BLUEPRINTS:
        app.blueprint(blueprint)
    if not settings.is_production:
        app.blueprint(demo.blueprint)
    bodies.configure(app, header_seconds=settings.header_seconds, answer_seconds=settings.answer_seconds)
    own_forms.install(app)
    gate.install(app)
    headers.install(app, is_production=settings.is_production)
    once.install(app)
    _manage_connections(app, settings)
    _render_signals_once(app)

    @app.on_response
    async def wake_worker(request: Request, response: HTTPResponse) -> None:
        # After the commit: the row is there, the worker only looks sooner than its sweep would.
        writes = request.path.startswith("/api/") and not request.path.startswith(_ANSWERS_ONLY)
        if request.method == "POST" and response.status < 300 and writes:
            await request.app.ctx.services.wake()

    return app


def _render_signals_once(app: Sanic) -> None:
    """sanic-ext adds a HEAD and an OPTIONS to every route when a server starts, and Sanic renders all its signals anew
    for each: eight of ten seconds at three hundred. Left unrendered meanwhile, they are rendered once, afterwards.
    """

    @app.before_server_start(priority=PRIORITY + 1)
    async def leave(app: Sanic) -> None:
        app.signal_router.reset()

    @app.before_server_start(priority=PRIORITY - 1)
    async def render(app: Sanic) -> None:
        app.signalize(app.config.TOUCHUP)


def _manage_connections(app: Sanic, settings: Settings) -> None:
    @app.before_server_start
    async def connect(app: Sanic) -> None:
        log = structlog.get_logger().bind(process=f"web-{settings.worker_index}-{uuid.uuid4().hex[:6]}")
        redis = open_redis(settings.redis_url)
        # Requests run in tasks that were not born here: without the fallback they would see no connection.
        await Tortoise.init(config=tortoise_config(settings.database_url), _enable_global_fallback=True)
        await keys.load(settings.master)
        settle_readings = partial(readings_choice.settle, settings.chosen_readings, two_people=settings.is_production)
        await settle_readings()
        broker = queue.make_broker(settings.redis_url)
        queue.register(broker)
        await broker.startup()
        app.ctx.broker = broker
        current = CurrentBot(
            contact=contact_line(settings),
            hotlines={name: hotline.line for name, hotline in settings.hotlines.items()},
        )
        try:
            await current.refresh()
        except RuntimeError as error:  # our own sentence, which a log would not say
            print(f"错误: {error}", file=sys.stderr, flush=True)
            raise
        ledger = Ledger()
        wechat = make_wechat(settings, redis)
        app.add_task(current.follow(log))
        app.add_task(keys.follow(settings.master, log))
        app.add_task(every(readings_choice.REFRESH_SECONDS, settle_readings, log, "readings_not_refreshed"))
        app.add_task(ledger.keep_writing(log))
        app.ctx.services = Services(
            clock=Clock(redis, movable=not settings.is_production),
            redis=redis,
            wechat=wechat["mini_program"],
            service_account=wechat["service_account"],
            photos=photos.open_store(settings.photo_url),
            talk=Talk(current, redis, ledger, opening_spans(settings)),
            push=PushSecrets(settings.wechat_push_token, settings.wechat_push_aes_key, settings.wechat_service_appid),
            mini_push=PushSecrets(
                settings.wechat_mini_push_token, settings.wechat_mini_push_aes_key, settings.wechat_mini_appid
            ),
            templates={theirs: ours for ours, theirs in settings.wechat_templates.items()},
            log=log,
            wake=lambda: queue.wake(broker, log),
            list_is_online=settings.list_is_online,
            contact_phone=settings.contact_phone,
            is_demo=not settings.is_production,
            configured_readings=settings.chosen_readings,
            heads=open_heads(settings),
            answer_days=settings.answer_days,
            retention=settings.retention_periods,
            sms_report_secret=settings.sms_report_secret,
            template_ids=settings.wechat_templates,
            quiet=QuietHours.parse(settings.quiet_hours),
            long_term_templates=frozenset(settings.long_term_templates),
        )

    @app.after_server_stop
    async def disconnect(app: Sanic) -> None:
        with suppress(Exception):  # the database may be gone first; a few seconds of counts are not worth a failed stop
            await app.ctx.services.talk.ledger.flush()
        await app.ctx.services.wechat.close()
        await app.ctx.services.service_account.close()
        await app.ctx.broker.shutdown()
        await app.ctx.services.redis.aclose()
        await Tortoise.close_connections()
