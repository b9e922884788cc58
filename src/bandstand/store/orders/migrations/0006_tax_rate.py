from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def count_in_hundred_thousandths(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Rates were in thousandths."""
    OrderLine = apps.get_model("orders", "OrderLine")
    OrderLine.objects.update(tax_rate=models.F("tax_rate") * 100)


def count_in_thousandths(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What goes back loses the finer part."""
    OrderLine = apps.get_model("orders", "OrderLine")
    OrderLine.objects.update(tax_rate=models.F("tax_rate") / 100)


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0005_gift_reminder'),
    ]

    operations = [
        migrations.RenameField(model_name='orderline', old_name='tax_permille', new_name='tax_rate'),
        migrations.AlterField(
            model_name='orderline',
            name='tax_rate',
            field=models.PositiveIntegerField(),
        ),
        migrations.AddField(
            model_name='orderline',
            name='passed_on',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.RunPython(count_in_hundred_thousandths, count_in_thousandths),
    ]
