"""Dated reference data: the working-day calendar and the living standard. Empty figures stay empty."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model


class CalendarDay(Model):
    """One day of a known year: working or not, by the State Council's notice."""

    day = fields.DateField(primary_key=True)
    working = fields.BooleanField()
    name = fields.CharField(max_length=20, default="")
    source = fields.CharField(max_length=80)

    class Meta:
        table = "calendar_day"


class LivingStandard(Model):
    """低保标准 in 分 a person and month, from a date, with its document; none in force means 标准未配置.

    Entered by one person and confirmed by another; in force only when confirmed.
    """

    id = fields.IntField(primary_key=True)
    monthly_fen = fields.BigIntField()
    effective_from = fields.DateField(unique=True)
    document = fields.CharField(max_length=120)
    is_fictional = fields.BooleanField(default=False)
    entered_by = fields.CharField(max_length=60, null=True)
    entered_at = fields.DatetimeField(null=True)
    confirmed_by = fields.CharField(max_length=60, null=True)
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "living_standard"
        constraints = (
            CheckConstraint(check="monthly_fen > 0", name="living_standard_is_positive"),
            CheckConstraint(
                check="confirmed_by IS NULL OR confirmed_by <> entered_by", name="living_standard_takes_two_people"
            ),
            CheckConstraint(
                check="(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="living_standard_confirmed_at_a_time"
            ),
        )
