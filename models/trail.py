"""痕迹: one entry for every write, in the same transaction as the write."""

from tortoise import fields
from tortoise.models import Model


class TrailEntry(Model):
    """Who did what to what, when, in which role, under which clause. Rows are only ever inserted."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    actor = fields.CharField(max_length=60)
    role = fields.CharField(max_length=16)
    action = fields.CharField(max_length=60)
    subject = fields.CharField(max_length=80)
    clause = fields.CharField(max_length=16, null=True)
    detail = fields.JSONField()
    request_id = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "trail_entry"
        indexes = (("subject", "id"),)
