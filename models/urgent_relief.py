"""The urgent track, 先行救助: outside the sequence, money first and paper later (四(二)b)."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.people import Person, StaffAccount
from models.places import Village
from models.sealing import SealedModel, SealedText


class UrgentRelief(SealedModel):
    """One urgent event of one household. `total_fen` is kept by the same transaction as its deliveries.

    `reported_at`: the first report to village or town; `informed_at`: when the town wrote it down (reading A11).
    """

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=24, unique=True)
    village: fields.ForeignKeyRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="urgent_reliefs", on_delete=fields.RESTRICT
    )
    village_id: int
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="urgent_reliefs", on_delete=fields.RESTRICT
    )
    person_id: object
    what_happened = SealedText()
    status = fields.CharField(max_length=16)
    reported_at = fields.DatetimeField()
    informed_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    total_fen = fields.BigIntField(default=0)
    late_reason = SealedText(null=True)
    bureau_told_at = fields.DatetimeField(null=True)
    lifted_at = fields.DatetimeField(null=True)
    paperwork_due_on = fields.DateField(null=True)
    paperwork_provisional = fields.BooleanField(default=False)
    paperwork_done_at = fields.DatetimeField(null=True)
    refused_reason = SealedText(null=True)

    class Meta:
        table = "urgent_relief"
        constraints = (
            CheckConstraint(
                check="status IN ('reported','delivered','lifted','paperwork_done','refused')",
                name="urgent_relief_status_is_known",
            ),
            CheckConstraint(check="total_fen BETWEEN 0 AND 500000", name="urgent_relief_within_5000_yuan"),
            CheckConstraint(
                check="due_at = reported_at + interval '24 hours' OR due_at = informed_at + interval '24 hours'",
                name="urgent_relief_due_in_24_hours",
            ),
            CheckConstraint(check="informed_at >= reported_at", name="urgent_relief_informed_after_report"),
        )


class UrgentDelivery(Model):
    """One tranche of money or goods (at value, in 分) in the household's hands."""

    id = fields.UUIDField(primary_key=True)
    relief: fields.ForeignKeyRelation[UrgentRelief] = fields.ForeignKeyField(
        "models.UrgentRelief", related_name="deliveries", on_delete=fields.RESTRICT
    )
    relief_id: object
    amount_fen = fields.BigIntField()
    form = fields.CharField(max_length=20)
    delivered_at = fields.DatetimeField()
    worker: fields.ForeignKeyRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="urgent_deliveries", on_delete=fields.RESTRICT
    )
    worker_id: object

    class Meta:
        table = "urgent_delivery"
        constraints = (CheckConstraint(check="amount_fen > 0", name="urgent_delivery_is_positive"),)
