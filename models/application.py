"""Step 1, 提出申请: preliminary applications, cases, clocks, home visits, evidence, photos."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.people import Person, StaffAccount
from models.places import Village
from models.sealing import BlindIndex, SealedJSON, SealedModel, SealedText
from models.urgent_relief import UrgentRelief

_STATUSES = (
    "'submitted','under_review','resolved','referred','declined','initiated','gathering_evidence','confirmed',"
    "'scheduled','void','deliberated','before_leaders','approved','rejected','in_force','expired','terminated',"
    "'withdrawn','closed'"
)


class Case(SealedModel):
    """个案: one household, one matter. `status` is written by `backend.casework.moves` alone.

    `readings` and `standard_fen` are pinned at confirmation (§1.10.10); `deposit_fen` is asked for 三(四) alone.
    `reason` is that of the last move that gave one. A linked case comes from an earlier one (`renewal_of`) or from an
    urgent relief (`after_urgent`; §1.10.3).
    """

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=24, unique=True)
    village: fields.ForeignKeyRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="cases", on_delete=fields.RESTRICT
    )
    village_id: int
    applicant: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="cases", on_delete=fields.RESTRICT
    )
    applicant_id: object
    household_size = fields.SmallIntField()
    status = fields.CharField(max_length=20)
    version = fields.IntField(default=0)
    circumstance = fields.CharField(max_length=2, null=True)
    ordinary_case_ref = fields.CharField(max_length=40, null=True)
    referral_reason = SealedText(null=True)
    evidence_waiver = SealedText(null=True)
    confirmed_on = fields.DateField(null=True)
    readings = fields.JSONField(null=True)
    standard_fen = fields.BigIntField(null=True)
    deposit_fen = SealedJSON(null=True)
    reason = SealedText(null=True)
    supplement_wanted_at = fields.DatetimeField(null=True)
    renewal_of: fields.ForeignKeyNullableRelation["Case"] = fields.ForeignKeyField(
        "models.Case", related_name="renewals", null=True, on_delete=fields.RESTRICT
    )
    after_urgent: fields.ForeignKeyNullableRelation[UrgentRelief] = fields.ForeignKeyField(
        "models.UrgentRelief", related_name="cases", null=True, on_delete=fields.RESTRICT
    )
    after_urgent_id: object
    created_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()

    class Meta:
        table = "case"
        indexes = (("village_id", "status"),)
        constraints = (
            CheckConstraint(check=f"status IN ({_STATUSES})", name="case_status_is_known"),
            CheckConstraint(check="household_size BETWEEN 1 AND 30", name="case_household_size_is_sane"),
            CheckConstraint(
                check="circumstance IS NULL OR circumstance IN ('C1','C2','C3','C4','C5','C6','C7')",
                name="case_circumstance_is_known",
            ),
            CheckConstraint(
                check="status NOT IN ('confirmed','scheduled','void','deliberated','before_leaders','approved',"
                "'in_force') OR (confirmed_on IS NOT NULL AND circumstance IS NOT NULL)",
                name="case_beyond_confirmation_is_confirmed",
            ),
        )


class Application(SealedModel):
    """初步申请: a lead for staff, never 受理. `submission_key` makes a phone's re-send harmless."""

    id = fields.UUIDField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="applications", on_delete=fields.RESTRICT
    )
    person_id: object
    case: fields.OneToOneRelation[Case] = fields.OneToOneField(
        "models.Case", related_name="application", on_delete=fields.RESTRICT
    )
    case_id: object
    submission_key = fields.CharField(max_length=64)
    story = SealedText()
    facts = SealedJSON(default=dict)
    submitted_at = fields.DatetimeField()

    class Meta:
        table = "application"
        unique_together = (("person", "submission_key"),)


class Photo(Model):
    """A supporting photo: re-encoded without metadata; the bytes are in the photo store under `key`."""

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="photos", on_delete=fields.RESTRICT
    )
    case_id: object
    key = fields.CharField(max_length=80, unique=True)
    sha256 = fields.CharField(max_length=64)
    width = fields.IntField()
    height = fields.IntField()
    size = fields.IntField()
    stored_at = fields.DatetimeField()

    class Meta:
        table = "photo"
        unique_together = (("case", "sha256"),)
        constraints = (CheckConstraint(check="size > 0 AND width > 0 AND height > 0", name="photo_has_a_picture"),)


class HomeVisit(SealedModel):
    """入户调查: at least two visitors, both signatures (policy-model §1.10.12).

    `visitor_ids`: the visitors who are known to the service; by reading A7 they do not count at the deliberation.
    """

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="home_visits", on_delete=fields.RESTRICT
    )
    case_id: object
    visited_at = fields.DatetimeField()
    visitors = fields.SmallIntField()
    visitor_ids = fields.JSONField(null=True)
    signed = fields.BooleanField()
    findings = SealedText()
    recorded_by: fields.ForeignKeyRelation[StaffAccount] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="home_visits", on_delete=fields.RESTRICT
    )
    recorded_by_id: object

    class Meta:
        table = "home_visit"
        constraints = (CheckConstraint(check="visitors >= 1", name="home_visit_has_a_visitor"),)


class Evidence(SealedModel):
    """佐证材料: one thing that proves something; suggested, waivable with a reason. A renewal carries it over."""

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="evidence", on_delete=fields.RESTRICT
    )
    case_id: object
    title = SealedText()
    title_index = BlindIndex("title")
    recorded_at = fields.DatetimeField()
    carried_over = fields.BooleanField(default=False)

    class Meta:
        table = "evidence"
        unique_together = (("case", "title_index"),)


class CaseClock(SealedModel):
    """A legal clock of a case: its due date is stored when it starts, with every day counted or skipped.

    `outcome`: on_time, late (with its reason), or moot where the case ended before the clock mattered.
    """

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="clocks", on_delete=fields.RESTRICT
    )
    case_id: object
    name = fields.CharField(max_length=16)
    clause = fields.CharField(max_length=16)
    started_on = fields.DateField()
    due_on = fields.DateField()
    alarm_on = fields.DateField()
    provisional = fields.BooleanField()
    days = fields.JSONField()
    stopped_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(max_length=16, null=True)
    late_reason = SealedText(null=True)

    class Meta:
        table = "case_clock"
        constraints = (
            UniqueConstraint(fields=("case_id", "name"), name="case_clock_runs_once", condition="stopped_at IS NULL"),
            CheckConstraint(check="due_on > started_on", name="case_clock_due_after_start"),
            CheckConstraint(check="(stopped_at IS NULL) = (outcome IS NULL)", name="case_clock_stops_with_an_outcome"),
            CheckConstraint(
                check="outcome IS NULL OR outcome IN ('on_time','late','moot')", name="case_clock_outcome_is_known"
            ),
        )
