from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

# ALWAYS: the trigger fires under session_replication_role = replica too, with which restores switch ordinary ones off.
APPEND_ONLY = """
CREATE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '痕迹只能增加, 不能修改、删除或清空 (%, %)', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER trail_entry_rows_stay BEFORE UPDATE OR DELETE ON trail_entry
    FOR EACH ROW EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_entry_stays BEFORE TRUNCATE ON trail_entry
    FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_seal_rows_stay BEFORE UPDATE OR DELETE ON trail_seal
    FOR EACH ROW EXECUTE FUNCTION trail_refuse();
CREATE TRIGGER trail_seal_stays BEFORE TRUNCATE ON trail_seal
    FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse();
ALTER TABLE trail_entry ENABLE ALWAYS TRIGGER trail_entry_rows_stay;
ALTER TABLE trail_entry ENABLE ALWAYS TRIGGER trail_entry_stays;
ALTER TABLE trail_seal ENABLE ALWAYS TRIGGER trail_seal_rows_stay;
ALTER TABLE trail_seal ENABLE ALWAYS TRIGGER trail_seal_stays;
"""

# The row of the queue commits with its entry, so that the sealer misses none, whichever commits first.
QUEUE = """
CREATE FUNCTION trail_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO trail_unsealed (entry_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER trail_entry_waits_for_its_seal AFTER INSERT ON trail_entry
    FOR EACH ROW EXECUTE FUNCTION trail_queue();
INSERT INTO trail_unsealed (entry_id) SELECT id FROM trail_entry;
ALTER TABLE trail_unsealed SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
"""

BACKWARD = """
DROP TRIGGER trail_entry_waits_for_its_seal ON trail_entry;
DROP TRIGGER trail_entry_rows_stay ON trail_entry;
DROP TRIGGER trail_entry_stays ON trail_entry;
DROP TRIGGER trail_seal_rows_stay ON trail_seal;
DROP TRIGGER trail_seal_stays ON trail_seal;
DROP FUNCTION trail_queue();
DROP FUNCTION trail_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [('models', '0005_the_administrator')]

    initial = False

    operations = together([
        ops.CreateModel(
            name='TrailSeal',
            fields=[
                ('position', fields.BigIntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ('entry', fields.OneToOneField('models.TrailEntry', source_field='entry_id', db_constraint=True, to_field='id', related_name='seal', on_delete=OnDelete.RESTRICT)),
                ('digest', fields.BinaryField()),
                ('hash', fields.BinaryField()),
            ],
            options={'table': 'trail_seal', 'app': 'models', 'pk_attr': 'position', 'table_description': 'One link of the chain: `digest` is of the entry, `hash` of the hash before and this digest. Only ever inserted.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TrailUnsealed',
            fields=[
                ('entry_id', fields.BigIntField(primary_key=True, generated=False, unique=True, db_index=True)),
            ],
            options={'table': 'trail_unsealed', 'app': 'models', 'pk_attr': 'entry_id', 'table_description': 'Entries that the sealer has not linked yet: written by a trigger with the entry itself, removed by the sealer.'},
            bases=['Model'],
        ),
        ops.AlterModelOptions(
            name='TrailEntry',
            options={'table': 'trail_entry', 'app': 'models', 'indexes': [Index(fields=['subject', 'id']), Index(fields=['actor', 'id'])], 'pk_attr': 'id', 'table_description': 'Who did what to what, when, in which role, from where, under which clause. Rows are only ever inserted.'},
        ),
        ops.AddField(
            model_name='TrailEntry',
            name='acting_for',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='TrailEntry',
            name='address',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='TrailEntry',
            name='after',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='TrailEntry',
            name='before',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='TrailEntry',
            name='why',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddIndex(
            model_name='TrailEntry',
            index=Index(fields=['actor', 'id']),
        ),
        # CreateModel leaves constraints out: each is added by itself.
        ops.AddConstraint('TrailSeal', CheckConstraint(check='position > 0', name='trail_seal_counts_from_one')),
        ops.AddConstraint('TrailSeal', CheckConstraint(check='octet_length(digest) = 32 AND octet_length(hash) = 32', name='trail_seal_holds_sha256')),
        ops.RunSQL(APPEND_ONLY + QUEUE, reverse_sql=BACKWARD),
    ])
