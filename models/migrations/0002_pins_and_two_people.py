from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
import functools
from json import dumps, loads
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0001_initial')]

    initial = False

    operations = together([
        ops.AddField(
            model_name='Case',
            name='deposit_fen',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='Case',
            name='readings',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='Case',
            name='standard_fen',
            field=fields.BigIntField(null=True),
        ),
        ops.AddConstraint(
            model_name='Case',
            constraint=CheckConstraint(check='deposit_fen IS NULL OR deposit_fen >= 0', name='case_deposit_is_not_negative'),
        ),
        ops.AddField(
            model_name='Determination',
            name='standard_fen',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='LivingStandard',
            name='confirmed_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='LivingStandard',
            name='confirmed_by',
            field=fields.CharField(null=True, max_length=60),
        ),
        ops.AddField(
            model_name='LivingStandard',
            name='entered_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='LivingStandard',
            name='entered_by',
            field=fields.CharField(null=True, max_length=60),
        ),
        ops.AddConstraint(
            model_name='LivingStandard',
            constraint=CheckConstraint(check='confirmed_by IS NULL OR confirmed_by <> entered_by', name='living_standard_takes_two_people'),
        ),
        ops.AddConstraint(
            model_name='LivingStandard',
            constraint=CheckConstraint(check='(confirmed_by IS NULL) = (confirmed_at IS NULL)', name='living_standard_confirmed_at_a_time'),
        ),
        ops.AddField(
            model_name='PanelMember',
            name='left_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddConstraint(
            model_name='PanelMember',
            constraint=CheckConstraint(check='left_at IS NULL OR (checked_in_at IS NOT NULL AND left_at >= checked_in_at)', name='panel_member_leaves_after_coming'),
        ),
    ])
