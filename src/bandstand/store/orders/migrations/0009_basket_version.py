from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_preferred_format")]

    operations = [
        migrations.AddField("basket", "version", models.PositiveBigIntegerField(default=0)),
    ]
