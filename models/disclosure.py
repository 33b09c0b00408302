"""Step 4, 公布: list rows as they may be shown, and who asked to be told of a new list."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.application import Case
from models.people import Person
from models.places import Village


class Listing(Model):
    """公布名单: one row. Holds only what may be published; a name is stored masked, never whole.

    One person prepares it, another publishes it; until then nobody outside sees it.
    """

    id = fields.UUIDField(primary_key=True)
    case: fields.OneToOneRelation[Case] = fields.OneToOneField(
        "models.Case", related_name="listing", on_delete=fields.RESTRICT
    )
    case_id: object
    village: fields.ForeignKeyRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="listings", on_delete=fields.RESTRICT
    )
    village_id: int
    masked_name = fields.CharField(max_length=40)
    household_size = fields.SmallIntField()
    aid_type = fields.CharField(max_length=8)
    amount_fen = fields.BigIntField()
    decided_on = fields.DateField()
    valid_from = fields.DateField()
    valid_to = fields.DateField()
    turns_adult_on = fields.DateField(null=True)
    online = fields.BooleanField()
    offline_reason = fields.CharField(max_length=120, null=True)
    prepared_at = fields.DatetimeField()
    prepared_by = fields.UUIDField(null=True)
    published_at = fields.DatetimeField(null=True)
    published_by = fields.UUIDField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "listing"
        indexes = (("village_id", "valid_to"),)
        constraints = (
            CheckConstraint(check="aid_type IN ('低保','特困','临时救助')", name="listing_aid_type_is_known"),
            CheckConstraint(check="position('*' in masked_name) > 0", name="listing_name_is_masked"),
            CheckConstraint(check="amount_fen > 0", name="listing_amount_is_positive"),
            CheckConstraint(
                check="published_by IS NULL OR published_by <> prepared_by", name="listing_takes_two_people"
            ),
            CheckConstraint(check="online OR offline_reason IS NOT NULL", name="listing_offline_has_a_reason"),
        )


class ListSubscription(Model):
    """A resident who asked to be told when the village's list changes. The push carries no name."""

    id = fields.IntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="subscriptions", on_delete=fields.CASCADE
    )
    person_id: object
    village: fields.ForeignKeyRelation[Village] = fields.ForeignKeyField(
        "models.Village", related_name="subscribers", on_delete=fields.RESTRICT
    )
    village_id: int
    since = fields.DatetimeField()

    class Meta:
        table = "list_subscription"
        unique_together = (("person", "village"),)
