"""Staff's replies on their way to the phone: sent once, tried again only when certainly not sent, never lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from backend.desk import handover, replies
from backend.desk.handover import Door, Turn
from backend.errors import ConflictError
from backend.wechat.client import WeChatClient
from models.desk import HandoverReply
from rules.statuses import Role
from simulator import windows
from simulator.platform import Platform
from tests.backend import district
from tests.backend.district import SmallDistrict
from tests.simulator.platform import serving

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=10)


class Line:
    """A phone that has written to the mini-program, and the client that answers it."""

    def __init__(self, platform: Platform, client: WeChatClient, place: SmallDistrict) -> None:
        self.platform = platform
        self.client = client
        self.place = place

    async def reply(self, text: str = "管一年。", after: int = 0) -> HandoverReply:
        """One reply of the town's, waiting to be sent; `after` in milliseconds."""
        made_at = NOW + timedelta(milliseconds=after)
        opened, _ = await handover.open_(
            Door("mini_program", "o1"), self.place.town.id, [Turn("asker", "管几年")], now=NOW
        )
        return await handover.answer(opened.id, self.place.actors[Role.TOWN], text, now=made_at)

    async def deliver(self, now: datetime = NOW) -> int:
        return await replies.deliver_due({"mini_program": self.client}, now=now, wall=datetime.now(UTC))

    def arrived(self) -> list[str]:
        """What the phone shows of us."""
        return [line["text"] for line in self.platform.user("o1").chat if line["from"] == "account"]


@pytest.fixture
async def line(database: str, redis: Redis) -> object:
    async with serving() as (platform, base):
        client = WeChatClient(appid="wxtest", secret="s", base_url=base, redis=redis)
        windows.acted(platform.user("o1"), platform.accounts["mini"], "message", platform.now())
        yield Line(platform, client, await district.build("甲"))
        await client.close()


async def status_of(reply: HandoverReply) -> str:
    return (await HandoverReply.get(id=reply.id)).status


async def test_a_reply_is_sent_once_by_however_many_workers(line: Line) -> None:
    sent = await line.reply()
    await asyncio.gather(*(line.deliver() for _ in range(5)))
    assert line.arrived() == ["管一年。"]
    assert await status_of(sent) == "sent"
    assert await line.deliver() == 0


async def test_replies_to_one_person_arrive_in_order(line: Line) -> None:
    for after, text in enumerate(("一", "二", "三")):
        await line.reply(text, after)
    for _ in range(3):
        await asyncio.gather(line.deliver(LATER), line.deliver(LATER))
    assert line.arrived() == ["一", "二", "三"]


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"errcode": 45011}])
async def test_what_was_certainly_not_sent_is_tried_again(line: Line, fault: dict[str, int]) -> None:
    sent = await line.reply()
    await line.client.token()
    line.platform.faults.errcode, line.platform.faults.times = fault["errcode"], 1
    await line.deliver()
    assert await status_of(sent) == "pending"
    assert await line.deliver() == 0, "not at once"
    await line.deliver(LATER)
    assert await status_of(sent) == "sent"
    assert line.arrived() == ["管一年。"]


async def test_what_may_have_been_sent_is_left_to_a_person(line: Line) -> None:
    sent = await line.reply()
    await line.client.token()
    line.platform.faults.reset, line.platform.faults.times = "after", 1
    await line.deliver()
    assert await status_of(sent) == "uncertain"
    assert await line.deliver(LATER) == 0
    assert line.arrived() == ["管一年。"]
    await handover.resend(sent.id, line.place.actors[Role.TOWN], now=LATER)
    await line.deliver(LATER)
    assert await status_of(sent) == "sent"
    with pytest.raises(ConflictError):
        await handover.resend(sent.id, line.place.actors[Role.TOWN], now=LATER)


async def test_after_two_days_or_five_messages_the_reply_is_kept_for_the_next_word(line: Line) -> None:
    made = [await line.reply(f"第{number}句", number) for number in range(6)]
    while await line.deliver(LATER):
        pass
    assert [await status_of(reply) for reply in made] == ["sent"] * 5 + ["kept"]
    assert (await HandoverReply.get(id=made[5].id)).errcode == 45047
    line.platform.offset += 49 * 3600
    late = await line.reply("太晚了", 100)
    await line.deliver(LATER)
    assert await status_of(late) == "kept"
    assert (await HandoverReply.get(id=late.id)).errcode == 45015
    assert await handover.kept_replies("mini_program", "o1", now=LATER) == ["第5句", "太晚了"]
    await handover.mark_shown("mini_program", "o1", now=LATER)
    assert await handover.kept_replies("mini_program", "o1", now=LATER) == []


async def test_a_worker_that_died_while_sending_leaves_it_uncertain(line: Line) -> None:
    sent = await line.reply()
    await HandoverReply.filter(id=sent.id).update(
        status="sending", claimed_until=datetime.now(UTC) - timedelta(seconds=1)
    )
    assert await line.deliver() == 1
    assert await status_of(sent) == "uncertain"
    assert line.arrived() == []
