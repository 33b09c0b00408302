"""The calendar file and the sign-in sheet: what is needed to come and to sign, and nothing of the matter."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from backend.access import Actor
from backend.casework import deliberation, notice_board, rsvp
from backend.casework.meeting_calendar import meeting_file
from backend.casework.sheet import read_sheet
from backend.errors import ConflictError, NotAllowedError
from backend.web import notices
from backend.web.sheet_pdf import sign_in_sheet
from models.deliberation import Deliberation
from models.outbox import Notice
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend import district
from tests.backend.steps import NOW, convened


async def test_the_calendar_file_says_when_and_where_rises_with_each_change_and_is_cancelled(database: str) -> None:
    place = await district.build()
    meeting, town = await convened(place), place.actors[Role.TOWN]
    who = Actor(Role.RESIDENT, "委员", person_id=place.members[0])
    seen = []
    for change in (None, "改时间", "取消"):
        if change == "改时间":
            later = meeting.meets_at + timedelta(days=1)
            await deliberation.change(meeting.id, town, meets_at=later, place="新礼堂", now=NOW)
        elif change == "取消":
            await deliberation.void(meeting.id, town, reason="停电", now=NOW)
        raw = await meeting_file(meeting.id, who, now=NOW)
        assert b"\r\n" in raw
        assert place.resident.name.encode() not in raw
        assert "评议".encode() not in raw
        calendar = Calendar.from_ical(raw)
        (event,) = calendar.walk("VEVENT")
        assert (calendar["METHOD"], event["SUMMARY"]) == ("PUBLISH", "会议")
        assert "@" not in str(event["ORGANIZER"]), "nobody's address"
        assert event["ORGANIZER"].params["CN"] == place.town.name
        seen.append((event["UID"], event["SEQUENCE"], event["STATUS"], event["DTSTART"].dt, event["LOCATION"]))
    uid, first = seen[0][0], meeting.meets_at
    assert seen == [
        (uid, 0, "CONFIRMED", first, "礼堂"),
        (uid, 1, "CONFIRMED", first + timedelta(days=1), "新礼堂"),
        (uid, 2, "CANCELLED", first + timedelta(days=1), "新礼堂"),
    ]


async def test_the_calendar_file_is_for_the_panel_and_the_town(database: str) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    meeting = await convened(here)
    await meeting_file(meeting.id, here.actors[Role.TOWN], now=NOW)
    for stranger in (here.actors[Role.RESIDENT], here.actors[Role.WORKER], there.actors[Role.TOWN]):
        with pytest.raises(NotAllowedError):
            await meeting_file(meeting.id, stranger, now=NOW)


async def test_the_sheet_lists_who_may_come_the_supervisor_apart_and_what_is_needed(database: str) -> None:
    place = await district.build()
    extra = await district.person("后补", place.village)
    await district.enter(extra, place.village, "resident_cadre")
    meeting, town = await convened(place), place.actors[Role.TOWN]
    cadre = Actor(Role.RESIDENT, "干部", person_id=place.members[5])
    await rsvp.answer(meeting.id, cadre, answer="leave", substitute=extra.id, now=NOW)
    await rsvp.answer(meeting.id, Actor(Role.RESIDENT, "委", person_id=place.members[0]), answer="leave", now=NOW)
    await rsvp.call_substitute(meeting.id, town, person_id=place.members[5], now=NOW)
    sheet = await read_sheet(meeting.id, town, now=NOW)
    assert [row.number for row in sheet.members] == list(range(1, 14)), "who was replaced does not stand there"
    assert "后补" in [row.name for row in sheet.members]
    assert sheet.members[0].capacity == "镇(街道)工作人员"
    assert [row.remark for row in sheet.members].count("请假") == 1
    assert [row.capacity for row in sheet.supervisors] == ["纪(工)委监督人员"]
    assert "12人" in sheet.needs[0]
    assert "驻村干部" in sheet.needs[1]
    assert sheet.when == "2026年9月29日 星期二 09:00"
    assert place.resident.name not in str(sheet)
    assert (await sign_in_sheet(sheet)).startswith(b"%PDF-")
    assert await TrailEntry.filter(action="sheet_printed").count() == 1
    with pytest.raises(NotAllowedError):
        await read_sheet(meeting.id, place.actors[Role.VILLAGE], now=NOW)
    await deliberation.void(meeting.id, town, reason="停电", now=NOW)
    with pytest.raises(ConflictError, match="已经取消"):
        await read_sheet(meeting.id, town, now=NOW)


async def test_a_community_does_without_its_resident_cadre(database: str) -> None:
    place = await district.build(is_community=True)
    meeting = await convened(place)
    sheet = await read_sheet(meeting.id, place.actors[Role.TOWN], now=NOW)
    assert "驻村干部" not in sheet.needs[1]


async def test_a_place_that_names_the_applicant_stands_on_no_paper(database: str) -> None:
    place = await district.build()
    meeting, town = await convened(place), place.actors[Role.TOWN]
    await Deliberation.filter(id=meeting.id).update(place=f"{place.resident.name}家")
    raw = await meeting_file(meeting.id, town, now=NOW)
    assert place.resident.name.encode() not in raw.replace(b"\r\n ", b"")
    assert place.resident.name not in str(await read_sheet(meeting.id, town, now=NOW))


async def test_the_convener_sees_on_a_notice_who_will_come_and_the_others_do_not(database: str) -> None:
    place = await district.build()
    meeting = await convened(place)
    notice = await Notice.get(kind="meeting_convened")
    seen = {}
    for role in (Role.TOWN, Role.BUREAU):
        heading, _, _ = await notice_board.opened(place.actors[role], notice.id, page=1, now=NOW)
        assert heading.meeting == meeting.id
        seen[role] = await notices.coming(place.actors[role], heading, now=NOW)
    assert seen[Role.BUREAU] is None
    assert seen[Role.TOWN] is not None
    assert len(seen[Role.TOWN]["unanswered"]) == len(place.members) + 1
    await deliberation.void(meeting.id, place.actors[Role.TOWN], reason="停电", now=NOW)
    for kind in ("meeting_convened", "meeting_voided"):
        about = await Notice.get(kind=kind)
        heading, _, _ = await notice_board.opened(place.actors[Role.TOWN], about.id, page=1, now=NOW)
        assert await notices.coming(place.actors[Role.TOWN], heading, now=NOW) is None
