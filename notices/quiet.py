"""Quiet hours: at night only what is urgent is sent (21:00-07:00 in Shanghai, a setting). Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notices.kinds import Lane

_SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` to `end` by the clock of Shanghai, over midnight where `begin` is the later; none when equal."""

    begin: time = time(21)
    end: time = time(7)

    @classmethod
    def parse(cls, text: str) -> "QuietHours":
        """`21:00-07:00`; none for an empty text."""
        if not text:
            return cls(time(0), time(0))
        begin, end = text.split("-")
        return cls(time.fromisoformat(begin), time.fromisoformat(end))

    def holds(self, moment: datetime) -> bool:
        """Whether `moment` (aware) is in the quiet hours."""
        clock = moment.astimezone(_SHANGHAI).time()
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def may_send_at(self, moment: datetime, lane: Lane) -> datetime:
        """`moment` itself, or the end of the quiet hours that hold then; UTC. What is urgent never waits."""
        if lane is Lane.URGENT or not self.holds(moment):
            return moment
        local = moment.astimezone(_SHANGHAI)
        ends = datetime.combine(local.date(), self.end, _SHANGHAI)
        return (ends if ends > local else ends + timedelta(days=1)).astimezone(UTC)

    def slowest_lane(self, moment: datetime) -> Lane:
        """The last lane that may be sent at `moment`."""
        return Lane.URGENT if self.holds(moment) else Lane.LIST


def next_day(moment: datetime) -> datetime:
    """When a daily quota begins anew: the next midnight of Shanghai, UTC."""
    local = moment.astimezone(_SHANGHAI)
    return datetime.combine(local.date() + timedelta(days=1), time(), _SHANGHAI).astimezone(UTC)
