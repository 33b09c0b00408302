from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0014_notices_that_arrive')]

    initial = False

    operations = together([
        ops.AddField(
            model_name='Deliberation',
            name='convened_by',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Deliberation',
            name='changes',
            field=fields.SmallIntField(null=True),
        ),
        ops.RunSQL('UPDATE deliberation SET changes = 0'),
        ops.AlterField(
            model_name='Deliberation',
            name='changes',
            field=fields.SmallIntField(default=0),
        ),
        ops.AddField(
            model_name='PanelMember',
            name='substitute_wanted',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='PanelMember',
            name='replaced_by',
            field=fields.UUIDField(null=True),
        ),
    ])
