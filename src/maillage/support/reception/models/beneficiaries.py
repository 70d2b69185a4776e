"""A person who is helped, and under which keys their name is found; nothing else knows of them."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.barriers.walls import wall_of
from maillage.core.calendar import add_months, full_years
from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import SealedDateField, SealedTextField
from maillage.network.models import Organisation, Site, works_today
from maillage.network.roles import Permission, Side
from maillage.support.reception.vocabularies import CLOSING_REASONS, ORIGINS


def visible_files(by) -> Q:
    """The condition under which a membership may know that somebody is helped here."""
    if by.side != Side.SUPPORT or not works_today(by) or not by.holds(Permission.BENEFICIARY_READ):
        return Q(pk__in=[])
    return Q(organisation_id=by.organisation_id) & wall_of(Side.SUPPORT).open_to(by, "pk")


class BeneficiaryQuerySet(models.QuerySet["Beneficiary"]):
    def visible_to(self, by) -> "BeneficiaryQuerySet":
        """Beneficiaries this membership may know exist. Every page starts here."""
        return self.filter(visible_files(by))

    def open(self) -> "BeneficiaryQuerySet":
        return self.filter(closed_on__isnull=True)

    def silent(self, on: date | None = None) -> "BeneficiaryQuerySet":
        """Open files without any contact for the months that the settings say."""
        limit = add_months(on or timezone.localdate(), -settings.SILENT_MONTHS)
        return self.open().filter(last_contact_on__lt=limit)

    def for_list(self) -> "BeneficiaryQuerySet":
        """Everything a row of a list reads; each sealed column that none shows would cost its
        opening."""
        return self.select_related("site", "coordinator").defer(*UNLISTED)


UNLISTED = ("address", "origin_detail", "closing_comment", "language")


class Beneficiary(models.Model):
    """A person helped on the support side; the name may be an alias, or unknown."""

    SIDE = Side.SUPPORT
    row_owner = Rows(organisation="organisation_id", side="support")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="beneficiaries", db_index=False
    )
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    reference = models.CharField("dossier", max_length=60)
    last_name = SealedTextField("nom", default="", blank=True)
    first_name = SealedTextField("prénom", default="", blank=True)
    alias = SealedTextField("nom d’usage choisi ici", default="", blank=True)
    birth_date = SealedDateField("date de naissance", null=True, blank=True)
    language = SealedTextField("langue", default="", blank=True)
    needs_interpreter = models.BooleanField("interprète nécessaire", default=False)
    address = SealedTextField("adresse", default="", blank=True)
    is_address_protected = models.BooleanField("adresse protégée", default=True)
    site = models.ForeignKey(
        Site,
        verbose_name="lieu",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="coordination du parcours",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    origin = models.CharField(
        "comment la personne est venue",
        max_length=24,
        choices=ORIGINS.choices(),
        default="non_precise",
    )
    origin_detail = SealedTextField("précisions", default="", blank=True)
    first_contact_on = models.DateField("premier contact le", default=timezone.localdate)
    last_contact_on = models.DateField("dernier contact le", default=timezone.localdate)
    closed_on = models.DateField("clos le", null=True, blank=True)
    closing_reason = models.CharField(
        "motif", max_length=20, blank=True, choices=CLOSING_REASONS.choices()
    )
    closing_comment = SealedTextField("précisions", default="", blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BeneficiaryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "closed_on", "-last_contact_on"],
                name="beneficiary_by_contact",
            ),
            models.Index(fields=["organisation", "-first_contact_on"], name="beneficiary_by_day"),
        ]
        constraints = [
            UniqueConstraint(
                fields=["organisation", "reference"], name="beneficiary_reference_once"
            ),
            CheckConstraint(name="beneficiary_has_a_reference", condition=~Q(reference="")),
            CheckConstraint(name="beneficiary_origin_known", condition=ORIGINS.known("origin")),
            CheckConstraint(
                name="beneficiary_closing_reason_known",
                condition=CLOSING_REASONS.known("closing_reason", or_empty=True),
            ),
            CheckConstraint(
                name="beneficiary_closing_is_whole",
                condition=Q(closed_on__isnull=True, closing_reason="")
                | (Q(closed_on__isnull=False) & ~Q(closing_reason="")),
            ),
            CheckConstraint(
                name="beneficiary_last_contact_after_the_first",
                condition=Q(last_contact_on__gte=F("first_contact_on")),
            ),
            CheckConstraint(
                name="beneficiary_closed_after_the_first_contact",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("first_contact_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.organisation_id, self.SIDE

    @property
    def display_name(self) -> str:
        """« NOM Prénom » as known, else the alias; without any, the reference."""
        named = f"{self.last_name.upper()} {self.first_name}".strip()
        return named or self.alias or f"Dossier {self.reference}"

    def age(self, on: date | None = None) -> int | None:
        return full_years(self.birth_date, on or timezone.localdate()) if self.birth_date else None

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    def is_silent(self, on: date | None = None) -> bool:
        limit = add_months(on or timezone.localdate(), -settings.SILENT_MONTHS)
        return self.is_open and self.last_contact_on < limit


class NameKey(models.Model):
    """One blind index of a name, in one organisation of the support side and nowhere else."""

    row_owner = Rows(organisation="organisation_id", side="support")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.CASCADE, related_name="name_keys")
    digest = models.BigIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["digest", "beneficiary"], name="support_name_key_once_a_beneficiary"
            )
        ]

    def __str__(self) -> str:
        return str(self.digest)
