"""When somebody is there to answer: opening hours on working days, in words. Pure."""

from dataclasses import dataclass
from datetime import datetime, time

from backend.clock import SHANGHAI
from rules.deadlines import Calendar, add_working_days


@dataclass(frozen=True, slots=True)
class Span:
    """From, until; both in Shanghai's time."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}到{self.closes:%H:%M}"


def when_answered(now: datetime, spans: tuple[Span, ...], calendar: Calendar) -> str:
    """One sentence on when a person answers; without configured hours it promises none."""
    if not spans:
        return "工作人员在工作日上班时间回复。"
    local = now.astimezone(SHANGHAI)
    known = calendar.days.get(local.date())
    works = local.weekday() < 5 if known is None else known
    if works and any(span.opens <= local.time() < span.closes for span in spans):
        return f"现在是上班时间({'、'.join(map(str, spans))}), 请等一等。"
    later = next((span for span in spans if works and local.time() < span.opens), None)
    if later:
        return f"现在不是上班时间, 今天{later.opens:%H:%M}上班后回复。"
    due = add_working_days(local.date(), 1, calendar)
    maybe = "(放假安排还没公布, 日子是暂定的)" if due.provisional else ""
    return f"现在不是上班时间, {due.due.month}月{due.due.day}日{spans[0].opens:%H:%M}上班后回复{maybe}。"
