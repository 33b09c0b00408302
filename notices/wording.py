"""Facts -> template fields within WeChat's limits. Pure; no sensitive word: “您有一个会议, 点开查看”.

A locked phone shows these lines to whoever holds it, so no name, illness or circumstance is ever put in one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from notices.kinds import PAGE_OF, TEMPLATE_OF, Kind
from rules.disclosure import pii_findings

_THING = 20
_CODE = 32
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NOT_CODE = re.compile(r"[^0-9A-Za-z\-_.#/]")
_NUMBERS = {"身份证号", "手机号", "银行卡号", "座机号"}
_PHRASE = re.compile(r"[一-鿿]{1,5}")


@dataclass(frozen=True, slots=True)
class Message:
    """One subscribe message, ready for `subscribe/send`: every template field present, none empty."""

    template: str
    page: str
    fields: dict[str, str]


def thing(text: str) -> str:
    """At most 20 characters, cut with an ellipsis; never empty, no control characters, no number of a person."""
    text = _CONTROL.sub(" ", text).strip() or "点开查看"
    if _NUMBERS & set(pii_findings(text)):
        return "点开查看"
    return text if len(text) <= _THING else text[: _THING - 1] + "…"


def code(text: str) -> str:
    """character_string: digits, letters and symbols only, at most 32; Chinese is dropped."""
    return _NOT_CODE.sub("", text)[:_CODE] or "0"


def phrase(text: str) -> str:
    """phrase: one to five Chinese characters. Raises ValueError: a phrase is ours, never somebody's input."""
    if not _PHRASE.fullmatch(text):
        raise ValueError(f"{text!r} does not fit a phrase field")
    return text


def moment(text: str) -> str:
    """date: 2026年10月9日 15:01, from an ISO time in local time."""
    when = datetime.fromisoformat(text)
    return f"{when.year}年{when.month}月{when.day}日 {when:%H:%M}"


def compose(kind: Kind, facts: Mapping[str, str]) -> Message:
    """The message for a notice; `facts` as its announcer stored them."""
    match kind:
        case Kind.MEETING_CONVENED:
            fields = {
                "thing1": thing(f"{facts['town']}有一个会议"),
                "date2": moment(facts["meets_at"]),
                "thing3": thing(facts["place"]),
                "thing4": thing("请点开回复参加或请假"),
            }
        case Kind.MEETING_VOIDED:
            fields = {
                "thing1": thing(f"{facts['town']}的会议取消"),
                "date2": moment(facts["meets_at"]),
                "thing3": thing(facts["place"]),
                "thing4": thing("会议改期, 另行通知, 不用到会"),
            }
        case Kind.CASE_DECIDED:
            fields = {
                "character_string1": code(facts["number"]),
                "phrase2": phrase("已有结果"),
                "thing3": thing("您的事项有结果了, 点开查看"),
            }
        case Kind.LIST_CHANGED:
            fields = {"thing1": thing(facts["village"]), "thing2": thing("公布名单有更新, 点开查看")}
        case Kind.URGENT_REPORTED:
            fields = {
                "character_string1": code(facts["number"]),
                "thing2": thing(facts["town"]),
                "thing3": thing("有一件紧急事项, 请点开查看"),
            }
        case Kind.DEADLINE_MOVED:
            due = datetime.fromisoformat(facts["due_on"])
            fields = {
                "character_string1": code(facts["number"]),
                "phrase2": phrase("期限有变"),
                "thing3": thing(f"新的期限是{due.month}月{due.day}日, 点开查看"),
            }
    return Message(TEMPLATE_OF[kind].key, f"{PAGE_OF[kind]}?id={facts['page_id']}", fields)


def plain(kind: Kind, facts: Mapping[str, str]) -> str:
    """One line of plain text for a chat."""
    return "您有一个通知, 点开查看"
