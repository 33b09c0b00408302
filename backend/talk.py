"""The bot with what it may know: today, the standard in force, what was said just before, who asks; and from it the way
to a person.
"""

import json
import re
import time
from dataclasses import dataclass, replace
from datetime import date, datetime

from redis.asyncio import Redis

from backend.access import Actor
from backend.casework.calendar import known_calendar
from backend.casework.standard import standard_on
from backend.clock import local_day
from backend.desk import handover, memory, personal, towns
from backend.desk.current import CurrentBot
from backend.desk.handover import Door, Turn
from backend.desk.hours import Span, when_answered
from backend.desk.ledger import PERSON, USEFUL, USELESS, Ledger
from backend.identity import platforms
from bot.answers import Answer, Outcome
from bot.calculation import Day
from bot.dialogue import Before
from bot.safety import URGENT
from models.desk import Handover
from models.people import Person
from models.places import Town

_DAY_SECONDS = 5.0
_PRESSED_TWICE_SECONDS = 30
_PRESS = "要找工作人员, 请按“转给工作人员”, 选您所在的镇(街道); 他的回复凭一个回复码来看。也可以直接打电话或到窗口。"
KEPT = "工作人员回复您: "
"""What an answer begins with that carries replies which WeChat would not carry before."""
_URGENT = "情况紧急请直接打电话; 有生命危险先打120、119或110。"
_THANKS = "谢谢您告诉我们。"
_ADDED = "已补充给工作人员。"
_ENDED = "已结束和工作人员的对话。还有问题可以直接问; 要再找人, 发“人工”。"
_TOWN = r"(?:[\u4e00-\u9fff]{1,4}(?:镇|街道)的?)?"
# A town may stand with it: 人工 藤桥镇.
_WANTS = re.compile(
    rf"{_TOWN}(?:请|我要|我想|帮我|给我|麻烦){{0,2}}(?:转接|需要|转|找|要|叫|换|接|问)?(?:一下|个|一个)?"
    r"(?:人工|真人|活人|客服|人工客服|人工服务|人工回答|工作人员)(?:服务|客服|来|说话|回答|聊)?(?:吧|好吗|可以吗|谢谢|在吗|在不在)?"
    rf"{_TOWN}"
)
_WITH_PLACE = re.compile(r"转?人工[\s,，]+[\u4e00-\u9fff]{2,6}")
_ENDS = ("结束人工", "结束对话", "不用人工了")
_USEFUL = ("有用", "有帮助")
_USELESS = ("没用", "没有用", "没帮助", "答非所问", "答错了")
_recent: dict[date, tuple[float, Day]] = {}


