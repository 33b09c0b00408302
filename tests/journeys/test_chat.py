"""A person types into the account's chat: plain and encrypted, repeated, forged, and within the five seconds."""

import time

from backend.demo import district
from tests.stack import Stack

ASK = {"openid": district.NEIGHBOUR_OPENID, "text": "评议会要多少人参加"}


async def test_both_modes_get_the_same_answer_well_within_five_seconds(stack: Stack) -> None:
    for encrypted in (False, True):
        began = time.monotonic()
        said = await stack.platform("say", ASK | {"encrypted": encrypted})
        assert time.monotonic() - began < 5
        assert said["tries"] == 1
        assert "一般不得少于12人" in said["answer"]
        assert "四(二)a" in said["answer"]


async def test_a_repeated_message_gets_the_answer_that_the_first_one_got(stack: Stack) -> None:
    first = await stack.platform("say", ASK | {"message_id": "42"})
    repeat = await stack.platform("say", ASK | {"message_id": "42", "text": "另一个问题"})
    assert repeat["answer"] == first["answer"]


async def test_forgeries_and_junk_get_no_word(stack: Stack) -> None:
    for body, args, status in (
        (b"<xml/>", {}, 403),
        (b"<xml/>", {"signature": "0" * 40, "timestamp": "1", "nonce": "1"}, 403),
        (b"junk", {"encrypt_type": "aes"}, 400),
    ):
        async with stack.stage.service.post("/wechat/push", params=args, data=body) as response:
            assert (response.status, await response.text()) == (status, "")


async def test_a_push_storm_of_repeats_is_answered_once_and_the_same(stack: Stack) -> None:
    import asyncio

    answers = await asyncio.gather(*(stack.platform("say", ASK | {"message_id": "77"}) for _ in range(10)))
    assert len({answer["answer"] for answer in answers}) == 1


async def test_errors_of_the_api_have_one_shape_and_a_sentence(stack: Stack) -> None:
    for method, path, status, code in (
        ("GET", "/api/me", 401, "not_logged_in"),
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/api/villages", 405, "method_not_allowed"),
        ("POST", "/api/session/wechat", 422, "invalid_input"),
    ):
        async with stack.stage.service.request(method, path, data=b"{") as response:
            body = await response.json()
            assert (response.status, body["code"]) == (status, code), path
            assert body["message"].endswith("。")
            assert "Traceback" not in str(body)
