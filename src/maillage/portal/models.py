"""What is offered to the public, where, and until when somebody vouches for it."""

from datetime import date

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from maillage.core.models import all_or_none, make_uid
from maillage.core.rows import SHARED
from maillage.network.models import Organisation, Site
from maillage.network.roles import Permission
from maillage.portal.needs import CODES


def is_overdue(due_on: date | None, today: date) -> bool:
    """Nobody vouches for an entry today; said in public, and it falls in rank."""
    return due_on is None or due_on < today


class ServiceQuerySet(models.QuerySet["Service"]):
    def visible_to(self, by) -> "ServiceQuerySet":
        """An organisation keeps its own entries; nobody keeps another's."""
        mine = self.filter(organisation=by.organisation_id)
        return mine if by.holds(Permission.DIRECTORY_READ) else self.none()

    def published(self) -> "ServiceQuerySet":
        """What anybody may read: entries in force of an organisation shown to the public."""
        return self.filter(state=Service.State.PUBLISHED, organisation__is_public=True)


class Service(models.Model):
    """One thing that one organisation offers at one place, as the public reads it.

    A protected place has no point: it is known by its department and its line alone.
    """

    class State(models.TextChoices):
        PUBLISHED = "published", "Publiée"
        WITHDRAWN = "withdrawn", "Retirée"

    row_owner = SHARED

    uid = models.CharField(max_length=12, unique=True, default=make_uid, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="services"
    )
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.CASCADE, related_name="services"
    )
    code = models.CharField("code", max_length=120)
    name = models.CharField("nom", max_length=150)
    description = models.TextField("ce qui est proposé", blank=True)
    purpose = models.CharField("objet des permanences", max_length=120, blank=True)
    audience = models.CharField("pour qui", max_length=200, blank=True)
    town = models.CharField("commune", max_length=80, blank=True)
    department = models.CharField("département", max_length=3)
    is_protected = models.BooleanField("adresse protégée", default=False)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    cost = models.CharField("coût", max_length=120, blank=True)
    access = models.CharField("accès", max_length=200, blank=True)
    languages = models.CharField("langues", max_length=200, blank=True)
    confidentiality = models.CharField("confidentialité", max_length=200, blank=True)
    source = models.CharField("source", max_length=240)
    verifier = models.CharField("vérifiée par", max_length=160, blank=True)
    verified_on = models.DateField("vérifiée le", null=True, blank=True)
    due_on = models.DateField("à revoir le", null=True, blank=True)
    state = models.CharField("état", max_length=10, choices=State.choices, default=State.PUBLISHED)
    version = models.PositiveIntegerField(default=0)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            UniqueConstraint(fields=["organisation", "code"], name="service_code_once"),
            CheckConstraint(
                name="service_state_known", condition=Q(state__in=["published", "withdrawn"])
            ),
            CheckConstraint(
                name="service_point_is_whole", condition=all_or_none("latitude", "longitude")
            ),
            CheckConstraint(
                name="service_protected_has_no_point",
                condition=Q(is_protected=False) | Q(latitude__isnull=True, town=""),
            ),
            CheckConstraint(
                name="service_verifying_is_whole", condition=all_or_none("verified_on", "due_on")
            ),
            CheckConstraint(
                name="service_due_after_it_was_verified",
                condition=Q(due_on__isnull=True) | Q(due_on__gt=F("verified_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_overdue(self, today: date) -> bool:
        return is_overdue(self.due_on, today)


class ServiceNeed(models.Model):
    """One need that a service answers, beside the place by which the nearest are found."""

    row_owner = SHARED

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="needs")
    need = models.CharField("besoin", max_length=12, choices=[(code, code) for code in CODES])
    latitude = models.FloatField()  # of the department's middle where the place is protected
    longitude = models.FloatField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["service", "need"], name="service_need_once"),
            CheckConstraint(name="service_need_known", condition=Q(need__in=list(CODES))),
        ]
        indexes = [
            models.Index(fields=["need", "latitude", "longitude"], name="service_by_need_and_place")
        ]

    def __str__(self) -> str:
        return self.need


class Closure(models.Model):
    """Days on which an organisation, or one of its sites, does not receive."""

    row_owner = SHARED

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="closures"
    )
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.CASCADE)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            CheckConstraint(
                name="closure_ends_after_it_starts", condition=Q(ends_on__gte=F("starts_on"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_on}–{self.ends_on}"

    def covers(self, day: date, site: int | None) -> bool:
        return self.starts_on <= day <= self.ends_on and self.site_id in (None, site)
