from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0003_linked_cases_and_late_reasons')]

    initial = False

    operations = together([
        ops.CreateModel(
            name='AskedQuestion',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('digest', fields.CharField(unique=True, max_length=64)),
                ('text', fields.CharField(max_length=500)),
                ('times', fields.IntField(default=0)),
                ('bad_ratings', fields.IntField(default=0)),
                ('outcome', fields.CharField(max_length=8)),
                ('intent', fields.CharField(null=True, max_length=40)),
                ('first_on', fields.DateField()),
                ('last_on', fields.DateField()),
                ('status', fields.CharField(default='open', max_length=8)),
                ('right_intent', fields.CharField(null=True, max_length=40)),
                ('note', fields.CharField(default='', max_length=200)),
                ('settled_by', fields.CharField(null=True, max_length=60)),
                ('settled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'asked_question', 'app': 'models', 'indexes': [Index(fields=['status', 'last_on'])], 'pk_attr': 'id', 'table_description': 'A question that was not answered or was rated badly, without personal data; asked again it is counted.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='BotDay',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('day', fields.DateField()),
                ('door', fields.CharField(max_length=16)),
                ('what', fields.CharField(max_length=12)),
                ('count', fields.IntField()),
            ],
            options={'table': 'bot_day', 'app': 'models', 'unique_together': (('day', 'door', 'what'),), 'pk_attr': 'id', 'table_description': "How many questions came to what, by day and door; no question and nobody's name."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='BotModel',
            fields=[
                ('digest', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('data', fields.BinaryField()),
                ('trained_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'bot_model', 'app': 'models', 'pk_attr': 'digest', 'table_description': 'A trained model by the digest of what it was trained from, so that every process reads the same one.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='EntryDraft',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('intent', fields.CharField(unique=True, max_length=40)),
                ('content', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('based_on', fields.IntField()),
                ('origin', fields.CharField(default='edited', max_length=8)),
                ('by', fields.CharField(max_length=60)),
                ('by_name', fields.CharField(max_length=40)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('trial', fields.CharField(default='none', max_length=8)),
                ('trial_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('trial_of', fields.CharField(null=True, max_length=64)),
                ('trial_result', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'entry_draft', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What an entry is to become: one draft an entry, with what became of trying it out.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='EntryVersion',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('intent', fields.CharField(max_length=40)),
                ('number', fields.IntField()),
                ('content', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('origin', fields.CharField(max_length=8)),
                ('why', fields.CharField(max_length=200)),
                ('by', fields.CharField(max_length=60)),
                ('by_name', fields.CharField(max_length=40)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('published_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'entry_version', 'app': 'models', 'unique_together': (('intent', 'number'),), 'pk_attr': 'id', 'table_description': 'One version of one entry; rows are only ever added, and the published one with the highest number is in force.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Handover',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('door', fields.CharField(max_length=16)),
                ('openid', fields.CharField(null=True, max_length=64)),
                ('code_digest', fields.CharField(null=True, unique=True, max_length=64)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', null=True, db_constraint=True, to_field='id', related_name='handovers', on_delete=OnDelete.RESTRICT)),
                ('town', fields.ForeignKeyField('models.Town', source_field='town_id', null=True, db_constraint=True, to_field='id', related_name='handovers', on_delete=OnDelete.RESTRICT)),
                ('status', fields.CharField(default='waiting', max_length=8)),
                ('conversation', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('taken_by', fields.ForeignKeyField('models.StaffAccount', source_field='taken_by_id', null=True, db_constraint=True, to_field='id', related_name='handovers', on_delete=OnDelete.RESTRICT)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'handover', 'app': 'models', 'indexes': [Index(fields=['status', 'opened_at']), Index(fields=['openid', 'status'])], 'pk_attr': 'id', 'table_description': 'A conversation that a person answers. `conversation`: what was said, without personal data, the oldest first.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='HandoverReply',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('handover', fields.ForeignKeyField('models.Handover', source_field='handover_id', db_constraint=True, to_field='id', related_name='replies', on_delete=OnDelete.RESTRICT)),
                ('text', fields.CharField(max_length=600)),
                ('by', fields.CharField(max_length=60)),
                ('by_name', fields.CharField(max_length=40)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('status', fields.CharField(max_length=9)),
                ('attempts', fields.SmallIntField(default=0)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('claimed_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reached_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('errcode', fields.IntField(null=True)),
                ('error', fields.CharField(null=True, max_length=200)),
            ],
            options={'table': 'handover_reply', 'app': 'models', 'indexes': [Index(fields=['status', 'due_at'])], 'pk_attr': 'id', 'table_description': 'What a member of staff answered, and whether it arrived.'},
            bases=['Model'],
        ),
        # CreateModel leaves constraints out: each is added by itself.
        ops.AddConstraint('EntryVersion', CheckConstraint(check="origin IN ('shipped','edited','restored')", name='entry_version_origin_is_known')),
        ops.AddConstraint('EntryVersion', CheckConstraint(check='length(why) > 0', name='entry_version_says_why')),
        ops.AddConstraint('EntryDraft', CheckConstraint(check="trial IN ('none','wanted','working','ready','failed')", name='entry_draft_trial_is_known')),
        ops.AddConstraint('EntryDraft', CheckConstraint(check="trial <> 'working' OR trial_until IS NOT NULL", name='entry_draft_working_is_claimed')),
        ops.AddConstraint('EntryDraft', CheckConstraint(check="trial <> 'ready' OR (trial_of IS NOT NULL AND trial_result IS NOT NULL)", name='entry_draft_ready_has_a_result')),
        ops.AddConstraint('AskedQuestion', CheckConstraint(check="status IN ('open','settled','left')", name='asked_question_status_is_known')),
        ops.AddConstraint('AskedQuestion', CheckConstraint(check="outcome IN ('answer','suggest','handover','refuse')", name='asked_question_outcome_is_known')),
        ops.AddConstraint('AskedQuestion', CheckConstraint(check="status <> 'settled' OR right_intent IS NOT NULL", name='asked_question_settled_has_an_intent')),
        ops.AddConstraint('AskedQuestion', CheckConstraint(check="(status = 'open') = (settled_at IS NULL)", name='asked_question_settled_at_a_time')),
        ops.AddConstraint('BotDay', CheckConstraint(check='count >= 0', name='bot_day_counts_up')),
        ops.AddConstraint('Handover', UniqueConstraint(fields=('door', 'openid'), name='handover_one_open_a_phone', condition="status <> 'closed' AND openid IS NOT NULL")),
        ops.AddConstraint('Handover', CheckConstraint(check="status IN ('waiting','taken','answered','closed')", name='handover_status_is_known')),
        ops.AddConstraint('Handover', CheckConstraint(check="door IN ('service_account','mini_program','api','page')", name='handover_door_is_known')),
        ops.AddConstraint('Handover', CheckConstraint(check='(openid IS NULL) <> (code_digest IS NULL)', name='handover_has_one_way_back')),
        ops.AddConstraint('Handover', CheckConstraint(check="(status = 'closed') = (closed_at IS NOT NULL)", name='handover_closed_at_a_time')),
        ops.AddConstraint('Handover', CheckConstraint(check="status NOT IN ('taken','answered') OR taken_by_id IS NOT NULL", name='handover_taken_by_somebody')),
        ops.AddConstraint('HandoverReply', CheckConstraint(check="status IN ('pending','sending','sent','uncertain','kept','shown')", name='handover_reply_status_is_known')),
        ops.AddConstraint('HandoverReply', CheckConstraint(check="status <> 'sending' OR claimed_until IS NOT NULL", name='handover_reply_sending_is_claimed')),
        ops.AddConstraint('HandoverReply', CheckConstraint(check="(status IN ('sent','shown')) = (reached_at IS NOT NULL)", name='handover_reply_reached_at_a_time')),
    ])
