from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_credit")]

    operations = [
        migrations.AddField("basket", "version", models.PositiveBigIntegerField(default=0)),
    ]
