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
    """低保标准 in 分 a person and month, from a date, with its document; none in force means 标准未配置."""

    id = fields.IntField(primary_key=True)
    monthly_fen = fields.BigIntField()
    effective_from = fields.DateField(unique=True)
    document = fields.CharField(max_length=120)
    is_fictional = fields.BooleanField(default=False)

    class Meta:
        table = "living_standard"
        constraints = (CheckConstraint(check="monthly_fen > 0", name="living_standard_is_positive"),)
