"""One clock for all processes, which no production system can move."""

from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from sanic import Sanic

from backend.app import create_app
from backend.clock import Clock, ClockIsFixedError
from backend.settings import Settings

PRODUCTION = {
    "environment": "production",
    "database_url": "postgres://u:p@127.0.0.1:5/x",
    "redis_url": "redis://127.0.0.1:5/0",
    "wechat_mini_secret": "real",
    "wechat_mini_push_token": "real",
    "wechat_mini_push_aes_key": "C" * 43,
    "wechat_service_secret": "real",
    "wechat_push_token": "real",
    "wechat_push_aes_key": "C" * 43,
    "trail_signing_key": "real",
}


async def test_what_one_process_sets_every_process_reads(redis: Redis) -> None:
    there = datetime(2027, 10, 1, tzinfo=UTC)
    await Clock(redis, movable=True).move_to(there)
    assert abs(await Clock(redis, movable=True).now() - there) < timedelta(seconds=5)


async def test_in_production_the_clock_is_neither_moved_nor_shifted(redis: Redis) -> None:
    await Clock(redis, movable=True).move_to(datetime(2030, 1, 1, tzinfo=UTC))
    fixed = Clock(redis, movable=False)
    assert abs(await fixed.now() - datetime.now(UTC)) < timedelta(seconds=5)
    with pytest.raises(ClockIsFixedError):
        await fixed.move_to(datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(("environment", "present"), [("production", False), ("demo", True)])
def test_the_route_that_moves_it_does_not_exist_in_production(environment: str, present: bool) -> None:
    Sanic._app_registry.clear()
    values = PRODUCTION if environment == "production" else {}
    app = create_app(Settings(**values))
    assert any(route.path == "demo/clock" for route in app.router.routes) is present
    Sanic._app_registry.clear()


@pytest.mark.parametrize("missing", sorted(set(PRODUCTION) - {"environment"}))
def test_production_starts_with_no_demonstration_value(missing: str) -> None:
    values = {name: value for name, value in PRODUCTION.items() if name != missing}
    with pytest.raises(ValueError, match=missing.upper()):
        Settings(**values)
