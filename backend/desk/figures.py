"""Figures of the bot by day: asked, answered, suggested, handed over, refused, rated. Of questions, never of staff."""

from datetime import date, timedelta

from tortoise.functions import Sum

from backend.access import Action, Actor, require_district
from models.desk import BotDay

DAYS = 30
WHATS = ("answer", "suggest", "handover", "refuse", "person", "useful", "useless")
_ASKED = ("answer", "suggest", "handover", "refuse")


async def by_day(actor: Actor, today: date) -> list[dict[str, object]]:
    """A row a day of the last thirty, the newest first: {"day", "asked", and each of WHATS}."""
    require_district(actor, Action.EDIT_ENTRIES)
    rows = (
        await BotDay.filter(day__gt=today - timedelta(days=DAYS))
        .group_by("day", "what")
        .annotate(total=Sum("count"))
        .values("day", "what", "total")
    )
    days: dict[date, dict[str, object]] = {}
    for row in rows:
        counted = days.setdefault(row["day"], {"day": row["day"], "asked": 0, **dict.fromkeys(WHATS, 0)})
        counted[row["what"]] = int(row["total"])
        if row["what"] in _ASKED:
            counted["asked"] = int(str(counted["asked"])) + int(row["total"])
    return [days[day] for day in sorted(days, reverse=True)]
