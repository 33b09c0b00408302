"""Accounts begin with an invitation: whom who may invite, and that a link makes one account, once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from backend.access import ALLOWED, Action, Actor
from backend.errors import CaseworkError, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from backend.identity import invitations
from backend.identity.accounts import STAFF, Post
from backend.identity.invitations import Invited
from models.people import Person, StaffAccount
from models.staff import StaffInvitation, StaffTerm
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend.district import SmallDistrict, build
from tests.identity.people import NOW, PASSWORD

TODAY = date(2026, 9, 28)
WHO = Invited("林小雨", "138 0000 0001")


def post(place: SmallDistrict, role: Role, **changed: object) -> Post:
    values = {"town_id": place.town.id, "village_id": place.village.id, "from_day": TODAY, "to_day": None} | changed
    return Post(role, **values)


async def code_from(by: Actor, place: SmallDistrict, role: Role = Role.WORKER, **changed: object) -> str:
    _, code = await invitations.invite(by, post(place, role, **changed), WHO, now=NOW)
    return code


@pytest.mark.parametrize("inviter", [*STAFF, Role.RESIDENT])
async def test_who_invites_whom_is_the_table(database: str, inviter: Role) -> None:
    place = await build()
    allowed = {
        Role.ADMIN: set(STAFF),
        Role.TOWN: {Role.WORKER, Role.VILLAGE},
    }.get(inviter, set())
    made = set()
    for role in STAFF:
        try:
            await invitations.invite(place.actors[inviter], post(place, role), WHO, now=NOW)
            made.add(role)
        except NotAllowedError:
            pass
    assert made == allowed
    assert await StaffInvitation.all().count() == len(allowed)


async def test_a_town_invites_into_its_own_town_and_villages_only(database: str) -> None:
    here, there = await build("甲"), await build("乙")
    with pytest.raises(NotAllowedError):
        await code_from(here.actors[Role.TOWN], there)
    with pytest.raises(NotFoundError, match="本镇"):
        await code_from(here.actors[Role.TOWN], here, Role.VILLAGE, village_id=there.village.id)
    with pytest.raises(NotAllowedError):
        await code_from(here.actors[Role.TOWN], here, Role.BUREAU)
    await code_from(here.actors[Role.ADMIN], there, Role.TOWN)


async def test_a_link_makes_one_account_with_a_term_and_a_trail(database: str) -> None:
    place = await build()
    code = await code_from(place.actors[Role.TOWN], place, Role.VILLAGE, to_day=date(2027, 9, 27))
    stored = await StaffInvitation.get()
    assert code not in str(stored.__dict__), "the link is nowhere kept"
    seen = await invitations.look(code, now=NOW)
    assert (seen.name, seen.phone, seen.role) == ("林小雨", "13800000001", "village")
    made = await invitations.accept(code, login="Lin.Xiaoyu", password=PASSWORD, now=NOW)
    assert (made.login, made.role, made.town_id, made.village_id) == (
        "lin.xiaoyu",
        "village",
        place.town.id,
        place.village.id,
    )
    assert (made.since, made.until) == (TODAY, date(2027, 9, 27))
    person = await Person.get(phone_index="13800000001")
    assert person.id == made.person_id
    term = await StaffTerm.get(account_id=made.id)
    assert (term.by, term.from_day, term.ended_at) == (place.actors[Role.TOWN].label, TODAY, None)
    with pytest.raises(NotFoundError, match="用过了"):
        await invitations.accept(code, login="another.one", password=PASSWORD, now=NOW)
    actions = {entry.action: entry for entry in await TrailEntry.all()}
    assert {"staff_invited", "account_made"} <= set(actions)
    assert not any("林" in str(entry.detail) or "138" in str(entry.detail) for entry in actions.values())


async def test_of_two_people_with_the_same_link_at_the_same_time_one_wins(database: str) -> None:
    place = await build()
    code = await code_from(place.actors[Role.TOWN], place)
    before = await StaffAccount.all().count()
    results = await asyncio.gather(
        *(invitations.accept(code, login=f"person{n}", password=PASSWORD, now=NOW) for n in range(6)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, StaffAccount) for one in results) == 1
    assert all(isinstance(one, StaffAccount | NotFoundError) for one in results)
    assert await StaffAccount.all().count() == before + 1


async def test_an_expired_and_a_revoked_link_make_nothing(database: str) -> None:
    place = await build()
    town = place.actors[Role.TOWN]
    code = await code_from(town, place)
    with pytest.raises(NotFoundError):
        await invitations.look(code, now=NOW + timedelta(days=7))
    await invitations.look(code, now=NOW + timedelta(days=7) - timedelta(seconds=1))
    invitation = (await invitations.waiting(town, now=NOW))[0]
    with pytest.raises(NotAllowedError):
        await invitations.revoke((await build("乙")).actors[Role.TOWN], invitation.id, now=NOW)
    await invitations.revoke(town, invitation.id, now=NOW)
    with pytest.raises(NotFoundError):
        await invitations.accept(code, login="person", password=PASSWORD, now=NOW)
    assert await invitations.waiting(town, now=NOW) == []


async def test_a_town_cannot_revoke_what_the_administrator_invited_above_it(database: str) -> None:
    place = await build()
    await code_from(place.actors[Role.ADMIN], place, Role.TOWN)
    invitation = await StaffInvitation.get()
    with pytest.raises(NotAllowedError):
        await invitations.revoke(place.actors[Role.TOWN], invitation.id, now=NOW)


@pytest.mark.parametrize(
    ("login", "password", "code"),
    [
        ("ab", PASSWORD, "login_invalid"),
        ("李 明", PASSWORD, "login_invalid"),
        ("liming", "short pwd", "password_short"),
        ("liming.lucheng", "LiMing.lucheng", "password_is_login"),
        ("liming.lucheng", "liming.lucheng1", "password_is_login"),
        ("liming", "1234567890", "password_common"),
        ("liming", "aaaaaaaaaaaa", "password_common"),
        ("liming", "x" * 129, "password_long"),
    ],
)
async def test_a_weak_login_or_password_is_refused_and_the_link_stays_good(
    database: str, login: str, password: str, code: str
) -> None:
    place = await build()
    link = await code_from(place.actors[Role.TOWN], place)
    with pytest.raises(InvalidInputError) as refused:
        await invitations.accept(link, login=login, password=password, now=NOW)
    assert refused.value.code == code
    await invitations.accept(link, login="liming.good", password=PASSWORD, now=NOW)


async def test_a_login_that_is_taken_leaves_the_link_good(database: str) -> None:
    place = await build()
    first, second = [await code_from(place.actors[Role.TOWN], place) for _ in range(2)]
    await invitations.accept(first, login="liming", password=PASSWORD, now=NOW)
    with pytest.raises(ConflictError, match="换一个"):
        await invitations.accept(second, login="liming", password=PASSWORD, now=NOW)
    await invitations.accept(second, login="liming2", password=PASSWORD, now=NOW)


@pytest.mark.parametrize(
    "changed", [{"to_day": date(2026, 9, 27)}, {"from_day": date(2027, 1, 1), "to_day": date(2026, 12, 31)}]
)
async def test_a_term_that_ends_before_it_begins_is_refused(database: str, changed: dict[str, date]) -> None:
    place = await build()
    with pytest.raises(InvalidInputError, match="任期"):
        await code_from(place.actors[Role.TOWN], place, Role.WORKER, **changed)


async def test_the_first_administrator_is_invited_where_there_is_none(database: str) -> None:
    _, code = await invitations.invite_first_admin(now=NOW)
    admin = await invitations.accept(code, login="guanli", password=PASSWORD, now=NOW)
    assert (admin.role, admin.town_id) == ("admin", None)
    with pytest.raises(CaseworkError, match="已经有系统管理员"):
        await invitations.invite_first_admin(now=NOW)


async def test_what_somebody_says_of_themself_in_wechat_does_not_lead_into_an_account(database: str) -> None:
    place = await build()
    stranger = await Person.create(id=uuid4(), name="林小雨", phone="13800000001", openid="oStranger", created_at=NOW)
    code = await code_from(place.actors[Role.TOWN], place)
    made = await invitations.accept(code, login="lin.xiaoyu", password=PASSWORD, now=NOW)
    assert made.person_id != stranger.id
    assert made.bound_openid is None


async def test_an_invitation_accepted_on_the_phone_binds_its_wechat(database: str) -> None:
    place = await build()
    mine = await Person.create(id=uuid4(), name="微信用户", openid="oMine", created_at=NOW)
    code = await code_from(place.actors[Role.TOWN], place)
    made = await invitations.accept(code, login="lin.xiaoyu", password=PASSWORD, now=NOW, by_wechat=mine.id)
    assert (made.person_id, made.bound_openid) == (mine.id, "oMine")
    await mine.refresh_from_db()
    assert (mine.name, mine.phone) == ("林小雨", "13800000001")


async def test_an_invitation_for_a_later_term_waits_for_its_first_day(database: str) -> None:
    place = await build()
    code = await code_from(place.actors[Role.TOWN], place, from_day=date(2026, 10, 20))
    with pytest.raises(ConflictError, match="10月20日"):
        await invitations.accept(code, login="liming", password=PASSWORD, now=NOW)
    first = datetime(2026, 10, 19, 16, 0, tzinfo=UTC)
    made = await invitations.accept(code, login="liming", password=PASSWORD, now=first)
    assert made.in_office(date(2026, 10, 20))


def test_an_administrator_manages_accounts_and_nothing_of_a_case() -> None:
    # Counts, alerts and pauses of notices: no row of a person.
    own = {Action.MANAGE_ACCOUNTS, Action.OPERATE_NOTICES}
    assert {action for action, roles in ALLOWED.items() if Role.ADMIN in roles} == own
