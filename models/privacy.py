"""What a person was told and agreed to, what they want corrected, and what is deleted when its time is over."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.application import Case, Photo
from models.people import Person, StaffAccount
from models.sealing import SealedModel, SealedText


class NoticeAcknowledgement(Model):
    """The person has read, or was read, one version of the notice. Never a condition of help."""

    id = fields.UUIDField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="acknowledgements", on_delete=fields.CASCADE
    )
    person_id: object
    version = fields.CharField(max_length=16)
    how = fields.CharField(max_length=12)
    recorded_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="recorded_acknowledgements", null=True, on_delete=fields.RESTRICT
    )
    recorded_by_id: object
    at = fields.DatetimeField()

    class Meta:
        table = "notice_acknowledgement"
        unique_together = (("person", "version"),)
        constraints = (
            CheckConstraint(check="how IN ('phone','read_aloud','paper')", name="notice_acknowledgement_how_is_known"),
            CheckConstraint(
                check="(how = 'phone') = (recorded_by_id IS NULL)", name="notice_acknowledgement_by_staff_off_the_phone"
            ),
        )


class GivenConsent(SealedModel):
    """One thing that a person, or who acts for them, agreed to, in which version; withdrawn it stays on record.

    `person`: whose data it is about. `giver_name`: of the guardian or agent; `giver`: where that person is known.
    """

    id = fields.UUIDField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="given_consents", on_delete=fields.CASCADE
    )
    person_id: object
    purpose = fields.CharField(max_length=20)
    version = fields.CharField(max_length=16)
    given_by = fields.CharField(max_length=8)
    giver: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="consents_for_others", null=True, on_delete=fields.SET_NULL
    )
    giver_id: object
    giver_name = SealedText(null=True)
    relation = fields.CharField(max_length=20, null=True)
    how = fields.CharField(max_length=12)
    photo: fields.ForeignKeyNullableRelation[Photo] = fields.ForeignKeyField(
        "models.Photo", related_name="shows_consents", null=True, on_delete=fields.SET_NULL
    )
    photo_id: object
    recorded_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="recorded_consents", null=True, on_delete=fields.RESTRICT
    )
    recorded_by_id: object
    given_at = fields.DatetimeField()
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "given_consent"
        constraints = (
            UniqueConstraint(
                fields=("person_id", "purpose"), name="given_consent_one_in_force", condition="withdrawn_at IS NULL"
            ),
            CheckConstraint(
                check="purpose IN ('property_check','child_under_14','list_messages','photo_elsewhere')",
                name="given_consent_purpose_is_known",
            ),
            CheckConstraint(check="given_by IN ('self','guardian','agent')", name="given_consent_giver_is_known"),
            CheckConstraint(
                check="given_by = 'self' OR (giver_name IS NOT NULL AND relation IS NOT NULL)",
                name="given_consent_for_another_is_named",
            ),
            CheckConstraint(
                check="purpose <> 'child_under_14' OR given_by = 'guardian'",
                name="given_consent_for_a_child",
            ),
            CheckConstraint(check="how IN ('phone','read_aloud','paper')", name="given_consent_how_is_known"),
            CheckConstraint(
                check="(how = 'phone') = (recorded_by_id IS NULL)", name="given_consent_by_staff_off_the_phone"
            ),
        )


class CorrectionRequest(SealedModel):
    """What a person says is wrong about them, and what became of it. `due_on`: only where the district promises one."""

    id = fields.UUIDField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="corrections", on_delete=fields.CASCADE
    )
    person_id: object
    field = fields.CharField(max_length=16)
    wanted = SealedText()
    why = SealedText()
    recorded_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="recorded_corrections", null=True, on_delete=fields.RESTRICT
    )
    recorded_by_id: object
    asked_at = fields.DatetimeField()
    due_on = fields.DateField(null=True)
    status = fields.CharField(max_length=8, default="open")
    answer = SealedText(null=True)
    answered_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="answered_corrections", null=True, on_delete=fields.RESTRICT
    )
    answered_by_id: object
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "correction_request"
        indexes = (("status", "asked_at"),)
        constraints = (
            UniqueConstraint(
                fields=("person_id", "field"), name="correction_request_one_open_a_field", condition="status = 'open'"
            ),
            CheckConstraint(check="status IN ('open','accepted','refused')", name="correction_request_status_is_known"),
            CheckConstraint(
                check="field IN ('name','born_on','phone','id_number','bank_account','address','other')",
                name="correction_request_field_is_known",
            ),
            CheckConstraint(
                check="(status = 'open') = (answered_at IS NULL) AND (answered_at IS NULL) = (answered_by_id IS NULL)",
                name="correction_request_answered_by_somebody",
            ),
            CheckConstraint(
                check="status <> 'refused' OR answer IS NOT NULL", name="correction_request_refused_says_why"
            ),
        )


class UnmaskedList(SealedModel):
    """Particulars of several people in one file: asked for by one human, granted by another, taken once.

    `people`: who is in it, frozen when it was asked for, and emptied when it was taken or refused.
    """

    id = fields.UUIDField(primary_key=True)
    town_id = fields.IntField(null=True)
    village_id = fields.IntField(null=True)
    columns = fields.JSONField()
    people = fields.JSONField()
    number = fields.IntField()
    reason = SealedText()
    status = fields.CharField(max_length=8, default="asked")
    asked_by: fields.ForeignKeyRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="asked_lists", on_delete=fields.RESTRICT
    )
    asked_by_id: object
    asked_person = fields.UUIDField()
    asked_at = fields.DatetimeField()
    granted_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="granted_lists", null=True, on_delete=fields.RESTRICT
    )
    granted_by_id: object
    granted_person = fields.UUIDField(null=True)
    granted_at = fields.DatetimeField(null=True)
    taken_at = fields.DatetimeField(null=True)

    class Meta:
        table = "unmasked_list"
        indexes = (("status", "asked_at"),)
        constraints = (
            CheckConstraint(
                check="status IN ('asked','granted','refused','taken','lapsed')", name="unmasked_list_status_is_known"
            ),
            CheckConstraint(
                check="granted_person IS NULL OR granted_person <> asked_person", name="unmasked_list_takes_two_people"
            ),
            CheckConstraint(
                check="status NOT IN ('granted','taken') OR (granted_person IS NOT NULL AND granted_at IS NOT NULL)",
                name="unmasked_list_is_granted_by_somebody",
            ),
            CheckConstraint(check="(status = 'taken') = (taken_at IS NOT NULL)", name="unmasked_list_taken_at_a_time"),
        )


class LegalHold(SealedModel):
    """Nothing of this case is deleted while it stands: a complaint, an audit, a court."""

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="holds", on_delete=fields.RESTRICT
    )
    case_id: object
    kind = fields.CharField(max_length=12)
    note = SealedText(null=True)
    since = fields.DatetimeField()
    placed_by: fields.ForeignKeyRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="placed_holds", on_delete=fields.RESTRICT
    )
    placed_by_id: object
    lifted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "legal_hold"
        constraints = (
            UniqueConstraint(fields=("case_id",), name="legal_hold_one_a_case", condition="lifted_at IS NULL"),
            CheckConstraint(check="kind IN ('complaint','audit','court')", name="legal_hold_kind_is_known"),
        )


class RetentionRun(Model):
    """One deletion by the schedule: previewed and asked for by one human, granted by another, then carried out.

    `items`: category -> ids, as previewed at `as_of`; `digest` names exactly these. `done`: category -> how many went.
    """

    id = fields.UUIDField(primary_key=True)
    as_of = fields.DatetimeField()
    digest = fields.CharField(max_length=64)
    items = fields.JSONField()
    done = fields.JSONField(default=dict)
    status = fields.CharField(max_length=8, default="asked")
    asked_by: fields.ForeignKeyRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="asked_deletions", on_delete=fields.RESTRICT
    )
    asked_by_id: object
    asked_person = fields.UUIDField()
    asked_at = fields.DatetimeField()
    granted_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="granted_deletions", null=True, on_delete=fields.RESTRICT
    )
    granted_by_id: object
    granted_person = fields.UUIDField(null=True)
    granted_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "retention_run"
        constraints = (
            UniqueConstraint(
                fields=("status",), name="retention_run_one_at_a_time", condition="status IN ('asked','granted')"
            ),
            CheckConstraint(
                check="status IN ('asked','granted','refused','done')", name="retention_run_status_is_known"
            ),
            CheckConstraint(
                check="granted_person IS NULL OR granted_person <> asked_person", name="retention_run_takes_two_people"
            ),
            CheckConstraint(
                check="status NOT IN ('granted','done') OR (granted_person IS NOT NULL AND granted_at IS NOT NULL)",
                name="retention_run_is_granted_by_somebody",
            ),
            CheckConstraint(check="(status = 'done') = (finished_at IS NOT NULL)", name="retention_run_done_at_a_time"),
        )


class Erasure(Model):
    """A case or an urgent relief of which only what statistics need is left."""

    subject = fields.CharField(max_length=80, primary_key=True)
    category = fields.CharField(max_length=20)
    erased_at = fields.DatetimeField()

    class Meta:
        table = "erasure"


class LeftoverObject(Model):
    """A photo whose row is gone and whose bytes are about to go: written when the row went."""

    key = fields.CharField(max_length=80, primary_key=True)
    since = fields.DatetimeField()

    class Meta:
        table = "leftover_object"
