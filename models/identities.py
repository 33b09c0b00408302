"""How people come in: whom the platform's accounts know by which openid, and invitations from the village."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.people import Person, StaffAccount


class PlatformIdentity(Model):
    """Whom one account of the platform knows by an openid.

    `person` empty: somebody wrote to the service account who has never opened the mini-program; the unionid joins the
    two when they do. `unionid` empty: the platform was asked and told none. `Person.openid` stays the mini-program's
    openid that notices go to.
    """

    id = fields.UUIDField(primary_key=True)
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="identities", null=True, on_delete=fields.RESTRICT
    )
    person_id: object
    account = fields.CharField(max_length=16)
    openid = fields.CharField(max_length=64)
    unionid = fields.CharField(max_length=64, null=True, db_index=True)
    since = fields.DatetimeField()

    class Meta:
        table = "platform_identity"
        constraints = (
            UniqueConstraint(fields=("account", "openid"), name="platform_identity_openid_once_an_account"),
            CheckConstraint(
                check="account IN ('mini_program','service_account')", name="platform_identity_account_is_known"
            ),
        )


class Invitation(Model):
    """A code that joins a WeChat login to a person whom staff wrote down. Only a keyed digest of it is kept."""

    id = fields.UUIDField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="invitations", on_delete=fields.RESTRICT
    )
    person_id: object
    code_digest = fields.CharField(max_length=32, unique=True)
    made_by: fields.ForeignKeyRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="codes_made", on_delete=fields.RESTRICT
    )
    made_by_id: object
    made_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitation"
        constraints = (
            CheckConstraint(check="ends_at > made_at", name="invitation_runs_forward"),
            CheckConstraint(check="used_at IS NULL OR revoked_at IS NULL", name="invitation_ends_once"),
            UniqueConstraint(
                fields=("person_id",),
                name="invitation_one_open_a_person",
                condition="used_at IS NULL AND revoked_at IS NULL",
            ),
        )
