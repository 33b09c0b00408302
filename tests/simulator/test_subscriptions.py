"""What people choose about subscribe messages, and what the platform tells the accounts by itself."""

import asyncio
import json
import time
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.simulator.receiver import World

MEETING = {"id": "tmpl-meeting", "title": "会议通知", "fields": {"thing1": "事项"}}
LIST = {"id": "tmpl-list", "title": "名单更新", "fields": {"thing1": "村"}}
LONG = {"id": "tmpl-long", "title": "办理进度", "fields": {"thing1": "提示"}, "type": 3}
TWIN = {"id": "tmpl-twin", "title": "会议通知", "fields": {"thing1": "事项"}}
SEND = {"touser": "o1", "template_id": "tmpl-list", "data": {"thing1": {"value": "村"}}}


async def prepared(wechat: World, *, events: bool = True, **pushing: Any) -> None:
    await wechat.admin("templates", {"templates": [MEETING, LIST, LONG, TWIN]})
    await wechat.admin("pushing", {"events": events, "delay": 0, "mode": "plain", **pushing})


async def settled(wechat: World) -> list[dict[str, Any]]:
    async with wechat.http.get(f"{wechat.base_url}/admin/pushes", params={"settled": "1"}) as response:
        return await response.json()


async def answer(wechat: World, templates: object, **more: Any) -> dict[str, Any]:
    return await wechat.admin("popup", {"openid": "o1", "templates": templates, **more})


async def test_an_accepted_template_is_one_more_message_and_is_told_as_one_object(wechat: World) -> None:
    await prepared(wechat)
    said = await answer(wechat, ["tmpl-list"])
    assert said == {"errCode": 0, "results": {"tmpl-list": "accept"}, "left": {"tmpl-meeting": 3, "tmpl-list": 1}}
    await settled(wechat)
    told = json.loads(wechat.mini.bodies[0])
    assert (told["Event"], told["FromUserName"]) == ("subscribe_msg_popup_event", "o1")
    assert told["List"] == {"TemplateId": "tmpl-list", "SubscribeStatusString": "accept", "PopupScene": "0"}


async def test_several_choices_are_told_as_an_array(wechat: World) -> None:
    await prepared(wechat)
    await answer(wechat, {"tmpl-list": "accept", "tmpl-meeting": "reject"})
    await settled(wechat)
    lines = json.loads(wechat.mini.bodies[0])["List"]
    assert [(line["TemplateId"], line["SubscribeStatusString"]) for line in lines] == [
        ("tmpl-list", "accept"),
        ("tmpl-meeting", "reject"),
    ]
    assert wechat.platform.users["o1"].credits == {"tmpl-meeting": 3, "tmpl-list": 1}


async def test_in_xml_the_lines_stand_in_an_element_of_the_events_name_or_of_the_samples(wechat: World) -> None:
    await prepared(wechat, written="xml", created_as_string=True)
    await answer(wechat, {"tmpl-list": "accept", "tmpl-meeting": "reject"})
    await wechat.admin("refuse", {"openid": "o1", "template": "tmpl-list"})
    await settled(wechat)
    await wechat.admin("pushing", {"change_under_popup": True})
    await wechat.admin("refuse", {"openid": "o1", "template": "tmpl-meeting"})
    await settled(wechat)
    popup, change, as_in_the_sample = (ElementTree.fromstring(body) for body in wechat.mini.bodies)
    assert len(popup.findall("SubscribeMsgPopupEvent/List")) == 2
    assert change.findtext("SubscribeMsgChangeEvent/List/SubscribeStatusString") == "reject"
    assert as_in_the_sample.findtext("Event") == "subscribe_msg_change_event"
    assert as_in_the_sample.findtext("SubscribeMsgPopupEvent/List/TemplateId") == "tmpl-meeting"
    assert wechat.platform.users["o1"].credits == {}


async def test_always_is_asked_once_and_accepts_in_silence_from_then_on(wechat: World) -> None:
    await prepared(wechat)
    await answer(wechat, ["tmpl-list"], always=True)
    again = await answer(wechat, {"tmpl-list": "reject"})
    assert again["results"] == {"tmpl-list": "accept"}, "no popup opens that could refuse"
    assert again["left"]["tmpl-list"] == 2
    await settled(wechat)
    assert len(wechat.mini.bodies) == 1


async def test_a_long_term_template_is_accepted_until_it_is_refused(wechat: World) -> None:
    await prepared(wechat)
    message = SEND | {"template_id": "tmpl-long", "data": {"thing1": {"value": "点开查看"}}}
    await answer(wechat, ["tmpl-long"])
    assert [await wechat.call("message/subscribe/send", message) for _ in range(3)] == [0, 0, 0]
    await wechat.admin("refuse", {"openid": "o1", "template": "tmpl-long"})
    assert await wechat.call("message/subscribe/send", message) == 43101


@pytest.mark.parametrize(
    ("templates", "errcode"),
    [
        ([], 10001),
        (["tmpl-none"], 20001),
        (["tmpl-list", "tmpl-long"], 20002),
        (["a", "b", "c", "d", "e", "f"], 20003),
    ],
)
async def test_a_popup_that_does_not_open_says_why_and_changes_nothing(
    wechat: World, templates: list[str], errcode: int
) -> None:
    await prepared(wechat)
    assert (await answer(wechat, templates))["errCode"] == errcode
    assert wechat.platform.users["o1"].credits == {"tmpl-meeting": 3}


async def test_the_main_switch_off_opens_no_popup_and_lets_no_message_through(wechat: World) -> None:
    await prepared(wechat)
    await answer(wechat, ["tmpl-list"])
    await wechat.admin("phone", {"openid": "o1", "main_switch": False})
    assert (await answer(wechat, ["tmpl-list"]))["errCode"] == 20004
    assert await wechat.call("message/subscribe/send", SEND) == 43101


