"""The readings that this installation has chosen: set once when a process is composed, like every setting."""

from models.application import Case
from rules.readings import DEFAULT, Readings, choose

_chosen: Readings = DEFAULT


def configure(readings: Readings) -> None:
    """Called by the composition root before anything is served."""
    global _chosen  # noqa: PLW0603 (one process, one choice, set before the first request)
    _chosen = readings


def in_force() -> Readings:
    """The choices for whatever begins today."""
    return _chosen


def readings_of(case: Case) -> Readings:
    """What a case was confirmed under; before confirmation, what is in force (§1.10.10)."""
    return choose(case.readings) if case.readings else _chosen
