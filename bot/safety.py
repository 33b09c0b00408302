"""Danger first: life at risk and despair are seen before any ranking, whatever else the message says."""

import re

_DANGER = re.compile(
    r"着火了|起火了|正在烧|煤气泄漏|昏迷|晕倒|没有呼吸|不省人事|大出血|快不行了|被打|家暴|有人打我|拿刀|要杀|触电|溺水|"
    r"中毒|快报警|帮我报警|救命"
)
_CRISIS = re.compile(r"不想活|活不下去|想死|自杀|轻生|跳楼|割腕|喝农药|死了算了|了结自己|没意思活着|活着没意思")


def urgent_words(text: str) -> str | None:
    """`oos_crisis`, `oos_police_fire_medical`, or None."""
    if _CRISIS.search(text):
        return "oos_crisis"
    return "oos_police_fire_medical" if _DANGER.search(text) else None
