from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0011_rights_and_retention')]

    initial = False

    operations = together([
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
        ops.CreateModel(
            name='ReadingsChoice',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('choices', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('digest', fields.CharField(max_length=64)),
                ('asked_by', fields.CharField(max_length=60)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('confirmed_by', fields.CharField(null=True, max_length=60)),
                ('confirmed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'readings_choice', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The readings of the text that the bureau agreed to: by one person, then by another, in force with the newest.'},
            bases=['Model'],
        ),
        ops.AddConstraint('ReadingsChoice', UniqueConstraint(fields=('digest',), name='readings_choice_one_waiting', condition='confirmed_at IS NULL')),
        ops.AddConstraint('ReadingsChoice', CheckConstraint(check='confirmed_by IS NULL OR confirmed_by <> asked_by', name='readings_choice_takes_two_people')),
        ops.AddConstraint('ReadingsChoice', CheckConstraint(check='(confirmed_by IS NULL) = (confirmed_at IS NULL)', name='readings_choice_confirmed_at_a_time')),
    ])
