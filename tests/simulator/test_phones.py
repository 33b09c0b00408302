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
    shown = await page(wechat, "")
    assert "甲" in shown
    assert [way for way in ("/wecom/", "/sms/", "/faults") if f"href='{way}'" not in shown] == []


async def test_without_an_account_both_chats_are_read_at_once(wechat: World) -> None:
    for account in ("service", "mini"):
        await wechat.admin("say", {"openid": "o1", "account": account, "text": account})
    async with wechat.http.get(f"{wechat.base_url}/admin/chat", params={"openid": "o1"}) as response:
        lines = await response.json()
    assert [(line["account"], line["text"]) for line in lines] == [("service", "service"), ("mini", "mini")]


async def posted(wechat: World, address: str, **form: str) -> str:
    """A form sent without JavaScript; the page that it leads to."""
    async with wechat.http.post(f"{wechat.base_url}/{address}", data=form) as response:
        assert response.status == 200, await response.text()
        return await response.text()


async def test_a_popup_is_answered_with_ticks_and_the_phone_says_what_is_left(wechat: World) -> None:
    shown = await page(wechat)
    assert "还能收 3 条" in shown
    assert "总是保持以上选择" in shown
    accepted = {"choice:tmpl-meeting": "accept", "always": "1"}
    shown = await posted(wechat, "phones/o1/popup", **accepted)
    assert "还能收 4 条, 总是允许" in shown
    assert "没有选模板" in await posted(wechat, "phones/o1/popup", **{"choice:tmpl-meeting": ""})
    assert "还能收 0 条" in await posted(wechat, "phones/o1/refuse", template="tmpl-meeting")


async def test_the_main_switch_keeps_the_popup_shut_and_says_so(wechat: World) -> None:
    assert "关着, 什么订阅消息都收不到" in await posted(wechat, "phones/o1/switch")
    shown = await posted(wechat, "phones/o1/popup", **{"choice:tmpl-meeting": "accept"})
    assert "20004" in shown
    assert "还能收 3 条" in shown


async def test_a_long_term_template_is_switched_on_and_off(wechat: World) -> None:
    made = {"id": "tmpl-long", "title": "办理进度", "fields": {"thing1": "提示"}, "type": 3}
    await wechat.admin("templates", {"templates": [made]})
    assert "长期接收: 关着" in await page(wechat)
    assert "长期接收: 开着" in await posted(wechat, "phones/o1/allow", template="tmpl-long")
    assert "长期接收: 关着" in await posted(wechat, "phones/o1/refuse", template="tmpl-long")


async def test_the_phone_follows_and_leaves_the_service_account(wechat: World) -> None:
    assert "没有关注公众号" in await posted(wechat, "phones/o1/follow")
    assert "已关注公众号" in await posted(wechat, "phones/o1/follow")
    assert [wechat.opened("service", place).count("unsubscribe") for place in (0, 1)] == [1, 0]


SEND = {
    "touser": "o1",
    "template_id": "tmpl-meeting",
    "data": {
        "thing1": {"value": "会议"},
        "date2": {"value": "2026年10月9日 15:01"},
        "thing3": {"value": "礼堂"},
        "thing4": {"value": "请回复"},
    },
}


async def test_a_fault_is_switched_on_for_so_many_calls_of_one_endpoint(wechat: World) -> None:
    path = "/cgi-bin/message/subscribe/send"
    shown = await posted(wechat, "faults", kind="day", path=path, times="2", seconds="")
    assert "发订阅消息: 今天的次数用完 (45009), 还有 2 次" in shown
    assert await wechat.write() == 45015, "another endpoint is well"
    assert [await wechat.call("message/subscribe/send", SEND) for _ in range(3)] == [45009, 45009, 0]
    assert "没有, 一切正常" in await page(wechat, "faults")


async def test_every_fault_of_the_page_can_be_switched_on_and_all_of_them_off(wechat: World) -> None:
    for kind, words in (
        ("busy", "系统繁忙 (-1), 直到关掉"),
        ("minute", "45011"),
        ("slow", "慢 5 秒"),
        ("gateway", "HTTP 502"),
        ("before", "还没处理就断线"),
        ("after", "处理完了才断线"),
    ):
        shown = await posted(wechat, "faults", kind=kind, path="", times="0", seconds="0")
        assert words in shown.split("id='make'")[0], "among what is on"
    assert "没有, 一切正常" in await posted(wechat, "faults/off")


async def test_what_no_fault_can_be_is_refused_with_a_word(wechat: World) -> None:
    for form in (
        {"kind": "busy", "times": "many"},
        {"kind": "busy", "seconds": "nan"},
        {"kind": "busy", "times": "-1"},
    ):
        assert "没有开故障: 次数要是" in await posted(wechat, "faults", **form)
    assert "请选一种故障" in await posted(wechat, "faults", kind="other")
    assert "没有, 一切正常" in await page(wechat, "faults")


async def test_the_tokens_are_revoked_and_the_clock_is_moved_and_put_back(wechat: World) -> None:
    token, _ = wechat.platform.stable_token("mini", force=False)
    await posted(wechat, "faults/revoke")
    address = f"{wechat.base_url}/cgi-bin/message/subscribe/send"
    async with wechat.http.post(address, params={"access_token": token}, json=SEND) as response:
        assert (await response.json(content_type=None))["errcode"] == 40001
    assert "拨回真实时间" in await posted(wechat, "faults/clock", seconds="86400")
    assert wechat.platform.offset == 86400
    await posted(wechat, "faults/clock", seconds="0")
    assert wechat.platform.offset == 0


async def test_the_page_shows_what_was_pushed_and_that_it_is_no_real_wechat(wechat: World) -> None:
    wechat.mini.answers = [(503, "")]
    await wechat.admin("say", {"openid": "o1", "account": "mini", "text": "你好"})
    shown = await page(wechat, "faults")
    assert "小程序 · text · 3 次 · 服务故障" in shown
    for path in ("", "faults", "phones/o1"):
        assert "演示用的微信模拟器, 不是真的微信" in await page(wechat, path)