async def test_a_banned_template_and_the_second_of_one_title_are_not_asked_for(wechat: World) -> None:
    await prepared(wechat)
    await wechat.admin("platform", {"banned": ["tmpl-list"]})
    said = await answer(wechat, ["tmpl-list", "tmpl-meeting", "tmpl-twin"])
    assert said["results"] == {"tmpl-list": "ban", "tmpl-meeting": "accept", "tmpl-twin": "filter"}
    assert said["left"] == {"tmpl-meeting": 4}
    await settled(wechat)
    assert json.loads(wechat.mini.bodies[0])["List"]["TemplateId"] == "tmpl-meeting"


async def test_every_message_that_was_taken_is_told_about_once_with_its_number(wechat: World) -> None:
    await prepared(wechat)
    await answer(wechat, ["tmpl-list"])
    await answer(wechat, ["tmpl-list"])
    for _ in range(2):
        assert await wechat.call("message/subscribe/send", SEND) == 0
    assert await wechat.call("message/subscribe/send", SEND) == 43101
    await settled(wechat)
    told = [json.loads(body) for body in wechat.mini.bodies if "sent_event" in body]
    msgids = [str(message["msgid"]) for message in wechat.platform.users["o1"].inbox]
    assert sorted(event["List"]["MsgID"] for event in told) == sorted(msgids)
    assert {(event["List"]["ErrorCode"], event["List"]["ErrorStatus"]) for event in told} == {("0", "success")}


async def test_events_are_told_when_they_are_switched_on_and_never_before(wechat: World) -> None:
    await prepared(wechat, events=False)
    await answer(wechat, ["tmpl-list"])
    await wechat.call("message/subscribe/send", SEND)
    assert await settled(wechat) == []
    await wechat.admin("pushing", {"events": True})
    assert await settled(wechat) == []


async def test_telling_holds_up_no_message_and_is_sixteen_at_once_at_most(wechat: World) -> None:
    await prepared(wechat)
    at_once, most = 0, 0

    async def slow() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.4)
        at_once -= 1

    wechat.mini.meanwhile = slow
    wechat.platform.users["o1"].credits["tmpl-list"] = 40
    began = time.monotonic()
    for _ in range(40):
        assert await wechat.call("message/subscribe/send", SEND) == 0
    sending = time.monotonic() - began
    assert len(await settled(wechat)) == 40
    assert most == 16
    assert sending < time.monotonic() - began


async def test_an_event_that_nobody_takes_is_tried_three_times_and_noted_as_a_fault(wechat: World) -> None:
    await prepared(wechat)
    wechat.mini.answers = [(503, "")]
    await answer(wechat, ["tmpl-list"])
    (pushed,) = await settled(wechat)
    assert (pushed["what"], pushed["tries"], pushed["outcome"]) == ("subscribe_msg_popup_event", 3, "服务故障")
    assert await wechat.chat("mini") == []


@pytest.mark.parametrize("errcode", [0, -1008])
async def test_a_pictures_verdict_is_told_when_it_is_due(wechat: World, errcode: int) -> None:
    await prepared(wechat, events=False, media_errcode=errcode)
    await wechat.admin("phone", {"openid": "o1", "visits": True})
    token, _ = wechat.platform.stable_token("mini", force=False)
    body = {"media_url": "https://x.example/p.jpg", "media_type": 2, "version": 2, "scene": 1, "openid": "o1"}
    address = f"{wechat.base_url}/wxa/media_check_async"
    async with wechat.http.post(address, params={"access_token": token}, json=body) as response:
        trace_id = (await response.json(content_type=None))["trace_id"]
    assert await settled(wechat) == []
    await wechat.admin("clock", {"seconds": 1800})
    await settled(wechat)
    told = json.loads(wechat.mini.bodies[0])
    assert (told["Event"], told["trace_id"], told["errcode"]) == ("wxa_media_check", trace_id, errcode)
    assert ("result" in told) is (errcode == 0)
    assert bool(told["detail"]) is (errcode == 0)


@pytest.mark.parametrize("error", ["", "failed:user block"])
async def test_the_service_account_hears_what_became_of_a_template_message(wechat: World, error: str) -> None:
    await prepared(wechat)
    entry = {"openid": "o1", "msgid": "7", "account": "service", "sort": "message", "error": error}
    await wechat.admin("tell", entry)
    await settled(wechat)
    told = ElementTree.fromstring(wechat.service.bodies[0])
    assert (told.findtext("Event"), told.findtext("MsgID")) == ("TEMPLATESENDJOBFINISH", "7")
    assert told.findtext("Status") == (error or "success")
    assert told.findtext("FromUserName") == wechat.platform.users["o1"].service_openid


async def test_a_template_message_of_the_service_account_is_told_about(wechat: World) -> None:
    made = {"id": "tmpl-s", "title": "会议通知", "fields": {"thing1": "事项"}, "account": "service", "sort": "message"}
    await prepared(wechat)
    await wechat.admin("templates", {"templates": [made]})
    body = {
        "touser": wechat.platform.users["o1"].service_openid,
        "template_id": "tmpl-s",
        "data": {"thing1": {"value": "会议"}},
    }
    assert await wechat.call("message/template/send", body, "service") == 0
    await settled(wechat)
    told = ElementTree.fromstring(wechat.service.bodies[0])
    assert told.findtext("Event") == "TEMPLATESENDJOBFINISH"
    assert told.findtext("MsgID") == str(wechat.platform.users["o1"].inbox[-1]["msgid"])
