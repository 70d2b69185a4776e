"""Who lives with the person, what they need, what was said and when."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.rows import Rows
from maillage.core.vault import SealedTextField
from maillage.network.models import Organisation
from maillage.network.roles import Side
from maillage.support.reception.models.beneficiaries import Beneficiary
from maillage.support.reception.vocabularies import NEEDS


class OfABeneficiary(models.Model):
    SIDE = Side.SUPPORT
    row_owner = Rows(organisation="organisation_id", side="support")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.organisation_id, self.SIDE


class HouseholdMember(OfABeneficiary):
    """A child or an adult of the household; a name only if it is needed."""

    class Kind(models.TextChoices):
        CHILD = "child", "Enfant"
        ADULT = "adult", "Adulte à charge ou proche"

    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.CASCADE, related_name="household")
    kind = models.CharField("qui", max_length=6, choices=Kind.choices, default=Kind.CHILD)
    first_name = SealedTextField("prénom", default="", blank=True)
    birth_year = models.PositiveSmallIntegerField("année de naissance", null=True, blank=True)
    lives_with = models.BooleanField("vit avec la personne", null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["birth_year", "pk"]
        constraints = [
            CheckConstraint(
                name="household_member_kind_known", condition=Q(kind__in=["child", "adult"])
            ),
            CheckConstraint(
                name="household_member_birth_year_is_a_year",
                condition=Q(birth_year__isnull=True)
                | Q(birth_year__gte=1900, birth_year__lte=2199),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def age(self) -> int | None:
        """The age reached this year."""
        return timezone.localdate().year - self.birth_year if self.birth_year else None


class Need(OfABeneficiary):
    """One thing the person needs, since when, until it is met or no longer asked."""

    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.CASCADE, related_name="needs")
    code = models.CharField("besoin", max_length=20, choices=NEEDS.choices())
    since = models.DateField("depuis le", default=timezone.localdate)
    ended_on = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        ordering = ["since", "pk"]
        constraints = [
            CheckConstraint(name="need_code_known", condition=NEEDS.known("code")),
            CheckConstraint(
                name="need_ends_after_it_starts",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("since")),
            ),
            UniqueConstraint(
                name="need_once_while_open",
                fields=["beneficiary", "code"],
                condition=Q(ended_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.get_code_display()


class Contact(OfABeneficiary):
    """One exchange with the person, or a try; a correction is another one."""

    class Channel(models.TextChoices):
        VISIT = "visit", "Venue sur place"
        CALL_IN = "call_in", "Appel reçu"
        CALL_OUT = "call_out", "Appel passé"
        TEXT = "text", "SMS"
        EMAIL = "email", "Courriel"
        LETTER = "letter", "Courrier"
        OUTSIDE = "outside", "Rencontre à l’extérieur"
        RIGHTS = "rights", "Demande sur ses données"

        @classmethod
        def typed(cls) -> list[tuple[str, str]]:
            """Those that somebody chooses; the answer to a request writes the other."""
            return [choice for choice in cls.choices if choice[0] != cls.RIGHTS]

    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.CASCADE, related_name="contacts")
    on = models.DateField("le", default=timezone.localdate)
    channel = models.CharField("comment", max_length=8, choices=Channel.choices)
    was_reached = models.BooleanField("la personne a été jointe", default=True)
    note = SealedTextField("ce qui s’est dit", default="", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-on", "-recorded_at", "-pk"]
        indexes = [models.Index(fields=["beneficiary", "-on"], name="support_contact_by_day")]
        constraints = [
            CheckConstraint(
                name="support_contact_channel_known",
                condition=Q(
                    channel__in=[
                        "visit",
                        "call_in",
                        "call_out",
                        "text",
                        "email",
                        "letter",
                        "outside",
                        "rights",
                    ]
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.on:%Y-%m-%d}"
