"""Every text that is sent as an SMS: approved word by word by the gateway beforehand. Pure.

A phone's screen shows it to whoever holds it: no name, no affair, no amount, no number of a case.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from notices.kinds import POLICIES, Kind

NO_MOBILE = "登记的不是手机号码, 发不了短信"
"""What stands at a delivery to somebody who has a landline: no channel but the telephone."""

SIGN = "鹿城社会救助"
"""The signature that the gateway puts before every text, in 【】."""


@dataclass(frozen=True, slots=True)
class SmsText:
    """Our key for it, and its words; {1} is the telephone to call."""

    key: str
    words: str

    def filled(self, contact_phone: str) -> str:
        """As the phone shows it."""
        return f"【{SIGN}】{self.words.replace('{1}', contact_phone)}"


MEETING = SmsText("sms-meeting", "您有一个会议, 请打开微信小程序查看, 或致电{1}。")
MEETING_OFF = SmsText("sms-meeting-off", "原定的会议有变, 请打开微信小程序查看, 或致电{1}。")
PROGRESS = SmsText("sms-progress", "您的事项有新进展, 请打开微信小程序查看, 或致电{1}。")
LIST = SmsText("sms-list", "您订阅的公示有更新, 请打开微信小程序查看, 或致电{1}。")
URGENT = SmsText("sms-urgent", "您有一件急事要处理, 请马上打开微信小程序查看, 或致电{1}。")
TEXTS = (MEETING, MEETING_OFF, PROGRESS, LIST, URGENT)

_BY_TOPIC = {"tmpl-meeting": MEETING, "tmpl-progress": PROGRESS, "tmpl-list": LIST, "tmpl-urgent": URGENT}
_OFF = (Kind.MEETING_CHANGED, Kind.MEETING_VOIDED)
TEXT_OF: Mapping[Kind, SmsText] = {
    kind: MEETING_OFF if kind in _OFF else _BY_TOPIC[POLICIES[kind].template.key] for kind in Kind
}


def parameters(contact_phone: str) -> list[str]:
    """What fills a text, in order. Raises ValueError without a telephone: a text that leads nowhere is not sent."""
    if not contact_phone.strip():
        raise ValueError("an SMS needs the telephone to call")
    return [contact_phone.strip()]
