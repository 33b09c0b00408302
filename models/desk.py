"""What staff do about the bot: versions of its entries, what it could not answer, conversations with a person."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.people import Person, StaffAccount
from models.places import Town
from models.sealing import SealedJSON, SealedModel, SealedText


class EntryVersion(Model):
    """One version of one entry; rows are only ever added, and the published one with the highest number is in force.

    `published_at` is empty for what a newer program brought along over an entry that staff had edited: it waits.
    """

    id = fields.IntField(primary_key=True)
    intent = fields.CharField(max_length=40)
    number = fields.IntField()
    content = fields.JSONField()
    origin = fields.CharField(max_length=8)
    why = fields.CharField(max_length=200)
    by = fields.CharField(max_length=60)
    by_name = fields.CharField(max_length=40)
    made_at = fields.DatetimeField()
    published_at = fields.DatetimeField(null=True)

    class Meta:
        table = "entry_version"
        unique_together = (("intent", "number"),)
        constraints = (
            CheckConstraint(check="origin IN ('shipped','edited','restored')", name="entry_version_origin_is_known"),
            CheckConstraint(check="length(why) > 0", name="entry_version_says_why"),
        )


class EntryDraft(Model):
    """What an entry is to become: one draft an entry, with what became of trying it out.

    `based_on`: the number of the version in force when it was begun. `trial`: none, wanted, working, ready, failed.
    """

    id = fields.IntField(primary_key=True)
    intent = fields.CharField(max_length=40, unique=True)
    content = fields.JSONField()
    based_on = fields.IntField()
    origin = fields.CharField(max_length=8, default="edited")
    by = fields.CharField(max_length=60)
    by_name = fields.CharField(max_length=40)
    changed_at = fields.DatetimeField()
    trial = fields.CharField(max_length=8, default="none")
    trial_until = fields.DatetimeField(null=True)
    trial_of = fields.CharField(max_length=64, null=True)
    trial_result = fields.JSONField(null=True)

    class Meta:
        table = "entry_draft"
        constraints = (
            CheckConstraint(
                check="trial IN ('none','wanted','working','ready','failed')", name="entry_draft_trial_is_known"
            ),
            CheckConstraint(
                check="trial <> 'working' OR trial_until IS NOT NULL", name="entry_draft_working_is_claimed"
            ),
            CheckConstraint(
                check="trial <> 'ready' OR (trial_of IS NOT NULL AND trial_result IS NOT NULL)",
                name="entry_draft_ready_has_a_result",
            ),
        )


class BotModel(Model):
    """A trained model by the digest of what it was trained from, so that every process reads the same one."""

    digest = fields.CharField(max_length=64, primary_key=True)
    data = fields.BinaryField()
    trained_at = fields.DatetimeField()

    class Meta:
        table = "bot_model"


class AskedQuestion(Model):
    """A question that was not answered or was rated badly, without personal data; asked again it is counted."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(max_length=64, unique=True)
    text = fields.CharField(max_length=500)
    times = fields.IntField(default=0)
    bad_ratings = fields.IntField(default=0)
    outcome = fields.CharField(max_length=8)
    intent = fields.CharField(max_length=40, null=True)
    first_on = fields.DateField()
    last_on = fields.DateField()
    status = fields.CharField(max_length=8, default="open")
    right_intent = fields.CharField(max_length=40, null=True)
    note = fields.CharField(max_length=200, default="")
    settled_by = fields.CharField(max_length=60, null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "asked_question"
        indexes = (("status", "last_on"),)
        constraints = (
            CheckConstraint(check="status IN ('open','settled','left')", name="asked_question_status_is_known"),
            CheckConstraint(
                check="outcome IN ('answer','suggest','handover','refuse')", name="asked_question_outcome_is_known"
            ),
            CheckConstraint(
                check="status <> 'settled' OR right_intent IS NOT NULL", name="asked_question_settled_has_an_intent"
            ),
            CheckConstraint(check="(status = 'open') = (settled_at IS NULL)", name="asked_question_settled_at_a_time"),
        )


class BotDay(Model):
    """How many questions came to what, by day and door; no question and nobody's name."""

    id = fields.IntField(primary_key=True)
    day = fields.DateField()
    door = fields.CharField(max_length=16)
    what = fields.CharField(max_length=12)
    count = fields.IntField()

    class Meta:
        table = "bot_day"
        unique_together = (("day", "door", "what"),)
        constraints = (CheckConstraint(check="count >= 0", name="bot_day_counts_up"),)


class Handover(SealedModel):
    """A conversation that a person answers. `conversation`: what was said, without personal data, the oldest first.

    `code_digest`: of the code with which a page or a phone without login reads the answer. No town: the district's.
    """

    id = fields.UUIDField(primary_key=True)
    door = fields.CharField(max_length=16)
    openid = fields.CharField(max_length=64, null=True)
    code_digest = fields.CharField(max_length=64, null=True, unique=True)
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="handovers", null=True, on_delete=fields.RESTRICT
    )
    person_id: object
    town: fields.ForeignKeyNullableRelation[Town] = fields.ForeignKeyField(
        "models.Town", related_name="handovers", null=True, on_delete=fields.RESTRICT
    )
    town_id: int | None
    status = fields.CharField(max_length=8, default="waiting")
    conversation = SealedJSON()
    taken_by: fields.ForeignKeyNullableRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="handovers", null=True, on_delete=fields.RESTRICT
    )
    taken_by_id: object
    opened_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "handover"
        indexes = (("status", "opened_at"), ("openid", "status"))
        constraints = (
            UniqueConstraint(
                fields=("door", "openid"),
                name="handover_one_open_a_phone",
                condition="status <> 'closed' AND openid IS NOT NULL",
            ),
            CheckConstraint(check="status IN ('waiting','taken','answered','closed')", name="handover_status_is_known"),
            CheckConstraint(
                check="door IN ('service_account','mini_program','api','page')", name="handover_door_is_known"
            ),
            CheckConstraint(check="(openid IS NULL) <> (code_digest IS NULL)", name="handover_has_one_way_back"),
            CheckConstraint(check="(status = 'closed') = (closed_at IS NOT NULL)", name="handover_closed_at_a_time"),
            CheckConstraint(
                check="status NOT IN ('taken','answered') OR taken_by_id IS NOT NULL", name="handover_taken_by_somebody"
            ),
        )


