from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
from models.sealing import BlindIndex, SealedJSON, SealedText
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Seal(ops.AlterField):
    """Text becomes the bytes of that text: `migrate` seals them right afterwards, and until then nothing reads them."""

    async def database_forward(self, app_label, old_state, new_state, state_editor=None):
        if not state_editor:
            return
        table = new_state.apps.get_model(f"{app_label}.{self.model_name}")._meta.db_table
        await state_editor._run_sql(
            f'ALTER TABLE "{table}" ALTER COLUMN "{self.name}" DROP DEFAULT, '
            f'ALTER COLUMN "{self.name}" TYPE BYTEA USING convert_to("{self.name}"::text, \'UTF8\')'
        )


class Migration(migrations.Migration):
    dependencies = [('models', '0007_commands_once')]

    initial = False

    operations = together([
        ops.CreateModel(
            name='WrappedKey',
            fields=[
                ('number', fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('purpose', fields.CharField(max_length=8)),
                ('algorithm', fields.CharField(max_length=16)),
                ('wrapped', fields.BinaryField()),
                ('state', fields.CharField(max_length=10)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('retired_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'wrapped_key', 'app': 'models', 'pk_attr': 'number', 'table_description': 'One data key. `state`: announced (every process loads it), writing (it seals), reading (it only opens), retired.'},
            bases=['Model'],
        ),
        # CreateModel leaves constraints out: each is added by itself.
        ops.AddConstraint('WrappedKey', CheckConstraint(check="purpose IN ('rows','index')", name='wrapped_key_purpose_is_known')),
        ops.AddConstraint('WrappedKey', CheckConstraint(check="algorithm IN ('aes-256-gcm','sm4-gcm')", name='wrapped_key_algorithm_is_known')),
        ops.AddConstraint('WrappedKey', CheckConstraint(check="state IN ('announced','writing','reading','retired')", name='wrapped_key_state_is_known')),
        ops.AddConstraint('WrappedKey', CheckConstraint(check="(state = 'retired') = (retired_at IS NOT NULL)", name='wrapped_key_retired_at_a_time')),
        ops.AddConstraint('WrappedKey', UniqueConstraint(fields=('purpose',), name='wrapped_key_one_writes', condition="state = 'writing'")),
        Seal(
            model_name='Application',
            name='facts',
            field=SealedJSON(default=dict, generated=False, null=False, unique=False),
        ),
        Seal(
            model_name='Application',
            name='story',
            field=SealedText(generated=False, null=False, unique=False),
        ),
        ops.RemoveConstraint(
            model_name='Case',
            name='case_deposit_is_not_negative',
            fields=None,
        ),
        Seal(
            model_name='Case',
            name='deposit_fen',
            field=SealedJSON(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='Case',
            name='evidence_waiver',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='Case',
            name='reason',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='Case',
            name='referral_reason',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='CaseClock',
            name='late_reason',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='Deliberation',
            name='override_reason',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='Deliberation',
            name='supervisor_opinion',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='Deliberation',
            name='void_reason',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name='Delivery',
            name='note',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        ops.RemoveConstraint(
            model_name='Determination',
            name='determination_rejected_has_a_reason',
            fields=None,
        ),
        Seal(
            model_name='Determination',
            name='cap_lines',
            field=SealedJSON(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='Determination',
            name='other_causes',
            field=SealedJSON(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='Determination',
            name='reason',
            field=SealedText(default='', generated=False, null=False, unique=False),
        ),
        ops.AddConstraint(
            model_name='Determination',
            constraint=CheckConstraint(check="outcome <> 'rejected' OR octet_length(reason) > 33 OR substring(reason from 1 for 1) <> '\\x01'::bytea", name='determination_rejected_has_a_reason'),
        ),
        ops.RemoveConstraint(
            model_name='Evidence',
            name=None,
            fields=['case', 'title'],
        ),
        Seal(
            model_name='Evidence',
            name='title',
            field=SealedText(generated=False, null=False, unique=False),
        ),
        ops.AddField(
            model_name='Evidence',
            name='title_index',
            field=BlindIndex(null=True, source='title'),
        ),
        ops.AddConstraint(
            model_name='Evidence',
            constraint=UniqueConstraint(fields=('case', 'title_index'), name=None),
        ),
        Seal(
            model_name='Handover',
            name='conversation',
            field=SealedJSON(generated=False, null=False, unique=False),
        ),
        Seal(
            model_name='HandoverReply',
            name='text',
            field=SealedText(generated=False, null=False, unique=False),
        ),
        Seal(
            model_name='HomeVisit',
            name='findings',
            field=SealedText(generated=False, null=False, unique=False),
        ),
        Seal(
            model_name='PanelMember',
            name='recused_reason',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        ops.AlterModelOptions(
            name='Person',
            options={'table': 'person', 'app': 'models', 'constraints': [CheckConstraint(check='length(name) > 0', name='person_has_a_name')], 'pk_attr': 'id', 'table_description': 'A human being known to the service: resident, cadre or staff.'},
        ),
        Seal(
            model_name='Person',
            name='phone',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name='Person',
            name='address',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name='Person',
            name='bank_account',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name='Person',
            name='id_number',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name='Person',
            name='id_number_index',
            field=BlindIndex(null=True, db_index=True, source='id_number'),
        ),
        ops.AddField(
            model_name='Person',
            name='phone_index',
            field=BlindIndex(null=True, db_index=True, source='phone'),
        ),
        Seal(
            model_name='ResultReceipt',
            name='note',
            field=SealedText(default='', generated=False, null=False, unique=False),
        ),
        Seal(
            model_name='UrgentRelief',
            name='late_reason',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='UrgentRelief',
            name='refused_reason',
            field=SealedText(null=True, generated=False, unique=False),
        ),
        Seal(
            model_name='UrgentRelief',
            name='what_happened',
            field=SealedText(generated=False, null=False, unique=False),
        ),
    ])
