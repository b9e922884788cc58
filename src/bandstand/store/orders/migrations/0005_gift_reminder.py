from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_refund_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='gift',
            name='reminded_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
