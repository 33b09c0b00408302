"""Two accounts on one open platform: each its own pair, token and openid of a person, one unionid."""

import base64
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


async def phone_number(wechat: World, body: object, account: str = "mini") -> dict[str, object]:
    token, _ = wechat.platform.stable_token(account, force=False)
    url = f"{wechat.base_url}/wxa/business/getuserphonenumber?access_token={token}"
    async with wechat.http.post(url, json=body) as response:
        return await response.json()


async def test_a_telephones_code_is_good_once_for_five_minutes_at_its_own_account(wechat: World) -> None:
    async def code() -> str:
        return str((await wechat.admin("phone_code", {"openid": "o1"}))["code"])

    wechat.platform.users["o1"].phone = "10012345678"
    used = await code()
    info = (await phone_number(wechat, {"code": used}))["phone_info"]
    assert info["purePhoneNumber"] == info["phoneNumber"] == "10012345678"
    assert (info["countryCode"], info["watermark"]["appid"]) == ("86", "wxtest")
    late = await code()
    await wechat.admin("clock", {"seconds": 301})
    login = wechat.platform.login_code("o1")
    for sent in ({"code": used}, {"code": late}, {"code": login}, {"code": "x"}, {}):
        assert (await phone_number(wechat, sent))["errcode"] == 40029
    assert (await phone_number(wechat, {"code": await code()}, "service"))["errcode"] == 40013
    assert (await phone_number(wechat, []))["errcode"] == 47001
    url = f"{wechat.base_url}/wxa/business/getuserphonenumber"
    async with wechat.http.get(url, params={"access_token": "x"}) as response:
        assert (await response.json())["errcode"] == 40001


async def test_a_telephone_abroad_has_its_country_before_it(wechat: World) -> None:
    await wechat.admin("users", {"users": [{"name": "乙", "openid": "o2", "phone": "10012345", "country_code": "852"}]})
    code = (await wechat.admin("phone_code", {"openid": "o2"}))["code"]
    info = (await phone_number(wechat, {"code": code}))["phone_info"]
    assert (info["phoneNumber"], info["purePhoneNumber"], info["countryCode"]) == ("+85210012345", "10012345", "852")


async def test_the_service_account_learns_the_unionid_of_who_follows_it(wechat: World) -> None:
    user = wechat.platform.users["o1"]

    async def info(openid: str, account: str = "service") -> dict[str, object]:
        token, _ = wechat.platform.stable_token(account, force=False)
        params = {"access_token": token, "openid": openid, "lang": "zh_CN"}
        async with wechat.http.get(f"{wechat.base_url}/cgi-bin/user/info", params=params) as response:
            return await response.json()

    assert (await info(user.service_openid))["unionid"] == user.unionid
    assert (await info("o1"))["errcode"] == 40003
    assert (await info(user.service_openid, "mini"))["errcode"] == 40001
    await wechat.admin("say", {"openid": "o1", "kind": "event", "event": "unsubscribe"})
    assert await info(user.service_openid) == {"subscribe": 0, "openid": user.service_openid}
    await wechat.admin("say", {"openid": "o1", "kind": "event", "event": "subscribe"})
    assert (await info(user.service_openid))["subscribe"] == 1


async def test_each_login_has_a_session_key_of_sixteen_bytes(wechat: World) -> None:
    keys = {wechat.platform.redeem(wechat.platform.login_code("o1")).session_key for _ in range(2)}
    assert len(keys) == 2
    assert {len(base64.b64decode(key)) for key in keys} == {16}
    assert (await wechat.admin("secrets", {"openid": "o1"}))["session_key"] in keys
