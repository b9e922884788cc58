from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_mail_again")]
    operations = [
        migrations.AddField("user", "preferred_format", models.CharField(blank=True, max_length=40, default=""), preserve_default=False)
    ]
