"""A draft is encrypted with the key of an organisation and a side; those of before are forgotten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_cache")]

    operations = [
        migrations.RunSQL("DELETE FROM core_draft", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="draft",
            name="organisation_id",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="draft",
            name="side",
            field=models.CharField(default="", max_length=12),
            preserve_default=False,
        ),
    ]
