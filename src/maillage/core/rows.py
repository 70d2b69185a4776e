"""Whose the rows of a table are: each model says it in `row_owner`, PostgreSQL holds to it.

To add a table, give its model one line:

    row_owner = Rows(organisation="organisation_id", side="programme")   # of an organisation
    row_owner = Rows(through="participant")                              # of whom its parent is
    row_owner = SHARED                                                   # of everybody
"""

from dataclasses import dataclass

from django.apps import apps
from django.db import models


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One owner by a column (`organisation`, `slug` or `user`) or by a parent (`through`)."""

    organisation: str = ""  # the column that holds the key of the organisation
    slug: str = ""  # … or its code
    user: str = ""  # the column of whom alone the row is
    through: str = ""  # the foreign key to the parent, whose owner is the owner
    side: str = ""  # the side of every row
    side_column: str = ""  # … or the column that says it
    in_figures: bool = False  # read, never written, when the figures of an organisation are counted
    append_only: bool = False  # neither changed nor taken away
    read_by_all: bool = False  # walls hold for what is written alone

    def __post_init__(self) -> None:
        if sum(map(bool, (self.organisation, self.slug, self.user, self.through))) != 1:
            raise ValueError("rows have one owner: an organisation, its code, a user or a parent")
        if self.side and self.side_column:
            raise ValueError("the side is said once")
        if (self.organisation or self.slug) and not (self.side or self.side_column):
            raise ValueError("rows of an organisation are of one side")


class Shared:
    """No row of the table is anybody's alone: reference data, and what is read before signing in
    is over. `privileges` is what the application may do there."""

    def __init__(self, privileges: str = "SELECT, INSERT, UPDATE, DELETE"):
        self.privileges = privileges


SHARED = Shared()
READ_ONLY = Shared("SELECT")

# Tables of libraries, by the label of their application; then those that have no model.
OF_LIBRARIES = {
    "sessions": SHARED,
    "contenttypes": READ_ONLY,
    "auth": READ_ONLY,
    "account": SHARED,
    "mfa": SHARED,
    "socialaccount": SHARED,
    "usersessions": SHARED,
}
WITHOUT_MODEL = {"core_cache": SHARED, "django_migrations": READ_ONLY}


def owner_of(model: type[models.Model]) -> Rows | Shared | None:
    """What the model says; a table between two models is of whom the model that declares it is."""
    if said := getattr(model, "row_owner", None):
        return said
    if declaring := model._meta.auto_created:
        for field in model._meta.local_fields:
            if field.related_model is declaring:
                mine = owner_of(declaring)
                return Rows(through=field.name) if isinstance(mine, Rows) else mine
    return OF_LIBRARIES.get(model._meta.app_label)


def tables() -> dict[str, tuple[type[models.Model] | None, Rows | Shared | None]]:
    """Every table of the installation by its name, with its model and its owner, parents first."""
    found: dict[str, tuple[type[models.Model] | None, Rows | Shared | None]] = {
        name: (None, owner) for name, owner in WITHOUT_MODEL.items()
    }
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            found[model._meta.db_table] = (model, owner_of(model))
    return found


def unclassified() -> list[str]:
    return [name for name, (_, owner) in tables().items() if owner is None]


def parent_of(model: type[models.Model], owner: Rows) -> type[models.Model]:
    parent = model._meta.get_field(owner.through).related_model
    if not isinstance(parent, type) or not isinstance(owner_of(parent), Rows):
        raise ValueError(f"{model.__name__}.{owner.through} does not lead to rows that are owned")
    return parent


def side_of(model: type[models.Model], owner: Rows) -> Rows:
    """The row owner that says the side: its own, or that of the parent at the end of the way."""
    while owner.through and not owner.side:
        model = parent_of(model, owner)
        found = owner_of(model)
        assert isinstance(found, Rows)
        owner = found
    return owner
