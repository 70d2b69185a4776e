"""What a branch offers: courses, talk groups, workshops, each by versioned templates."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.network.models import Organisation, works_today
from maillage.network.roles import Permission, Side
from maillage.network.vocabularies import LEGAL_FRAMEWORKS


def of_branch(by, column: str = "organisation_id") -> Q:
    """The condition under which a membership may know of a group, its places and its dates."""
    if by.side != Side.PROGRAMME or not works_today(by) or not by.holds(Permission.FILE_READ):
        return Q(pk__in=[])
    return Q(**{column: by.organisation_id})


def hours(minutes: int) -> str:
    """« 3 h », « 3 h 30 », « 45 min »."""
    whole, rest = divmod(minutes, 60)
    if not whole:
        return f"{rest}\u00a0min"
    return f"{whole}\u00a0h\u00a0{rest:02}" if rest else f"{whole}\u00a0h"


class Audience(models.TextChoices):
    MEN = "men", "Hommes"
    WOMEN = "women", "Femmes"
    MIXED = "mixed", "Mixte"


class SpeakerFunction(models.TextChoices):
    """By what somebody speaks in a session (R72, R77, R86)."""

    LAWYER = "lawyer", "Juriste"
    PSYCHOLOGIST = "psychologist", "Psychologue"
    SOCIAL_WORKER = "social_worker", "Travailleur ou travailleuse social·e"
    EDUCATOR = "educator", "Éducateur ou éducatrice"
    PROSECUTOR_DELEGATE = "prosecutor_delegate", "Délégué·e du procureur"
    PROBATION = "probation", "Conseiller·ère pénitentiaire (SPIP)"
    ADDICTION = "addiction", "Spécialiste des addictions"
    OTHER = "other", "Autre"


class OfferQuerySet(models.QuerySet["Offer"]):
    def visible_to(self, by) -> "OfferQuerySet":
        """Offers this membership may know of. Every page starts here."""
        return self.filter(of_branch(by))

    def current(self) -> "OfferQuerySet":
        return self.filter(is_current=True)


class Offer(models.Model):
    """One thing that a branch runs again and again: a course, a talk group, a workshop."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    class Kind(models.TextChoices):
        COURSE = "course", "Stage de responsabilisation"
        TALK_GROUP = "talk_group", "Groupe de parole"
        SOCIO_JUDICIAL = "socio_judicial", "Groupe socio-judiciaire"
        WORKSHOP = "workshop", "Atelier de gestion des émotions"

    class Entry(models.TextChoices):
        CLOSED = "closed", "Fermé : tous commencent ensemble"
        SLOW = "slow", "Lentement ouvert : entrées à certaines séances"
        OPEN = "open", "Ouvert : entrée à toute séance"

    MODULES = {  # the module that a referral asks for, and that a follow-up then has
        Kind.COURSE: "stage",
        Kind.TALK_GROUP: "groupe_parole",
        Kind.SOCIO_JUDICIAL: "groupe_socio_judiciaire",
        Kind.WORKSHOP: "atelier_emotions",
    }

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    kind = models.CharField("nature", max_length=16, choices=Kind.choices)
    entry = models.CharField("entrées", max_length=8, choices=Entry.choices, default=Entry.CLOSED)
    audience = models.CharField(
        "public", max_length=8, choices=Audience.choices, default=Audience.MIXED
    )
    name = models.CharField("intitulé", max_length=120)
    is_current = models.BooleanField("proposée", default=True)
    version = models.PositiveIntegerField(default=1)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name", "pk"]
        constraints = [
            UniqueConstraint(fields=["organisation", "name"], name="offer_name_once"),
            CheckConstraint(
                name="offer_kind_known",
                condition=Q(kind__in=["course", "talk_group", "socio_judicial", "workshop"]),
            ),
            CheckConstraint(
                name="offer_entry_known", condition=Q(entry__in=["closed", "slow", "open"])
            ),
            CheckConstraint(
                name="offer_audience_known", condition=Q(audience__in=["men", "women", "mixed"])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def module(self) -> str:
        """The code of the module by which a referral asks for it."""
        return self.MODULES[Offer.Kind(self.kind)]


class Template(models.Model):
    """One version of how an offer is held: its sessions and modules in order, its hours, its price.

    Once a group was made from it a version never changes: a change is the next version. Hours are
    counted, not only runs (I57).
    """

    row_owner = Rows(through="offer", in_figures=True)

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="templates")
    number = models.PositiveSmallIntegerField("version")
    capacity = models.PositiveSmallIntegerField("places")
    smallest = models.PositiveSmallIntegerField("effectif minimal", default=6)
    instalments = models.PositiveSmallIntegerField("paiement en plusieurs fois", default=1)
    required_minutes = models.PositiveIntegerField("durée à suivre pour l’attestation")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["offer", "-number"]
        constraints = [
            UniqueConstraint(fields=["offer", "number"], name="template_version_once"),
            CheckConstraint(
                name="template_capacity_is_possible",
                condition=Q(smallest__gte=1, capacity__gte=models.F("smallest"), capacity__lte=60),
            ),
            CheckConstraint(
                name="template_instalments_are_possible",
                condition=Q(instalments__gte=1, instalments__lte=12),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer} v{self.number}"

    @property
    def minutes(self) -> int:
        return sum(session.minutes for session in self.sessions.all())

    @property
    def length(self) -> str:
        """« 14 h »."""
        return hours(self.minutes)


class TemplateSession(models.Model):
    """One session of a template: how many working days after the first, from when, how long."""

    row_owner = Rows(through="template", in_figures=True)

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="sessions")
    number = models.PositiveSmallIntegerField("rang")
    gap = models.PositiveSmallIntegerField("jours après la précédente", default=0)
    starts_at = models.TimeField("à")
    minutes = models.PositiveSmallIntegerField("durée")
    is_individual = models.BooleanField("bilan individuel", default=False)  # APEX's 21st (R95)

    class Meta:
        ordering = ["template", "number"]
        constraints = [
            UniqueConstraint(fields=["template", "number"], name="template_session_once"),
            CheckConstraint(
                name="template_session_lasts", condition=Q(minutes__gte=15, minutes__lte=600)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id}/{self.number}"


class TemplateModule(models.Model):
    """One module of a session, in order (R74, R78): its subject, who speaks, with what."""

    row_owner = Rows(through="session", in_figures=True)

    session = models.ForeignKey(TemplateSession, on_delete=models.CASCADE, related_name="modules")
    number = models.PositiveSmallIntegerField("rang")
    title = models.CharField("module", max_length=120)
    minutes = models.PositiveSmallIntegerField("durée")
    speaker = models.CharField(
        "animé par", max_length=20, choices=SpeakerFunction.choices, default=SpeakerFunction.OTHER
    )
    material = models.CharField("supports", max_length=200, blank=True)

    class Meta:
        ordering = ["session", "number"]
        constraints = [
            UniqueConstraint(fields=["session", "number"], name="template_module_once"),
            CheckConstraint(
                name="template_module_speaker_known",
                condition=Q(
                    speaker__in=[
                        *("lawyer", "psychologist", "social_worker", "educator"),
                        *("prosecutor_delegate", "probation", "addiction", "other"),
                    ]
                ),
            ),
            CheckConstraint(
                name="template_module_lasts", condition=Q(minutes__gte=5, minutes__lte=600)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Price(models.Model):
    """What one legal framework pays for a template, in cents; none is said as 0 (R71, I58)."""

    row_owner = Rows(through="template", in_figures=True)

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="prices")
    legal_framework = models.CharField(
        "cadre juridique", max_length=40, choices=LEGAL_FRAMEWORKS.choices()
    )
    cents = models.PositiveIntegerField("prix")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["template", "legal_framework"], name="price_once"),
            CheckConstraint(
                name="price_legal_framework_known",
                condition=LEGAL_FRAMEWORKS.known("legal_framework"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.legal_framework}: {self.cents}"
