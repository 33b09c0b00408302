"""A meeting's notice behind its own link: who holds the link answers for the one person to whom it was sent, no more.

The link is the delivery's random number, sent to one cadre's WeCom. It opens no case and names nobody.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.access import Actor
from backend.casework import rsvp
from backend.casework.meetings import place_told
from backend.casework.notice_board import answered_meeting
from backend.errors import InvalidInputError, NotFoundError
from models.deliberation import PanelMember
from models.outbox import Delivery
from models.people import Person
from notices.fields import harmless
from notices.kinds import Channel, Kind
from rules.statuses import Role

ANSWERS = {"attending": "参加", "leave": "请假", "recusal": "需要回避"}
# Said to who opens the page, before they try; `rsvp` says it to who answers all the same.
_CLOSED = {
    "meeting_over": "这次会议已经结束、取消或者改期, 不用再回复; 改期会另发通知。",
    "meeting_begun": "会议时间已经到了, 有变化请直接联系召集人。",
    "replaced": "已经请了别人替补您, 不用到会; 想参加请联系召集人。",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The meeting as it is now. `place`: empty where it must not be told. `answer` None: not answered yet.

    `closed`: why it cannot be answered, or empty. `changes`: how often time or place were changed. `substitute`: the
    name of whom this person has wished for, or empty.
    """

    deliberation_id: UUID
    person_id: UUID
    town: str
    meets_at: datetime
    place: str
    answer: str | None
    closed: str
    changes: int
    substitute: str


async def asked(delivery_id: UUID, *, now: datetime) -> Asked | None:
    """What the link is about; None for every link that asks nobody whether they come, there or not."""
    delivery = await Delivery.get_or_none(id=delivery_id, channel=Channel.WECOM.value).select_related("notice")
    if delivery is None:
        return None
    meeting = answered_meeting(Kind(delivery.notice.kind), delivery.notice.subject)
    seat = await PanelMember.get_or_none(deliberation_id=meeting, person_id=delivery.person_id).select_related(
        "deliberation__case__village__town"
    )
    if meeting is None or seat is None:
        return None
    return Asked(
        deliberation_id=meeting,
        person_id=delivery.person_id,
        town=seat.deliberation.case.village.town.name,
        meets_at=seat.deliberation.meets_at,
        place=harmless(await place_told(seat.deliberation.case, seat.deliberation)),
        answer=ANSWERS.get(seat.answer),
        closed=_CLOSED.get(rsvp.why_closed(seat.deliberation, seat, now=now) or "", ""),
        changes=seat.deliberation.changes,
        substitute=await _name_of(seat.substitute_wanted),
    )


async def _name_of(person_id: object) -> str:
    person = await Person.get_or_none(id=person_id) if person_id else None
    return person.name if person else ""


async def answer(
    delivery_id: UUID,
    *,
    answer: str,
    substitute: str = "",
    changes: str,
    address: str | None,
    request_id: str | None,
    now: datetime,
) -> None:
    """参加, 请假 (`substitute`: the name of who comes instead, as typed) or 需要回避, to the meeting as it was shown.

    `changes`: of the page that was answered. Raises NotFoundError for what is no such link, InvalidInputError for no
    answer and for a name that fits nobody, ConflictError where the meeting was changed meanwhile, and what
    `rsvp.answer` raises.
    """
    about = await asked(delivery_id, now=now)
    if about is None:
        raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
    if answer not in ANSWERS:
        raise InvalidInputError("answer_missing", "请在参加、请假、需要回避里选一个。")
    who = Actor(Role.RESIDENT, "", person_id=about.person_id, address=address, request_id=request_id)
    # A name beside 参加 or 需要回避 is a slip of who filled it in, and no reason to lose their answer.
    named = await _named(about.deliberation_id, who, substitute, now) if answer == "leave" and substitute else None
    await rsvp.answer(
        about.deliberation_id, who, answer=answer, substitute=named, as_of=_number(changes), through="link", now=now
    )


async def _named(deliberation_id: UUID, who: Actor, name: str, now: datetime) -> UUID:
    """Typed and not chosen from a list: the link shows nobody who else is on the roster."""
    fitting = [one for one in await rsvp.may_replace_me(deliberation_id, who, most=None, now=now) if one.name == name]
    if not fitting:
        raise InvalidInputError(
            "substitute_unfit", "没有找到叫这个名字、又可以替补的人。请核对名字, 或者空着, 由召集人去请。"
        )
    if len(fitting) > 1:
        raise InvalidInputError("substitute_unclear", "有几个人叫这个名字, 请空着, 由召集人去请。")
    return fitting[0].person_id


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else -1
