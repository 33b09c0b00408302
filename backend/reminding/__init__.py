"""What the clock brings up: help that must be there, meetings, missing answers, terms and deadlines that run out.

The worker calls `remind` every few seconds. Each notice has an event key that makes it once; what a worker that was
down has missed is caught up with the latest one alone.
"""

from datetime import datetime

from backend.reminding import deadlines, meetings, terms, urgent


async def remind(now: datetime) -> int:
    """Announce everything that is due at `now`; how many notices that were. Running it again announces nothing."""
    # Money first: what fails further down does not keep it back. Answers before reminders: who is asked for an answer
    # is not reminded besides.
    parts = (
        urgent.press_for_help,
        urgent.remind_of_paperwork,
        meetings.ask_for_answers,
        meetings.remind_of_meetings,
        meetings.warn_conveners,
        terms.tell_of_ending_terms,
        deadlines.warn_owners,
    )
    return sum([await part(now) for part in parts])
