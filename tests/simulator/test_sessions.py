"""Session keys, and the login codes that lead to them."""

import base64
import time

from simulator.logins import session_signature
from tests.simulator.calls import answer, errcode
from tests.simulator.receiver import World

LOGIN = {"appid": "wxtest", "secret": "s", "grant_type": "authorization_code"}


async def logged_in(wechat: World) -> str:
    """The session_key of `o1`."""
    code = (await wechat.admin("login", {"openid": "o1"}))["code"]
    return str((await answer(wechat, "/sns/jscode2session", account=None, js_code=code, **LOGIN))["session_key"])


def proof(key: str, **changed: str) -> dict[str, str]:
    return {"openid": "o1", "signature": session_signature(key), "sig_method": "hmac_sha256"} | changed


def test_the_signature_is_the_documents_own_example() -> None:
    """The key is used as it is written, not decoded."""
    assert session_signature("o0q0otL8aEzpcZL/FT9WsQ==", '{"foo":"bar"}') == (
        "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b"
    )


async def test_a_session_key_is_checked_by_who_knows_it(wechat: World) -> None:
    path = "/wxa/checksession"
    assert await errcode(wechat, path, **proof("x")) == 87007
    key = await logged_in(wechat)
    assert await errcode(wechat, path, **proof(key)) == 0
    assert await errcode(wechat, path, **proof("x")) == 87009
    assert await errcode(wechat, path, **proof(key, sig_method="sha1")) == 87008
    assert await errcode(wechat, path, **proof(key, openid="o-none")) == 40003
    await logged_in(wechat)
    assert await errcode(wechat, path, **proof(key)) == 87009


async def test_a_reset_gives_a_new_key_and_kills_the_old_one(wechat: World) -> None:
    key = await logged_in(wechat)
    path = "/wxa/resetusersessionkey"
    assert await errcode(wechat, path, **proof("x")) == 87009
    new = (await answer(wechat, path, **proof(key)))["session_key"]
    assert len(base64.b64decode(new)) == 16
    assert await errcode(wechat, "/wxa/checksession", **proof(key)) == 87009
    assert await errcode(wechat, "/wxa/checksession", **proof(new)) == 0


async def test_somebody_whom_the_platform_holds_for_a_risk_cannot_log_in(wechat: World) -> None:
    await wechat.admin("phone", {"openid": "o1", "blocked": True})
    code = (await wechat.admin("login", {"openid": "o1"}))["code"]
    assert await errcode(wechat, "/sns/jscode2session", account=None, js_code=code, **LOGIN) == 40226


async def test_a_person_logs_in_a_hundred_times_a_minute(wechat: World) -> None:
    await wechat.admin("users", {"users": [{"name": "乙", "openid": "o2"}]})
    wechat.platform.offset = -(time.time() % 60)  # a minute has just begun

    async def login(openid: str) -> int:
        code = wechat.platform.login_code(openid)
        return await errcode(wechat, "/sns/jscode2session", account=None, js_code=code, **LOGIN)

    assert {await login("o1") for _ in range(100)} == {0}
    assert (await login("o1"), await login("o2")) == (45011, 0)
