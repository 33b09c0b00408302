"""What a phone's commands were answered, so that one sent twice is done once."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from models.sealing import SealedBytes, SealedModel


class IdempotencyKey(SealedModel):
    """The answer to one command, written in the transaction of the command itself.

    `owner`: the actor's label, so that nobody is answered with somebody else's. `digest`: of method, path and body.
    No status: the command is being done at this moment, by the transaction that wrote the row.
    """

    id = fields.BigIntField(primary_key=True)
    owner = fields.CharField(max_length=60)
    key = fields.CharField(max_length=64)
    digest = fields.BinaryField()
    status = fields.SmallIntField(null=True)
    body = SealedBytes(null=True)
    made_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_key"
        unique_together = (("owner", "key"),)
        indexes = (("made_at",),)
        constraints = (
            CheckConstraint(check="octet_length(digest) = 32", name="idempotency_key_digest_is_sha256"),
            CheckConstraint(check="octet_length(body) <= 16417", name="idempotency_key_body_is_small"),
            CheckConstraint(check="status BETWEEN 200 AND 299", name="idempotency_key_keeps_what_was_done"),
        )
