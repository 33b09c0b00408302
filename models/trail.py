"""痕迹: one entry for every write, in the same transaction as the write; the chain that binds the entries beside them.

The database refuses UPDATE, DELETE and TRUNCATE on entries and seals: the service's role lacks the right, and a trigger
stops everybody else (migration 0006; docs/trail.md).
"""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model


class TrailEntry(Model):
    """Who did what to what, when, in which role, from where, under which clause. Rows are only ever inserted.

    `acting_for`: the person for whom an agent acts. `before`, `after`: what was changed, sensitive values as digests
    (`backend.audit.digest`). `why`: a staff member's reason, scrubbed. `address`: where the request came from.
    """

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    actor = fields.CharField(max_length=60)
    role = fields.CharField(max_length=16)
    acting_for = fields.UUIDField(null=True)
    action = fields.CharField(max_length=60)
    subject = fields.CharField(max_length=80)
    clause = fields.CharField(max_length=16, null=True)
    detail = fields.JSONField()
    before = fields.JSONField(null=True)
    after = fields.JSONField(null=True)
    why = fields.TextField(null=True)
    address = fields.CharField(max_length=64, null=True)
    request_id = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "trail_entry"
        indexes = (("subject", "id"), ("actor", "id"))


class TrailSeal(Model):
    """One link of the chain: `digest` is of the entry, `hash` of the hash before and this digest. Only ever inserted.

    The chain's order is `position`, from 1 without a gap; it is the order in which entries were found committed, and
    not that of their ids.
    """

    position = fields.BigIntField(primary_key=True, generated=False)
    entry: fields.OneToOneRelation[TrailEntry] = fields.OneToOneField(
        "models.TrailEntry", related_name="seal", on_delete=fields.RESTRICT
    )
    entry_id: int
    digest = fields.BinaryField()
    hash = fields.BinaryField()

    class Meta:
        table = "trail_seal"
        constraints = (
            CheckConstraint(check="position > 0", name="trail_seal_counts_from_one"),
            CheckConstraint(
                check="octet_length(digest) = 32 AND octet_length(hash) = 32", name="trail_seal_holds_sha256"
            ),
        )


class TrailUnsealed(Model):
    """Entries that the sealer has not linked yet: written by a trigger with the entry itself, removed by the sealer.

    So a second's work costs what the second brought, however large the trail is and in whatever order rows commit.
    """

    entry_id = fields.BigIntField(primary_key=True, generated=False)

    class Meta:
        table = "trail_unsealed"
