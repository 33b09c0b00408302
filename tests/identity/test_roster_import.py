"""A roster's import: what was previewed and nothing else, all of it or nothing, and nobody is forgotten."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from backend.casework.panel import eligible_capacities
from backend.errors import ConflictError, InvalidInputError, NotAllowedError
from backend.identity import roster
from backend.identity.roster import Plan
from models.people import Person, RosterEntry
from models.places import Village
from models.trail import TrailEntry
from rules.statuses import Role
from tests.backend.district import SmallDistrict, build, enter, person
from tests.identity.people import NOW
from tests.identity.test_roster_sheet import sheet

TODAY = date(2026, 9, 28)


class Office:
    """A town with an empty second village, and its account that imports."""

    def __init__(self, place: SmallDistrict, village: Village, redis: Redis) -> None:
        self.place, self.village, self.redis = place, village, redis
        self.actor = place.actors[Role.TOWN]

    def row(
        self, name: str, phone: str = "", capacity: str = "村民代表", begins: str = "2026-1-5", ends: str = ""
    ) -> tuple[Any, ...]:
        return (self.village.name, name, phone, capacity, begins, ends)

    async def preview(self, *rows: tuple[Any, ...], **later: int) -> roster.Preview:
        return await roster.preview(self.redis, self.actor, sheet(*rows), now=NOW + timedelta(**later))

    async def bring_in(self, *rows: tuple[Any, ...], end_missing: bool = False, **later: int) -> Plan:
        seen = await self.preview(*rows, **later)
        return await roster.carry_out(
            self.redis, self.actor, seen.token, seen.plan.digest, end_missing=end_missing, now=NOW + timedelta(**later)
        )

    async def entries(self) -> list[tuple[Any, ...]]:
        rows = await RosterEntry.filter(village_id=self.village.id).select_related("person").order_by("id")
        return [(row.person.name, row.capacity, str(row.from_day), row.to_day and str(row.to_day)) for row in rows]


@pytest.fixture
async def office(database: str, redis: Redis) -> Office:
    place = await build()
    village = await Village.create(town=place.town, name="乙村（演示）", households=200)
    return Office(place, village, redis)


def counts(plan: Plan) -> tuple[int, int, int, int]:
    """Added, changed, gone, unchanged."""
    return len(plan.added), len(plan.changed), len(plan.gone), plan.unchanged


async def test_a_first_sheet_adds_everybody_and_the_same_sheet_again_nothing(office: Office) -> None:
    rows = [
        office.row("林小雨", "13800000001"),
        office.row("林小雨", "13800000001", "村委会成员"),
        office.row("陈大河"),
    ]
    assert counts(await office.bring_in(*rows)) == (3, 0, 0, 0)
    assert len(await office.entries()) == 3
    assert await Person.filter(name="林小雨").count() == 1, "one person with two capacities"
    assert counts((await office.preview(*rows)).plan) == (0, 0, 0, 3)
    trail = await TrailEntry.get(action="roster_imported")
    assert len(trail.detail["added"]) == 3
    assert "林" not in str(trail.detail)
    assert "138" not in str(trail.detail)
    panel = await eligible_capacities(office.village.id, TODAY)
    assert sorted(map(len, panel.values())) == [1, 2]


async def test_who_is_not_on_the_sheet_leaves_only_when_the_box_is_ticked_and_stays_in_the_history(
    office: Office,
) -> None:
    both = [office.row("林小雨"), office.row("陈大河")]
    await office.bring_in(*both)
    seen = await office.preview(both[0], days=10)
    assert [(gone.name, gone.after) for gone in seen.plan.gone] == [("陈大河", "到2026-10-07为止")]
    await office.bring_in(both[0], days=10)
    assert [row[3] for row in await office.entries()] == [None, None]
    await office.bring_in(both[0], end_missing=True, days=10)
    assert await office.entries() == [
        ("林小雨", "village_representative", "2026-01-05", None),
        ("陈大河", "village_representative", "2026-01-05", "2026-10-07"),
    ]
    assert len(await eligible_capacities(office.village.id, date(2026, 10, 7))) == 2
    assert len(await eligible_capacities(office.village.id, date(2026, 10, 8))) == 1
    ended = (await TrailEntry.filter(action="roster_imported").order_by("-id").first()).detail["ended"]  # type: ignore[union-attr]
    assert ended[0]["was_to"] is None


async def test_other_villages_and_the_towns_own_people_are_not_missing_from_a_villages_sheet(office: Office) -> None:
    await enter(await person("镇干部", None), office.village, "town_staff")
    before = await RosterEntry.filter(village_id=office.place.village.id, to_day=None).count()
    plan = await office.bring_in(office.row("林小雨"), end_missing=True)
    assert counts(plan) == (1, 0, 0, 0)
    assert await RosterEntry.filter(village_id=office.place.village.id, to_day=None).count() == before
    plan = (await office.preview(office.row("林小雨"), office.row("新干部", "", "镇工作人员"))).plan
    assert [gone.name for gone in plan.gone] == ["镇干部"]


async def test_a_changed_end_changes_the_term_and_a_later_beginning_is_another_one(office: Office) -> None:
    await office.bring_in(office.row("林小雨"), office.row("陈大河"))
    plan = await office.bring_in(
        office.row("林小雨", ends="2029-1-4"), office.row("陈大河", begins="2026-9-1", ends="2029-1-4")
    )
    assert [(one.before, one.after) for one in plan.changed] == [
        ("2026-01-05 至 今后", "2026-01-05 至 2029-01-04"),
        ("2026-01-05 至 今后", "2026-09-01 至 2029-01-04"),
    ]
    assert await office.entries() == [
        ("林小雨", "village_representative", "2026-01-05", "2029-01-04"),
        ("陈大河", "village_representative", "2026-01-05", "2026-08-31"),
        ("陈大河", "village_representative", "2026-09-01", "2029-01-04"),
    ]
    assert counts((await office.preview(office.row("陈大河", begins="2026-9-1", ends="2029-1-4"))).plan)[3] == 1


async def test_two_people_of_one_name_are_told_apart_by_telephone(office: Office) -> None:
    one, other = office.row("李明", "13800000001"), office.row("李明", "13800000002")
    await office.bring_in(one, other)
    assert await Person.filter(name="李明").count() == 2
    assert counts((await office.preview(one, other)).plan) == (0, 0, 0, 2)
    with pytest.raises(InvalidInputError) as refused:
        await office.preview(office.row("李明"))
    assert refused.value.reasons == ("第2行 姓名: 名册里本村有2个人叫这个名字, 请写手机",)
    plan = (await office.preview(one, office.row("李明", "13800000003"))).plan
    assert (plan.added[0].note, [gone.name for gone in plan.gone]) == ("手机不同, 和名册里同名的不是一个人", ["李明"])


async def test_a_telephone_that_the_roster_knows_for_another_name_is_said_by_row(office: Office) -> None:
    await office.bring_in(office.row("林小雨", "13800000001"))
    with pytest.raises(InvalidInputError) as refused:
        await office.preview(
            office.row("陈大河"), office.row("林小雪", "138-0000-0001"), ("丙村", *office.row("x")[1:])
        )
    assert [reason.split(":")[0] for reason in refused.value.reasons] == ["第3行 手机", "第4行 姓名"]
    with pytest.raises(InvalidInputError) as refused:
        await office.preview(("丙村", *office.row("王大山")[1:]))
    assert refused.value.reasons == ("第2行 村(社区): 本镇(街道)没有这个村(社区): 丙村",)


async def test_a_missing_telephone_is_added_to_the_one_person_of_that_name(office: Office) -> None:
    await office.bring_in(office.row("林小雨"))
    plan = await office.bring_in(office.row("林小雨", "13800000001"))
    assert plan.changed[0].note == "补上手机"
    assert (await Person.get(name="林小雨")).phone == "13800000001"
    assert counts((await office.preview(office.row("林小雨", "13800000001"))).plan) == (0, 0, 0, 1)


async def test_namesakes_beside_one_without_a_telephone_are_not_guessed(office: Office) -> None:
    await office.bring_in(office.row("李明"))
    with pytest.raises(InvalidInputError) as refused:
        await office.preview(office.row("李明", "13800000001"), office.row("李明", "13800000002"))
    assert all("分不清是谁" in reason for reason in refused.value.reasons)


async def test_a_stranger_in_wechat_who_claims_the_name_and_telephone_does_not_get_onto_the_panel(
    office: Office,
) -> None:
    stranger = await Person.create(
        id=uuid4(), name="林小雨", phone="13800000001", openid="oX", village_id=office.village.id, created_at=NOW
    )
    await Person.create(
        id=uuid4(), name="别人", phone="13800000002", openid="oY", village_id=office.village.id, created_at=NOW
    )
    await office.bring_in(office.row("林小雨", "13800000001"), office.row("陈大河", "13800000002"))
    assert stranger.id not in await eligible_capacities(office.village.id, TODAY)


async def test_whoever_was_written_down_without_wechat_is_the_same_person(office: Office) -> None:
    known = await person("林小雨", office.village)
    known.phone = "13800000001"
    await known.save(update_fields=["phone"])
    await office.bring_in(office.row("林小雨", "13800000001"))
    assert list(await eligible_capacities(office.village.id, TODAY)) == [known.id]


async def test_a_new_person_of_two_villages_is_one_person(office: Office) -> None:
    here = office.place.village.name
    rows = [
        office.row("镇干部", "13800000001", "镇工作人员"),
        (here, *office.row("镇干部", "13800000001", "镇工作人员")[1:]),
    ]
    await office.bring_in(*rows)
    assert await Person.filter(name="镇干部").count() == 1


async def test_a_failure_in_the_last_row_leaves_nothing_behind(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = await office.preview(office.row("林小雨"), office.row("陈大河"), office.row("王大山"))
    before = (await RosterEntry.all().count(), await Person.all().count(), await TrailEntry.all().count())
    apply, done = roster._apply, []

    async def killed(action: dict[str, Any], *others: Any) -> Any:
        if len(done) == 2:
            raise RuntimeError("killed")
        done.append(action)
        return await apply(action, *others)

    monkeypatch.setattr(roster, "_apply", killed)
    arguments = {"end_missing": True, "now": NOW}
    with pytest.raises(RuntimeError):
        await roster.carry_out(office.redis, office.actor, seen.token, seen.plan.digest, **arguments)
    assert (await RosterEntry.all().count(), await Person.all().count(), await TrailEntry.all().count()) == before
    monkeypatch.undo()
    await roster.carry_out(office.redis, office.actor, seen.token, seen.plan.digest, **arguments)
    assert len(await office.entries()) == 3, "the sheet need not be uploaded again"


async def test_only_what_was_previewed_is_imported(office: Office) -> None:
    first = await office.preview(office.row("林小雨"))
    second = await office.preview(office.row("林小雨"), office.row("陈大河"))
    with pytest.raises(ConflictError, match="再看一遍"):
        await roster.carry_out(office.redis, office.actor, first.token, second.plan.digest, end_missing=False, now=NOW)
    await roster.carry_out(office.redis, office.actor, second.token, second.plan.digest, end_missing=False, now=NOW)
    with pytest.raises(ConflictError, match="再看一遍"):
        await roster.carry_out(office.redis, office.actor, first.token, first.plan.digest, end_missing=False, now=NOW)
    with pytest.raises(ConflictError, match="重新上传"):
        await roster.carry_out(office.redis, office.actor, second.token, second.plan.digest, end_missing=False, now=NOW)


async def test_what_waits_in_redis_is_sealed_and_anothers_town_cannot_use_it(office: Office) -> None:
    seen = await office.preview(office.row("林小雨", "13800000001"))
    for key in await office.redis.keys("roster-preview:*"):
        stored = await office.redis.get(key)
        assert b"13800000001" not in stored
        assert seen.token.encode() not in key
        assert 0 < await office.redis.ttl(key) <= 1800
    other = (await build("丁")).actors[Role.TOWN]
    with pytest.raises(ConflictError):
        await roster.carry_out(office.redis, other, seen.token, seen.plan.digest, end_missing=False, now=NOW)


@pytest.mark.parametrize("role", [Role.WORKER, Role.VILLAGE, Role.BUREAU, Role.ADMIN, Role.RESIDENT])
async def test_only_a_town_keeps_its_roster(office: Office, role: Role) -> None:
    with pytest.raises(NotAllowedError):
        await roster.preview(office.redis, office.place.actors[role], sheet(office.row("林小雨")), now=NOW)


async def test_whoever_leaves_and_has_an_account_is_pointed_out(office: Office) -> None:
    cadre = await Person.get(id=office.place.actors[Role.VILLAGE].person_id)
    await enter(cadre, office.village, "village_committee")
    plan = (await office.preview(office.row("林小雨"))).plan
    assert [(gone.name, gone.note) for gone in plan.gone] == [(cadre.name, "还有登录账号, 请到账号页停用")]


async def test_a_past_end_ends_somebody_in_office_and_adds_nobody(office: Office) -> None:
    await office.bring_in(office.row("林小雨"))
    with pytest.raises(InvalidInputError) as refused:
        await office.preview(office.row("陈大河", ends="2026-9-1"))
    assert "已经过了" in refused.value.reasons[0]
    await office.bring_in(office.row("林小雨", ends="2026-9-1"))
    assert await eligible_capacities(office.village.id, TODAY) == {}


async def test_the_page_shows_who_is_in_office_by_village(office: Office) -> None:
    await office.bring_in(office.row("林小雨"), office.row("陈大河", ends="2026-9-28"))
    shown = {village.id: rows for village, rows in await roster.in_office(office.actor, today=TODAY)}
    assert {row.person.name for row in shown[office.village.id]} == {"林小雨", "陈大河"}
    shown = {village.id: rows for village, rows in await roster.in_office(office.actor, today=date(2026, 9, 29))}
    assert {row.person.name for row in shown[office.village.id]} == {"林小雨"}


# -- the accounts at WeCom


async def test_an_account_is_shown_before_it_is_stored_and_only_a_digest_stays_in_the_trail(office: Office) -> None:
    row = (*office.row("林小雨", "13800000001"), "", "Lin.XY")
    seen = await office.preview(row)
    assert [change.note for change in seen.plan.added] == ["企业微信 lin.xy"]
    assert not await Person.exists(wecom_userid="lin.xy")
    assert counts(await office.bring_in(row)) == (1, 0, 0, 0)
    assert (await Person.get(name="林小雨")).wecom_userid == "lin.xy"
    entry = await TrailEntry.get(action="particulars_written")
    assert entry.before == {"wecom_userid": None}
    assert entry.after["wecom_userid"].startswith("hmac:")
    assert "lin.xy" not in str((await TrailEntry.get(action="roster_imported")).detail)
    assert counts((await office.preview(row)).plan) == (0, 0, 0, 1)


async def test_an_account_alone_is_a_change_and_an_empty_cell_is_none(office: Office) -> None:
    plain = office.row("林小雨", "13800000001")
    await office.bring_in(plain)
    for account in ("lin", "lin2"):
        plan = await office.bring_in((*plain, "", account))
        assert [change.note for change in plan.changed] == [f"企业微信 {account}"]
        assert (await Person.get(name="林小雨")).wecom_userid == account
    assert counts(await office.bring_in(plain)) == (0, 0, 0, 1)
    assert (await Person.get(name="林小雨")).wecom_userid == "lin2"


async def test_somebody_elses_account_is_refused_by_row_and_nothing_is_stored(office: Office) -> None:
    await office.bring_in((*office.row("林小雨", "13800000001"), "", "lin"))
    with pytest.raises(InvalidInputError) as refused:
        await office.preview(office.row("王一"), (*office.row("陈大河", "13800000002"), "", "LIN"))
    assert refused.value.reasons == ("第3行 企业微信账号: 已经登记在另一个人名下, 请核对",)
    assert not await Person.exists(name="王一")


async def test_an_account_that_somebody_else_got_since_the_preview_is_not_taken_from_them(office: Office) -> None:
    seen = await office.preview((*office.row("林小雨", "13800000001"), "", "lin"))
    other = await Person.create(id=uuid4(), name="先到", wecom_userid="lin", created_at=NOW)
    with pytest.raises(ConflictError):
        await roster.carry_out(office.redis, office.actor, seen.token, seen.plan.digest, end_missing=False, now=NOW)
    assert (await Person.get(id=other.id)).wecom_userid == "lin"
    assert not await Person.exists(name="林小雨")
