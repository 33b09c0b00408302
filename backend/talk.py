"""The bot with what it may know: today, the standard in force, what was said just before, and who is asking."""

import json
import time
from dataclasses import dataclass, replace
from datetime import date, datetime

from redis.asyncio import Redis

from backend.access import Actor
from backend.casework import view
from backend.casework.calendar import known_calendar
from backend.casework.standard import standard_on
from backend.clock import local_day
from bot.answers import Answer
from bot.calculation import Day
from bot.dialogue import Before, Bot
from rules.statuses import Role

REMEMBERED_SECONDS = 600
"""A conversation is forgotten ten minutes after its last message."""
_DAY_SECONDS = 5.0
_LOG_IN = "要查您自己的事项, 请在微信小程序里登录后看“我的进度”, 或者打电话给镇(街道)救助窗口。"
_NOTHING = "您名下现在没有事项。如果是家人替您办的, 请让他看, 或者打电话给镇(街道)救助窗口。"
_recent: dict[date, tuple[float, Day]] = {}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: `conversation` is where what was said is remembered (None: nowhere), `before` what a page brought along
    instead, `actor` somebody who is logged in.
    """

    conversation: str | None = None
    actor: Actor | None = None
    before: Before = Before()


async def reply(bot: Bot, redis: Redis, text: str, asker: Asker, *, now: datetime) -> Answer:
    """The answer to one message. Nothing of the message is stored; the intent alone is remembered for ten minutes."""
    key = f"talk:{asker.conversation}" if asker.conversation else None
    before = await _before(redis, key) if key else asker.before
    found = bot.answer(text, day=await _day(local_day(now)), before=before)
    if found.intent in _PERSONAL:
        found = await _personal(found, asker.actor)
    if key:
        said = {"intent": found.intent, "offered": found.suggestions}
        await redis.set(key, json.dumps(said, ensure_ascii=False), ex=REMEMBERED_SECONDS)
    return found


async def _before(redis: Redis, key: str) -> Before:
    stored = await redis.get(key)
    if stored is None:
        return Before()
    said = json.loads(stored)
    return Before(said["intent"], tuple(said["offered"]))


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


_PERSONAL = ("progress", "meeting_notice")


async def _personal(found: Answer, actor: Actor | None) -> Answer:
    """Their own cases and meetings for somebody who is logged in, and nobody else's; for the others how to log in."""
    if actor is None or actor.role not in (Role.RESIDENT, Role.AGENT):
        return replace(found, text=f"{found.text}\n{_LOG_IN}") if found.intent == "progress" else found
    if found.intent == "progress":
        cases = await view.own_cases(actor)
        own = "\n".join(f"{case['number']}: {case['plain']}" for case in cases) or _NOTHING
    else:
        meetings = await view.own_meetings(actor)
        own = "\n".join(f"{_moment(str(meeting['meets_at']))} {meeting['place']}" for meeting in meetings)
    return replace(found, text=f"{own}\n{found.text}") if own else found


def _moment(text: str) -> str:
    when = datetime.fromisoformat(text)
    return f"{when.year}年{when.month}月{when.day}日 {when:%H:%M}"
