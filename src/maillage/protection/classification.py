"""What each column says of a person, and of whom: one `privacy.toml` beside the models of a room.

It is read by the extraction of what is held on somebody, by the register of processings, and by
the tests of erasure. A model or a column that no file names fails a test.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from django.apps import AppConfig, apps
from django.db.models import Field, Model

from maillage.core.vault import SealedField

FILE_NAME = "privacy.toml"
OURS = "maillage."


class About(StrEnum):
    SUBJECT = "subject"  # the person of the file; erased with it, given back to them
    MIXED = "mixed"  # free text on the person that may speak of others; erased, given once reviewed
    THIRD = "third"  # somebody else; erased with the file, never given
    WORKER = "worker"  # whoever wrote or did it, or works for an organisation
    ANONYMOUS = "anonymous"  # somebody, nobody can find out who
    KEY = "key"  # a random name or a digest of the person; leads nowhere once the file is erased
    PLAIN = "plain"  # nobody


LABELS = {
    About.SUBJECT: "la personne du dossier",
    About.MIXED: "la personne, peut-être autrui",
    About.THIRD: "un tiers",
    About.WORKER: "un·e professionnel·le",
    About.ANONYMOUS: "une personne que rien ne désigne",
    About.KEY: "clé sans nom",
    About.PLAIN: "personne",
}
OF_THE_FILE = frozenset({About.SUBJECT, About.MIXED, About.THIRD})


class ClassificationError(Exception):
    """A `privacy.toml` names what does not exist, or names a column twice."""


def own_models() -> list[type[Model]]:
    return [m for m in apps.get_models() if m.__module__.startswith(OURS)]


@cache
def _file_of(config: AppConfig) -> dict[str, dict[str, list[str]]]:
    path = Path(config.path) / FILE_NAME
    if not path.exists():
        return {}
    with path.open("rb") as file:
        tables = tomllib.load(file)
    if unknown := set(tables) - {model.__name__ for model in config.get_models()}:
        raise ClassificationError(f"{path} : aucun modèle {', '.join(sorted(unknown))}")
    return tables


@cache
def classes_of(model: type[Model]) -> dict[str, About]:
    """Column → whom it is about; raises `ClassificationError` where the file and the model differ,
    a model that it does not name included."""
    table = _file_of(apps.get_app_config(model._meta.app_label)).get(model.__name__, {})
    told = [(column, About(about)) for about, columns in table.items() for column in columns]
    columns = {field.name for field in model._meta.concrete_fields}
    named = [column for column, _ in told]
    if set(named) != columns or len(named) != len(set(named)):
        faults = sorted((set(named) ^ columns) | {c for c in named if named.count(c) > 1})
        raise ClassificationError(f"{model._meta.label} : {', '.join(faults)}")
    return dict(told)


def columns_about(model: type[Model], *abouts: About) -> list[Field]:
    """The columns of a model that are about one of these, in the order of the model."""
    classes = classes_of(model)
    return [f for f in model._meta.concrete_fields if classes[f.name] in abouts]


def is_of_a_file(model: type[Model]) -> bool:
    """Whether a model tells something of the person of a file."""
    return bool(columns_about(model, *OF_THE_FILE))


@dataclass(frozen=True)
class Line:
    """One line of the register of processings."""

    room: str
    model: str
    column: str
    label: str
    about: About
    is_sealed: bool
    retention: str


def register(retention_of) -> Iterator[Line]:
    """Every column of every own model; `retention_of(model)` says how long its rows are kept."""
    for model in own_models():
        classes = classes_of(model)
        for field in model._meta.concrete_fields:
            yield Line(
                room=model._meta.app_label,
                model=model.__name__,
                column=field.name,
                label=str(field.verbose_name),
                about=classes[field.name],
                is_sealed=isinstance(field, SealedField),
                retention=retention_of(model) if classes[field.name] != About.PLAIN else "",
            )
