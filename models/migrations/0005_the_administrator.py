from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0004_the_desk')]

    initial = False

    operations = together([
        ops.RemoveConstraint(model_name='StaffAccount', name='staff_account_role_is_known'),
        ops.AddConstraint(model_name='StaffAccount', constraint=CheckConstraint(check="role IN ('worker','village','town','supervisor','leaders','bureau','admin')", name='staff_account_role_is_known')),
        ops.RemoveConstraint(model_name='StaffAccount', name='staff_account_below_the_bureau_has_a_town'),
        ops.AddConstraint(model_name='StaffAccount', constraint=CheckConstraint(check="role IN ('bureau','admin') OR town_id IS NOT NULL", name='staff_account_below_the_bureau_has_a_town')),
    ])
