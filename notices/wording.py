"""Facts -> words: a template's fields, a line for a chat, a topic for a text message. Pure.

A locked phone shows these lines to whoever holds it: no name, illness, circumstance or amount is ever put in one, and
neither that a household is deliberated about. “您有一个会议, 点开查看”.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from notices.fields import TELLS_TOO_MUCH, about, accepts, clean, code, cut, harmless, moment, phrase, thing, units
from notices.kinds import PAGE_OF, TEMPLATE_OF, Kind
from notices.sms_texts import TEXT_OF

PLAIN_MOST = 200


@dataclass(frozen=True, slots=True)
class Message:
    """One subscribe message, ready for `subscribe/send`: every template field present, none empty."""

    template: str
    page: str
    fields: dict[str, str]

    def page_of(self, notice_id: UUID) -> str:
        """The page, which tells the service that this notice was opened."""
        return f"{self.page}&n={notice_id}"


@dataclass(frozen=True, slots=True)
class _Meeting:
    matter: str
    """Behind the name of the town."""
    hint: str
    said: str


@dataclass(frozen=True, slots=True)
class _Progress:
    phrase: str
    hint: str
    """`{day}` and `{days}` are filled in."""
    said: str


@dataclass(frozen=True, slots=True)
class _Urgent:
    hint: str
    """`{moment}` is filled in."""
    said: str
    """Behind the name of the town."""


_MEETINGS = {
    Kind.MEETING_CONVENED: _Meeting("有一个会议", "请点开回复参加或请假", "您有一个会议, 请点开回复参加或请假"),
    Kind.MEETING_CHANGED: _Meeting("的会议有变", "时间或地点变了, 请重新回复", "会议的时间或地点变了, 请点开重新回复"),
    Kind.MEETING_VOIDED: _Meeting("的会议取消", "会议改期, 另行通知, 不用到会", "会议取消, 另行通知, 这次不用到会"),
    Kind.MEETING_REMINDER: _Meeting("的会议提醒", "会议快到了, 请按时到会", "您有一个会议快到了, 请按时到会"),
    Kind.ANSWER_WANTED: _Meeting("的会议等回复", "请点开回复参加或请假", "还没有收到您的回复, 请点开回复参加或请假"),
    Kind.QUORUM_AT_RISK: _Meeting(
        "的会议人数可能不够", "请点开补请人或改期", "会议到会的人可能不够, 请点开补请人或改期"
    ),
}
_PROGRESS = {
    Kind.CASE_MOVED: _Progress("有新进展", "您的事项有新进展, 点开查看", "您的事项有新进展, 请点开查看"),
    Kind.MATERIAL_WANTED: _Progress("要补材料", "还要补材料, 会有人联系您", "您的事项还要补材料, 会有人联系您"),
    Kind.CASE_DECIDED: _Progress("已有结果", "您的事项有结果了, 点开查看", "您的事项有结果了, 请点开查看"),
    Kind.CASE_LISTED: _Progress("已经公布", "您的事项已公布, 点开查看", "您的事项已经公布, 请点开查看"),
    Kind.TERM_ENDING: _Progress("快要到期", "还有{days}天到期, 点开查看", "您的事项还有{days}天到期, 点开看怎么续办"),
    Kind.TERM_ENDING_HERE: _Progress("快要到期", "有一件事项还有{days}天到期", "有一件事项还有{days}天到期, 点开查看"),
    Kind.CLOCK_AT_RISK: _Progress("期限快到", "最后一天是{day}, 请办理", "有一件事项最后一天是{day}, 请点开办理"),
    Kind.CLOCK_OVERDUE: _Progress("已经超期", "{day}已到期, 请尽快办理", "有一件事项{day}已到期, 请点开尽快办理"),
    Kind.DEADLINE_MOVED: _Progress("期限有变", "新的期限是{day}, 点开查看", "有一件事项的期限改为{day}, 请点开查看"),
    Kind.OBJECTION_ANSWERED: _Progress("已经答复", "您提的意见有答复, 点开查看", "您提的意见有答复了, 请点开查看"),
    Kind.URGENT_PAPERWORK: _Progress("要补手续", "手续最迟{day}补齐", "有一件紧急事项的手续最迟{day}补齐, 请点开办理"),
}
# Until when, and not how long is left: what is read hours later, or told by telephone, is still true.
_URGENT_LATE = _Urgent("已过{moment}, 请马上办", "有一件紧急事项已过{moment}还没办到, 请马上点开办理")
_URGENT = {
    Kind.URGENT_REPORTED: _Urgent("有一件紧急事项, 请点开查看", "有一件紧急事项, 请马上点开查看"),
    Kind.URGENT_DUE: _Urgent("{moment}前要办到", "有一件紧急事项要在{moment}前办到, 请马上点开查看"),
}


def _urgent(kind: Kind, facts: Mapping[str, str]) -> _Urgent:
    return _URGENT_LATE if kind is Kind.URGENT_DUE and facts.get("overdue") else _URGENT[kind]


def compose(kind: Kind, facts: Mapping[str, str]) -> Message:
    """The message for a notice; `facts` as its announcer stored them. Raises KeyError for a fact that is missing."""
    if words := _MEETINGS.get(kind):
        fields = {
            "thing1": about(facts["town"], words.matter),
            "date2": moment(facts["meets_at"]),
            "thing3": thing(facts["place"]),
            "thing4": thing(words.hint),
        }
    elif progress := _PROGRESS.get(kind):
        fields = {
            "character_string1": code(facts["number"]),
            "phrase2": phrase(progress.phrase),
            "thing3": thing(_filled(progress.hint, facts)),
        }
    elif kind is Kind.LIST_CHANGED:
        fields = {"thing1": thing(facts["village"]), "thing2": thing("公布名单有更新, 点开查看")}
    else:
        fields = {
            "character_string1": code(facts["number"]),
            "thing2": thing(facts["town"]),
            "thing3": thing(_filled(_urgent(kind, facts).hint, facts)),
        }
    return Message(TEMPLATE_OF[kind].key, f"{PAGE_OF[kind]}?id={facts['page_id']}", fields)


def plain(kind: Kind, facts: Mapping[str, str]) -> str:
    """One line for WeCom and chats, at most 200 characters. Raises KeyError for a fact that is missing."""
    if words := _MEETINGS.get(kind):
        where = cut(harmless(facts["place"]), 60)
        said = f"{words.said}。时间: {moment(facts['meets_at'])}" + (f"; 地点: {where}" if where else "")
    elif progress := _PROGRESS.get(kind):
        said = f"{_filled(progress.said, facts)}。编号: {code(facts['number'])}"
    elif kind is Kind.LIST_CHANGED:
        said = f"{cut(harmless(facts['village']), 40)}公布名单有更新, 请点开查看"
    else:
        words_of_it = _filled(_urgent(kind, facts).said, facts)
        said = f"{cut(harmless(facts['town']), 40)}{words_of_it}。编号: {code(facts['number'])}"
    return cut(f"{said}。", PLAIN_MOST)


def _filled(words: str, facts: Mapping[str, str]) -> str:
    if "{days}" in words:
        return words.format(days=int(facts["days"]))
    if "{day}" in words:
        due = date.fromisoformat(facts["due_on"])
        return words.format(day=f"{due.month}月{due.day}日")
    if "{moment}" in words:
        until = datetime.fromisoformat(facts["due_at"])
        return words.format(moment=f"{until.month}月{until.day}日 {until:%H:%M}")
    return words


ORDINARY: Mapping[str, str] = {
    "town": "藤桥镇",
    "place": "村委会礼堂",
    "meets_at": "2026-10-10T14:00:00+08:00",
    "page_id": "00000000-0000-0000-0000-000000000001",
    "number": "个案20261010-0001",
    "village": "青禾村",
    "due_on": "2027-01-05",
    "due_at": "2026-10-10T14:00:00+08:00",
    "days": "60",
}
"""Facts as every announcer stores them; each kind takes some of these."""

_ODD = (
    "",
    " \n\u2028",
    "一" * 300,
    "😀" * 30,
    "\x00\x07\ud800\u202e乱",
    "990000197001019990",
    "A" * 80,
    "{{thing1.DATA}}",
)


_TYPED = ("town", "place", "village", "number")


def check_wording() -> list[str]:
    """What is wrong with our words, a sentence each; empty when they fit with ordinary and with odd facts.

    A worker looks when it starts: what cannot be sent is found before it is to be sent.
    """
    odd = [{**ORDINARY, name: value} for name in _TYPED for value in _ODD]
    late = {**ORDINARY, "overdue": "yes"}
    return [
        f"{kind}: {problem}" for kind in Kind for facts in (ORDINARY, late, *odd) for problem in wrong_with(kind, facts)
    ]


def wrong_with(kind: Kind, facts: Mapping[str, str]) -> Iterator[str]:
    """What WeChat, or a neighbour who looks at the phone, would object to in this notice."""
    template, message, line = TEMPLATE_OF[kind], compose(kind, facts), plain(kind, facts)
    if set(message.fields) != set(template.fields):
        yield f"字段与模板“{template.title}”不一致"
    for name, value in message.fields.items():
        if not accepts(name, value):
            yield f"字段 {name} 放不下这些文字"
    if units(line) > PLAIN_MOST or clean(line) != line:
        yield "一行文字太长或有不能显示的字符"
    for text in (*message.fields.values(), line, TEXT_OF[kind].words, template.title):
        if TELLS_TOO_MUCH.search(text):
            yield f"有不该显示的词: {template.title}"
