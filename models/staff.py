"""How staff come to an account and leave it: invitations, terms of office, the second factor."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.people import StaffAccount
from models.places import Town, Village
from models.sealing import SealedModel, SealedText


class StaffInvitation(SealedModel):
    """One account that somebody may make for themself, once. The link's code is kept as a digest alone."""

    id = fields.UUIDField(primary_key=True)
    code_digest = fields.CharField(max_length=64, unique=True)
    role = fields.CharField(max_length=16)
    town: fields.ForeignKeyNullableRelation[Town] = fields.ForeignKeyField(
        "models.Town", related_name="invitations", null=True, on_delete=fields.RESTRICT
    )
    town_id: int | None
    village: fields.ForeignKeyNullableRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="invitations", null=True, on_delete=fields.RESTRICT
    )
    village_id: int | None
    name = fields.CharField(max_length=40)
    phone = SealedText(null=True)
    from_day = fields.DateField()
    to_day = fields.DateField(null=True)
    invited_by = fields.CharField(max_length=60)
    """As in the trail: account:<id>, or the system for the first administrator."""
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    account: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="invitations", null=True, on_delete=fields.RESTRICT
    )
    account_id: object
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "staff_invitation"
        constraints = (
            CheckConstraint(
                check="role IN ('worker','village','town','supervisor','leaders','bureau','admin')",
                name="staff_invitation_role_is_known",
            ),
            CheckConstraint(
                check="role IN ('bureau','admin') OR town_id IS NOT NULL",
                name="staff_invitation_below_the_bureau_has_a_town",
            ),
            CheckConstraint(
                check="role <> 'village' OR village_id IS NOT NULL", name="staff_invitation_of_a_village_has_one"
            ),
            CheckConstraint(check="length(name) > 0", name="staff_invitation_names_somebody"),
            CheckConstraint(check="to_day IS NULL OR to_day >= from_day", name="staff_invitation_term_runs_forward"),
            CheckConstraint(
                check="(used_at IS NULL) = (account_id IS NULL)", name="staff_invitation_used_made_an_account"
            ),
            CheckConstraint(check="used_at IS NULL OR revoked_at IS NULL", name="staff_invitation_used_or_revoked"),
        )


class StaffTerm(SealedModel):
    """One role in one place that an account had, from when to when, by whom and why. Another role is another row."""

    id = fields.UUIDField(primary_key=True)
    account: fields.ForeignKeyRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="terms", on_delete=fields.RESTRICT
    )
    account_id: object
    role = fields.CharField(max_length=16)
    town: fields.ForeignKeyNullableRelation[Town] = fields.ForeignKeyField(
        "models.Town", related_name="terms", null=True, on_delete=fields.RESTRICT
    )
    town_id: int | None
    village: fields.ForeignKeyNullableRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="terms", null=True, on_delete=fields.RESTRICT
    )
    village_id: int | None
    from_day = fields.DateField(null=True)
    """Unknown for accounts that are older than this table."""
    to_day = fields.DateField(null=True)
    """The last day as it was settled at the beginning; `ended_at` where it ended otherwise."""
    by = fields.CharField(max_length=60)
    why = SealedText(null=True)
    made_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.CharField(max_length=60, null=True)
    end_why = SealedText(null=True)

    class Meta:
        table = "staff_term"
        constraints = (
            UniqueConstraint(fields=("account_id",), name="staff_term_one_open", condition="ended_at IS NULL"),
            CheckConstraint(
                check="role IN ('worker','village','town','supervisor','leaders','bureau','admin')",
                name="staff_term_role_is_known",
            ),
            CheckConstraint(
                check="to_day IS NULL OR from_day IS NULL OR to_day >= from_day", name="staff_term_runs_forward"
            ),
            CheckConstraint(check="(ended_at IS NULL) = (ended_by IS NULL)", name="staff_term_ended_by_somebody"),
        )


class SecondFactor(SealedModel):
    """动态码 of an account, confirmed with a first code. `last_step`: the newest 30 seconds whose code was used."""

    id = fields.UUIDField(primary_key=True)
    account: fields.OneToOneRelation[StaffAccount] = fields.OneToOneField(
        "models.StaffAccount", related_name="second_factor", on_delete=fields.RESTRICT
    )
    account_id: object
    secret = SealedText()
    last_step = fields.BigIntField()
    recovery = fields.JSONField()
    """Digests of the recovery codes that are left."""
    confirmed_at = fields.DatetimeField()

    class Meta:
        table = "second_factor"
