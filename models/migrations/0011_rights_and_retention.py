from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
import functools
from json import dumps, loads
from models.sealing import SealedText
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0010_agents_and_identities')]

    initial = False

    operations = together([
        ops.CreateModel(
            name='CorrectionRequest',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='corrections', on_delete=OnDelete.CASCADE)),
                ('field', fields.CharField(max_length=16)),
                ('wanted', SealedText(generated=False, null=False, unique=False)),
                ('why', SealedText(generated=False, null=False, unique=False)),
                ('recorded_by', fields.ForeignKeyField('models.StaffAccount', source_field='recorded_by_id', null=True, db_constraint=True, to_field='id', related_name='recorded_corrections', on_delete=OnDelete.RESTRICT)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_on', fields.DateField(null=True)),
                ('status', fields.CharField(default='open', max_length=8)),
                ('answer', SealedText(null=True, generated=False, unique=False)),
                ('answered_by', fields.ForeignKeyField('models.StaffAccount', source_field='answered_by_id', null=True, db_constraint=True, to_field='id', related_name='answered_corrections', on_delete=OnDelete.RESTRICT)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'correction_request', 'app': 'models', 'indexes': [Index(fields=['status', 'asked_at'])], 'pk_attr': 'id', 'table_description': 'What a person says is wrong about them, and what became of it. `due_on`: only where the district promises one.'},
            bases=['SealedModel'],
        ),
        ops.CreateModel(
            name='Erasure',
            fields=[
                ('subject', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ('category', fields.CharField(max_length=20)),
                ('erased_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'erasure', 'app': 'models', 'pk_attr': 'subject', 'table_description': 'A case or an urgent relief of which only what statistics need is left.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='GivenConsent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='given_consents', on_delete=OnDelete.CASCADE)),
                ('purpose', fields.CharField(max_length=20)),
                ('version', fields.CharField(max_length=16)),
                ('given_by', fields.CharField(max_length=8)),
                ('giver', fields.ForeignKeyField('models.Person', source_field='giver_id', null=True, db_constraint=True, to_field='id', related_name='consents_for_others', on_delete=OnDelete.SET_NULL)),
                ('giver_name', SealedText(null=True, generated=False, unique=False)),
                ('relation', fields.CharField(null=True, max_length=20)),
                ('how', fields.CharField(max_length=12)),
                ('photo', fields.ForeignKeyField('models.Photo', source_field='photo_id', null=True, db_constraint=True, to_field='id', related_name='shows_consents', on_delete=OnDelete.SET_NULL)),
                ('recorded_by', fields.ForeignKeyField('models.StaffAccount', source_field='recorded_by_id', null=True, db_constraint=True, to_field='id', related_name='recorded_consents', on_delete=OnDelete.RESTRICT)),
                ('given_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('withdrawn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'given_consent', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One thing that a person, or who acts for them, agreed to, in which version; withdrawn it stays on record.'},
            bases=['SealedModel'],
        ),
        ops.CreateModel(
            name='LeftoverObject',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'leftover_object', 'app': 'models', 'pk_attr': 'key', 'table_description': "A photo whose row is gone and whose bytes are about to go: written when the row went."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LegalHold',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('case', fields.ForeignKeyField('models.Case', source_field='case_id', db_constraint=True, to_field='id', related_name='holds', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharField(max_length=12)),
                ('note', SealedText(null=True, generated=False, unique=False)),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('placed_by', fields.ForeignKeyField('models.StaffAccount', source_field='placed_by_id', db_constraint=True, to_field='id', related_name='placed_holds', on_delete=OnDelete.RESTRICT)),
                ('lifted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'legal_hold', 'app': 'models', 'pk_attr': 'id', 'table_description': 'Nothing of this case is deleted while it stands: a complaint, an audit, a court.'},
            bases=['SealedModel'],
        ),
        ops.CreateModel(
            name='NoticeAcknowledgement',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='acknowledgements', on_delete=OnDelete.CASCADE)),
                ('version', fields.CharField(max_length=16)),
                ('how', fields.CharField(max_length=12)),
                ('recorded_by', fields.ForeignKeyField('models.StaffAccount', source_field='recorded_by_id', null=True, db_constraint=True, to_field='id', related_name='recorded_acknowledgements', on_delete=OnDelete.RESTRICT)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'notice_acknowledgement', 'app': 'models', 'unique_together': (('person', 'version'),), 'pk_attr': 'id', 'table_description': 'The person has read, or was read, one version of the notice. Never a condition of help.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RetentionRun',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('as_of', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('digest', fields.CharField(max_length=64)),
                ('items', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('done', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('status', fields.CharField(default='asked', max_length=8)),
                ('asked_by', fields.ForeignKeyField('models.StaffAccount', source_field='asked_by_id', db_constraint=True, to_field='id', related_name='asked_deletions', on_delete=OnDelete.RESTRICT)),
                ('asked_person', fields.UUIDField()),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('granted_by', fields.ForeignKeyField('models.StaffAccount', source_field='granted_by_id', null=True, db_constraint=True, to_field='id', related_name='granted_deletions', on_delete=OnDelete.RESTRICT)),
                ('granted_person', fields.UUIDField(null=True)),
                ('granted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'retention_run', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One deletion by the schedule: previewed and asked for by one human, granted by another, then carried out.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='UnmaskedList',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('town_id', fields.IntField(null=True)),
                ('village_id', fields.IntField(null=True)),
                ('columns', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('people', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('number', fields.IntField()),
                ('reason', SealedText(generated=False, null=False, unique=False)),
                ('status', fields.CharField(default='asked', max_length=8)),
                ('asked_by', fields.ForeignKeyField('models.StaffAccount', source_field='asked_by_id', db_constraint=True, to_field='id', related_name='asked_lists', on_delete=OnDelete.RESTRICT)),
                ('asked_person', fields.UUIDField()),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('granted_by', fields.ForeignKeyField('models.StaffAccount', source_field='granted_by_id', null=True, db_constraint=True, to_field='id', related_name='granted_lists', on_delete=OnDelete.RESTRICT)),
                ('granted_person', fields.UUIDField(null=True)),
                ('granted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('taken_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'unmasked_list', 'app': 'models', 'indexes': [Index(fields=['status', 'asked_at'])], 'pk_attr': 'id', 'table_description': 'Particulars of several people in one file: asked for by one human, granted by another, taken once.'},
            bases=['SealedModel'],
        ),
        # CreateModel leaves constraints out: each is added by itself.
        ops.AddConstraint('NoticeAcknowledgement', CheckConstraint(check="how IN ('phone','read_aloud','paper')", name='notice_acknowledgement_how_is_known')),
        ops.AddConstraint('NoticeAcknowledgement', CheckConstraint(check="(how = 'phone') = (recorded_by_id IS NULL)", name='notice_acknowledgement_by_staff_off_the_phone')),
        ops.AddConstraint('GivenConsent', UniqueConstraint(fields=('person_id', 'purpose'), name='given_consent_one_in_force', condition='withdrawn_at IS NULL')),
        ops.AddConstraint('GivenConsent', CheckConstraint(check="purpose IN ('property_check','child_under_14','list_messages','photo_elsewhere')", name='given_consent_purpose_is_known')),
        ops.AddConstraint('GivenConsent', CheckConstraint(check="given_by IN ('self','guardian','agent')", name='given_consent_giver_is_known')),
        ops.AddConstraint('GivenConsent', CheckConstraint(check="given_by = 'self' OR (giver_name IS NOT NULL AND relation IS NOT NULL)", name='given_consent_for_another_is_named')),
        ops.AddConstraint('GivenConsent', CheckConstraint(check="purpose <> 'child_under_14' OR given_by = 'guardian'", name='given_consent_for_a_child')),
        ops.AddConstraint('GivenConsent', CheckConstraint(check="how IN ('phone','read_aloud','paper')", name='given_consent_how_is_known')),
        ops.AddConstraint('GivenConsent', CheckConstraint(check="(how = 'phone') = (recorded_by_id IS NULL)", name='given_consent_by_staff_off_the_phone')),
        ops.AddConstraint('CorrectionRequest', UniqueConstraint(fields=('person_id', 'field'), name='correction_request_one_open_a_field', condition="status = 'open'")),
        ops.AddConstraint('CorrectionRequest', CheckConstraint(check="status IN ('open','accepted','refused')", name='correction_request_status_is_known')),
        ops.AddConstraint('CorrectionRequest', CheckConstraint(check="field IN ('name','born_on','phone','id_number','bank_account','address','other')", name='correction_request_field_is_known')),
        ops.AddConstraint('CorrectionRequest', CheckConstraint(check="(status = 'open') = (answered_at IS NULL) AND (answered_at IS NULL) = (answered_by_id IS NULL)", name='correction_request_answered_by_somebody')),
        ops.AddConstraint('CorrectionRequest', CheckConstraint(check="status <> 'refused' OR answer IS NOT NULL", name='correction_request_refused_says_why')),
        ops.AddConstraint('UnmaskedList', CheckConstraint(check="status IN ('asked','granted','refused','taken','lapsed')", name='unmasked_list_status_is_known')),
        ops.AddConstraint('UnmaskedList', CheckConstraint(check='granted_person IS NULL OR granted_person <> asked_person', name='unmasked_list_takes_two_people')),
        ops.AddConstraint('UnmaskedList', CheckConstraint(check="status NOT IN ('granted','taken') OR (granted_person IS NOT NULL AND granted_at IS NOT NULL)", name='unmasked_list_is_granted_by_somebody')),
        ops.AddConstraint('UnmaskedList', CheckConstraint(check="(status = 'taken') = (taken_at IS NOT NULL)", name='unmasked_list_taken_at_a_time')),
        ops.AddConstraint('LegalHold', UniqueConstraint(fields=('case_id',), name='legal_hold_one_a_case', condition='lifted_at IS NULL')),
        ops.AddConstraint('LegalHold', CheckConstraint(check="kind IN ('complaint','audit','court')", name='legal_hold_kind_is_known')),
        ops.AddConstraint('RetentionRun', UniqueConstraint(fields=('status',), name='retention_run_one_at_a_time', condition="status IN ('asked','granted')")),
        ops.AddConstraint('RetentionRun', CheckConstraint(check="status IN ('asked','granted','refused','done')", name='retention_run_status_is_known')),
        ops.AddConstraint('RetentionRun', CheckConstraint(check='granted_person IS NULL OR granted_person <> asked_person', name='retention_run_takes_two_people')),
        ops.AddConstraint('RetentionRun', CheckConstraint(check="status NOT IN ('granted','done') OR (granted_person IS NOT NULL AND granted_at IS NOT NULL)", name='retention_run_is_granted_by_somebody')),
        ops.AddConstraint('RetentionRun', CheckConstraint(check="(status = 'done') = (finished_at IS NOT NULL)", name='retention_run_done_at_a_time')),
    ])
