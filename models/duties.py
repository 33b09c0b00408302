"""Who must keep off a case: near relatives of the applicant, declared and kept on record (57号 §11)."""

from tortoise import fields
from tortoise.models import Model

from models.application import Case
from models.people import Person


class NearRelative(Model):
    """登记备案: a member of staff, cadre or panel who is a 近亲属 of the applicant, and does nothing on the case."""

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="near_relatives", on_delete=fields.RESTRICT
    )
    case_id: object
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="relative_of_cases", on_delete=fields.RESTRICT
    )
    person_id: object
    relation = fields.CharField(max_length=8)
    declared_by = fields.CharField(max_length=60)
    declared_at = fields.DatetimeField()

    class Meta:
        table = "near_relative"
        unique_together = (("case", "person"),)