class HandoverReply(SealedModel):
    """What a member of staff answered, and whether it arrived.

    pending -> sending -> sent | uncertain | kept; kept -> shown when the person writes or looks again.
    """

    id = fields.UUIDField(primary_key=True)
    handover: fields.ForeignKeyRelation[Handover] = fields.ForeignKeyField(
        "models.Handover", related_name="replies", on_delete=fields.RESTRICT
    )
    handover_id: object
    text = SealedText()
    by = fields.CharField(max_length=60)
    by_name = fields.CharField(max_length=40)
    made_at = fields.DatetimeField()
    status = fields.CharField(max_length=9)
    attempts = fields.SmallIntField(default=0)
    due_at = fields.DatetimeField()
    claimed_until = fields.DatetimeField(null=True)
    reached_at = fields.DatetimeField(null=True)
    errcode = fields.IntField(null=True)
    error = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "handover_reply"
        indexes = (("status", "due_at"),)
        constraints = (
            CheckConstraint(
                check="status IN ('pending','sending','sent','uncertain','kept','shown')",
                name="handover_reply_status_is_known",
            ),
            CheckConstraint(
                check="status <> 'sending' OR claimed_until IS NOT NULL", name="handover_reply_sending_is_claimed"
            ),
            CheckConstraint(
                check="(status IN ('sent','shown')) = (reached_at IS NOT NULL)", name="handover_reply_reached_at_a_time"
            ),
        )
