"""One human at two accounts of the platform: joined by the unionid, asked once, and never two persons."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from backend.desk import handover
from backend.desk.handover import Door, Turn
from backend.identity import platforms
from backend.identity.platforms import MINI_PROGRAM, SERVICE_ACCOUNT
from backend.talk import Asker, Talk, to_person
from backend.wechat.client import WeChatClient
from backend.wechat.errors import WeChatError
from models.desk import Handover
from models.identities import PlatformIdentity
from models.people import Person
from models.trail import TrailEntry
from simulator.accounts import User
from simulator.platform import Faults, Platform
from tests.backend import district
from tests.simulator.platform import serving

NOW = district.AT


class Accounts:
    """The simulator with the phone `o1`, and our client of the service account."""

    def __init__(self, platform: Platform, service: WeChatClient, redis: Redis) -> None:
        self.platform, self.service, self._redis = platform, service, redis

    @property
    def phone(self) -> User:
        return self.platform.users["o1"]

    @property
    def asked(self) -> int:
        return self.platform.calls["/cgi-bin/user/info"]

    async def learn(self, openid: str | None = None, *, subscribed: bool = False) -> Person | None:
        return await platforms.learn(
            self._redis, self.service, openid or self.phone.service_openid, subscribed=subscribed, now=NOW
        )

    async def log_in(self) -> Person:
        return await platforms.enter(self.phone.openid, self.phone.unionid, now=NOW)


@pytest_asyncio.fixture
async def accounts(database: str, redis: Redis) -> AsyncIterator[Accounts]:
    async with serving() as (platform, base_url):
        service = WeChatClient(appid="wxservice", secret="ss", base_url=base_url, redis=redis)
        yield Accounts(platform, service, redis)
        await service.close()


@pytest.mark.parametrize("unionid", ["u-one", None])
async def test_logins_at_once_make_one_person(database: str, unionid: str | None) -> None:
    people = await asyncio.gather(*(platforms.enter("o1", unionid, now=NOW) for _ in range(8)))
    assert len({person.id for person in people}) == 1
    assert await Person.all().count() == 1
    assert await PlatformIdentity.all().count() == 1
    assert await TrailEntry.filter(action="person_registered").count() == 1


async def test_two_openids_of_one_unionid_at_once_are_one_person(database: str) -> None:
    people = await asyncio.gather(*(platforms.enter(f"o{number % 2}", "u-one", now=NOW) for number in range(8)))
    assert len({person.id for person in people}) == 1
    assert await PlatformIdentity.all().count() == 2
    later = await platforms.enter("o1", "u-one", now=NOW)
    assert (await Person.get(id=later.id)).openid == "o1", "notices go to the phone that logged in last"


async def test_a_person_of_before_the_table_is_the_same_person(database: str) -> None:
    old = await district.person("陈", None, openid="o1")
    assert (await platforms.person_of(MINI_PROGRAM, "o1")).id == old.id
    assert (await platforms.enter("o1", "u-one", now=NOW)).id == old.id
    assert (await Person.get(id=old.id)).unionid == "u-one"
    assert (await PlatformIdentity.get()).person_id == old.id


async def test_a_unionid_that_changed_with_the_open_platform_is_followed(accounts: Accounts) -> None:
    first = await platforms.enter("o1", "u-before", now=NOW)
    assert (await accounts.log_in()).id == first.id
    assert (await accounts.learn()).id == first.id
    assert {row.unionid for row in await PlatformIdentity.all()} == {accounts.phone.unionid}


async def test_a_unionid_that_is_another_persons_is_left_to_them(database: str) -> None:
    first = await district.person("先", None, openid="o1")
    second = await district.person("后", None, openid="o2")
    await Person.filter(id=second.id).update(unionid="u-one")
    assert (await platforms.enter("o1", "u-one", now=NOW)).id == first.id
    assert (await Person.get(id=first.id)).unionid is None


async def test_somebody_who_writes_to_the_service_account_is_the_person_of_the_mini_program(accounts: Accounts) -> None:
    person = await accounts.log_in()
    openid = accounts.phone.service_openid
    assert await platforms.person_of(SERVICE_ACCOUNT, openid) is None
    assert (await accounts.learn()).id == person.id
    assert (await platforms.person_of(SERVICE_ACCOUNT, openid)).id == person.id
    assert await platforms.person_of(SERVICE_ACCOUNT, accounts.phone.openid) is None
    assert await platforms.person_of(MINI_PROGRAM, openid) is None


async def test_who_wrote_first_and_opened_the_mini_program_later_is_one_person_too(accounts: Accounts) -> None:
    assert await accounts.learn() is None
    assert await Person.all().count() == 0, "whoever only writes is nobody's record"
    person = await accounts.log_in()
    assert (await platforms.person_of(SERVICE_ACCOUNT, accounts.phone.service_openid)).id == person.id
    assert {row.person_id for row in await PlatformIdentity.all()} == {person.id}


async def test_login_and_message_at_once_end_in_one_person(accounts: Accounts) -> None:
    await asyncio.gather(*(accounts.learn() if number % 2 else accounts.log_in() for number in range(8)))
    person = await Person.get()
    assert (await platforms.person_of(SERVICE_ACCOUNT, accounts.phone.service_openid)).id == person.id


async def test_the_platform_is_asked_once(accounts: Accounts) -> None:
    await asyncio.gather(*(accounts.learn() for _ in range(6)))
    for _ in range(3):
        await accounts.learn()
        await accounts.learn(subscribed=True)
    assert accounts.asked == 1
    assert await PlatformIdentity.all().count() == 1


async def test_who_does_not_follow_is_asked_about_again_when_they_do(accounts: Accounts, redis: Redis) -> None:
    accounts.phone.follows = False
    await accounts.log_in()
    assert await accounts.learn() is None
    await redis.flushdb()
    await accounts.learn()
    assert accounts.asked == 1, "a message does not ask again"
    accounts.phone.follows = True
    assert await accounts.learn(subscribed=True) is not None
    assert await PlatformIdentity.filter(account=SERVICE_ACCOUNT).count() == 1


async def test_a_platform_that_fails_is_asked_again_later_and_not_at_once(accounts: Accounts, redis: Redis) -> None:
    await accounts.service.token()
    accounts.platform.faults = Faults(errcode=45009, times=1)
    with pytest.raises(WeChatError):
        await accounts.learn()
    assert await accounts.learn() is None
    assert accounts.asked == 1
    (key,) = await redis.keys("wechat:asked:*")
    assert 0 < await redis.ttl(key) <= 600
    await redis.delete(key)
    await accounts.learn()
    assert (await PlatformIdentity.get()).unionid == accounts.phone.unionid


async def test_an_openid_that_is_not_the_service_accounts_is_refused_by_the_platform(accounts: Accounts) -> None:
    with pytest.raises(WeChatError) as refused:
        await accounts.learn("o1")
    assert refused.value.errcode == 40003


async def test_a_conversation_at_the_service_account_goes_to_the_persons_town(accounts: Accounts, the: Talk) -> None:
    place = await district.build()
    person = await accounts.log_in()
    person.village_id = place.village.id
    await person.save()
    openid = accounts.phone.service_openid
    await accounts.learn()
    asker = Asker(SERVICE_ACCOUNT, f"{SERVICE_ACCOUNT}:{openid}", openid=openid)
    told, _ = await to_person(the, asker, town_id=None, now=NOW)
    assert place.town.name in told
    assert (await Handover.get()).person_id == person.id


async def test_a_conversation_that_was_opened_before_is_brought_to_the_persons_town(accounts: Accounts) -> None:
    here, there = await district.build("甲"), await district.build("乙")
    person = await accounts.log_in()
    person.village_id = here.village.id
    await person.save()
    openid = accounts.phone.service_openid
    opened, _ = await handover.open_(Door(SERVICE_ACCOUNT, openid), None, [Turn("asker", "人工")], now=NOW)
    found = await accounts.learn()
    await handover.known(SERVICE_ACCOUNT, openid, found, now=NOW)
    after = await Handover.get(id=opened.id)
    assert (after.person_id, after.town_id) == (person.id, here.town.id)
    taken, _ = await handover.open_(Door(SERVICE_ACCOUNT, "o-taken"), there.town.id, [Turn("asker", "人工")], now=NOW)
    await handover.known(SERVICE_ACCOUNT, "o-taken", found, now=NOW)
    assert (await Handover.get(id=taken.id)).town_id == there.town.id, "a town that somebody chose stays"
    await handover.known(SERVICE_ACCOUNT, "o-nobody", found, now=NOW)
