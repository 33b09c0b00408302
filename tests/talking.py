"""A conversation over the shipped entries, for tests that talk without a running service."""

from functools import cached_property

from backend.desk.current import CurrentBot
from bot.dialogue import Bot, load_bot


class Shipped(CurrentBot):
    """The shipped entries; loaded when the first test talks."""

    @cached_property
    def bot(self) -> Bot:  # type: ignore[override]
        return load_bot()


SHIPPED = Shipped()
