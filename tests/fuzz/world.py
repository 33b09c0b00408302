"""A district with something to lose: cases of one's own and of others, and marked words that most may never see."""

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import aiohttp
from redis.asyncio import Redis

from backend.demo import district
from backend.desk import handover
from backend.desk.handover import Door, Turn
from backend.guide import carry
from backend.identity import sessions
from models.agents import Agency
from models.application import Application, Case, Evidence, HomeVisit
from models.deliberation import Deliberation, PanelMember
from models.desk import Handover
from models.determination import Determination
from models.outbox import Delivery, Notice
from models.people import Person, RosterEntry, StaffAccount
from models.places import Village
from models.reference import LivingStandard
from models.urgent_relief import UrgentRelief
from rules.statuses import Role
from tests.fuzz.agents import AGENTS, Acting

NOBODY = "nobody"
_LOGINS = {
    Role.WORKER: "tengqiao-worker",
    Role.VILLAGE: "tengqiao-village",
    Role.TOWN: "tengqiao-town",
    Role.SUPERVISOR: "tengqiao-supervisor",
    Role.LEADERS: "tengqiao-leaders",
    Role.BUREAU: "quminzheng",
    Role.ADMIN: "fuzz-admin",
}
ACTORS = (NOBODY, Role.RESIDENT.value, Role.AGENT.value, *(role.value for role in _LOGINS))
_BORN = date(1980, 1, 1)
_CONFIRMED = ("confirmed", "scheduled", "void", "deliberated", "before_leaders", "approved", "in_force")
_DECIDED = ("approved", "in_force", "rejected")


@dataclass(frozen=True, slots=True)
class Marked:
    """Words that were planted, and the actors who may read them."""

    words: str
    what: str
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Login:
    """How a call says who makes it. `acting_for`: and for whom, as the phone of an agent does."""

    token: str
    acting_for: str | None = None

    def headers(self, *, page: bool = False) -> dict[str, str]:
        """As a phone sends them, or the browser of a console's page."""
        who = {"Cookie": f"console={self.token}"} if page else {"Authorization": f"Bearer {self.token}"}
        return who | ({"X-Acting-For": self.acting_for} if self.acting_for else {})


