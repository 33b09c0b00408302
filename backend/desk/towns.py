"""Which town a text names, and the telephone of its window: registered, or said to be missing; never invented."""

from dataclasses import replace

from bot.answers import Answer, Outcome
from bot.safety import alarm_of
from models.places import Town

_CONTACT = "contact"
_MOST = 12


async def town_named(text: str) -> Town | None:
    """The town that a text names, with or without 镇 or 街道."""
    for town in await Town.all().order_by("id"):
        if town.name in text or town.name.removesuffix("街道").removesuffix("镇") in text:
            return town
    return None


async def with_telephone(found: Answer, text: str, before: str | None) -> Answer:
    """The answer to whom to turn, with the town's own number before it where the asker named the town.

    `before`: the intent answered just before; a town's name alone is an answer to 您住在哪个镇.
    """
    # 滨江 alone is no question of its own, whatever the model takes it for; an alarm stays one.
    is_reply = before == _CONTACT and len(text) <= _MOST and alarm_of(text) is None
    if found.intent != _CONTACT and not is_reply:
        return found
    town = await town_named(text)
    if town is None:
        return found
    number = f"电话 {town.phone}" if town.phone else "电话还没有登记, 请到窗口问, 或看公布栏"
    line = f"{town.name}社会救助窗口: {number}。"
    if found.intent == _CONTACT:
        return replace(found, text=f"{line}\n{found.text}")
    return Answer(Outcome.ANSWER, line, _CONTACT, person=True)
