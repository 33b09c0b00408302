from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
import functools
from json import dumps, loads
from models.sealing import SealedText
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0008_sealed')]

    initial = False

    operations = together([
        ops.CreateModel(
            name='SecondFactor',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('account', fields.OneToOneField('models.StaffAccount', source_field='account_id', db_constraint=True, to_field='id', related_name='second_factor', on_delete=OnDelete.RESTRICT)),
                ('secret', SealedText(generated=False, null=False, unique=False)),
                ('last_step', fields.BigIntField()),
                ('recovery', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('confirmed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'second_factor', 'app': 'models', 'pk_attr': 'id', 'table_description': '动态码 of an account, confirmed with a first code. `last_step`: the newest 30 seconds whose code was used.'},
            bases=['SealedModel'],
        ),
        ops.CreateModel(
            name='StaffInvitation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('code_digest', fields.CharField(unique=True, max_length=64)),
                ('role', fields.CharField(max_length=16)),
                ('town', fields.ForeignKeyField('models.Town', source_field='town_id', null=True, db_constraint=True, to_field='id', related_name='invitations', on_delete=OnDelete.RESTRICT)),
                ('village', fields.ForeignKeyField('models.Village', source_field='village_id', null=True, db_constraint=True, to_field='id', related_name='invitations', on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=40)),
                ('phone', SealedText(null=True, generated=False, unique=False)),
                ('from_day', fields.DateField()),
                ('to_day', fields.DateField(null=True)),
                ('invited_by', fields.CharField(max_length=60)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('account', fields.ForeignKeyField('models.StaffAccount', source_field='account_id', null=True, db_constraint=True, to_field='id', related_name='invitations', on_delete=OnDelete.RESTRICT)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'staff_invitation', 'app': 'models', 'pk_attr': 'id', 'table_description': "One account that somebody may make for themself, once. The link's code is kept as a digest alone."},
            bases=['SealedModel'],
        ),
        ops.CreateModel(
            name='StaffTerm',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('account', fields.ForeignKeyField('models.StaffAccount', source_field='account_id', db_constraint=True, to_field='id', related_name='terms', on_delete=OnDelete.RESTRICT)),
                ('role', fields.CharField(max_length=16)),
                ('town', fields.ForeignKeyField('models.Town', source_field='town_id', null=True, db_constraint=True, to_field='id', related_name='terms', on_delete=OnDelete.RESTRICT)),
                ('village', fields.ForeignKeyField('models.Village', source_field='village_id', null=True, db_constraint=True, to_field='id', related_name='terms', on_delete=OnDelete.RESTRICT)),
                ('from_day', fields.DateField(null=True)),
                ('to_day', fields.DateField(null=True)),
                ('by', fields.CharField(max_length=60)),
                ('why', SealedText(null=True, generated=False, unique=False)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_by', fields.CharField(null=True, max_length=60)),
                ('end_why', SealedText(null=True, generated=False, unique=False)),
            ],
            options={'table': 'staff_term', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One role in one place that an account had, from when to when, by whom and why. Another role is another row.'},
            bases=['SealedModel'],
        ),
        # CreateModel leaves constraints out: each is added by itself.
        ops.AddConstraint('StaffInvitation', CheckConstraint(check="role IN ('worker','village','town','supervisor','leaders','bureau','admin')", name='staff_invitation_role_is_known')),
        ops.AddConstraint('StaffInvitation', CheckConstraint(check="role IN ('bureau','admin') OR town_id IS NOT NULL", name='staff_invitation_below_the_bureau_has_a_town')),
        ops.AddConstraint('StaffInvitation', CheckConstraint(check="role <> 'village' OR village_id IS NOT NULL", name='staff_invitation_of_a_village_has_one')),
        ops.AddConstraint('StaffInvitation', CheckConstraint(check='length(name) > 0', name='staff_invitation_names_somebody')),
        ops.AddConstraint('StaffInvitation', CheckConstraint(check='to_day IS NULL OR to_day >= from_day', name='staff_invitation_term_runs_forward')),
        ops.AddConstraint('StaffInvitation', CheckConstraint(check='(used_at IS NULL) = (account_id IS NULL)', name='staff_invitation_used_made_an_account')),
        ops.AddConstraint('StaffInvitation', CheckConstraint(check='used_at IS NULL OR revoked_at IS NULL', name='staff_invitation_used_or_revoked')),
        ops.AddConstraint('StaffTerm', UniqueConstraint(fields=('account_id',), name='staff_term_one_open', condition='ended_at IS NULL')),
        ops.AddConstraint('StaffTerm', CheckConstraint(check="role IN ('worker','village','town','supervisor','leaders','bureau','admin')", name='staff_term_role_is_known')),
        ops.AddConstraint('StaffTerm', CheckConstraint(check='to_day IS NULL OR from_day IS NULL OR to_day >= from_day', name='staff_term_runs_forward')),
        ops.AddConstraint('StaffTerm', CheckConstraint(check='(ended_at IS NULL) = (ended_by IS NULL)', name='staff_term_ended_by_somebody')),
        ops.AlterModelOptions(
            name='StaffAccount',
            options={'table': 'staff_account', 'app': 'models', 'constraints': [CheckConstraint(check="role IN ('worker','village','town','supervisor','leaders','bureau','admin')", name='staff_account_role_is_known'), CheckConstraint(check="role IN ('bureau','admin') OR town_id IS NOT NULL", name='staff_account_below_the_bureau_has_a_town'), CheckConstraint(check="role <> 'village' OR village_id IS NOT NULL", name='village_account_has_a_village'), CheckConstraint(check='until IS NULL OR since IS NULL OR until >= since', name='staff_account_term')], 'pk_attr': 'id', 'table_description': 'A login with one role in one place. Leaving office ends it: `ended_at`.'},
        ),
        ops.AddField(
            model_name='StaffAccount',
            name='bound_openid',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='StaffAccount',
            name='known_address',
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddField(
            model_name='StaffAccount',
            name='last_login_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='StaffAccount',
            name='since',
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name='StaffAccount',
            name='until',
            field=fields.DateField(null=True),
        ),
        ops.AddConstraint(
            model_name='StaffAccount',
            constraint=CheckConstraint(check='until IS NULL OR since IS NULL OR until >= since', name='staff_account_term'),
        ),
        # Accounts that are older than their terms: when they began is not known.
        ops.RunSQL(
            "INSERT INTO staff_term (id, account_id, role, town_id, village_id, by, made_at, ended_at, ended_by)"
            " SELECT gen_random_uuid(), id, role, town_id, village_id, 'person:system', now(), ended_at,"
            " CASE WHEN ended_at IS NULL THEN NULL ELSE 'person:system' END FROM staff_account",
            reverse_sql="",
        ),
    ])
