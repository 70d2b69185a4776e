"""Who is sent, as one organisation knows them, and under which keys they are found."""

import uuid
from datetime import date

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.barriers.walls import wall_of
from maillage.core.calendar import full_years
from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedDateField, SealedTextField
from maillage.network.models import Organisation, works_today
from maillage.network.roles import Permission, Side
from maillage.network.vocabularies import SEXES

ADULT_AGE = 18


def visible_files(by, file: str = "participant") -> Q:
    """The condition under which a membership may know that a file exists.

    `file` names the column that holds the key of the file's participant. Whoever is shut out of a
    file, or may not open one that is restricted, does not know of it.
    """
    if by.side != Side.PROGRAMME or not works_today(by) or not by.holds(Permission.FILE_READ):
        return Q(pk__in=[])
    return Q(organisation_id=by.organisation_id) & wall_of(Side.PROGRAMME).open_to(by, file)


def owner(organisation_id: int) -> Owner:
    """Whose keys encrypt what an organisation writes on this side."""
    return organisation_id, Side.PROGRAMME.value


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def visible_to(self, by) -> "ParticipantQuerySet":
        """Participants this membership may know exist. Every page starts here."""
        return self.filter(visible_files(by, "pk"))


class Participant(models.Model):
    """A person followed on the programme side, as one organisation knows them."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="participants", db_index=False
    )
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    reference = models.CharField("dossier", max_length=60)
    person_key = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    last_name = SealedTextField("nom", default="", blank=True)
    first_name = SealedTextField("prénom", default="", blank=True)
    birth_date = SealedDateField("date de naissance", null=True, blank=True)
    sex = models.CharField("sexe", max_length=1, choices=SEXES.choices())
    town = SealedTextField("commune", default="", blank=True)
    phone = SealedTextField("téléphone", default="", blank=True)
    phone_is_shared = models.BooleanField("téléphone partagé avec un tiers", default=False)
    email = SealedTextField("courriel", default="", blank=True)
    language = SealedTextField("langue, interprète", default="", blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "reference"],
                name="participant_by_beginning",
                opclasses=["int8_ops", "varchar_pattern_ops"],  # PostgreSQL: LIKE '2026-%'
            )
        ]
        constraints = [
            UniqueConstraint(
                fields=["organisation", "reference"], name="participant_reference_once"
            ),
            CheckConstraint(name="participant_sex_known", condition=SEXES.known("sex")),
            CheckConstraint(name="participant_has_a_reference", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)

    @property
    def display_name(self) -> str:
        """« NOM Prénom » as known; without either, the reference."""
        return f"{self.last_name.upper()} {self.first_name}".strip() or f"Dossier {self.reference}"

    def age(self, on: date | None = None) -> int | None:
        return full_years(self.birth_date, on or timezone.localdate()) if self.birth_date else None

    @property
    def is_minor(self) -> bool:
        age = self.age()
        return age is not None and age < ADULT_AGE


class NameKey(models.Model):
    """One blind index of a name: a prefix of a word, a sound or a date, in one organisation."""

    row_owner = Rows(through="participant")

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="name_keys")
    digest = models.BigIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["digest", "participant"], name="name_key_once_a_participant")
        ]

    def __str__(self) -> str:
        return str(self.digest)
