"""The phones' pages: two chats, each with a box of its own."""

import json

from tests.simulator.receiver import World


async def page(wechat: World, path: str = "phones/o1") -> str:
    async with wechat.http.get(f"{wechat.base_url}/{path}") as response:
        assert response.status == 200
        return await response.text()


async def test_a_phone_shows_both_chats_with_a_labelled_box_each(wechat: World) -> None:
    shown = await page(wechat)
    for words in ("和公众号的对话", "和小程序客服的对话", "进入客服会话"):
        assert words in shown
    for kind in ("service", "mini"):
        assert f"<label for='{kind}-text'>" in shown
        assert f"<input id='{kind}-text' name='text'" in shown


async def test_what_is_typed_into_a_box_goes_to_its_account_and_shows_in_its_chat(wechat: World) -> None:
    for kind, text in (("service", "问公众号<b>"), ("mini", "问客服")):
        async with wechat.http.post(f"{wechat.base_url}/phones/o1/{kind}/say", data={"text": text}) as response:
            shown = await response.text()
            assert response.url.path == "/phones/o1"
        assert await wechat.chat(kind) == [("me", text)]
    assert "问公众号&lt;b&gt;" in shown
    assert "Content>问公众号" in wechat.opened("service")
    assert json.loads(wechat.opened("mini"))["Content"] == "问客服"


async def test_an_empty_box_says_nothing(wechat: World) -> None:
    async with wechat.http.post(f"{wechat.base_url}/phones/o1/mini/say", data={"text": " "}) as response:
        assert response.status == 200
    assert wechat.mini.bodies == []


async def test_the_button_opens_customer_service(wechat: World) -> None:
    async with wechat.http.post(f"{wechat.base_url}/phones/o1/mini/enter") as response:
        assert response.status == 200
    assert json.loads(wechat.opened("mini"))["Event"] == "user_enter_tempsession"


async def test_all_phones_are_listed(wechat: World) -> None:
    assert "甲" in await page(wechat, "")


async def test_without_an_account_both_chats_are_read_at_once(wechat: World) -> None:
    for account in ("service", "mini"):
        await wechat.admin("say", {"openid": "o1", "account": account, "text": account})
    async with wechat.http.get(f"{wechat.base_url}/admin/chat", params={"openid": "o1"}) as response:
        lines = await response.json()
    assert [(line["account"], line["text"]) for line in lines] == [("service", "service"), ("mini", "mini")]
