"""What is one's own, for somebody who is logged in: read through casework, which lets nobody see another's."""

from dataclasses import replace
from datetime import datetime

from backend.access import Actor
from backend.casework import view
from bot.answers import Answer
from rules.statuses import Role

_LOG_IN = "要查您自己的事项, 请在微信小程序里登录后看“我的进度”, 或者打电话给镇(街道)救助窗口。"
_NOTHING = "您名下现在没有事项。如果是家人替您办的, 请让他看, 或者打电话给镇(街道)救助窗口。"


async def with_own(found: Answer, actor: Actor | None) -> Answer:
    """An answer about progress or a meeting with one's own cases or meetings before it; for others how to log in."""
    if found.intent not in ("progress", "meeting_notice"):
        return found
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
