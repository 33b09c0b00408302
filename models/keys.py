"""The data keys, wrapped by a master key that the database never sees."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model


class WrappedKey(Model):
    """One data key. `state`: announced (every process loads it), writing (it seals), reading (it only opens), retired.

    One key writes at a time; the one of purpose `index` never changes, or nothing would be found any more.
    """

    number = fields.IntField(primary_key=True, generated=False)
    purpose = fields.CharField(max_length=8)
    algorithm = fields.CharField(max_length=16)
    wrapped = fields.BinaryField()
    state = fields.CharField(max_length=10)
    made_at = fields.DatetimeField()
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "wrapped_key"
        constraints = (
            CheckConstraint(check="purpose IN ('rows','index')", name="wrapped_key_purpose_is_known"),
            CheckConstraint(check="algorithm IN ('aes-256-gcm','sm4-gcm')", name="wrapped_key_algorithm_is_known"),
            CheckConstraint(
                check="state IN ('announced','writing','reading','retired')", name="wrapped_key_state_is_known"
            ),
            CheckConstraint(
                check="(state = 'retired') = (retired_at IS NOT NULL)", name="wrapped_key_retired_at_a_time"
            ),
            UniqueConstraint(fields=("purpose",), name="wrapped_key_one_writes", condition="state = 'writing'"),
        )
