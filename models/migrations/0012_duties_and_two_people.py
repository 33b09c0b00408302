from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0008_sealed')]

    initial = False

    operations = [
        ops.CreateModel(
            name='NearRelative',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('models.Case', source_field='case_id', db_constraint=True, to_field='id', related_name='near_relatives', on_delete=OnDelete.RESTRICT)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='relative_of_cases', on_delete=OnDelete.RESTRICT)),
                ('relation', fields.CharField(max_length=8)),
                ('declared_by', fields.CharField(max_length=60)),
                ('declared_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'near_relative', 'app': 'models', 'unique_together': (('case', 'person'),), 'pk_attr': 'id', 'table_description': '登记备案: a member of staff, cadre or panel who is a 近亲属 of the applicant, and does nothing on the case.'},
            bases=['Model'],
        ),
        ops.RemoveConstraint(
            model_name='Deliberation',
            name='deliberation_override_names_a_leader',
            fields=None,
        ),
        ops.AddField(
            model_name='Deliberation',
            name='closed_by',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Deliberation',
            name='override_agreed_by',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Deliberation',
            name='override_asked_by',
            field=fields.UUIDField(null=True),
        ),
        ops.AddConstraint(
            model_name='Deliberation',
            constraint=CheckConstraint(check="status <> 'held' OR (override_reason IS NULL) = (override_leader IS NULL)", name='deliberation_override_names_a_leader'),
        ),
        ops.AddConstraint(
            model_name='Deliberation',
            constraint=CheckConstraint(check='override_agreed_by IS NULL OR (override_asked_by IS NOT NULL AND override_leader IS NOT NULL AND override_agreed_by <> override_asked_by)', name='deliberation_override_takes_two_people'),
        ),
        ops.AlterField(
            model_name='Listing',
            name='published_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Listing',
            name='prepared_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL('UPDATE listing SET prepared_at = published_at'),
        ops.AlterField(
            model_name='Listing',
            name='prepared_at',
            field=fields.DatetimeField(auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Listing',
            name='prepared_by',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Listing',
            name='published_by',
            field=fields.UUIDField(null=True),
        ),
        ops.AddConstraint(
            model_name='Listing',
            constraint=CheckConstraint(check='published_by IS NULL OR published_by <> prepared_by', name='listing_takes_two_people'),
        ),
    ]
