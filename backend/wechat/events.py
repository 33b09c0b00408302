"""Events of WeChat's as values: subscriptions, what became of a message, what a picture was found to be.

Field names and shapes: wire protocol of the message pushes. `List` is an object for one line and an array for several;
the official sample of the change event stands under the popup event's name; numbers come as numbers or as strings.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from notices.events import SubscriptionEvent

_SUBSCRIPTIONS = {
    "subscribe_msg_popup_event": ("SubscribeMsgPopupEvent",),
    "subscribe_msg_change_event": ("SubscribeMsgChangeEvent", "SubscribeMsgPopupEvent"),
    "subscribe_msg_sent_event": ("SubscribeMsgSentEvent",),
}
"""Event -> the elements that its lines may stand in; without one they stand in the message itself (JSON)."""
_CHOICES: dict[str, Literal["accept", "reject"]] = {"accept": "accept", "reject": "reject"}
UNKNOWN_FAILURE = -1
"""The errcode of a failure to which the platform gives no number."""


@dataclass(frozen=True, slots=True)
class MediaVerdict:
    """What media_check_async came to. `errcode` other than 0 (-1008: the file could not be fetched): no verdict."""

    trace_id: str
    errcode: int
    suggest: str
    """pass, review or risky; empty where nothing was found."""
    label: int | None


def moment(value: object) -> datetime:
    """CreateTime, a number or a string of one. Raises ValueError, OverflowError."""
    return datetime.fromtimestamp(whole(value), UTC)


def whole(value: object) -> int:
    """A number, or a string of one. Raises ValueError for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("no number")
    if isinstance(value, str) and len(value) > 20:
        raise ValueError("no number of theirs")
    return int(value)


def subscriptions(fields: Mapping[str, Any]) -> tuple[SubscriptionEvent, ...]:
    """The lines of a push about subscriptions, in order; none of any other push. Raises ValueError, OverflowError.

    A choice that is neither accept nor reject (a ban, a filter) changed nothing and is left out.
    """
    event = str(fields.get("Event") or "")
    if event == "TEMPLATESENDJOBFINISH":
        return (_finished(fields),)
    if event not in _SUBSCRIPTIONS:
        return ()
    return tuple(_line(fields, event, line) for line in _lines(fields, event) if _is_told(event, line))


def media_verdict(fields: Mapping[str, Any]) -> MediaVerdict | None:
    """The verdict of a wxa_media_check of version 2; None of any other push. Raises ValueError."""
    if fields.get("Event") != "wxa_media_check":
        return None
    found = fields.get("result")
    result = found if isinstance(found, dict) else {}
    errcode = whole(fields["errcode"])
    return MediaVerdict(
        trace_id=str(fields["trace_id"]),
        errcode=errcode,
        suggest=str(result.get("suggest") or "") if errcode == 0 else "",
        label=whole(result["label"]) if errcode == 0 and result.get("label") is not None else None,
    )


def told_apart(fields: Mapping[str, Any]) -> str:
    """What tells two events of one person in one second apart: their name, and what they are about."""
    about = (fields.get(name) for name in ("Event", "EventKey", "MsgID", "trace_id"))
    return ":".join(str(value) for value in about if value)


def _lines(fields: Mapping[str, Any], event: str) -> Iterator[Mapping[str, Any]]:
    inner: Any = next((fields[name] for name in _SUBSCRIPTIONS[event] if fields.get(name)), fields)
    if not isinstance(inner, dict):
        raise ValueError("an event without lines")
    found = inner.get("List") or []
    for line in found if isinstance(found, list) else [found]:
        if not isinstance(line, dict):
            raise ValueError("a line without fields")
        yield line


def _is_told(event: str, line: Mapping[str, Any]) -> bool:
    return event == "subscribe_msg_sent_event" or line.get("SubscribeStatusString") in _CHOICES


def _line(fields: Mapping[str, Any], event: str, line: Mapping[str, Any]) -> SubscriptionEvent:
    is_sent = event == "subscribe_msg_sent_event"
    what = "sent" if is_sent else _CHOICES[line["SubscribeStatusString"]]
    msgid = str(line.get("MsgID") or "") or None
    errcode = _errcode(line) if is_sent else None
    return _event(fields, event, str(line["TemplateId"]), what, msgid, errcode)


def _errcode(line: Mapping[str, Any]) -> int:
    """Without a number the words decide: `success`, or not."""
    number = line.get("ErrorCode")
    if number is None or number == "":
        return 0 if line.get("ErrorStatus") == "success" else UNKNOWN_FAILURE
    return whole(number)


def _finished(fields: Mapping[str, Any]) -> SubscriptionEvent:
    """A template message of the service account: `success`, `failed:user block`, `failed: system failed`."""
    errcode = 0 if fields.get("Status") == "success" else UNKNOWN_FAILURE
    msgid = str(fields.get("MsgID") or "") or None
    return _event(fields, str(fields["Event"]), "", "sent", msgid, errcode)


def _event(
    fields: Mapping[str, Any],
    event: str,
    template_id: str,
    what: Literal["accept", "reject", "sent"],
    msgid: str | None,
    errcode: int | None,
) -> SubscriptionEvent:
    at, openid = moment(fields["CreateTime"]), str(fields["FromUserName"])
    parts = (openid, str(int(at.timestamp())), event, template_id, what, msgid or "")
    return SubscriptionEvent(openid, template_id, what, msgid, errcode, at, ":".join(parts))
