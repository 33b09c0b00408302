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
    dependencies = [('models', '0009_accounts_by_invitation')]

    initial = False

    operations = together([
        ops.CreateModel(
            name='Agency',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('principal', fields.ForeignKeyField('models.Person', source_field='principal_id', db_constraint=True, to_field='id', related_name='agencies', on_delete=OnDelete.RESTRICT)),
                ('agent', fields.ForeignKeyField('models.Person', source_field='agent_id', db_constraint=True, to_field='id', related_name='acts_for', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharField(max_length=12)),
                ('acts', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('authority', SealedText(generated=False, null=False, unique=False)),
                ('wish', SealedText(generated=False, null=False, unique=False)),
                ('photo', fields.ForeignKeyField('models.Photo', source_field='photo_id', null=True, db_constraint=True, to_field='id', related_name='agencies', on_delete=OnDelete.SET_NULL)),
                ('from_day', fields.DateField()),
                ('to_day', fields.DateField(null=True)),
                ('recorded_by', fields.ForeignKeyField('models.StaffAccount', source_field='recorded_by_id', null=True, db_constraint=True, to_field='id', related_name='recorded_agencies', on_delete=OnDelete.RESTRICT)),
                ('recorded_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('confirmed_by', fields.ForeignKeyField('models.StaffAccount', source_field='confirmed_by_id', null=True, db_constraint=True, to_field='id', related_name='confirmed_agencies', on_delete=OnDelete.RESTRICT)),
                ('confirmed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_by', fields.CharField(null=True, max_length=60)),
                ('ended_why', SealedText(null=True, generated=False, unique=False)),
            ],
            options={'table': 'agency', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One person acts for another. In force once it is confirmed, from `from_day` to `to_day`, until it is ended.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Invitation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='invitations', on_delete=OnDelete.RESTRICT)),
                ('code_digest', fields.CharField(unique=True, max_length=32)),
                ('made_by', fields.ForeignKeyField('models.StaffAccount', source_field='made_by_id', db_constraint=True, to_field='id', related_name='codes_made', on_delete=OnDelete.RESTRICT)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'invitation', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A code that joins a WeChat login to a person whom staff wrote down. Only a keyed digest of it is kept.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PlatformIdentity',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', null=True, db_constraint=True, to_field='id', related_name='identities', on_delete=OnDelete.RESTRICT)),
                ('account', fields.CharField(max_length=16)),
                ('openid', fields.CharField(max_length=64)),
                ('unionid', fields.CharField(null=True, db_index=True, max_length=64)),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'platform_identity', 'app': 'models', 'pk_attr': 'id', 'table_description': 'Whom one account of the platform knows by an openid.'},
            bases=['Model'],
        ),
        # CreateModel leaves constraints out: each is added by itself.
        ops.AddConstraint('Agency', CheckConstraint(check="kind IN ('guardian','relative','entrusted','cadre')", name='agency_kind_is_known')),
        ops.AddConstraint('Agency', CheckConstraint(check='principal_id <> agent_id', name='agency_is_for_another')),
        ops.AddConstraint('Agency', CheckConstraint(check='to_day IS NULL OR to_day >= from_day', name='agency_term_runs_forward')),
        ops.AddConstraint('Agency', CheckConstraint(check="kind = 'guardian' OR to_day IS NOT NULL", name='agency_has_an_end')),
        ops.AddConstraint('Agency', CheckConstraint(check='(confirmed_at IS NULL) = (confirmed_by_id IS NULL)', name='agency_is_confirmed_by_somebody')),
        ops.AddConstraint('Agency', CheckConstraint(check='(ended_at IS NULL) = (ended_by IS NULL)', name='agency_is_ended_by_somebody')),
        ops.AddConstraint('Agency', UniqueConstraint(fields=('principal_id', 'agent_id'), name='agency_once_a_pair', condition='ended_at IS NULL')),
        ops.AddConstraint('Invitation', CheckConstraint(check='ends_at > made_at', name='invitation_runs_forward')),
        ops.AddConstraint('Invitation', CheckConstraint(check='used_at IS NULL OR revoked_at IS NULL', name='invitation_ends_once')),
        ops.AddConstraint('Invitation', UniqueConstraint(fields=('person_id',), name='invitation_one_open_a_person', condition='used_at IS NULL AND revoked_at IS NULL')),
        ops.AddConstraint('PlatformIdentity', UniqueConstraint(fields=('account', 'openid'), name='platform_identity_openid_once_an_account')),
        ops.AddConstraint('PlatformIdentity', CheckConstraint(check="account IN ('mini_program','service_account')", name='platform_identity_account_is_known')),
    ])
