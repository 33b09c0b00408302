"""One meeting as a calendar file for a phone (RFC 5545): when and where, and nothing of the matter."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText

from backend.access import Action, Actor, Place, require
from backend.casework.meetings import place_told
from backend.errors import NotAllowedError, NotFoundError
from models.deliberation import Deliberation, PanelMember
from notices.fields import harmless
from rules.statuses import Role

LENGTH = timedelta(hours=2)
"""How long a meeting is shown to take; nobody says beforehand how long it will."""
_NOBODY = "invalid:nomail"


async def meeting_file(deliberation_id: UUID, actor: Actor, *, now: datetime) -> bytes:
    """The file, for who sits at the meeting and for the town. A change gives it a higher number, a void cancels it.

    Raises NotFoundError, NotAllowedError.
    """
    found = await Deliberation.get_or_none(id=deliberation_id).select_related("case__village__town")
    if found is None:
        raise NotFoundError("meeting_not_found", "没有找到这次会议, 请从通知里重新打开。")
    village = found.case.village
    if actor.role is Role.TOWN:
        require(actor, Action.CONVENE, Place(village.town_id, village.id))
    elif not await PanelMember.exists(deliberation_id=deliberation_id, person_id=actor.person_id):
        raise NotAllowedError("not_on_panel", "您不在这次会议的名单上, 请联系召集人。")
    return calendar_of(found, village.town.name, await place_told(found.case, found), now=now)


def calendar_of(deliberation: Deliberation, town: str, place: str, *, now: datetime) -> bytes:
    """The bytes; `place` as it may be told; `now` is when the file was made."""
    event = Event()
    event.add("uid", f"{deliberation.id}@yishiyiyi")
    event.add("dtstamp", now)
    # In UTC: a phone shows its own hours, and no table of time zones has to travel along.
    event.add("dtstart", deliberation.meets_at.astimezone(UTC))
    event.add("dtend", (deliberation.meets_at + LENGTH).astimezone(UTC))
    event.add("summary", "会议")
    if place := harmless(place):
        event.add("location", place)
    organizer = vCalAddress(_NOBODY)
    organizer.params["CN"] = vText(town)
    event.add("organizer", organizer, encode=False)
    void = deliberation.status == "void"
    event.add("sequence", deliberation.changes + void)
    event.add("status", "CANCELLED" if void else "CONFIRMED")
    event.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("prodid", "-//yishiyiyi//meeting//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made
