"""Who is kept out of one file, and who was let in: shapes of which each side has its own tables.

The code is shared, no row is: a side gives each shape its `SIDE` and the key of its own files.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.models import all_or_none
from maillage.core.vault import SealedTextField
from maillage.network.models import Organisation


def _somebody(label: str, **kwargs) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=label,
        on_delete=models.PROTECT,
        related_name="+",
        **kwargs,
    )


class OfOneSide(models.Model):
    SIDE: ClassVar[str]

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.organisation_id, self.SIDE


class AbstractBarrier(OfOneSide):
    """A worker shut out of one file: family, neighbour, somebody they know."""

    file_id: int

    user = _somebody("personne écartée")
    is_own = models.BooleanField("déclaré par la personne elle-même", default=False)
    reason = SealedTextField("motif", default="", blank=True)
    since = models.DateTimeField("depuis", default=timezone.now)
    by = _somebody("par")
    seen_at = models.DateTimeField("vu par la direction le", null=True, blank=True)
    lifted_at = models.DateTimeField("levé le", null=True, blank=True)
    lifted_by = _somebody("levé par", null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            UniqueConstraint(
                name="%(app_label)s_barrier_once_while_up",
                fields=["user", "file"],
                condition=Q(lifted_at__isnull=True),
            ),
            CheckConstraint(
                name="%(app_label)s_barrier_lifting_is_whole",
                condition=all_or_none("lifted_at", "lifted_by"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.file_id}"


class AbstractRestriction(OfOneSide):
    """A file that only its practitioners, the managers and named people open."""

    file_id: int

    reason = SealedTextField("motif", default="", blank=True)
    since = models.DateTimeField("depuis", default=timezone.now)
    by = _somebody("par")
    lifted_at = models.DateTimeField("levée le", null=True, blank=True)
    lifted_by = _somebody("levée par", null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            UniqueConstraint(
                name="%(app_label)s_restriction_once_while_up",
                fields=["file"],
                condition=Q(lifted_at__isnull=True),
            ),
            CheckConstraint(
                name="%(app_label)s_restriction_lifting_is_whole",
                condition=all_or_none("lifted_at", "lifted_by"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.file_id)


class AbstractNamedReader(OfOneSide):
    """Somebody named by the manager, who opens a restricted file like its practitioners."""

    user = _somebody("personne nommée")

    class Meta:
        abstract = True
        constraints = [
            UniqueConstraint(name="%(app_label)s_reader_named_once", fields=["restriction", "user"])
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class AbstractExceptionalAccess(OfOneSide):
    """A restricted file opened for a time, on a reason given; or the try of somebody barred."""

    file_id: int

    class Verdict(models.TextChoices):
        SEEN = "seen", "Vu, justifié"
        UNJUSTIFIED = "unjustified", "Non justifié"

    user = _somebody("ouvert par")
    reason = SealedTextField("motif")
    opened_at = models.DateTimeField("ouvert le", default=timezone.now)
    until = models.DateTimeField("jusqu’à")
    is_refused = models.BooleanField("refusé", default=False)
    verdict = models.CharField("avis", max_length=12, choices=Verdict.choices, blank=True)
    comment = SealedTextField("précisions", default="", blank=True)
    reviewed_at = models.DateTimeField("avis rendu le", null=True, blank=True)
    reviewed_by = _somebody("avis rendu par", null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            CheckConstraint(
                name="%(app_label)s_access_verdict_known",
                condition=Q(verdict__in=["seen", "unjustified", ""]),
            ),
            CheckConstraint(
                name="%(app_label)s_access_verdict_is_signed",
                condition=Q(verdict="", reviewed_at__isnull=True, reviewed_by__isnull=True)
                | (~Q(verdict="") & Q(reviewed_at__isnull=False, reviewed_by__isnull=False)),
            ),
            CheckConstraint(
                name="%(app_label)s_access_refused_opens_nothing",
                condition=Q(is_refused=False, until__gt=F("opened_at"))
                | Q(is_refused=True, until=F("opened_at")),
            ),
            CheckConstraint(
                name="%(app_label)s_access_reviewed_by_another",
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("user")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.file_id} {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.until > timezone.now()
