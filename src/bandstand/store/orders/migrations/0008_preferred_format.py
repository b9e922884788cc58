from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_credit")]
    operations = [
        migrations.AddField("order", "preferred_format", models.CharField(blank=True, max_length=40, default=""), preserve_default=False)
    ]
