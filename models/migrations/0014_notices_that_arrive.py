from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0013_wecom_userid')]

    initial = False

    operations = together([
        ops.CreateModel(
            name='ChannelPause',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=20)),
                ('template_id', fields.CharField(default='', max_length=64)),
                ('until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('errcode', fields.IntField(null=True)),
                ('error', fields.CharField(null=True, max_length=200)),
            ],
            options={'table': 'channel_pause', 'app': 'models', 'constraints': [UniqueConstraint(fields=('channel', 'template_id'), name='channel_pause_once')], 'pk_attr': 'id', 'table_description': "A channel, or one template of it, that is not used until `until`: the day's quota is gone, or the platform refuses."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ConsentEntry',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='consent_entries', on_delete=OnDelete.CASCADE)),
                ('template_id', fields.CharField(max_length=64)),
                ('what', fields.CharField(max_length=12)),
                ('source', fields.CharField(max_length=10)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('event_key', fields.CharField(null=True, unique=True, max_length=160)),
                ('paired', fields.BooleanField(default=False)),
                ('delivery_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'consent_entry', 'app': 'models', 'constraints': [CheckConstraint(check="what IN ('accepted','rejected','always','long_term','reserved','refunded','emptied')", name='consent_entry_what_is_known'), CheckConstraint(check="source IN ('phone','platform','delivery')", name='consent_entry_source_is_known')], 'indexes': [Index(fields=['person_id', 'template_id', 'at'])], 'pk_attr': 'id', 'table_description': 'One change of the ledger. `event_key`: what makes the same call-back or pushed event count once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='OperatorAlert',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('what', fields.CharField(max_length=80)),
                ('errcode', fields.IntField(null=True)),
                ('error', fields.CharField(null=True, max_length=200)),
                ('count', fields.IntField(default=1)),
                ('first_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('settled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('settled_by', fields.UUIDField(null=True)),
            ],
            options={'table': 'operator_alert', 'app': 'models', 'constraints': [UniqueConstraint(fields=('what',), name='operator_alert_one_open', condition='settled_at IS NULL')], 'pk_attr': 'id', 'table_description': 'What only the operator can put right: a template, a page, a key. Counted while it is open.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Reached',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('notice', fields.ForeignKeyField('models.Notice', source_field='notice_id', db_constraint=True, to_field='id', related_name='reached', on_delete=OnDelete.CASCADE)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='reached_by', on_delete=OnDelete.CASCADE)),
                ('how', fields.CharField(max_length=12)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_by', fields.UUIDField(null=True)),
            ],
            options={'table': 'reached', 'app': 'models', 'unique_together': (('notice', 'person'),), 'constraints': [CheckConstraint(check="how IN ('opened','answered','telephoned','in_person')", name='reached_how_is_known'), CheckConstraint(check="(how IN ('telephoned','in_person')) = (recorded_by IS NOT NULL)", name='reached_who_told')], 'pk_attr': 'id', 'table_description': 'That a person knows of a notice: they opened it or answered, or somebody told them and wrote that down.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RetiredAddress',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('address', fields.CharField(unique=True, max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'retired_address', 'app': 'models', 'pk_attr': 'id', 'table_description': 'An openid that the platform no longer knows (40003). A new login with it takes it off.'},
            bases=['Model'],
        ),
        ops.RemoveIndex(
            model_name='Delivery',
            name=None,
            fields=['status', 'due_at'],
        ),
        ops.RemoveConstraint(
            model_name='Delivery',
            name='delivery_status_is_known',
            fields=None,
        ),
        ops.RemoveConstraint(
            model_name='Delivery',
            name='delivery_channel_is_known',
            fields=None,
        ),
        ops.AlterModelOptions(
            name='Delivery',
            options={'table': 'delivery', 'app': 'models', 'unique_together': (('notice', 'person', 'channel'),), 'constraints': [CheckConstraint(check="status IN ('pending','sending','sent','uncertain','unconfirmed','failed','cancelled')", name='delivery_status_is_known'), CheckConstraint(check="channel IN ('subscribe_message','service_account','wecom','sms','call_list')", name='delivery_channel_is_known'), CheckConstraint(check='lane BETWEEN 0 AND 3', name='delivery_lane_is_known'), CheckConstraint(check="status <> 'sending' OR claimed_until IS NOT NULL", name='delivery_sending_is_claimed')], 'indexes': [PartialIndex(fields=['channel', 'lane', 'due_at'], name='delivery_waiting', condition={'status': 'pending'}), PartialIndex(fields=['claimed_until'], name='delivery_claimed', condition={'status': 'sending'}), PartialIndex(fields=['address'], name='delivery_uncertain', condition={'status': 'uncertain'}), Index(fields=['person_id']), Index(fields=['msgid']), Index(fields=['go_on_at'])], 'pk_attr': 'id', 'table_description': '送达: one notice to one person through one channel, with its receipt (states: notices/states.py).'},
        ),
        ops.AddField(
            model_name='Delivery',
            name='address',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='Delivery',
            name='claimed_by',
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AddField(
            model_name='Delivery',
            name='go_on_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Delivery',
            name='lane',
            field=fields.SmallIntField(default=2),
        ),
        ops.AddField(
            model_name='Delivery',
            name='may_send_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Delivery',
            name='msgid',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='Delivery',
            name='paid',
            field=fields.BooleanField(default=False),
        ),
        ops.AddField(
            model_name='Delivery',
            name='receipt_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddIndex(
            model_name='Delivery',
            index=PartialIndex(fields=['channel', 'lane', 'due_at'], name='delivery_waiting', condition={'status': 'pending'}),
        ),
        ops.AddIndex(
            model_name='Delivery',
            index=PartialIndex(fields=['claimed_until'], name='delivery_claimed', condition={'status': 'sending'}),
        ),
        ops.AddIndex(
            model_name='Delivery',
            index=PartialIndex(fields=['address'], name='delivery_uncertain', condition={'status': 'uncertain'}),
        ),
        ops.AddIndex(
            model_name='Delivery',
            index=Index(fields=['person_id']),
        ),
        ops.AddIndex(
            model_name='Delivery',
            index=Index(fields=['msgid']),
        ),
        ops.AddIndex(
            model_name='Delivery',
            index=Index(fields=['go_on_at']),
        ),
        ops.AddConstraint(
            model_name='Delivery',
            constraint=CheckConstraint(check="status IN ('pending','sending','sent','uncertain','unconfirmed','failed','cancelled')", name='delivery_status_is_known'),
        ),
        ops.AddConstraint(
            model_name='Delivery',
            constraint=CheckConstraint(check="channel IN ('subscribe_message','service_account','wecom','sms','call_list')", name='delivery_channel_is_known'),
        ),
        ops.AddConstraint(
            model_name='Delivery',
            constraint=CheckConstraint(check='lane BETWEEN 0 AND 3', name='delivery_lane_is_known'),
        ),
        ops.AlterField(
            model_name='Notice',
            name='created_at',
            field=fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Notice',
            name='cancelled_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Notice',
            name='subject',
            field=fields.CharField(null=True, db_index=True, max_length=60),
        ),
        ops.AddField(
            model_name='Notice',
            name='useless_after',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddConstraint('ChannelPause', UniqueConstraint(fields=('channel', 'template_id'), name='channel_pause_once')),
        ops.AddConstraint('ConsentEntry', CheckConstraint(check="what IN ('accepted','rejected','always','long_term','reserved','refunded','emptied')", name='consent_entry_what_is_known')),
        ops.AddConstraint('ConsentEntry', CheckConstraint(check="source IN ('phone','platform','delivery')", name='consent_entry_source_is_known')),
        ops.AddConstraint('OperatorAlert', UniqueConstraint(fields=('what',), name='operator_alert_one_open', condition='settled_at IS NULL')),
        ops.AddConstraint('Reached', CheckConstraint(check="how IN ('opened','answered','telephoned','in_person')", name='reached_how_is_known')),
        ops.AddConstraint('Reached', CheckConstraint(check="(how IN ('telephoned','in_person')) = (recorded_by IS NOT NULL)", name='reached_who_told')),
    ])
