"""Accounts for the tests of identity."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyotp
from redis.asyncio import Redis

from backend.access import Actor
from backend.identity import second_factor, staff
from backend.identity.passwords import hash_password
from backend.identity.staff import Moment
from models.people import Person, StaffAccount
from models.staff import SecondFactor
from rules.statuses import Role
from tests.backend.district import person

NOW = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
PASSWORD = "a long sentence"
HOME = "203.0.113.7"


def at(address: str = HOME, **later: float) -> Moment:
    """A moment somewhere."""
    moment = NOW + timedelta(**later)
    return Moment(moment, moment, address)


async def account(
    login: str,
    role: Role = Role.WORKER,
    *,
    town_id: int | None = None,
    village_id: int | None = None,
    **columns: object,
) -> StaffAccount:
    """An account with PASSWORD."""
    someone = await person(login, None)
    made = await StaffAccount.create(
        id=uuid4(),
        person=someone,
        login=login,
        password_hash=await hash_password(PASSWORD),
        role=role.value,
        town_id=town_id,
        village_id=village_id,
        **columns,
    )
    return await StaffAccount.get(id=made.id).select_related("person")


def acting(account: StaffAccount) -> Actor:
    """The account as who acts."""
    return staff.actor_for(account)


def phone_of(someone: Person) -> Actor:
    """A mini-program session."""
    return Actor(Role.RESIDENT, someone.name, person_id=someone.id)


class Authenticator:
    """Somebody's authenticator."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)

    def code(self, **later: float) -> str:
        """What it shows."""
        return self._totp.at(NOW + timedelta(**later))


async def with_factor(
    redis: Redis, owner: StaffAccount, moment: Moment | None = None
) -> tuple[Authenticator, list[str]]:
    """Set the second factor up an hour earlier; (authenticator, recovery codes)."""
    secret, _ = await second_factor.begin(redis, owner)
    phone, earlier = Authenticator(secret), (moment or at()).now - timedelta(hours=1)
    code = pyotp.TOTP(secret).at(earlier)
    codes = await second_factor.confirm(redis, acting(owner), code, renewing=False, now=earlier, wall=earlier)
    assert await SecondFactor.filter(account_id=owner.id).count() == 1
    return phone, codes
