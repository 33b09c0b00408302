"""Towns and villages: the district's shape (policy-model §1.1)."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model


class Town(Model):
    """A 镇 or 街道: organises deliberations, decides, publishes."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(max_length=9, unique=True)
    name = fields.CharField(max_length=32, unique=True)
    phone = fields.CharField(max_length=32, default="")

    class Meta:
        table = "town"
        constraints = (CheckConstraint(check="code ~ '^[0-9]{9}$'", name="town_code_is_nine_digits"),)


class Village(Model):
    """A 村 or 社区: starts the procedure, and the place whose residents may read its list."""

    id = fields.IntField(primary_key=True)
    town: fields.ForeignKeyRelation[Town] = fields.ForeignKeyField(
        "models.Town", related_name="villages", on_delete=fields.RESTRICT
    )
    town_id: int
    name = fields.CharField(max_length=32)
    is_community = fields.BooleanField(default=False)
    households = fields.IntField()
    phone = fields.CharField(max_length=32, default="")

    class Meta:
        table = "village"
        unique_together = (("town", "name"),)
        constraints = (CheckConstraint(check="households > 0", name="village_has_households"),)
