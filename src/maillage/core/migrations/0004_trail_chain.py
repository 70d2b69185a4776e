"""The trail becomes chains that the database itself refuses to break."""

import json
from collections import defaultdict
from datetime import UTC
from hashlib import sha256
from zoneinfo import ZoneInfo

import django.db.models.deletion
from django.db import migrations, models

PARIS = ZoneInfo("Europe/Paris")
COMMON = ("at", "organisation", "side", "by_id", "role")
CHAINED = (
    ("TrailEntry", "act", (*COMMON, "verb", "target", "file", "details")),
    ("ReadEntry", "read", (*COMMON, "what", "file", "count", "digest", "flag")),
)
BATCH = 1000


def even(value):
    if isinstance(value, dict):
        return {key: even(each) for key, each in value.items()}
    if isinstance(value, list):
        return [even(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def chain_what_was_written(apps, schema_editor):
    """Entries are chained in the order of their ids, with the first form of the hash."""
    heads = apps.get_model("core", "TrailHead").objects
    heads.all().delete()  # they counted; the new ones are made below
    for model, kind, columns in CHAINED:
        ends = {}
        entries = apps.get_model("core", model).objects
        last = 0
        while rows := list(entries.filter(pk__gt=last).order_by("pk")[:BATCH]):
            last = rows[-1].pk
            for row in rows:
                name = (row.organisation, row.side, kind, f"{row.at.astimezone(PARIS):%Y-%m}")
                if name not in ends:
                    genesis = sha256(f"maillage trail 1\0{'/'.join(name)}".encode()).digest()
                    keys = ("organisation", "side", "kind", "month")
                    ends[name] = heads.create(**dict(zip(keys, name)), hash=genesis)
                head = ends[name]
                head.position += 1
                told = [head.position, *(getattr(row, column) for column in columns)]
                told[1] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
                exact = json.dumps(
                    even(told), sort_keys=True, ensure_ascii=False, separators=(",", ":")
                )
                head.hash = sha256(head.hash + exact.encode()).digest()
                row.chain_id, row.position, row.hash = head.pk, head.position, head.hash
            entries.bulk_update(rows, ["chain", "position", "hash"], batch_size=200)
        for head in ends.values():
            head.save(update_fields=["position", "hash"])
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def count_again(apps, schema_editor):
    """Back to one row an organisation and side, that counts its acts."""
    heads = apps.get_model("core", "TrailHead").objects
    counted = defaultdict(int)
    for head in heads.filter(kind="act"):
        counted[head.organisation, head.side] += head.position
    for model, _, _ in CHAINED:
        apps.get_model("core", model).objects.update(chain=None)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    heads.all().delete()
    for (organisation, side), acts in counted.items():
        heads.create(organisation=organisation, side=side, acts=acts)


ENTRIES = {"core_trailentry": "act", "core_readentry": "look"}
HEAD_STAYS = """
    NEW.position < OLD.position OR OLD.purged_at IS NOT NULL OR NEW.id <> OLD.id
    OR NEW.organisation <> OLD.organisation OR NEW.side <> OLD.side
    OR NEW.kind <> OLD.kind OR NEW.month <> OLD.month
"""
PURGED = "(SELECT purged_at FROM core_trailhead WHERE id = OLD.chain_id)"


def guards(vendor):
    """Each trigger: its name, its table, the act it watches, and when it refuses."""
    for table, word in ENTRIES.items():
        yield f"trail_{word}_is_never_changed", table, "UPDATE", "TRUE"
        yield f"trail_{word}_is_kept", table, "DELETE", f"{PURGED} IS NULL"
    yield "trail_head_only_grows", "core_trailhead", "UPDATE", HEAD_STAYS
    yield "trail_head_is_kept", "core_trailhead", "DELETE", "TRUE"


def install(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for name, table, act, refused in guards(vendor):
        if vendor == "sqlite":
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON {table} WHEN {refused}"
                f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
            )
            continue
        schema_editor.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {refused} THEN RAISE EXCEPTION '{name}' USING ERRCODE = 'restrict_violation';"
            f" END IF; RETURN {'OLD' if act == 'DELETE' else 'NEW'}; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {name} BEFORE {act} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION trail_is_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'trail_is_not_emptied' USING ERRCODE = 'restrict_violation';"
            " END $$"
        )
        for table in (*ENTRIES, "core_trailhead"):
            schema_editor.execute(
                f"CREATE TRIGGER trail_is_not_emptied BEFORE TRUNCATE ON {table}"
                " EXECUTE FUNCTION trail_is_not_emptied()"
            )


def remove(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for name, table, _, _ in guards(vendor):
        if vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS trail_is_not_emptied() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("core", "0003_data_keys")]

    operations = [
        migrations.RemoveConstraint("TrailHead", "trail_head_once"),
        migrations.AddField("TrailHead", "kind", models.CharField(choices=[("act", "Actes"), ("read", "Lectures")], default="act", max_length=4), preserve_default=False),
        migrations.AddField("TrailHead", "month", models.CharField(default="", max_length=7), preserve_default=False),
        migrations.AddField("TrailHead", "position", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("TrailHead", "hash", models.BinaryField(default=b"", max_length=32), preserve_default=False),
        migrations.AddField("TrailHead", "purged_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("TrailHead", "purged_by", models.CharField(blank=True, default="", max_length=60), preserve_default=False),
        migrations.AddField("TrailHead", "first_hash", models.BinaryField(blank=True, max_length=32, null=True)),
        migrations.AddField("ReadEntry", "digest", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField("ReadEntry", "flag", models.CharField(blank=True, default="", max_length=20), preserve_default=False),
        *(
            migrations.AddField(model, name, field)
            for model in ("TrailEntry", "ReadEntry")
            for name, field in (
                ("chain", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.trailhead")),
                ("position", models.PositiveBigIntegerField(null=True)),
                ("hash", models.BinaryField(max_length=32, null=True)),
            )
        ),
        migrations.RunPython(chain_what_was_written, count_again),
        *(
            migrations.AlterField(model, name, field)
            for model in ("TrailEntry", "ReadEntry")
            for name, field in (
                ("chain", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.trailhead")),
                ("position", models.PositiveBigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            )
        ),
        migrations.RemoveField("TrailHead", "acts"),
        migrations.AddIndex("ReadEntry", models.Index(fields=["organisation", "side", "at"], name="reads_by_moment")),
        migrations.AddConstraint("TrailHead", models.UniqueConstraint(fields=("organisation", "side", "kind", "month"), name="trail_head_once")),
        migrations.AddConstraint("TrailHead", models.CheckConstraint(condition=models.Q(("kind__in", ["act", "read"])), name="trail_head_kind_known")),
        migrations.AddConstraint("TrailHead", models.CheckConstraint(condition=models.Q(models.Q(("first_hash__isnull", True), ("purged_at__isnull", True), ("purged_by", "")), models.Q(("first_hash__isnull", False), ("purged_at__isnull", False), models.Q(("purged_by", ""), _negated=True)), _connector="OR"), name="trail_head_purge_is_whole")),
        migrations.AddConstraint("TrailEntry", models.UniqueConstraint(fields=("chain", "position"), name="trail_entry_once_a_place")),
        migrations.AddConstraint("ReadEntry", models.UniqueConstraint(fields=("chain", "position"), name="read_entry_once_a_place")),
        migrations.RunPython(install, remove),
    ]
