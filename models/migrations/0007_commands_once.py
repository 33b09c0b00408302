from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
from models.sealing import SealedBytes
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0006_the_chain')]

    initial = False

    operations = together([
        ops.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('owner', fields.CharField(max_length=60)),
                ('key', fields.CharField(max_length=64)),
                ('digest', fields.BinaryField()),
                ('status', fields.SmallIntField(null=True)),
                ('body', SealedBytes(null=True)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'idempotency_key', 'app': 'models', 'unique_together': (('owner', 'key'),), 'indexes': [Index(fields=['made_at'])], 'pk_attr': 'id', 'table_description': 'The answer to one command, written in the transaction of the command itself.'},
            bases=['Model'],
        ),
        ops.AddConstraint('IdempotencyKey', CheckConstraint(check='octet_length(digest) = 32', name='idempotency_key_digest_is_sha256')),
        ops.AddConstraint('IdempotencyKey', CheckConstraint(check='octet_length(body) <= 16417', name='idempotency_key_body_is_small')),
        ops.AddConstraint('IdempotencyKey', CheckConstraint(check='status BETWEEN 200 AND 299', name='idempotency_key_keeps_what_was_done')),
    ])
