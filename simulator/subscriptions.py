"""requestSubscribeMessage as a person meets it: a popup, or none; and the events that the platform pushes about it."""

from collections.abc import Mapping
from typing import Any

from simulator.accounts import Kind, User
from simulator.platform import Platform

MOST_TEMPLATES = 5
_EMPTY, _UNKNOWN, _MIXED, _TOO_MANY, _SWITCHED_OFF = 10001, 20001, 20002, 20003, 20004


class PopupError(Exception):
    """The popup does not open: errCode of wx.requestSubscribeMessage."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


def ask(platform: Platform, user: User, choices: Mapping[str, str], *, always: bool = False) -> dict[str, str]:
    """The person answers the popup: template -> accept, reject, ban or filter, in the order asked.

    `choices`: template -> what the person ticks, accept or reject; a template of which the person once said `always`
    keeps that answer and is not in the popup. Accepted is one more message (of a long-term template: until refused).
    Raises PopupError, and ValueError for a choice that no popup has.
    """
    if not set(choices.values()) <= {"accept", "reject"}:
        raise ValueError("a popup is answered with accept or reject")
    if fault := _fault(platform, user, list(choices)):
        raise PopupError(fault)
    results: dict[str, str] = {}
    titles: set[str] = set()
    asked = []
    for template_id, choice in choices.items():
        title = str(platform.templates[template_id]["title"])
        if template_id in platform.banned or "mini" in platform.banned:
            results[template_id] = "ban"
        elif title in titles:
            results[template_id] = "filter"  # of two with one title the first is shown
        elif template_id in user.always:
            results[template_id] = user.always[template_id]
        else:
            results[template_id] = choice
            asked.append(template_id)
            if always:
                user.always[template_id] = choice
        titles.add(title)
    for template_id, result in results.items():
        if result == "accept":
            platform.accept(user.openid, template_id)
    if asked:
        _tell(platform, user, "subscribe_msg_popup_event", {each: results[each] for each in asked}, "0")
    platform.touch()
    return results


def refuse(platform: Platform, user: User, template_id: str) -> None:
    """The person refuses a template at a card that arrived, or in the settings: nothing of it comes any more."""
    user.credits.pop(template_id, None)
    if template_id in user.long_term:
        user.long_term.remove(template_id)
    user.always.pop(template_id, None)
    _tell(platform, user, "subscribe_msg_change_event", {template_id: "reject"}, None)
    platform.touch()


def allow(platform: Platform, user: User, template_id: str) -> None:
    """The person allows a long-term template again in the settings: nothing is pushed about that."""
    if template_id not in user.long_term:
        user.long_term.append(template_id)
    platform.touch()


def sent(platform: Platform, entry: Mapping[str, str]) -> tuple[Kind, str, dict[str, Any]]:
    """An entry of `platform.sent_events` as what is pushed: (account, event, its one line or its fields)."""
    account: Kind = "service" if entry.get("account") == "service" else "mini"
    error = entry.get("error") or ""
    if entry.get("sort") == "message":
        status = error or "success"
        return account, "TEMPLATESENDJOBFINISH", {"MsgID": int(entry["msgid"]), "Status": status}
    line = {
        "TemplateId": entry["template_id"],
        "MsgID": entry["msgid"],
        "ErrorCode": "43101" if error else "0",
        "ErrorStatus": error or "success",
    }
    return account, "subscribe_msg_sent_event", {"List": line}


def fields(platform: Platform, event: str, inner: dict[str, Any], written: str) -> dict[str, Any]:
    """An event's fields in a format: JSON has `List` in the message itself, XML in an element of the event's name."""
    head = {"MsgType": "event", "Event": event}
    if written == "json" or "List" not in inner:
        return head | inner
    name = "".join(part.capitalize() for part in event.split("_"))
    if event == "subscribe_msg_change_event" and platform.pushing.change_under_popup:
        name = "SubscribeMsgPopupEvent"  # as the official sample has it
    return head | {name: inner}


def _fault(platform: Platform, user: User, templates: list[str]) -> int:
    """Why there is no popup; 0 when there is one."""
    if not templates:
        return _EMPTY
    if len(templates) > MOST_TEMPLATES:
        return _TOO_MANY
    known = [platform.templates.get(each) for each in templates]
    if any(each is None or each.get("account", "mini") != "mini" for each in known):
        return _UNKNOWN
    if len({(each or {}).get("type", 2) for each in known}) > 1:
        return _MIXED
    return 0 if user.main_switch else _SWITCHED_OFF


def _tell(platform: Platform, user: User, event: str, choices: Mapping[str, str], scene: str | None) -> None:
    lines = [
        {"TemplateId": each, "SubscribeStatusString": choice} | ({"PopupScene": scene} if scene else {})
        for each, choice in choices.items()
    ]
    if platform.pushing.events:
        # One line is an object and several are an array.
        platform.to_tell.append((user.openid, event, {"List": lines[0] if len(lines) == 1 else lines}))
