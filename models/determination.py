"""Step 3, 结果认定: the leadership meeting's decision and its three receipts."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from models.application import Case
from models.sealing import SealedJSON, SealedModel, SealedText


class Determination(SealedModel):
    """认定意见 of the town leadership meeting (四(三)). Money in 分.

    `cap_lines`: the working of the 三(五) cap as it was shown; `other_causes`: earlier grants within the window that
    the meeting found to be for another cause, each with the reason.
    """

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="determinations", on_delete=fields.RESTRICT
    )
    case_id: object
    meeting_no = fields.CharField(max_length=40)
    decided_on = fields.DateField()
    outcome = fields.CharField(max_length=12)
    aid_type = fields.CharField(max_length=8, null=True)
    amount_fen = fields.BigIntField(null=True)
    valid_from = fields.DateField(null=True)
    valid_to = fields.DateField(null=True)
    standard_fen = fields.BigIntField(null=True)
    cap_lines = SealedJSON(null=True)
    other_causes = SealedJSON(null=True)
    reason = SealedText(default="")
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "determination"
        unique_together = (("case", "decided_on"),)
        constraints = (
            CheckConstraint(check="outcome IN ('approved','rejected')", name="determination_outcome_is_known"),
            CheckConstraint(
                check="outcome <> 'approved' OR (aid_type IN ('低保','特困','临时救助') AND amount_fen > 0 "
                "AND valid_from IS NOT NULL AND valid_to > valid_from)",
                name="determination_approved_is_complete",
            ),
            # An empty text sealed is 33 bytes; what does not begin with 0x01 waits to be sealed.
            CheckConstraint(
                check="outcome <> 'rejected' OR octet_length(reason) > 33 OR "
                "substring(reason from 1 for 1) <> '\\x01'::bytea",
                name="determination_rejected_has_a_reason",
            ),
        )


class ResultReceipt(SealedModel):
    """反馈 / 备案: one of three recipients was told, when and how (四(三))."""

    id = fields.UUIDField(primary_key=True)
    determination: fields.ForeignKeyRelation[Determination] = fields.ForeignKeyField(
        "models.Determination", related_name="receipts", on_delete=fields.RESTRICT
    )
    determination_id: object
    recipient = fields.CharField(max_length=12)
    told_at = fields.DatetimeField()
    channel = fields.CharField(max_length=20)
    note = SealedText(default="")

    class Meta:
        table = "result_receipt"
        unique_together = (("determination", "recipient"),)
        constraints = (
            CheckConstraint(
                check="recipient IN ('applicant','discipline','bureau')", name="result_receipt_recipient_is_known"
            ),
        )
