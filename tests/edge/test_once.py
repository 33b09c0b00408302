"""A command that arrives twice is done once, whatever happens in between."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from redis.asyncio import Redis
from tortoise import connections

from backend.edge import kept
from models.application import Application, Case, Photo
from models.edge import IdempotencyKey
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend.district import SmallDistrict
from tests.backend.test_photos import picture
from tests.edge.conftest import Shared, Web, log_everybody_in, running_web
from tests.stores import Stores


def application(**changed: object) -> dict[str, object]:
    """What a phone sends, with a submission key of its own each time."""
    return {"submission_key": uuid4().hex, "story": "家里困难", "household_size": 2} | changed


async def until_a_key_is_kept() -> None:
    async with asyncio.timeout(5):
        while not await IdempotencyKey.exists():  # noqa: ASYNC110 (another process writes it)
            await asyncio.sleep(0)


async def submit(web: Web, key: str | None, body: dict[str, object]) -> tuple[int, dict[str, str], bytes]:
    headers = web.bearer(Role.RESIDENT) | ({"Idempotency-Key": key} if key else {})
    return await web.call("POST", "/api/applications", json=body, headers=headers)


async def test_twenty_taps_at_once_make_one_case_and_get_one_answer(web: Web) -> None:
    body = application()
    answers = await asyncio.gather(*(submit(web, "double-tap-1", body) for _ in range(20)))
    assert {answer[0] for answer in answers} == {201}, "the repeats get 201 too, not the 200 of a known submission"
    assert len({answer[2] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer[1] for answer in answers) == 19
    assert await Case.all().count() == 1
    assert await IdempotencyKey.all().count() == 1


async def test_twenty_reviews_at_once_move_the_case_once_and_none_is_refused(web: Web) -> None:
    case = await web.place.case("submitted")
    headers = web.bearer(Role.WORKER) | {"Idempotency-Key": "review-once"}
    path, body = f"/api/cases/{case.id}/review", {"ordinary_case_ref": "普通-1"}
    answers = await asyncio.gather(*(web.call("POST", path, json=body, headers=headers) for _ in range(20)))
    assert {answer[0] for answer in answers} == {200}
    assert await TrailEntry.filter(action="BeginReview").count() == 1
    # The same without a key: one is moved, the others hear that it has been.
    other = await web.place.case("submitted")
    path = f"/api/cases/{other.id}/review"
    answers = await asyncio.gather(
        *(web.call("POST", path, json=body, headers=web.bearer(Role.WORKER)) for _ in range(5))
    )
    assert sorted(answer[0] for answer in answers) == [200, 409, 409, 409, 409]


async def test_another_body_under_the_same_key_is_refused(web: Web) -> None:
    assert (await submit(web, "the-key-1", application()))[0] == 201
    status, _, body = await submit(web, "the-key-1", application())
    assert (status, json.loads(body)["code"]) == (422, "idempotency_key_reused")
    case = await web.place.case("submitted")
    headers = web.bearer(Role.RESIDENT) | {"Idempotency-Key": "the-key-1"}
    status, _, body = await web.call("POST", f"/api/cases/{case.id}/withdraw", json={"reason": "x"}, headers=headers)
    assert (status, json.loads(body)["code"]) == (422, "idempotency_key_reused")
    assert (await Case.get(id=case.id)).status == "submitted"


async def test_a_key_belongs_to_whoever_used_it(web: Web) -> None:
    case = await web.place.case("submitted")
    path, body = f"/api/cases/{case.id}/review", {"ordinary_case_ref": "普通-1"}
    key = {"Idempotency-Key": "shared-key"}
    assert (await web.call("POST", path, json=body, headers=web.bearer(Role.WORKER) | key))[0] == 200
    # Another account with the same key and body gets the service's own answer to itself, not the worker's.
    assert (await web.call("POST", path, json=body, headers=web.bearer(Role.VILLAGE) | key))[0] == 403


async def test_a_refused_command_leaves_no_key_and_no_trace(web: Web) -> None:
    case = await web.place.case("approved")
    path, body = f"/api/cases/{case.id}/review", {"ordinary_case_ref": "普通-1"}
    headers = web.bearer(Role.WORKER) | {"Idempotency-Key": "refused-1"}
    assert (await web.call("POST", path, json=body, headers=headers))[0] == 409
    assert await IdempotencyKey.all().count() == 0
    assert await TrailEntry.all().count() == 0
    await Case.filter(id=case.id).update(status="submitted")
    assert (await web.call("POST", path, json=body, headers=headers))[0] == 200, "what was wrong can be put right"


@pytest.mark.parametrize("key", ["short", "x" * 65, "has a space", "身份证330302199001011234", "semi;colon"])
async def test_a_key_that_is_no_key_is_refused(web: Web, key: str) -> None:
    raw = json.dumps(application()).encode()
    token = web.tokens[Role.RESIDENT]
    answer = await web.raw(
        f"POST /api/applications HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {len(raw)}\r\nIdempotency-Key: {key}\r\n\r\n".encode()
        + raw
    )
    assert answer.startswith(b"HTTP/1.1 422")
    assert b"idempotency_key_invalid" in answer
    assert await Case.all().count() == 0


async def test_a_phone_that_hung_up_after_the_commit_gets_the_answer_when_it_asks_again(web: Web) -> None:
    raw = json.dumps(application()).encode()
    request = (
        f"POST /api/applications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {web.tokens[Role.RESIDENT]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\nIdempotency-Key: hung-up-1\r\n\r\n"
    ).encode() + raw
    _, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(request)
    await writer.drain()
    await until_a_key_is_kept()
    writer.transport.abort()
    again = await web.raw(request, seconds=2)
    assert again.startswith(b"HTTP/1.1 201")
    assert b"Idempotent-Replayed: true" in again
    assert await Case.all().count() == 1


async def test_a_phone_that_hung_up_before_the_commit_may_ask_again(web: Web, shared_web: Shared) -> None:
    case = await web.place.case("submitted")
    raw = json.dumps({"ordinary_case_ref": "普通-1"}).encode()
    request = (
        f"POST /api/cases/{case.id}/review HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {web.tokens[Role.WORKER]}\r\n"
        f"Content-Length: {len(raw)}\r\nIdempotency-Key: hung-up-2\r\n\r\n"
    ).encode() + raw
    holder = await asyncpg.connect(shared_web.url)
    async with holder.transaction():
        # Somebody else holds the case: the command waits in its own transaction.
        await holder.execute('SELECT 1 FROM "case" WHERE id = $1 FOR UPDATE', case.id)
        _, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(request)
        await writer.drain()
        await asyncio.sleep(0.5)
        writer.transport.abort()
        await asyncio.sleep(0.3)
    await holder.close()
    assert (await Case.get(id=case.id)).status == "submitted", "hanging up took the command back"
    assert await IdempotencyKey.all().count() == 0
    assert (await web.raw(request, seconds=2)).startswith(b"HTTP/1.1 200")
    assert await TrailEntry.filter(action="BeginReview").count() == 1


async def test_a_process_killed_between_commit_and_answer_makes_no_second_case(
    database: str, redis: Redis, place: SmallDistrict, stores: Stores, tmp_path: Path
) -> None:
    body = application()
    async with running_web(database, stores.redis_url, tmp_path, place) as web:
        asked = asyncio.create_task(submit(web, "killed-01", body))
        await until_a_key_is_kept()
        web.process.kill()
        await asyncio.gather(asked, return_exceptions=True)
    async with running_web(database, stores.redis_url, tmp_path, place) as next_one:
        status, headers, _ = await submit(next_one, "killed-01", body)
    assert (status, headers.get("Idempotent-Replayed")) == (201, "true")
    assert await Case.all().count() == 1


async def test_a_photo_sent_twice_is_stored_once_and_answered_alike(web: Web) -> None:
    case = await web.place.case("submitted")
    headers = web.bearer(Role.RESIDENT) | {"Idempotency-Key": "photo-0001", "Content-Type": "image/jpeg"}
    data = picture("JPEG")
    first, second = [
        await web.call("POST", f"/api/cases/{case.id}/photos", data=data, headers=headers) for _ in range(2)
    ]
    assert first[0] == second[0] == 201
    assert first[2] == second[2]
    assert await Photo.all().count() == 1


async def test_a_session_token_is_never_kept(web: Web) -> None:
    headers = web.bearer(Role.WORKER) | {"Idempotency-Key": "login-again"}
    body = {"login": "甲-worker", "password": "x"}
    assert (await web.call("POST", "/api/session/staff", json=body, headers=headers))[0] == 401
    assert (await web.call("POST", "/api/guide/carry", json={"topic": "C6"}, headers=headers))[0] == 201
    assert await IdempotencyKey.all().count() == 0


async def test_without_a_key_everything_is_as_before(web: Web) -> None:
    body = application()
    assert [(await submit(web, None, body))[0] for _ in range(2)] == [201, 200]
    assert await IdempotencyKey.all().count() == 0
    assert await Application.all().count() == 1


async def test_keys_are_forgotten_after_a_day(database: str) -> None:
    now = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
    for hours in (1, 23, 25, 300):
        made_at = now - timedelta(hours=hours)
        await IdempotencyKey.create(owner="person:1", key=f"key-{hours:05}", digest=b"x" * 32, made_at=made_at)
    assert await kept.forget_old(now) == 2
    assert sorted(await IdempotencyKey.all().values_list("key", flat=True)) == ["key-00001", "key-00023"]


async def test_the_database_itself_keeps_one_row_a_key_of_a_person(database: str) -> None:
    row = {"owner": "person:1", "key": "key-00001", "digest": b"x" * 32, "made_at": datetime(2026, 9, 28, tzinfo=UTC)}
    await IdempotencyKey.create(**row)
    connection = await asyncpg.connect(database)
    for refused in (
        "INSERT INTO idempotency_key (owner, key, digest, made_at)"
        " SELECT owner, key, digest, made_at FROM idempotency_key",
        "UPDATE idempotency_key SET status = 422",
        "UPDATE idempotency_key SET body = convert_to(repeat('x', 16418), 'UTF8')",
        "UPDATE idempotency_key SET digest = 'short'",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(refused)
    await connection.close()


async def test_phones_that_hang_up_at_any_moment_use_up_no_connection_to_the_database(web: Web) -> None:
    draw = random.Random(7)

    async def hang_up(number: int) -> None:
        raw = json.dumps(application()).encode()
        _, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(
            f"POST /api/applications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {web.tokens[Role.RESIDENT]}\r\n"
            f"Content-Length: {len(raw)}\r\nIdempotency-Key: hang-up-{number:04}\r\n\r\n".encode()
            + raw
        )
        await writer.drain()
        await asyncio.sleep(draw.random() * 0.04)
        writer.transport.abort()

    for batch in range(100):
        await web.redis.flushdb()  # the limits are not what is tried here
        await log_everybody_in(web)
        await asyncio.gather(*(hang_up(batch * 10 + number) for number in range(10)))
    # What is being worked on ends by itself; what nobody ends is still there after seconds.
    for _ in range(50):
        await asyncio.sleep(0.2)
        _, held = await connections.get("default").execute_query(
            "SELECT count(*) AS number FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%'"
        )
        if held[0]["number"] == 0:
            break
    assert held[0]["number"] == 0, "transactions that nobody ends"
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(submit(web, f"afterwards-{n}", application()) for n in range(12)))
    assert {status for status, _, _ in answers} == {201}
    assert await Case.all().count() == await IdempotencyKey.all().count()
