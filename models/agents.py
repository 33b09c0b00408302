"""代办: who acts for whom, by what authority, for which acts, from when to when."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.application import Photo
from models.people import Person, StaffAccount
from models.sealing import SealedModel, SealedText


class Agency(SealedModel):
    """One person acts for another. In force once it is confirmed, from `from_day` to `to_day`, until it is ended.

    `authority`: what it rests on; `wish`: how the principal, or the guardian, said that they want it. A guardian's ends
    with the guardianship, so that it alone may be without a last day. `acts`: names of `backend.access.Action`.
    `recorded_by` empty: the principal named a relative on the phone.
    """

    id = fields.UUIDField(primary_key=True)
    principal: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="agencies", on_delete=fields.RESTRICT
    )
    principal_id: object
    agent: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="acts_for", on_delete=fields.RESTRICT
    )
    agent_id: object
    kind = fields.CharField(max_length=12)
    acts: list[str] = fields.JSONField()
    authority = SealedText()
    wish = SealedText()
    photo: fields.ForeignKeyNullableRelation[Photo] = fields.ForeignKeyField(
        "models.Photo", related_name="agencies", null=True, on_delete=fields.SET_NULL
    )
    photo_id: object
    from_day = fields.DateField()
    to_day = fields.DateField(null=True)
    recorded_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="recorded_agencies", null=True, on_delete=fields.RESTRICT
    )
    recorded_by_id: object
    recorded_at = fields.DatetimeField()
    confirmed_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="confirmed_agencies", null=True, on_delete=fields.RESTRICT
    )
    confirmed_by_id: object
    confirmed_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.CharField(max_length=60, null=True)
    ended_why = SealedText(null=True)

    class Meta:
        table = "agency"
        constraints = (
            CheckConstraint(check="kind IN ('guardian','relative','entrusted','cadre')", name="agency_kind_is_known"),
            CheckConstraint(check="principal_id <> agent_id", name="agency_is_for_another"),
            CheckConstraint(check="to_day IS NULL OR to_day >= from_day", name="agency_term_runs_forward"),
            CheckConstraint(check="kind = 'guardian' OR to_day IS NOT NULL", name="agency_has_an_end"),
            CheckConstraint(
                check="(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name="agency_is_confirmed_by_somebody"
            ),
            CheckConstraint(check="(ended_at IS NULL) = (ended_by IS NULL)", name="agency_is_ended_by_somebody"),
            UniqueConstraint(
                fields=("principal_id", "agent_id"), name="agency_once_a_pair", condition="ended_at IS NULL"
            ),
        )
