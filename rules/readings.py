"""Ambiguities of the text as named choices with a default (policy-model §1.9, §1.10); a district may differ."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Readings:
    """The choices in force. Each says what it means and which clause it reads."""

    minimum_panel: int = 12
    """四(二)a “一般不得少于12人”: fewer needs a reasoned override, a town leader and the supervisor's note (A5)."""

    small_village_households: int = 10
    """Rows of a village with fewer households than this stay off the online list: a masked row still tells who it is
    (四(四)a; policy-model §1.10.15 small-cell check)."""


DEFAULT = Readings()
