"""The outbox: notices written in the transaction of what they announce, a delivery a recipient and channel, consent."""

from tortoise import fields
from tortoise.indexes import PartialIndex
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.people import Person
from models.sealing import SealedModel, SealedText


class Notice(Model):
    """通知: what is to be told. `event_key` makes the same event announce itself once.

    `subject`: what it is about (`deliberation:<id>`), for calling off everything that is still waiting about it.
    """

    id = fields.UUIDField(primary_key=True)
    event_key = fields.CharField(max_length=120, unique=True)
    kind = fields.CharField(max_length=32)
    facts = fields.JSONField()
    subject = fields.CharField(max_length=60, null=True, db_index=True)
    created_at = fields.DatetimeField(db_index=True)
    useless_after = fields.DatetimeField(null=True)
    cancelled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notice"


class Delivery(SealedModel):
    """送达: one notice to one person through one channel, with its receipt (states: notices/states.py).

    `due_at`: next look; `may_send_at`: the first moment at which it might be sent, quiet hours past, for the promise.
    `go_on_at`: when the next channel is tried unless the person has been reached. `paid`: a one-time consent is
    reserved for it. `note`: what whoever telephoned wrote down.
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
    lane = fields.SmallIntField(default=2)
    attempts = fields.SmallIntField(default=0)
    due_at = fields.DatetimeField()
    may_send_at = fields.DatetimeField(null=True)
    claimed_by = fields.CharField(max_length=40, null=True)
    claimed_until = fields.DatetimeField(null=True)
    paid = fields.BooleanField(default=False)
    sent_at = fields.DatetimeField(null=True)
    msgid = fields.CharField(max_length=64, null=True)
    address = fields.CharField(max_length=64, null=True)
    """The openid or WeCom userid that it was handed over to, for the platform's events; never a telephone."""
    receipt_at = fields.DatetimeField(null=True)
    """When the platform itself said what became of it."""
    go_on_at = fields.DatetimeField(null=True)
    errcode = fields.IntField(null=True)
    error = fields.CharField(max_length=200, null=True)
    note = SealedText(null=True)

    class Meta:
        table = "delivery"
        unique_together = (("notice", "person", "channel"),)
        indexes = (
            PartialIndex(
                fields=("channel", "lane", "due_at"), name="delivery_waiting", condition={"status": "pending"}
            ),
            PartialIndex(fields=("claimed_until",), name="delivery_claimed", condition={"status": "sending"}),
            PartialIndex(fields=("address",), name="delivery_uncertain", condition={"status": "uncertain"}),
            ("person_id",),
            ("msgid",),
            ("go_on_at",),
        )
        constraints = (
            CheckConstraint(
                check="status IN ('pending','sending','sent','uncertain','unconfirmed','failed','cancelled')",
                name="delivery_status_is_known",
            ),
            CheckConstraint(
                check="channel IN ('subscribe_message','service_account','wecom','sms','call_list')",
                name="delivery_channel_is_known",
            ),
            CheckConstraint(check="lane BETWEEN 0 AND 3", name="delivery_lane_is_known"),
            CheckConstraint(
                check="status <> 'sending' OR claimed_until IS NOT NULL", name="delivery_sending_is_claimed"
            ),
        )


class Reached(Model):
    """That a person knows of a notice: they opened it or answered, or somebody told them and wrote that down.

    What a channel answers is no such sign.
    """

    id = fields.IntField(primary_key=True)
    notice: fields.ForeignKeyRelation[Notice] = fields.ForeignKeyField(
        "models.Notice", related_name="reached", on_delete=fields.CASCADE
    )
    notice_id: object
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="reached_by", on_delete=fields.CASCADE
    )
    person_id: object
    how = fields.CharField(max_length=12)
    at = fields.DatetimeField()
    recorded_by = fields.UUIDField(null=True)
    """The staff account that told them."""

    class Meta:
        table = "reached"
        unique_together = (("notice", "person"),)
        constraints = (
            CheckConstraint(check="how IN ('opened','answered','telephoned','in_person')", name="reached_how_is_known"),
            CheckConstraint(
                check="(how IN ('telephoned','in_person')) = (recorded_by IS NOT NULL)", name="reached_who_told"
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


class ConsentEntry(Model):
    """One change of the ledger. `event_key`: what makes the same call-back or pushed event count once.

    The phone and the platform both tell of one popup: an entry of each is `paired` and counts once.
    """

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="consent_entries", on_delete=fields.CASCADE
    )
    person_id: object
    template_id = fields.CharField(max_length=64)
    what = fields.CharField(max_length=12)
    source = fields.CharField(max_length=10)
    at = fields.DatetimeField()
    event_key = fields.CharField(max_length=160, null=True, unique=True)
    paired = fields.BooleanField(default=False)
    delivery_id = fields.UUIDField(null=True)

    class Meta:
        table = "consent_entry"
        indexes = (("person_id", "template_id", "at"),)
        constraints = (
            CheckConstraint(
                check="what IN ('accepted','rejected','always','long_term','reserved','refunded','emptied')",
                name="consent_entry_what_is_known",
            ),
            CheckConstraint(check="source IN ('phone','platform','delivery')", name="consent_entry_source_is_known"),
        )


class ChannelPause(Model):
    """A channel, or one template of it, left alone until `until`: its day's quota is gone, or the platform refuses."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=20)
    template_id = fields.CharField(max_length=64, default="")
    """Our key; empty: the whole channel."""
    until = fields.DatetimeField()
    errcode = fields.IntField(null=True)
    error = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "channel_pause"
        constraints = (UniqueConstraint(fields=("channel", "template_id"), name="channel_pause_once"),)


class RetiredAddress(Model):
    """An openid that the platform no longer knows (40003). A new login with it takes it off."""

    id = fields.IntField(primary_key=True)
    address = fields.CharField(max_length=64, unique=True)
    at = fields.DatetimeField()

    class Meta:
        table = "retired_address"


class OperatorAlert(Model):
    """What only the operator can put right: a template, a page, a key. Counted while it is open."""

    id = fields.IntField(primary_key=True)
    what = fields.CharField(max_length=80)
    errcode = fields.IntField(null=True)
    error = fields.CharField(max_length=200, null=True)
    count = fields.IntField(default=1)
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    settled_by = fields.UUIDField(null=True)

    class Meta:
        table = "operator_alert"
        constraints = (
            UniqueConstraint(fields=("what",), name="operator_alert_one_open", condition="settled_at IS NULL"),
        )
