"""What goes wrong on purpose, for every call or for one path."""

import random
from dataclasses import dataclass


@dataclass
class Faults:
    """One fault; `times` counts the calls that it hit down (0: until it is cleared)."""

    errcode: int = 0
    latency: float = 0.0
    """Seconds; other calls are not held up."""
    http_status: int = 0
    reset: str = ""
    """`before` or `after` processing: the connection is cut."""
    times: int = 0
    probability: float = 1.0
    """Of each call to be hit."""

    def hits(self) -> bool:
        """Whether this call is hit."""
        if not (self.errcode or self.latency or self.http_status or self.reset):
            return False
        return self.probability >= 1 or random.random() < self.probability