@dataclass(frozen=True, slots=True)
class Talk:
    """What a conversation needs of this process."""

    current: CurrentBot
    redis: Redis
    ledger: Ledger
    hours: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks through which door. `conversation`: where what was said is remembered (None: nowhere); `actor`: somebody
    who is logged in; `openid`: whom WeChat sends back to.
    """

    door: str
    conversation: str | None = None
    actor: Actor | None = None
    openid: str | None = None


async def reply(talk: Talk, text: str, asker: Asker, *, now: datetime) -> Answer:
    """The answer to one message. The intent and the scrubbed last turns are remembered for ten minutes; a question that
    found no answer goes, scrubbed, to staff's work list.
    """
    text = text.strip()
    if asker.openid and (found := await _with_person(talk, text, asker, now)) is not None:
        return found
    if _wants_person(text):
        return Answer(Outcome.HANDOVER, f"{_PRESS}\n{_URGENT}", person=True)
    kept = await memory.of(talk.redis, asker.conversation)
    if kept.said and text in (*_USEFUL, *_USELESS):
        await rate(talk, asker, text in _USEFUL, now=now)
        return Answer(Outcome.ANSWER, _THANKS, kept.intent)
    today = local_day(now)
    before = Before(kept.intent, tuple(kept.offered))
    found = talk.current.bot.answer(text, day=await _day(today), before=before)
    found = await towns.with_telephone(found, text, kept.intent)
    talk.ledger.count(today, asker.door, found.outcome.value)
    if found.outcome in (Outcome.SUGGEST, Outcome.HANDOVER):
        talk.ledger.unanswered(text, today, found.outcome, None)
    # What is one's own is said and never remembered.
    await memory.remember(talk.redis, asker.conversation, kept, text, found)
    return await personal.with_own(found, asker.actor)


async def rate(talk: Talk, asker: Asker, useful: bool, *, now: datetime) -> bool:
    """What the asker thinks of the last answer; False when there is none, or it was rated already."""
    kept = await memory.of(talk.redis, asker.conversation)
    if kept.rated or not kept.said:
        return False
    today = local_day(now)
    talk.ledger.count(today, asker.door, USEFUL if useful else USELESS)
    if not useful and kept.intent not in URGENT:
        talk.ledger.rated_badly(kept.said[-1][0], today, Outcome(kept.outcome), kept.intent)
    await memory.rated(talk.redis, asker.conversation, kept)
    return True


async def to_person(
    talk: Talk, asker: Asker, *, town_id: int | None, more: str = "", now: datetime
) -> tuple[str, str | None]:
    """Queue the conversation for a person: (what to tell the asker, the code with which the answer is read or None).

    `more`: what the asker adds. Without a town the district takes it.
    """
    key = f"person:{asker.conversation}"
    if asker.openid is None and asker.conversation and (again := await talk.redis.get(key)):
        # The button was pressed twice: the same conversation and the same code.
        told, code = json.loads(again)
        return told, code
    kept = await memory.of(talk.redis, asker.conversation)
    said = [turn for question, title in kept.said for turn in (Turn("asker", question), Turn("bot", title))]
    if more.strip():
        said.append(Turn("asker", more.strip()[:500]))
    known = await _known(asker)
    if town_id is None and known is not None and known.village is not None:
        town_id = known.village.town_id
    door = Door(asker.door, asker.openid, known.id if known else None)
    opened, code = await handover.open_(door, town_id, said, now=now)
    await memory.handed_over(talk.redis, asker.conversation, kept)
    talk.ledger.count(local_day(now), asker.door, PERSON)
    town = await Town.get_or_none(id=opened.town_id) if opened.town_id else None
    where = f"{town.name}的" if town else "区民政的"
    when = when_answered(now, talk.hours, (await _day(local_day(now))).calendar)
    back = (
        "回复会发到这里。还有要说的, 接着打字就行; 不用了, 发“结束人工”。"
        if asker.openid
        else f"请记下回复码 {_in_groups(code or '')}, 到“看回复”里输入就能看到; 也可以把它告诉窗口。"
    )
    told = f"已转给{where}工作人员。{when}{back}\n{_URGENT}"
    if asker.openid is None and asker.conversation:
        await talk.redis.set(key, json.dumps([told, code], ensure_ascii=False), ex=_PRESSED_TWICE_SECONDS)
    return told, code


async def _with_person(talk: Talk, text: str, asker: Asker, now: datetime) -> Answer | None:
    """What a conversation with a person changes about a message that came through WeChat; None: nothing."""
    openid = str(asker.openid)
    kept = await handover.kept_replies(asker.door, openid, now=now)
    found = await _to_or_from_person(talk, text, asker, await handover.of_openid(asker.door, openid), now)
    if not kept:
        return found
    found = found or await reply(talk, text, replace(asker, openid=None), now=now)
    return replace(found, text="".join(f"{KEPT}{words}\n" for words in kept) + found.text)


async def _to_or_from_person(
    talk: Talk, text: str, asker: Asker, live: Handover | None, now: datetime
) -> Answer | None:
    """Ask for a person, add to the open conversation `live`, end it; None where the bot answers as always."""
    if live is not None and text in _ENDS:
        await handover.end(live.id, now=now)
        return Answer(Outcome.ANSWER, _ENDED)
    if _wants_person(text):
        town = await towns.town_named(text)
        told, _ = await to_person(talk, asker, town_id=town.id if town else None, now=now)
        return Answer(Outcome.HANDOVER, told, person=True)
    if live is None:
        return None
    await handover.add(live.id, [Turn("asker", text)], now=now)
    own = talk.current.bot.answer(text, day=await _day(local_day(now)))
    if own.intent in URGENT:
        return None  # the emergency numbers, and nothing before them
    also = f"\n先给您一个自动回答, 供参考:\n{own.text}" if own.outcome is Outcome.ANSWER else ""
    return Answer(Outcome.HANDOVER, f"{_ADDED}{also}", own.intent if also else None, person=True)


def _wants_person(text: str) -> bool:
    if _WITH_PLACE.fullmatch(text):
        return True
    return len(text) <= 30 and bool(_WANTS.fullmatch(re.sub(r"[\s,，。!！?？]+", "", text)))


async def _known(asker: Asker) -> Person | None:
    """The person who asks, with the village, where we know them."""
    if asker.actor:
        return await Person.get_or_none(id=asker.actor.person_id).select_related("village")
    return await platforms.person_of(asker.door, asker.openid) if asker.openid else None


def _in_groups(code: str) -> str:
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


async def _day(today: date) -> Day:
    """Read again every five seconds a process: a question must not cost a reading of the calendar."""
    moment = time.monotonic()
    read_at, day = _recent.get(today, (0.0, None))
    if day is None or moment - read_at > _DAY_SECONDS:
        standard = await standard_on(today)
        day = Day(today, standard.monthly_fen if standard else None, await known_calendar())
        _recent.clear()
        _recent[today] = (moment, day)
    return day
