"""What a room tells of its files so that they can be found due, erased, and given to their person.

Each room that holds files has one module here that makes a `RecordType`; `registry.py` names them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

from maillage.protection.rules import Rule


@dataclass(frozen=True)
class Due:
    """One file that its rule says to erase: which, under which rule, since when."""

    uid: str
    reference: str
    rule: Rule
    last_event_on: date

    @property
    def since(self) -> date:
        return self.rule.due_on(self.last_event_on)


@dataclass(frozen=True)
class RecordType:
    """The files of one side.

    `root` is the model of a file, with `uid`, `reference` and `organisation`. `paths` leads from
    each model that tells something of the person to its file: a lookup, « pk » for the root itself.
    `due` gives the files due that `by` watches over, oldest first, those under a hold included.
    """

    side: str
    label: str
    root: type[Model]
    paths: Mapping[type[Model], str]
    titles: Mapping[type[Model], str]
    rules: Sequence[str]  # kinds of records of `retention_rules.toml`
    erased: str  # what an erasure takes away, told before it is confirmed
    has_figures: bool  # statistical rows stay, and frozen reports are made again
    watched_by: Callable[[Any], QuerySet]  # files whose existence `by` may know, named or not
    read_by: Callable[[Any], QuerySet]  # files that `by` may read
    due: Callable[..., list[Due]]  # (by, today) → due files
    erase: Callable[[Model], None]  # erases one file that the caller has locked
    reader_of: Callable[..., Callable[[Any], bool]]  # (by, file) → (row → may read its free text)
    source_of: Callable[[Model], str]  # whose words the free text of a row keeps
    annotate: Callable[..., None]  # (by, file, text) writes that the person disputes what is held

    def rows_of(self, file: Model) -> Iterable[tuple[type[Model], QuerySet]]:
        for model, path in self.paths.items():
            yield model, model._default_manager.filter(**{path: file.pk}).order_by("pk")
