"""The file of the directory, read and checked whole before anything is written."""

import json
from collections.abc import Iterable
from datetime import date, time
from pathlib import Path
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model
from phonenumbers import PhoneNumberFormat, shortnumberinfo

from maillage.core.calendar import WEEKDAYS
from maillage.core.text import squash
from maillage.network.models import (
    Agreement,
    Contact,
    Mandate,
    Opening,
    Organisation,
    Site,
    SiteAddress,
)
from maillage.network.recurrence import RANKS
from maillage.network.vocabularies import REFERRER_CATEGORIES

DIRECTORY = Path(__file__).parent / "data" / "directory.json"

KEYS = {  # what tells two rows of one organisation apart
    "mandates": ("kind",),
    "contacts": ("kind", "value"),
    "sites": ("slug",),
    "openings": ("site", "address", "purpose", "weekday", "half_day", "starts_at"),
    "agreements": ("partner", "title"),
}

_LISTS = ("mandates", "contacts", "sites", "openings", "agreements")
_ORGANISATION = ("slug", "name", "short_name", "kind", "role", "territory", "referrer_category")
_IDENTIFIERS = ("siret", "rna", "finess", "is_public", "source", "note")
_OPENING = ("purpose", "site", "address", "days", "half_day", "hours", "ranks", "source")
_VALIDITY = ("valid_from", "valid_until", "verified_on")
Row = dict[str, Any]


class DirectoryError(Exception):
    """Everything that is wrong in the file, each with the entry it stands in."""

    def __init__(self, errors: Iterable[str]):
        self.errors = list(errors)
        super().__init__("\n".join(self.errors))


def published_phone(number: str, territory: str = "FR") -> str:
    """The number as it is dialled in its territory; `ValueError` if nobody there could (R229)."""
    try:
        parsed = phonenumbers.parse(number, territory)
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"le numéro «\u202f{number}\u202f» n’en est pas un") from error
    if shortnumberinfo.is_valid_short_number_for_region(parsed, territory):
        return str(parsed.national_number)
    if not phonenumbers.is_valid_number_for_region(parsed, territory):
        raise ValueError(
            f"le numéro «\u202f{number}\u202f» ne s’appelle pas depuis ce territoire ({territory})"
        )
    return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)


