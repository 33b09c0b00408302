"""A small district in the database, for tests that call casework directly."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from backend.access import Actor
from models.application import Case
from models.people import Person, RosterEntry, StaffAccount
from models.places import Town, Village
from models.reference import LivingStandard
from rules.statuses import Role

BORN = date(1960, 1, 1)
AT = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


@dataclass
class SmallDistrict:
    """One town, one village, its roster, and an actor for every role."""

    town: Town
    village: Village
    resident: Person
    actors: dict[Role, Actor]
    members: list[UUID]
    supervisor: UUID

    async def case(self, status: str, **columns: object) -> Case:
        """A case that stands at a status."""
        late = status in ("confirmed", "scheduled", "void", "deliberated", "before_leaders", "approved", "in_force")
        values = {"circumstance": "C6", "confirmed_on": date(2026, 9, 28)} if late else {}
        return await Case.create(
            id=uuid4(),
            number=f"个案{uuid4().hex[:12]}",
            village_id=self.village.id,
            status=status,
            created_at=AT,
            **(
                {"applicant_id": self.resident.id, "household_size": 3, "ordinary_case_ref": "普通-1", "changed_at": AT}
                | values
                | columns
            ),
        )


async def build(name: str = "甲", *, households: int = 300, is_community: bool = False) -> SmallDistrict:
    """Write the district's rows."""
    number = await Town.all().count() + 1
    town = await Town.create(code=f"3303029{number:02d}", name=f"{name}镇")
    village = await Village.create(town=town, name=f"{name}村", households=households, is_community=is_community)
    resident = await person("陈安宁", village, born=BORN)
    staff = {role: await person(f"员{role.value}", None) for role in Role if role.value in _STAFF}
    actors = {Role.RESIDENT: Actor(Role.RESIDENT, resident.name, person_id=resident.id, village_id=village.id)}
    for role, someone in staff.items():
        account = await StaffAccount.create(
            id=uuid4(),
            person=someone,
            login=f"{name}-{role.value}",
            password_hash="x",
            role=role.value,
            town_id=town.id,
            village_id=village.id if role is Role.VILLAGE else None,
        )
        actors[role] = Actor(
            role, someone.name, someone.id, account.id, town.id, village.id if role is Role.VILLAGE else None
        )
    members = []
    for capacity, count in (
        ("town_staff", 2),
        ("village_committee", 3),
        ("resident_cadre", 1),
        ("village_representative", 7),
    ):
        for _ in range(count):
            someone = await person("委员", village)
            await enter(someone, village, capacity)
            members.append(someone.id)
    await enter(staff[Role.SUPERVISOR], village, "supervisor")
    return SmallDistrict(town, village, resident, actors, members, staff[Role.SUPERVISOR].id)


_STAFF = ("worker", "village", "town", "supervisor", "leaders", "bureau", "admin")


async def person(name: str, village: Village | None, *, born: date | None = None, openid: str | None = None) -> Person:
    """One person."""
    return await Person.create(
        id=uuid4(), name=name, village_id=village.id if village else None, born_on=born, openid=openid, created_at=AT
    )


async def enter(someone: Person, village: Village, capacity: str) -> None:
    """A roster entry."""
    await RosterEntry.create(person=someone, village=village, capacity=capacity, from_day=date(2026, 1, 1))


async def standard(monthly_fen: int) -> LivingStandard:
    """A confirmed, fictional living standard."""
    return await LivingStandard.create(
        monthly_fen=monthly_fen,
        effective_from=date(2025, 1, 1),
        document="虚构",
        is_fictional=True,
        entered_by="a",
        entered_at=AT,
        confirmed_by="b",
        confirmed_at=AT,
    )
