"""The outbox: notices written in the transaction of what they announce, and one delivery a recipient and channel."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.people import Person
from models.sealing import SealedModel, SealedText


class Notice(Model):
    """通知: what is to be told. `event_key` makes the same event announce itself once."""

    id = fields.UUIDField(primary_key=True)
    event_key = fields.CharField(max_length=120, unique=True)
    kind = fields.CharField(max_length=32)
    facts = fields.JSONField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "notice"


class Delivery(SealedModel):
    """送达: one notice to one person through one channel, with its receipt.

    `note`: what whoever telephoned wrote down.
    """

    id = fields.UUIDField(primary_key=True)
    notice: fields.ForeignKeyRelation[Notice] = fields.ForeignKeyField(
        "models.Notice", related_name="deliveries", on_delete=fields.RESTRICT
    )
    notice_id: object
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="deliveries", on_delete=fields.RESTRICT
    )
    person_id: object
    channel = fields.CharField(max_length=20)
    status = fields.CharField(max_length=12)
    attempts = fields.SmallIntField(default=0)
    due_at = fields.DatetimeField()
    claimed_until = fields.DatetimeField(null=True)
    sent_at = fields.DatetimeField(null=True)
    errcode = fields.IntField(null=True)
    error = fields.CharField(max_length=200, null=True)
    note = SealedText(null=True)

    class Meta:
        table = "delivery"
        unique_together = (("notice", "person", "channel"),)
        indexes = (("status", "due_at"),)
        constraints = (
            CheckConstraint(
                check="status IN ('pending','sending','sent','uncertain','failed')", name="delivery_status_is_known"
            ),
            CheckConstraint(check="channel IN ('subscribe_message','call_list')", name="delivery_channel_is_known"),
            CheckConstraint(
                check="status <> 'sending' OR claimed_until IS NOT NULL", name="delivery_sending_is_claimed"
            ),
        )


class Consent(Model):
    """The consent ledger: how many one-time subscribe messages a person still allows for a template."""

    id = fields.IntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="consents", on_delete=fields.CASCADE
    )
    person_id: object
    template_id = fields.CharField(max_length=64)
    credits = fields.IntField(default=0)
    long_term = fields.BooleanField(default=False)

    class Meta:
        table = "consent"
        unique_together = (("person", "template_id"),)
        constraints = (CheckConstraint(check="credits >= 0", name="consent_never_negative"),)
