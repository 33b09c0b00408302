"""Two accounts on one open platform: each its own pair, token and openid of a person, one unionid."""

import json
from pathlib import Path

import pytest

from simulator.errors import PlatformError
from tests.simulator.platform import make_platform
from tests.simulator.receiver import World


def test_either_accounts_pair_is_known_and_no_mixture_of_them() -> None:
    platform = make_platform()
    assert platform.check_app("wxtest", "s").kind == "mini"
    assert platform.check_app("wxservice", "ss").kind == "service"
    for appid, secret, errcode in (("wxservice", "s", 40125), ("wxtest", "ss", 40125), ("wxother", "s", 40013)):
        with pytest.raises(PlatformError) as refused:
            platform.check_app(appid, secret)
        assert refused.value.errcode == errcode


async def test_each_account_has_a_token_of_its_own(wechat: World) -> None:
    tokens = {}
    for appid, secret in (("wxtest", "s"), ("wxservice", "ss"), ("wxtest", "s")):
        body = {"grant_type": "client_credential", "appid": appid, "secret": secret}
        async with wechat.http.post(f"{wechat.base_url}/cgi-bin/stable_token", json=body) as response:
            token = (await response.json())["access_token"]
        assert tokens.setdefault(appid, token) == token
    assert tokens["wxtest"] != tokens["wxservice"]
    assert wechat.platform.calls["tokens_issued"] == 2


def test_a_forced_token_of_one_account_leaves_the_others_alone() -> None:
    platform = make_platform()
    mini, _ = platform.stable_token("mini", force=False)
    service, _ = platform.stable_token("service", force=False)
    platform.stable_token("mini", force=True)
    assert platform.check_token(service).kind == "service"
    with pytest.raises(PlatformError) as killed:
        platform.check_token(mini)
    assert killed.value.errcode == 40001


async def test_a_subscribe_message_needs_the_mini_programs_token(wechat: World) -> None:
    body = {"touser": "o1", "template_id": "tmpl-meeting", "data": {}}
    assert await wechat.call("message/subscribe/send", body, "service") == 40001
    assert await wechat.call("message/subscribe/send", body, "mini") == 47003


async def test_a_login_code_is_the_mini_programs(wechat: World) -> None:
    for appid, secret, errcode in (("wxservice", "ss", 40013), ("wxtest", "s", None)):
        params = {"appid": appid, "secret": secret, "js_code": wechat.platform.login_code("o1")}
        async with wechat.http.get(f"{wechat.base_url}/sns/jscode2session", params=params) as response:
            answer = json.loads(await response.text())
        assert answer.get("errcode") == errcode


async def test_a_person_has_an_openid_at_each_account_and_one_unionid(wechat: World) -> None:
    (made,) = await wechat.admin("users", {"users": [{"name": "乙", "openid": "o2"}]})
    assert made["openid"] == "o2"
    assert len(made["service_openid"]) == 28
    assert made["service_openid"] != wechat.platform.users["o1"].service_openid
    assert (await wechat.admin("users", {"users": [{"name": "乙", "openid": "o2"}]})) == [made]


def test_a_phone_keeps_its_ids_and_windows_when_the_platform_restarts(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    platform = make_platform(state=state)
    user = platform.add_user("甲", "o1")
    user.windows = {"mini": {"message": {"left": 4, "until": 9.0}}}
    platform.save()
    assert make_platform(state=state).users["o1"] == user


def test_a_state_file_of_before_the_second_account_is_still_read(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    chat = [{"from": "me", "text": "问", "at": 1.0}]
    user = {"openid": "o1", "unionid": "u1", "name": "甲", "credits": {}, "inbox": [], "chat": chat, "session_key": ""}
    state.write_text(json.dumps({"users": [user], "templates": {}, "pages": []}))
    first, second = (make_platform(state=state).users["o1"] for _ in range(2))
    assert first.service_openid
    assert first.service_openid == second.service_openid
    assert [line["text"] for line in first.chat_with("service")] == ["问"]
    assert first.chat_with("mini") == []
