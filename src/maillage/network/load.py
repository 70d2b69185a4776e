"""Writes the directory's file into the database: adds and corrects, never takes away."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import models, transaction

from maillage.core import rowlock, trail
from maillage.network.actors import CommandLine
from maillage.network.entries import DIRECTORY, Row, read_entries
from maillage.network.models import (
    Agreement,
    Contact,
    Mandate,
    Opening,
    Organisation,
    Site,
    SiteAddress,
)


@dataclass(frozen=True)
class Count:
    """How many rows of one kind the file holds, and what became of them."""

    what: str
    created: int
    changed: int
    same: int


@transaction.atomic
def load(path: Path = DIRECTORY) -> list[Count]:
    """Writes the whole file or nothing; a second run of the same file changes nothing.

    What the file does not say (an identifier typed here, a site of another source) is left alone;
    an opening that ceased is said by its `valid_until`.
    """
    entries = read_entries(path)
    organisations, *counts = _upsert(
        Organisation, ("slug",), [entry["fields"] for entry in entries]
    )
    ids = {slug: row.pk for (slug,), row in organisations.items()}

    def children(kind: str) -> list[Row]:
        return [
            {"organisation_id": ids[entry["fields"]["slug"]], **row}
            for entry in entries
            for row in entry[kind]
        ]

    counts += _upsert(Mandate, ("organisation_id", "kind"), children("mandates"))[1:]
    counts += _upsert(Contact, ("organisation_id", "kind", "value"), children("contacts"))[1:]
    sites, addresses, place_counts = _places(children("sites"))
    counts += place_counts
    openings = []
    for row in children("openings"):
        site = sites.get((row["organisation_id"], row.pop("site")))
        address = addresses.get((site, row.pop("address")))
        openings.append(row | {"site_id": site, "address_id": address})
    counts += _upsert(Opening, _OPENING_KEY, openings)[1:]
    agreements = [row | {"partner_id": ids[row.pop("partner")]} for row in children("agreements")]
    counts += _upsert(Agreement, ("organisation_id", "partner_id", "title"), agreements)[1:]
    _record(entries, organisations, counts)
    return counts


_OPENING_KEY = (
    *("organisation_id", "site_id", "address_id", "purpose"),
    *("weekday", "half_day", "starts_at"),
)


def _places(rows: list[Row]) -> tuple[dict, dict, list[Count]]:
    doors = [(row["organisation_id"], row["slug"], row.pop("addresses")) for row in rows]
    found, site_count = _upsert(Site, ("organisation_id", "slug"), rows)
    sites = {key: site.pk for key, site in found.items()}
    labels = [{"site_id": sites[org, slug], **door} for org, slug, each in doors for door in each]
    found, address_count = _upsert(SiteAddress, ("site_id", "label"), labels)
    return sites, {key: door.pk for key, door in found.items()}, [site_count, address_count]


def _upsert(
    model: type[models.Model], key: tuple[str, ...], rows: list[Row]
) -> tuple[dict[tuple, Any], Count]:
    """The record of each row by its key, after creating what is new and saving what differs."""
    known = {tuple(getattr(r, k) for k in key): r for r in model._default_manager.all()}
    found, new, changed, fields = {}, [], [], set()
    for row in rows:
        identity = tuple(row[k] for k in key)
        record = known.get(identity)
        if record is None:
            record = model(**row)
            new.append(record)
        else:
            differing = {name for name, value in row.items() if getattr(record, name) != value}
            for name in differing:
                setattr(record, name, row[name])
            fields |= differing
            if differing:
                changed.append(record)
        found[identity] = record
    model._default_manager.bulk_create(new)
    if changed:
        model._default_manager.bulk_update(changed, sorted(fields))
    same = len(found) - len(new) - len(changed)
    return found, Count(str(model.__name__), len(new), len(changed), same)


def _record(entries: list[Row], organisations: dict, counts: list[Count]) -> None:
    created, changed = sum(c.created for c in counts), sum(c.changed for c in counts)
    if not created + changed:
        return
    leads = [e for e in entries if {"kind": Mandate.Kind.LEAD} in e["mandates"]] or entries
    lead = organisations[(leads[0]["fields"]["slug"],)]
    by = CommandLine(lead)
    with rowlock.acting(by):
        trail.record("directory_loaded", by=by, created=created, changed=changed)
