from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pairing", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="devicecode",
            name="stamp",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
