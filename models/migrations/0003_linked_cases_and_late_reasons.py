from tortoise import migrations
from tortoise.migrations import operations as ops
from models.operations import together
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

# Tortoise's AddField leaves existing rows at NULL whatever the default: so nullable first, filled, then NOT NULL.
class Migration(migrations.Migration):
    dependencies = [('models', '0002_pins_and_two_people')]

    initial = False

    operations = together([
        ops.AddField(
            model_name='Case',
            name='after_urgent',
            field=fields.ForeignKeyField('models.UrgentRelief', source_field='after_urgent_id', null=True, db_constraint=True, to_field='id', related_name='cases', on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='CaseClock',
            name='late_reason',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddConstraint(
            model_name='CaseClock',
            constraint=CheckConstraint(check="outcome IS NULL OR outcome IN ('on_time','late','moot')", name='case_clock_outcome_is_known'),
        ),
        ops.AddField(
            model_name='Deliberation',
            name='override_leader',
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.RunSQL(
            "UPDATE deliberation SET override_leader = '未记录' WHERE override_reason IS NOT NULL", reverse_sql=""
        ),
        ops.AddConstraint(
            model_name='Deliberation',
            constraint=CheckConstraint(check='(override_reason IS NULL) = (override_leader IS NULL)', name='deliberation_override_names_a_leader'),
        ),
        ops.AddField(
            model_name='Determination',
            name='cap_lines',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='Determination',
            name='other_causes',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AlterModelOptions(
            name='Evidence',
            options={'table': 'evidence', 'app': 'models', 'unique_together': (('case', 'title'),), 'pk_attr': 'id', 'table_description': '佐证材料: one thing that proves something; suggested, waivable with a reason. A renewal carries it over.'},
        ),
        ops.AddField(
            model_name='Evidence',
            name='carried_over',
            field=fields.BooleanField(null=True),
        ),
        ops.RunSQL("UPDATE evidence SET carried_over = false", reverse_sql=""),
        ops.AlterField(
            model_name='Evidence',
            name='carried_over',
            field=fields.BooleanField(default=False),
        ),
        ops.AlterField(
            model_name='LivingStandard',
            name='effective_from',
            field=fields.DateField(),
        ),
        ops.AddField(
            model_name='LivingStandard',
            name='region',
            field=fields.CharField(null=True, max_length=6),
        ),
        ops.RunSQL("UPDATE living_standard SET region = '330302'", reverse_sql=""),
        ops.AlterField(
            model_name='LivingStandard',
            name='region',
            field=fields.CharField(default='330302', max_length=6),
        ),
        ops.AddField(
            model_name='LivingStandard',
            name='source_url',
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.RunSQL("UPDATE living_standard SET source_url = ''", reverse_sql=""),
        ops.AlterField(
            model_name='LivingStandard',
            name='source_url',
            field=fields.CharField(default='', max_length=200),
        ),
        ops.AddField(
            model_name='LivingStandard',
            name='superseded_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddConstraint(
            model_name='LivingStandard',
            constraint=UniqueConstraint(fields=('region', 'effective_from'), name='living_standard_one_in_force', condition='confirmed_at IS NOT NULL AND superseded_at IS NULL'),
        ),
        ops.AddConstraint(
            model_name='LivingStandard',
            constraint=UniqueConstraint(fields=('region', 'effective_from'), name='living_standard_one_waiting', condition='confirmed_at IS NULL'),
        ),
        ops.AddConstraint(
            model_name='LivingStandard',
            constraint=CheckConstraint(check="region ~ '^[0-9]{6}$'", name='living_standard_region_is_a_code'),
        ),
        ops.RemoveConstraint(
            model_name='UrgentRelief',
            name='urgent_relief_due_in_24_hours',
            fields=None,
        ),
        ops.AddField(
            model_name='UrgentRelief',
            name='informed_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL("UPDATE urgent_relief SET informed_at = reported_at", reverse_sql=""),
        ops.AlterField(
            model_name='UrgentRelief',
            name='informed_at',
            field=fields.DatetimeField(auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='UrgentRelief',
            name='paperwork_provisional',
            field=fields.BooleanField(null=True),
        ),
        ops.RunSQL("UPDATE urgent_relief SET paperwork_provisional = false", reverse_sql=""),
        ops.AlterField(
            model_name='UrgentRelief',
            name='paperwork_provisional',
            field=fields.BooleanField(default=False),
        ),
        ops.AddConstraint(
            model_name='UrgentRelief',
            constraint=CheckConstraint(check="due_at = reported_at + interval '24 hours' OR due_at = informed_at + interval '24 hours'", name='urgent_relief_due_in_24_hours'),
        ),
        ops.AddConstraint(
            model_name='UrgentRelief',
            constraint=CheckConstraint(check='informed_at >= reported_at', name='urgent_relief_informed_after_report'),
        ),
        ops.CreateModel(
            name='CalendarAmendment',
            fields=[
                ('day', fields.DateField(primary_key=True, unique=True, db_index=True)),
                ('working', fields.BooleanField()),
                ('name', fields.CharField(default='', max_length=20)),
                ('source', fields.CharField(max_length=80)),
                ('file_year', fields.SmallIntField()),
            ],
            options={'table': 'calendar_amendment', 'app': 'models', 'pk_attr': 'day', 'table_description': 'A day of December that the notice of the next year (`file_year`) sets: 元旦 can take days of the year before.'},
            bases=['Model'],
        ),
        ops.AlterModelOptions(
            name='CalendarDay',
            options={'table': 'calendar_day', 'app': 'models', 'pk_attr': 'day', 'table_description': "One day of a known year: working or not, by the State Council's notice of that year."},
        ),
        ops.AddField(
            model_name='Case',
            name='reason',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Case',
            name='supplement_wanted_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='HomeVisit',
            name='visitor_ids',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
    ])
