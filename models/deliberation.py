"""Step 2, 民主评议: meetings and their panels. Tallies are counts; who voted what is never stored."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.application import Case
from models.people import Person
from models.sealing import SealedModel, SealedText


class Deliberation(SealedModel):
    """A deliberation meeting on one case.

    `override_*`: fewer than 12 was asked for by one person and agreed to by a leader. `closed_by`: who tallied.
    `convened_by`: the person who is told when too few will come. `changes`: how often time or place were changed.
    """

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="deliberations", on_delete=fields.RESTRICT
    )
    case_id: object
    meets_at = fields.DatetimeField()
    place = fields.CharField(max_length=60)
    status = fields.CharField(max_length=12)
    agree = fields.SmallIntField(null=True)
    against = fields.SmallIntField(null=True)
    abstain = fields.SmallIntField(null=True)
    counted = fields.SmallIntField(null=True)
    passed = fields.BooleanField(null=True)
    supervisor_opinion = SealedText(null=True)
    override_reason = SealedText(null=True)
    override_asked_by = fields.UUIDField(null=True)
    override_agreed_by = fields.UUIDField(null=True)
    override_leader = fields.CharField(max_length=40, null=True)
    void_reason = SealedText(null=True)
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.UUIDField(null=True)
    convened_by = fields.UUIDField(null=True)
    changes = fields.SmallIntField(default=0)

    class Meta:
        table = "deliberation"
        constraints = (
            UniqueConstraint(
                fields=("case_id",), name="deliberation_one_convened_a_case", condition="status = 'convened'"
            ),
            CheckConstraint(check="status IN ('convened','held','void')", name="deliberation_status_is_known"),
            CheckConstraint(
                check="agree IS NULL OR (agree >= 0 AND against >= 0 AND abstain >= 0 "
                "AND agree + against + abstain <= counted)",
                name="deliberation_tally_within_counted",
            ),
            CheckConstraint(
                check="status <> 'held' OR (closed_at IS NOT NULL AND agree IS NOT NULL "
                "AND supervisor_opinion IS NOT NULL)",
                name="deliberation_held_is_on_record",
            ),
            CheckConstraint(
                check="status <> 'held' OR (override_reason IS NULL) = (override_leader IS NULL)",
                name="deliberation_override_names_a_leader",
            ),
            CheckConstraint(
                check="override_agreed_by IS NULL OR (override_asked_by IS NOT NULL AND override_leader IS NOT NULL "
                "AND override_agreed_by <> override_asked_by)",
                name="deliberation_override_takes_two_people",
            ),
        )


class PanelMember(SealedModel):
    """One person of one panel: capacities held, the answer to the notice, presence, recusal.

    `substitute_wanted`: whom a member who cannot come would like to come instead. `replaced_by`: who was asked to; the
    member is free then, and is not asked again.
    """

    id = fields.UUIDField(primary_key=True)
    deliberation: fields.ForeignKeyRelation[Deliberation] = fields.ForeignKeyField(
        "models.Deliberation", related_name="panel", on_delete=fields.RESTRICT
    )
    deliberation_id: object
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="panels", on_delete=fields.RESTRICT
    )
    person_id: object
    capacities = fields.JSONField()
    duty = fields.CharField(max_length=12)
    answer = fields.CharField(max_length=12, default="unanswered")
    answered_at = fields.DatetimeField(null=True)
    checked_in_at = fields.DatetimeField(null=True)
    left_at = fields.DatetimeField(null=True)
    recused_reason = SealedText(null=True)
    substitute_wanted = fields.UUIDField(null=True)
    replaced_by = fields.UUIDField(null=True)

    class Meta:
        table = "panel_member"
        unique_together = (("deliberation", "person"),)
        constraints = (
            CheckConstraint(
                check="duty IN ('member','supervisor','recorder','investigator')", name="panel_member_duty_is_known"
            ),
            CheckConstraint(
                check="left_at IS NULL OR (checked_in_at IS NOT NULL AND left_at >= checked_in_at)",
                name="panel_member_leaves_after_coming",
            ),
            CheckConstraint(
                check="answer IN ('unanswered','attending','leave','recusal')", name="panel_member_answer_is_known"
            ),
        )
