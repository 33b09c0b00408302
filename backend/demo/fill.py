"""Fill an empty database with the demonstration district, once; give every demonstration person a simulated phone."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import aiohttp
from tortoise.transactions import in_transaction

from backend.access import SYSTEM
from backend.casework.calendar import seed_shipped
from backend.demo import district, rungs
from backend.desk import entries
from backend.identity.passwords import hash_password
from backend.settings import Settings
from models.disclosure import ListSubscription
from models.outbox import Consent
from models.people import Person, RosterEntry, StaffAccount
from models.places import Town, Village
from models.reference import LivingStandard
from models.staff import StaffTerm
from notices.kinds import PAGE_OF, TEMPLATES, Channel
from notices.sms_texts import TEXTS

CREDITS = 20
_OFFICE_SINCE = date(2026, 1, 1)
_ROLES = {
    "worker": "救助员",
    "village": "村(社区)",
    "town": "镇(街道)",
    "supervisor": "纪(工)委",
    "leaders": "领导班子",
    "admin": "系统管理员 (看不到个案)",
    "bureau": "区民政",
}


async def fill(settings: Settings, *, now: datetime) -> None:
    """Fill once; known data stays as it is. The phones are made on every start: the simulator may be new."""
    if not await Town.exists():
        password_hash = await hash_password(district.PASSWORD)
        async with in_transaction():
            await seed_shipped(now=now)
            await entries.seed_shipped(now=now)
            await LivingStandard.create(
                monthly_fen=100_000,
                effective_from=date(2025, 1, 1),
                document="演示数据(虚构标准)",
                is_fictional=True,
                entered_by="demo:1",
                entered_at=now,
                confirmed_by="demo:2",
                confirmed_at=now,
            )
            await _District(now, password_hash).build()
            await rungs.spread(await rungs.chosen(settings))
    chosen = await rungs.chosen(settings)
    await _phones(settings, chosen, now)
    await _ends(settings, chosen)


async def print_accounts() -> None:
    """The demonstration accounts, a line a login."""
    print(f"  演示账号        密码都是 {district.PASSWORD}")
    accounts = await StaffAccount.filter(person__is_demo=True).select_related("town", "village").order_by("login")
    for account in accounts:
        place = account.village.name if account.village else account.town.name if account.town else "鹿城区"
        print(f"    {account.login:<22}{_ROLES[account.role]} · {place}")


class _District:
    """Collects the rows and writes each table once."""

    def __init__(self, now: datetime, password_hash: str) -> None:
        self._now = now
        self._hash = password_hash
        self._people: list[Person] = []
        self._roster: list[RosterEntry] = []
        self._accounts: list[StaffAccount] = []

    async def build(self) -> None:
        for number, name in enumerate(district.TOWNS, 1):
            town = await Town.create(code=f"330302{900 + number}", name=name, phone=f"000-{number:04d}000")
            await self._town(town)
        self._account("quminzheng", "bureau", self._person(None, district.BUREAU_OPENID))
        self._account("quminzheng-2", "bureau", self._person(None))
        self._account("guanliyuan", "admin", self._person(None))
        await Person.bulk_create(self._people)
        await RosterEntry.bulk_create(self._roster)
        await StaffAccount.bulk_create(self._accounts)
        await StaffTerm.bulk_create([self._term(account) for account in self._accounts])
        consents = [
            Consent(person_id=person.id, template_id=template.key, credits=CREDITS)
            for person in self._people
            for template in TEMPLATES
        ]
        await Consent.bulk_create(consents)
        village = await Village.get(town__name=district.VILLAGE_TOWN, name=district.LARGE_VILLAGE)
        neighbour = next(person for person in self._people if person.openid == district.NEIGHBOUR_OPENID)
        await ListSubscription.create(person_id=neighbour.id, village_id=village.id, since=self._now)

    async def _town(self, town: Town) -> None:
        staff = [self._person(None) for _ in range(3)]
        supervisor = self._person(None)
        prefix = {district.VILLAGE_TOWN: "tengqiao", district.COMMUNITY_TOWN: "wuma"}.get(town.name)
        for name, is_community in district.villages_of(town.name):
            village = await Village.create(
                town_id=town.id, name=name, is_community=is_community, households=180 if is_community else 420
            )
            for person in staff:
                self._enter(person, village, "town_staff")
            self._enter(supervisor, village, "supervisor")
            is_large = town.name == district.VILLAGE_TOWN and name == district.LARGE_VILLAGE
            members = []
            for capacity in district.roster_of(town.name, name, is_community=is_community):
                is_first = is_large and not any(entry == "village_representative" for _, entry in members)
                openid = district.MEMBER_OPENID if is_first and capacity == "village_representative" else None
                person = self._person(village, openid)
                self._enter(person, village, capacity)
                members.append((person, capacity))
            if prefix and name in (district.LARGE_VILLAGE, district.SMALL_COMMUNITY):
                self._account(f"{prefix}-village", "village", members[0][0], town, village)
            if is_large:
                self._person(village, district.RESIDENT_OPENID, born=date(1958, 5, 20))
                self._person(village, district.NEIGHBOUR_OPENID, born=date(1971, 3, 2))
        if prefix:
            for role, person in zip(("worker", "town", "leaders"), staff, strict=True):
                self._account(f"{prefix}-{role}", role, person, town)
            self._account(f"{prefix}-supervisor", "supervisor", supervisor, town)

    def _person(self, village: Village | None, openid: str | None = None, born: date = date(1975, 6, 1)) -> Person:
        number = len(self._people) + 1
        person = Person(
            id=demo_id(f"person-{number}"),
            name=district.person_name(number),
            born_on=born,
            phone=f"000-{number:07d}",
            village_id=village.id if village else None,
            openid=openid or f"oDemoPerson{number:04d}",
            unionid=f"uDemoPerson{number:04d}",
            is_demo=True,
            created_at=self._now,
        )
        self._people.append(person)
        return person

    def _enter(self, person: Person, village: Village, capacity: str) -> None:
        self._roster.append(
            RosterEntry(person_id=person.id, village_id=village.id, capacity=capacity, from_day=_OFFICE_SINCE)
        )

    def _term(self, account: StaffAccount) -> StaffTerm:
        return StaffTerm(
            id=demo_id(f"term-{account.login}"),
            account_id=account.id,
            role=account.role,
            town_id=account.town_id,
            village_id=account.village_id,
            from_day=_OFFICE_SINCE,
            by=SYSTEM.label,
            made_at=self._now,
        )

    def _account(
        self, login: str, role: str, person: Person, town: Town | None = None, village: Village | None = None
    ) -> None:
        self._accounts.append(
            StaffAccount(
                id=demo_id(f"account-{login}"),
                person_id=person.id,
                login=login,
                password_hash=self._hash,
                role=role,
                town_id=town.id if town else None,
                village_id=village.id if village else None,
                since=_OFFICE_SINCE,
                bound_openid=person.openid,
            )
        )


def demo_id(name: str) -> UUID:
    """The same id for the same name: a refilled district has the same people."""
    return uuid5(NAMESPACE_URL, f"yishiyiyi-demo:{name}")


async def _phones(settings: Settings, chosen: Mapping[UUID, Channel], now: datetime) -> None:
    """Grant the templates and make a phone for every demonstration person, at the simulator."""
    templates = [
        {"id": settings.wechat_templates.get(t.key, t.key), "title": t.title, "fields": t.fields} for t in TEMPLATES
    ]
    templates += [
        {"id": settings.service_templates[t.key], "title": t.title, "fields": t.fields}
        | {"account": "service", "sort": "message"}
        for t in TEMPLATES
        if t.key in settings.service_templates
    ]
    people = await Person.filter(is_demo=True).order_by("id")
    credits = {settings.wechat_templates.get(t.key, t.key): CREDITS for t in TEMPLATES}
    users = [
        {
            "name": person.name,
            "openid": person.openid,
            "credits": {} if person.id in chosen else credits,
            "follows": rungs.follows(person.id, chosen),
        }
        for person in people
    ]
    async with aiohttp.ClientSession(settings.api_base, raise_for_status=True) as http:
        pages = sorted(set(PAGE_OF.values()))
        await (await http.post("/admin/templates", json={"templates": templates, "pages": pages})).read()
        phones = await (await http.post("/admin/users", json={"users": users})).json()
    if settings.service_templates:
        openids = {phone["openid"]: phone["service_openid"] for phone in phones}
        await rungs.know_followers(people, openids, chosen, now=now)


async def _ends(settings: Settings, chosen: Mapping[UUID, Channel]) -> None:
    """A member of the simulated WeCom for everybody on a roster; the approved texts at the simulated gateway."""
    if settings.wecom_is_on:
        listed = await Person.filter(is_demo=True, id__in=await RosterEntry.all().values_list("person_id", flat=True))
        cadres = [person for person in listed if rungs.has_wecom(person.id, chosen)]
        for person in cadres:
            person.wecom_userid = person.wecom_userid or f"demo-{person.id.hex[:8]}"
        await Person.bulk_update(cadres, ["wecom_userid"])
        members = [{"userid": person.wecom_userid, "name": person.name} for person in cadres]
        await _tell(settings.wecom_api_base, "/admin/members", {"members": members})
    if settings.sms_is_on:
        await _tell(settings.sms_api_base, "/admin/templates", {"templates": {text.key: text.words for text in TEXTS}})


async def _tell(base: str, path: str, body: dict[str, Any]) -> None:
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        await (await http.post(f"{base}{path}", json=body)).read()
