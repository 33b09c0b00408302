"""Persons, staff accounts and the village rosters that panels are drawn from."""

from datetime import date

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.places import Town, Village
from models.sealing import BlindIndex, SealedModel, SealedText


class Person(SealedModel):
    """A human being known to the service: resident, cadre or staff.

    What identifies or tells of a household beyond its name is sealed; telephone and identity number are found by their
    exact value through a blind index.
    """

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=40)
    born_on = fields.DateField(null=True)
    phone = SealedText(null=True)
    phone_index = BlindIndex("phone", db_index=True)
    id_number = SealedText(null=True)
    id_number_index = BlindIndex("id_number", db_index=True)
    bank_account = SealedText(null=True)
    address = SealedText(null=True)
    village: fields.ForeignKeyNullableRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="people", null=True, on_delete=fields.RESTRICT
    )
    village_id: int | None
    openid = fields.CharField(max_length=64, null=True, unique=True)
    unionid = fields.CharField(max_length=64, null=True, unique=True)
    wecom_userid = fields.CharField(max_length=64, null=True, unique=True)
    """By which the town's WeCom knows a cadre, in lower case: WeCom makes no difference."""
    is_demo = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()

    class Meta:
        table = "person"
        constraints = (CheckConstraint(check="length(name) > 0", name="person_has_a_name"),)


class StaffAccount(Model):
    """A login with one role in one place. Leaving office ends it: `ended_at`."""

    id = fields.UUIDField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="accounts", on_delete=fields.RESTRICT
    )
    person_id: object
    login = fields.CharField(max_length=40, unique=True)
    password_hash = fields.CharField(max_length=200)
    role = fields.CharField(max_length=16)
    town: fields.ForeignKeyNullableRelation[Town] = fields.ForeignKeyField(
        "models.Town", related_name="staff", null=True, on_delete=fields.RESTRICT
    )
    town_id: int | None
    village: fields.ForeignKeyNullableRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="staff", null=True, on_delete=fields.RESTRICT
    )
    village_id: int | None
    ended_at = fields.DatetimeField(null=True)
    since = fields.DateField(null=True)
    until = fields.DateField(null=True)
    """First and last day of office in Shanghai."""
    last_login_at = fields.DatetimeField(null=True)
    known_address = fields.CharField(max_length=32, null=True)
    """Keyed digest of where the last login came from: what a lock-out must leave open."""
    bound_openid = fields.CharField(max_length=64, null=True)
    """The WeChat that opens this account by scanning: bound on purpose, whoever else says to be this person."""

    def in_office(self, day: date) -> bool:
        """Whether the account opens on this day in Shanghai."""
        return self.ended_at is None and (self.since or day) <= day <= (self.until or day)

    class Meta:
        table = "staff_account"
        constraints = (
            CheckConstraint(
                check="role IN ('worker','village','town','supervisor','leaders','bureau','admin')",
                name="staff_account_role_is_known",
            ),
            CheckConstraint(
                check="role IN ('bureau','admin') OR town_id IS NOT NULL",
                name="staff_account_below_the_bureau_has_a_town",
            ),
            CheckConstraint(check="role <> 'village' OR village_id IS NOT NULL", name="village_account_has_a_village"),
            CheckConstraint(check="until IS NULL OR since IS NULL OR until >= since", name="staff_account_term"),
        )


class RosterEntry(Model):
    """One capacity of one person in one village's panel roster (policy-model §1.6), with its term of office."""

    id = fields.IntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="capacities", on_delete=fields.RESTRICT
    )
    person_id: object
    village: fields.ForeignKeyRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="roster", on_delete=fields.RESTRICT
    )
    village_id: int
    capacity = fields.CharField(max_length=24)
    from_day = fields.DateField()
    to_day = fields.DateField(null=True)

    class Meta:
        table = "roster_entry"
        constraints = (
            UniqueConstraint(
                fields=("person_id", "village_id", "capacity"),
                name="roster_entry_open_once",
                condition="to_day IS NULL",
            ),
            CheckConstraint(
                check="capacity IN ('town_staff','village_committee','resident_cadre','village_representative',"
                "'supervisor')",
                name="roster_entry_capacity_is_known",
            ),
            CheckConstraint(check="to_day IS NULL OR to_day >= from_day", name="roster_entry_term_runs_forward"),
        )
