"""Everything held on one person, from the classification of the columns.

Facts about the person are given as they are. A free text may speak of others: it is a passage,
which somebody decides to give whole, in part or not, and somebody else reviews. What is about
others only, the names of workers and the keys of the program are not given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Field, Model, QuerySet
from django.utils import timezone

from maillage.core.calendar import hour, short_date
from maillage.protection.classification import About, columns_about
from maillage.protection.models import LegalHold, Passage, RightsRequest
from maillage.protection.records import RecordType
from maillage.protection.registry import OF_ANY_FILE

TITLES: dict[type[Model], str] = {
    RightsRequest: "Demandes de la personne",
    LegalHold: "Conservation prolongée",
}
SELF, OTHERS = "self", ("third", "victim")
SOURCES = {
    "self": "propos de la personne",
    "third": "propos d’un tiers",
    "victim": "propos de la victime ou sur elle",
    "professional": "écrit d’un·e professionnel·le",
}


@dataclass(frozen=True)
class Text:
    """One free text of a file, by its place, with whose words it keeps."""

    model: str
    row: int
    column: str
    title: str
    label: str
    text: str
    source: str
    may_be_read: bool

    @property
    def place(self) -> tuple[str, int, str]:
        return self.model, self.row, self.column

    @property
    def key(self) -> str:
        return f"{self.model}-{self.row}-{self.column}".replace(".", "-")

    @property
    def said_by(self) -> str:
        return SOURCES[self.source]

    @property
    def proposal(self) -> tuple[str, str]:
        """What is proposed before anybody decides: nothing for what a professional wrote."""
        if self.source == SELF:
            return Passage.Decision.GIVE, ""
        if self.source in OTHERS:
            return Passage.Decision.WITHHOLD, self.source
        return "", ""


@dataclass(frozen=True)
class Row:
    facts: list[tuple[str, str]]
    texts: list[Text]


@dataclass(frozen=True)
class Section:
    title: str
    rows: list[Row]


def _shown(row: Model, field: Field) -> str:
    """A value as a person reads it; nothing where nothing is recorded."""
    value: Any = getattr(row, field.name)
    if value is None or value in ("", []):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        at = timezone.localtime(value)
        return f"{short_date(at.date())} à {hour(at.time())}"
    if isinstance(value, date):
        return short_date(value)
    return str(value)


def _label(field: Field) -> str:
    return str(field.verbose_name).capitalize()


def _rows(record_type: RecordType, file: Any) -> Iterator[tuple[type[Model], str, QuerySet]]:
    for model, rows in record_type.rows_of(file):
        if columns_about(model, About.SUBJECT, About.MIXED):
            yield model, record_type.titles[model], rows
    for model, path in OF_ANY_FILE.items():
        yield model, TITLES[model], model._default_manager.filter(**{path: file.uid}).order_by("pk")


def _text(row: Any, field: Field, *, title: str, source: str, may_be_read: bool) -> Text:
    return Text(
        model=row._meta.label,
        row=row.pk,
        column=field.name,
        title=title,
        label=_label(field),
        text=getattr(row, field.name),
        source=source,
        may_be_read=may_be_read,
    )


def extract(*, by, record_type: RecordType, file: Model) -> list[Section]:
    """The sections of what is held on the person, empty columns and empty texts left out."""
    sections, may_read = [], record_type.reader_of(by, file)
    for model, title, rows in _rows(record_type, file):
        facts, mixed = columns_about(model, About.SUBJECT), columns_about(model, About.MIXED)
        related = [field.name for field in facts if field.is_relation]
        found = [
            Row(
                [(_label(f), told) for f in facts if (told := _shown(row, f))],
                [
                    _text(
                        row,
                        f,
                        title=title,
                        source=record_type.source_of(row),
                        may_be_read=may_read(row),
                    )
                    for f in mixed
                    if getattr(row, f.name)
                ],
            )
            for row in rows.select_related(*related)
        ]
        if found:
            sections.append(Section(title, found))
    return sections


def texts_of(sections: list[Section]) -> list[Text]:
    return [text for section in sections for row in section.rows for text in row.texts]
