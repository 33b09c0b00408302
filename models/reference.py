"""Dated reference data: the working-day calendar and the living standard. Empty figures stay empty."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

DISTRICT = "330302"
"""鹿城区's division code (policy-model §1.1)."""


class CalendarDay(Model):
    """One day of a known year: working or not, by the State Council's notice of that year."""

    day = fields.DateField(primary_key=True)
    working = fields.BooleanField()
    name = fields.CharField(max_length=20, default="")
    source = fields.CharField(max_length=80)

    class Meta:
        table = "calendar_day"


class CalendarAmendment(Model):
    """A day of December that the notice of the next year (`file_year`) sets: 元旦 can take days of the year before.

    It stands before the day's own row, whichever was imported first, and goes when its file is imported without it.
    """

    day = fields.DateField(primary_key=True)
    working = fields.BooleanField()
    name = fields.CharField(max_length=20, default="")
    source = fields.CharField(max_length=80)
    file_year = fields.SmallIntField()

    class Meta:
        table = "calendar_amendment"


class LivingStandard(Model):
    """低保标准 in 分 a person and month, from a date, with its document; none in force means 标准未配置.

    Entered by one person and confirmed by another; in force only when confirmed. A row that was confirmed and turns out
    wrong is superseded by another for the same day, entered and confirmed the same way; it stays on record.
    """

    id = fields.IntField(primary_key=True)
    region = fields.CharField(max_length=6, default=DISTRICT)
    monthly_fen = fields.BigIntField()
    effective_from = fields.DateField()
    document = fields.CharField(max_length=120)
    source_url = fields.CharField(max_length=200, default="")
    is_fictional = fields.BooleanField(default=False)
    entered_by = fields.CharField(max_length=60, null=True)
    entered_at = fields.DatetimeField(null=True)
    confirmed_by = fields.CharField(max_length=60, null=True)
    confirmed_at = fields.DatetimeField(null=True)
    superseded_at = fields.DatetimeField(null=True)

    class Meta:
        table = "living_standard"
        constraints = (
            UniqueConstraint(
                fields=("region", "effective_from"),
                name="living_standard_one_in_force",
                condition="confirmed_at IS NOT NULL AND superseded_at IS NULL",
            ),
            UniqueConstraint(
                fields=("region", "effective_from"),
                name="living_standard_one_waiting",
                condition="confirmed_at IS NULL",
            ),
            CheckConstraint(check="region ~ '^[0-9]{6}$'", name="living_standard_region_is_a_code"),
            CheckConstraint(check="monthly_fen > 0", name="living_standard_is_positive"),
            CheckConstraint(
                check="confirmed_by IS NULL OR confirmed_by <> entered_by", name="living_standard_takes_two_people"
            ),
            CheckConstraint(
                check="(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="living_standard_confirmed_at_a_time"
            ),
        )


class ReadingsChoice(Model):
    """The readings of the text that the bureau agreed to: by one person, then by another, in force with the newest."""

    id = fields.IntField(primary_key=True)
    choices = fields.JSONField()
    digest = fields.CharField(max_length=64)
    asked_by = fields.CharField(max_length=60)
    asked_at = fields.DatetimeField()
    confirmed_by = fields.CharField(max_length=60, null=True)
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "readings_choice"
        constraints = (
            UniqueConstraint(fields=("digest",), name="readings_choice_one_waiting", condition="confirmed_at IS NULL"),
            CheckConstraint(
                check="confirmed_by IS NULL OR confirmed_by <> asked_by", name="readings_choice_takes_two_people"
            ),
            CheckConstraint(
                check="(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="readings_choice_confirmed_at_a_time"
            ),
        )
