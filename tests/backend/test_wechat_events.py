"""Events as values: subscriptions in every shape that the platform has for them, receipts, verdicts of pictures."""

from typing import Any

import pytest

from backend.wechat import push
from backend.wechat.events import MediaVerdict
from tests.backend.test_wechat_push import HEAD, MODES, NOW, pushed


def lines(event: str, found: object, written: str, element: str) -> dict[str, Any]:
    """An event with its `List`, as the format carries it."""
    return HEAD | {"Event": event} | ({"List": found} if written == "json" else {element: {"List": found}})


@pytest.mark.parametrize(("mode", "written"), MODES)
@pytest.mark.parametrize(
    ("event", "elements"),
    [
        ("subscribe_msg_popup_event", ["SubscribeMsgPopupEvent"]),
        ("subscribe_msg_change_event", ["SubscribeMsgChangeEvent", "SubscribeMsgPopupEvent"]),
    ],
)
def test_choices_are_read_as_one_line_or_several_wherever_they_stand(
    event: str, elements: list[str], mode: str, written: str
) -> None:
    accepted = {"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "0"}
    refused = {"TemplateId": "t2", "SubscribeStatusString": "reject", "PopupScene": 2}
    banned = {"TemplateId": "t3", "SubscribeStatusString": "ban"}
    for element in elements:
        one = pushed(lines(event, accepted, written, element), mode, written).subscriptions
        assert [(line.openid, line.template_id, line.what, line.errcode) for line in one] == [
            ("o1", "t1", "accept", None)
        ]
        several = pushed(lines(event, [accepted, refused, banned], written, element), mode, written).subscriptions
        assert [(line.template_id, line.what) for line in several] == [("t1", "accept"), ("t2", "reject")]
        assert len({line.dedupe_key for line in several}) == 2
        assert several[0].at.timestamp() == NOW


@pytest.mark.parametrize("written", ["xml", "json"])
@pytest.mark.parametrize("created", [NOW, str(NOW)])
def test_what_became_of_messages_is_read_with_its_number(written: str, created: int | str) -> None:
    found = [
        {"TemplateId": "t1", "MsgID": "1864323726461255680", "ErrorCode": "0", "ErrorStatus": "success"},
        {"TemplateId": "t1", "MsgID": 2, "ErrorCode": 43101, "ErrorStatus": "user refuse"},
        {"TemplateId": "t1", "MsgID": "3", "ErrorStatus": "success"},
        {"TemplateId": "t1", "MsgID": "4", "ErrorStatus": "failed"},
    ]
    fields = lines("subscribe_msg_sent_event", found, written, "SubscribeMsgSentEvent") | {"CreateTime": created}
    message = pushed(fields, "plain", written)
    assert [(line.what, line.msgid, line.errcode) for line in message.subscriptions] == [
        ("sent", "1864323726461255680", 0),
        ("sent", "2", 43101),
        ("sent", "3", 0),
        ("sent", "4", -1),
    ]
    assert message.subscriptions[0].dedupe_key == f"o1:{NOW}:subscribe_msg_sent_event:t1:sent:1864323726461255680"


@pytest.mark.parametrize(
    ("status", "errcode"), [("success", 0), ("failed:user block", -1), ("failed: system failed", -1)]
)
def test_the_service_account_hears_what_became_of_a_template_message(status: str, errcode: int) -> None:
    fields = HEAD | {"Event": "TEMPLATESENDJOBFINISH", "MsgID": "200163836", "Status": status}
    (line,) = pushed(fields, "plain", "xml").subscriptions
    assert (line.what, line.template_id, line.msgid, line.errcode) == ("sent", "", "200163836", errcode)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"errcode": 0, "result": {"suggest": "risky", "label": 20001}}, MediaVerdict("t", 0, "risky", 20001)),
        ({"errcode": "0", "result": {"suggest": "pass", "label": "100"}}, MediaVerdict("t", 0, "pass", 100)),
        ({"errcode": -1008, "errmsg": "download failed", "detail": []}, MediaVerdict("t", -1008, "", None)),
    ],
)
def test_a_pictures_verdict_is_read_and_what_could_not_be_fetched_passes_nothing(
    given: dict[str, Any], expected: MediaVerdict
) -> None:
    fields = HEAD | {"Event": "wxa_media_check", "appid": "wx", "trace_id": "t", "version": 2} | given
    assert pushed(fields, "plain", "json").media == expected


@pytest.mark.parametrize("found", ["words", 7, ["words"], [{"SubscribeStatusString": "accept"}]])
def test_an_event_that_nobody_would_send_is_refused(found: object) -> None:
    with pytest.raises(push.BadPushError) as refused:
        pushed(lines("subscribe_msg_popup_event", found, "json", ""), "plain", "json")
    assert refused.value.status == 400


def test_two_events_of_one_person_in_one_second_are_two() -> None:
    entered = pushed(HEAD | {"Event": "user_enter_tempsession"}, "plain", "json")
    clicked = pushed(HEAD | {"Event": "CLICK", "EventKey": "apply"}, "plain", "json")
    other = pushed(HEAD | {"Event": "CLICK", "EventKey": "list"}, "plain", "json")
    assert len({message.dedupe_key for message in (entered, clicked, other)}) == 3
    assert pushed(HEAD | {"Event": "CLICK", "EventKey": "apply"}, "safe", "xml").dedupe_key == clicked.dedupe_key