def read_entries(path: Path = DIRECTORY) -> list[Row]:
    """The organisations of the file, in rows ready to be written, or a `DirectoryError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        given = list(content["organisations"])
        slugs = [entry.get("slug", "") for entry in given]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DirectoryError([f"{path.name}\u00a0: fichier illisible ({error})."]) from error
    errors: list[str] = []
    rows = []
    for number, entry in enumerate(given, start=1):
        reading = _Entry(entry.get("slug") or f"organisation n°\u00a0{number}", errors)
        if slugs.count(entry.get("slug", "")) > 1:
            reading.wrong("ce code est celui de deux organisations")
        try:
            rows.append(reading.read(entry, frozenset(slugs)))
        except (TypeError, KeyError, AttributeError) as error:
            reading.wrong(f"entrée mal formée ({error!r})")
    if errors:
        raise DirectoryError(errors)
    return rows


class _Entry:
    """Reads one organisation, and says what is wrong under its code."""

    def __init__(self, slug: str, errors: list[str]):
        self.slug, self.errors = slug, errors

    def wrong(self, sentence: str) -> None:
        self.errors.append(f"«\u202f{self.slug}\u202f»\u00a0: {sentence}.")

    def read(self, entry: Row, slugs: frozenset[str]) -> Row:
        self._only(entry, (*_ORGANISATION, *_IDENTIFIERS, *_LISTS))
        fields = {key: value for key, value in entry.items() if key not in _LISTS}
        category = entry.get("referrer_category", "")
        if category and category not in REFERRER_CATEGORIES:
            self.wrong(f"catégorie d’orienteur inconnue, «\u202f{category}\u202f»")
        else:
            self._check(Organisation(**self._known(fields, Organisation)), without=("id",))
        if bool(category) != (Mandate.Kind.REFERRER in entry.get("mandates", [])):
            self.wrong(
                "une catégorie d’orienteur et le mandat «\u202freferrer\u202f» vont ensemble"
            )
        sites = [self._site(each) for each in entry.get("sites", [])]
        self._spellings_once(sites)
        by_slug = {site["slug"]: site for site in sites}
        lines: dict[str, list[Row]] = {
            "mandates": [self._mandate(kind) for kind in entry.get("mandates", [])],
            "contacts": [self._contact(each) for each in entry.get("contacts", [])],
            "sites": sites,
            "openings": [
                row for each in entry.get("openings", []) for row in self._openings(each, by_slug)
            ],
            "agreements": [self._agreement(each, slugs) for each in entry.get("agreements", [])],
        }
        for kind, key in KEYS.items():
            found = [tuple(each.get(field) for field in key) for each in lines[kind]]
            if len(set(found)) < len(found):
                self.wrong(f"une ligne de «\u202f{kind}\u202f» y est deux fois")
        return {"fields": fields} | lines

    def _only(self, given: Row, known: Iterable[str]) -> None:
        for key in set(given) - set(known):
            self.wrong(f"clé inconnue, «\u202f{key}\u202f»")

    @staticmethod
    def _known(fields: Row, model: type[Model]) -> Row:
        names = {field.name for field in model._meta.concrete_fields}
        return {key: value for key, value in fields.items() if key in names}

    def _check(self, record: Model, without: tuple[str, ...]) -> None:
        try:
            record.clean_fields(exclude=set(without))
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                self.wrong(f"{field}\u00a0: {' '.join(messages).rstrip('.')}")

    def _mandate(self, kind: str) -> Row:
        if kind not in Mandate.Kind.values:
            self.wrong(f"mandat inconnu, «\u202f{kind}\u202f»")
        return {"kind": kind}

    def _contact(self, given: Row) -> Row:
        self._only(given, ("kind", "value", "label", "source", "territory", "verified_on"))
        row = self._dates(given, "verified_on")
        territory = row.pop("territory", "FR")
        try:
            if row.get("kind") == "phone":
                row["value"] = published_phone(row.get("value", ""), territory)
            elif row.get("kind") == "email":
                validate_email(row.get("value", ""))
        except ValueError as error:
            self.wrong(str(error))
        except ValidationError:
            self.wrong(f"l’adresse «\u202f{row['value']}\u202f» n’est pas une adresse électronique")
        self._check(Contact(**self._known(row, Contact)), without=("organisation",))
        return row

    def _site(self, given: Row) -> Row:
        self._only(
            given, ("slug", "name", "aliases", "is_protected", "addresses", "starts_on", "ends_on")
        )
        row = self._dates(given, "starts_on", "ends_on")
        row.setdefault("slug", "")
        row["addresses"] = row.get("addresses", [])
        for address in row["addresses"]:
            self._only(address, ("label", "town"))
            self._check(SiteAddress(**self._known(address, SiteAddress)), without=("site",))
        if row.get("is_protected") and row["addresses"]:
            self.wrong(
                f"le site «\u202f{row['slug']}\u202f» est protégé, il ne porte pas d’adresse"
            )
        self._check(Site(**self._known(row, Site)), without=("organisation",))
        return row

    def _spellings_once(self, sites: list[Row]) -> None:
        found: dict[str, str] = {}
        for site in sites:
            for text in {site["slug"], site.get("name", ""), *site.get("aliases", [])}:
                if found.setdefault(squash(text), site["slug"]) != site["slug"]:
                    self.wrong(f"«\u202f{text}\u202f» nomme deux sites")

    def _openings(self, given: Row, sites: dict[str, Row]) -> list[Row]:
        self._only(given, (*_OPENING, *_VALIDITY))
        row = self._dates(given, *_VALIDITY)
        days = row.pop("days", [])
        row["site"], row["address"] = row.get("site"), row.get("address")
        if row["site"] is not None and row["site"] not in sites:
            self.wrong(f"site inconnu, «\u202f{row['site']}\u202f»")
        addresses = sites.get(row["site"] or "", {}).get("addresses", [])
        if row["address"] and row["address"] not in {each.get("label") for each in addresses}:
            self.wrong(f"adresse inconnue, «\u202f{row['address']}\u202f»")
        row["starts_at"], row["ends_at"] = self._hours(row.pop("hours", None))
        row["half_day"] = row.get("half_day", "")
        row["ranks"] = row.get("ranks", [])
        if row["starts_at"] and row["half_day"]:
            self.wrong("une permanence a des heures ou une demi-journée, pas les deux")
        if [rank for rank in RANKS if rank in row["ranks"]] != row["ranks"]:
            self.wrong(f"rangs inconnus ou en désordre, {row['ranks']}")
        if not days or set(days) - set(WEEKDAYS):
            self.wrong(f"jours inconnus, {days}")
            return []
        rows = [row | {"weekday": WEEKDAYS.index(day)} for day in days]
        record = self._known(rows[0], Opening) | {"site": None, "address": None}
        self._check(Opening(**record), without=("organisation",))
        return rows

    def _hours(self, hours: list[str] | None) -> tuple[time | None, time | None]:
        if hours is None:
            return None, None
        try:
            starts_at, ends_at = (time.fromisoformat(text) for text in hours)
            if starts_at >= ends_at:
                raise ValueError("the end is not after the start")
        except (ValueError, TypeError):
            self.wrong(f"heures impossibles, {hours}")
            return None, None
        return starts_at, ends_at

    def _agreement(self, given: Row, slugs: frozenset[str]) -> Row:
        self._only(given, ("partner", "title", "starts_on", "ends_on", "source", "notice_days"))
        row = self._dates(given, "starts_on", "ends_on")
        partner = row.get("partner")
        if partner not in slugs or partner == self.slug:
            self.wrong(f"partenaire inconnu, «\u202f{partner}\u202f»")
        record = self._known(row, Agreement) | {"partner": None}
        self._check(Agreement(**record), without=("organisation", "partner"))
        return row

    def _dates(self, given: Row, *fields: str) -> Row:
        row = dict(given)
        for field in fields:
            if field not in row:
                continue
            try:
                row[field] = date.fromisoformat(row[field])
            except (ValueError, TypeError):
                self.wrong(f"{field}\u00a0: date impossible, «\u202f{row.pop(field)}\u202f»")
        return row
