"""The bot with memory, the day and who is asking: forgotten after ten minutes, nobody else's case, ever."""

from dataclasses import replace
from datetime import UTC, datetime

from backend import talk
from backend.access import Actor
from backend.casework import calendar
from backend.desk.memory import REMEMBERED_SECONDS
from backend.talk import Asker, Talk, reply
from bot.entries import load_entries
from models.keyring import held
from models.places import Town
from rules.statuses import Role
from tests.backend import district

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
TITLES = {intent: entry.title for intent, entry in load_entries().items()}


async def test_a_conversation_remembers_what_was_said_and_forgets_it(database: str, the: Talk) -> None:
    asker = Asker("api", "one")
    await reply(the, TITLES["validity"], asker, now=NOW)
    more = await reply(the, "详细", asker, now=NOW)
    assert load_entries()["validity"].long in more.text
    assert 0 < await the.redis.ttl("talk:one") <= REMEMBERED_SECONDS
    await reply(the, "我叫王小明, 电话13800138000, 管几年", asker, now=NOW)
    sealed = await the.redis.get("talk:one")
    assert "管几年".encode() not in sealed
    stored = held().open(sealed, "talk:one").decode()
    assert "王小明" not in stored
    assert "13800138000" not in stored
    await the.redis.delete("talk:one")
    assert (await reply(the, "详细", asker, now=NOW)).intent != "validity"


async def test_two_conversations_do_not_hear_each_other(database: str, the: Talk) -> None:
    await reply(the, TITLES["validity"], Asker("api", "one"), now=NOW)
    await reply(the, TITLES["renewal"], Asker("api", "two"), now=NOW)
    assert load_entries()["validity"].long in (await reply(the, "详细", Asker("api", "one"), now=NOW)).text
    assert load_entries()["renewal"].long in (await reply(the, "详细", Asker("api", "two"), now=NOW)).text


async def test_a_sum_uses_the_standard_in_force_and_says_when_there_is_none(database: str, the: Talk) -> None:
    asked = "我存了五万块钱算不算超过4倍"
    assert "还没有录入" in (await reply(the, asked, Asker("api"), now=NOW)).text
    talk._recent.clear()
    await district.standard(100_000)
    assert "50000元超过4倍、低于10倍" in (await reply(the, asked, Asker("api"), now=NOW)).text


async def test_who_names_the_town_gets_the_number_that_is_registered_for_it(database: str, the: Talk) -> None:
    place = await district.build("甲")
    asker = Asker("api", "one")
    assert "哪个镇或街道" in (await reply(the, TITLES["contact"], asker, now=NOW)).text
    assert "甲镇社会救助窗口: 电话还没有登记" in (await reply(the, "甲镇", asker, now=NOW)).text
    place.town.phone = "000-0000123"
    await place.town.save()
    await reply(the, TITLES["contact"], asker, now=NOW)
    assert (await reply(the, "甲镇", asker, now=NOW)).text == "甲镇社会救助窗口: 电话 000-0000123。"
    await Town.create(code="330302977", name="滨江街道", phone="000-0000977")
    for short in ("滨江", "滨江街道"):
        await reply(the, TITLES["contact"], asker, now=NOW)
        assert "000-0000977" in (await reply(the, short, asker, now=NOW)).text
    assert "000-0000123" in (await reply(the, "甲镇的电话是多少, 打哪个电话", asker, now=NOW)).text
    assert "000-0000123" not in (await reply(the, TITLES["validity"], asker, now=NOW)).text


async def test_a_deadline_is_counted_by_the_imported_calendar(database: str, the: Talk) -> None:
    await calendar.seed_shipped(now=NOW)
    found = await reply(the, "9月30日确认的, 5个工作日内哪天之前要开评议会", Asker("api"), now=NOW)
    assert "2026年10月13日" in found.text


async def test_ones_own_case_is_told_to_who_is_logged_in_and_nobody_elses(database: str, the: Talk) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    own, other = await here.case("confirmed"), await there.case("rejected")
    asked = TITLES["progress"]
    mine = await reply(the, asked, Asker("api", actor=here.actors[Role.RESIDENT]), now=NOW)
    assert own.number in mine.text
    assert "准备开评议会" in mine.text
    assert other.number not in mine.text
    stranger = await reply(the, asked, Asker("api"), now=NOW)
    assert own.number not in stranger.text
    assert "登录后看“我的进度”" in stranger.text
    staff = await reply(the, asked, Asker("api", actor=here.actors[Role.TOWN]), now=NOW)
    assert own.number not in staff.text, "staff look a case up in the console, where it leaves a trail"
    nobody = replace(here.actors[Role.RESIDENT], person_id=there.members[0])
    assert "您名下现在没有事项" in (await reply(the, asked, Asker("api", actor=nobody), now=NOW)).text


async def test_a_committee_member_who_asks_when_the_meeting_is_gets_their_own(database: str, the: Talk) -> None:
    from tests.backend.steps import convened

    place = await district.build()
    await convened(place)
    member = Actor(Role.RESIDENT, "委员", person_id=place.members[0])
    asked = TITLES["meeting_notice"]
    told = (await reply(the, asked, Asker("api", actor=member), now=NOW)).text
    assert "2026年9月29日 09:00 礼堂" in told
    assert "礼堂" not in (await reply(the, asked, Asker("api", actor=place.actors[Role.RESIDENT]), now=NOW)).text