@dataclass
class World:
    """Ids to call with, by kind, and what may leak."""

    MONTHLY_FEN: ClassVar = 100_000
    now: datetime
    phones: str
    own: Village
    near: Village
    far: Village
    resident: Person
    panel: list[str]
    supervisor: UUID
    accounts: dict[str, tuple[UUID, UUID | None]]
    cases: dict[str, list[str]] = field(default_factory=dict)
    """By status: cases of the own village, applied for by the resident."""
    foreign: list[str] = field(default_factory=list)
    meetings: list[str] = field(default_factory=list)
    reliefs: dict[str, list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """That the rows of the call list are about."""
    people: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    """Of a WeChat login, each good once."""
    reply_codes: list[str] = field(default_factory=list)
    carried: list[str] = field(default_factory=list)
    standards: list[str] = field(default_factory=list)
    principals: dict[str, UUID] = field(default_factory=dict)
    """For whom the agents among the actors act."""
    marked: list[Marked] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def logins(self, redis: Redis) -> dict[str, Login]:
        """A session for every actor, the ways of logging in left aside."""
        return {
            actor: Login(
                await sessions.open_session(redis, person_id=person, account_id=account),
                str(self.principals[actor]) if actor in self.principals else None,
            )
            for actor, (person, account) in self.accounts.items()
        }

    async def plant_agents(self, applicant: Person) -> None:
        """Everybody of `AGENTS`: they act for `applicant`, whose birthday is known then, or for a neighbour."""
        applicant.born_on = applicant.born_on or _BORN
        await applicant.save(update_fields=["born_on"])
        for actor, acting in AGENTS.items():
            principal = applicant if acting.of_applicant else await self._adult("邻居")
            agent = await self._adult("代办人")
            await self._agency(acting, principal, agent)
            self.accounts[actor], self.principals[actor] = (agent.id, None), principal.id

    async def _adult(self, name: str) -> Person:
        return await Person.create(id=uuid4(), name=name, village_id=self.own.id, born_on=_BORN, created_at=self.now)

    async def _agency(self, acting: Acting, principal: Person, agent: Person) -> None:
        worker = self.accounts[Role.WORKER.value][1]
        last = self.now.date() + acting.last
        over = {"ended_at": self.now, "ended_by": f"account:{worker}", "ended_why": "测"} if acting.ended else {}
        await Agency.create(
            id=uuid4(),
            principal_id=principal.id,
            agent_id=agent.id,
            kind=acting.kind.value,
            acts=sorted(acting.recorded),
            authority="户口簿",
            wish="本人要求",
            from_day=last - timedelta(days=365),
            to_day=last,
            recorded_by_id=worker,
            recorded_at=self.now,
            confirmed_by_id=worker,
            confirmed_at=self.now,
            **over,
        )

    async def plant(self, status: str, many: int) -> None:
        """Fresh cases at a status, so that calling wears nothing out."""
        kept = self.cases[status] = self.cases.get(status, [])[-4:]
        for _ in range(many):
            kept.append(str((await self._case(self.own, self.resident, status, "演示情况")).id))

    async def plant_reliefs(self, status: str, many: int) -> None:
        """Fresh urgent events at a status."""
        kept = self.reliefs[status] = self.reliefs.get(status, [])[-4:]
        for _ in range(many):
            kept.append(str((await self._relief(self.own, self.resident, status)).id))

    async def plant_calls(self, many: int) -> None:
        """Rows of the call list of the own town."""
        self.calls = [*self.calls[-4:], *[await self._call(self.resident) for _ in range(many)]]

    async def plant_numbers(self, redis: Redis, many: int) -> None:
        """What is kept under a number from the guide, and conversations that are read with a code."""
        for _ in range(many):
            kept = carry.Carried("C3", {"no_income": "y", "deposit_fen": "5000"})
            self.carried.append((await carry.keep(redis, kept, now=self.now))[0])
            _, code = await handover.open_(Door("api"), self.own.town_id, [Turn("asker", "问一句")], now=self.now)
            self.reply_codes.append(str(code))

    async def plant_codes(self, many: int) -> None:
        """Codes as wx.login makes them, on phones that the service knows and on new ones."""
        async with aiohttp.ClientSession(self.phones) as platform:
            for _ in range(many):
                async with platform.post("/admin/login", json={"openid": district.NEIGHBOUR_OPENID}) as response:
                    self.codes.append((await response.json())["code"])

    async def plant_standards(self, many: int) -> None:
        """Entered by one person, waiting for another."""
        for _ in range(many):
            day = self.now.date() + timedelta(days=1000 + next(self.numbers))
            await LivingStandard.create(
                monthly_fen=self.MONTHLY_FEN,
                effective_from=day,
                document="测",
                entered_by="person:other",
                entered_at=self.now,
            )
            self.standards.append(str(day))

    async def plant_secrets(self) -> None:
        """Another town's, another village's and a neighbour's matters, every word of them marked."""
        staff = frozenset(_LOGINS) - {Role.ADMIN}
        in_town = frozenset(role.value for role in staff)
        for village, readers, beyond_the_village in (
            (self.far, frozenset({Role.BUREAU.value}), frozenset({Role.BUREAU.value})),
            (self.near, in_town - {Role.VILLAGE.value}, in_town - {Role.VILLAGE.value}),
            (self.own, in_town, in_town - {Role.VILLAGE.value}),
        ):
            for status in ("submitted", "gathering_evidence", "scheduled", "before_leaders", "in_force", "closed"):
                await self._secret(village, status, readers, beyond_the_village)

    async def _secret(self, village: Village, status: str, readers: frozenset[str], full: frozenset[str]) -> None:
        number = next(self.numbers)
        name, phone = f"密名{number:04d}", f"139{88_000_000 + number}"
        identity, illness = f"33030219560101{number:04d}", f"密病{number:04d}症"
        someone = await Person.create(
            id=uuid4(), name=name, phone=phone, village_id=village.id, born_on=date(1956, 1, 1), created_at=self.now
        )
        case = await self._case(village, someone, status, f"身份证{identity}, 得了{illness}", secret=illness)
        relief = await self._relief(village, someone, "lifted", story=f"{identity}{illness}")
        call = await self._call(someone)
        await Handover.create(
            id=uuid4(),
            door="api",
            code_digest=uuid4().hex * 2,
            person_id=someone.id,
            town_id=village.town_id,
            conversation=[{"who": "asker", "text": f"{identity}{illness}", "at": self.now.isoformat()}],
            opened_at=self.now,
            last_at=self.now,
        )
        self.foreign.append(str(case.id))
        self.reliefs.setdefault("foreign", []).append(str(relief.id))
        self.people.append(str(someone.id))
        self.calls.append(call)
        self.marked += [
            Marked(name, "name", readers),
            Marked(phone, "phone", readers & {"worker", "town", "bureau"}),
            Marked(identity, "identity number", frozenset()),
            Marked(illness, "illness", full),
        ]

    async def _case(self, village: Village, someone: Person, status: str, story: str, *, secret: str = "") -> Case:
        beyond = {"confirmed_on": self.now.date()} if status in _CONFIRMED else {}
        if status not in ("submitted", "under_review"):
            beyond["circumstance"] = "C6"
        case = await Case.create(
            id=uuid4(),
            number=f"测{uuid4().hex[:16]}",
            village_id=village.id,
            applicant_id=someone.id,
            household_size=3,
            status=status,
            ordinary_case_ref="测-普通-1",
            referral_reason=secret or None,
            created_at=self.now,
            changed_at=self.now,
            **beyond,
        )
        await Application.create(
            id=uuid4(),
            person_id=someone.id,
            case_id=case.id,
            submission_key=uuid4().hex,
            story=story,
            facts={"severe_illness_or_disability": True},
            submitted_at=self.now,
        )
        await HomeVisit.create(
            id=uuid4(),
            case_id=case.id,
            visited_at=self.now,
            visitors=2,
            visitor_ids=[],
            signed=True,
            findings=f"属实{secret}",
            recorded_by_id=self.accounts[Role.WORKER.value][1],
        )
        await Evidence.create(id=uuid4(), case_id=case.id, title=f"诊断证明{secret}", recorded_at=self.now)
        await self._meeting(case, status, secret)
        if status in _DECIDED:
            await Determination.create(
                id=uuid4(),
                case_id=case.id,
                meeting_no="测1号",
                decided_on=self.now.date(),
                outcome="rejected" if status == "rejected" else "approved",
                aid_type="低保",
                amount_fen=98_000,
                valid_from=self.now.date(),
                valid_to=self.now.date() + timedelta(days=364),
                reason="测",
                recorded_at=self.now,
            )
        return case

    async def _meeting(self, case: Case, status: str, secret: str) -> None:
        if status not in ("scheduled", "deliberated", "before_leaders", *_DECIDED):
            return
        held = status != "scheduled"
        outcome = {"agree": 12, "against": 0, "abstain": 1, "counted": 13, "passed": True, "closed_at": self.now}
        row = await Deliberation.create(
            id=uuid4(),
            case_id=case.id,
            meets_at=self.now + timedelta(days=1),
            place="礼堂",
            status="held" if held else "convened",
            supervisor_opinion=f"规范{secret}",
            **(outcome if held else {}),
        )
        capacities = {
            str(entry.person_id): entry.capacity for entry in await RosterEntry.filter(village_id=self.own.id)
        }
        members = [
            PanelMember(
                id=uuid4(),
                deliberation_id=row.id,
                person_id=person,
                duty="member",
                capacities=[capacities[person]],
                checked_in_at=self.now,
            )
            for person in (self.panel if case.village_id == self.own.id else ())
        ]
        watcher = PanelMember(
            id=uuid4(),
            deliberation_id=row.id,
            person_id=self.supervisor,
            duty="supervisor",
            capacities=[],
            checked_in_at=self.now,
        )
        await PanelMember.bulk_create([*members, watcher])
        if not held:
            self.meetings = [*self.meetings[-40:], str(row.id)]

    async def _relief(self, village: Village, someone: Person, status: str, *, story: str = "失火") -> UrgentRelief:
        over = {"lifted_at": self.now, "paperwork_due_on": self.now.date()} if status == "lifted" else {}
        return await UrgentRelief.create(
            id=uuid4(),
            number=f"急测{uuid4().hex[:12]}",
            village_id=village.id,
            person_id=someone.id,
            what_happened=story,
            status=status,
            reported_at=self.now,
            informed_at=self.now,
            due_at=self.now + timedelta(hours=24),
            total_fen=100_000 if status in ("delivered", "lifted") else 0,
            **over,
        )

    async def _call(self, someone: Person) -> str:
        notice = await Notice.create(
            id=uuid4(), event_key=f"fuzz:{uuid4()}", kind="list_changed", facts={}, created_at=self.now
        )
        self.notices = [*self.notices[-40:], str(notice.id)]
        row = await Delivery.create(
            id=uuid4(),
            notice_id=notice.id,
            person_id=someone.id,
            channel="call_list",
            status="pending",
            due_at=self.now,
        )
        return str(row.id)


async def build(now: datetime, phones: str) -> World:
    """The demonstration district's people, an administrator besides, and the secrets."""
    own = await Village.get(town__name=district.VILLAGE_TOWN, name=district.LARGE_VILLAGE)
    near = await Village.filter(town_id=own.town_id).exclude(id=own.id).first()
    far = await Village.get(town__name=district.COMMUNITY_TOWN, name=district.SMALL_COMMUNITY)
    resident = await Person.get(openid=district.RESIDENT_OPENID)
    panel: list[str] = []
    for capacity, many in (
        ("town_staff", 2),
        ("village_committee", 3),
        ("resident_cadre", 1),
        ("village_representative", 8),
    ):
        found = await RosterEntry.filter(village_id=own.id, capacity=capacity).order_by("id").limit(many)
        panel += [str(entry.person_id) for entry in found if str(entry.person_id) not in panel]
    watcher = await RosterEntry.get(village_id=own.id, capacity="supervisor")
    keeper = await Person.create(id=uuid4(), name="管理员", created_at=now)
    await StaffAccount.create(id=uuid4(), person=keeper, login="fuzz-admin", password_hash="x", role="admin")
    accounts: dict[str, tuple[UUID, UUID | None]] = {Role.RESIDENT.value: (resident.id, None)}
    for role, login in _LOGINS.items():
        account = await StaffAccount.get(login=login)
        accounts[role.value] = (account.person_id, account.id)
    world = World(
        now=now,
        phones=phones,
        own=own,
        near=near,
        far=far,
        resident=resident,
        panel=panel,
        supervisor=watcher.person_id,
        accounts=accounts,
    )
    world.people += [*panel, str(watcher.person_id), str(resident.id)]
    await world.plant_secrets()
    return world
