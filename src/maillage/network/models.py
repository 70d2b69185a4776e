"""Organisations of the territory, where and when they receive, who works for them."""

from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.rows import SHARED, Rows, Shared
from maillage.core.text import squash
from maillage.core.vault import Owner
from maillage.network.roles import GRANTS, Permission, Role, Side, needs_second_factor
from maillage.network.vocabularies import REFERRER_CATEGORIES


def dated(start: str = "starts_on", end: str = "ends_on") -> Q:
    """The end of a dated row does not come before its start."""
    return Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": F(start)})


def in_force(on: date, start: str = "starts_on", end: str = "ends_on") -> Q:
    return Q(**{f"{start}__lte": on}) & (Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": on}))


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, by) -> "OrganisationQuerySet":
        """The directory is one for everybody who may read it, on both sides."""
        return self if by.holds(Permission.DIRECTORY_READ) else self.none()


class Organisation(models.Model):
    """A legal body or a service; what it does in the network is said by its mandates (R3)."""

    row_owner = SHARED

    slug = models.SlugField("code", max_length=60, unique=True)
    name = models.CharField("nom", max_length=160)
    short_name = models.CharField("nom court", max_length=60, blank=True)
    kind = models.CharField("nature", max_length=80, blank=True)
    role = models.TextField("rôle", blank=True)
    territory = models.CharField("territoire", max_length=160, blank=True)
    referrer_category = models.CharField(
        "catégorie d’orienteur", max_length=40, blank=True, choices=REFERRER_CATEGORIES.choices()
    )
    siret = models.CharField("SIRET", max_length=14, blank=True)
    rna = models.CharField("RNA", max_length=10, blank=True)
    finess = models.CharField("FINESS", max_length=9, blank=True)
    source = models.CharField("source", max_length=240, blank=True)
    note = models.TextField("remarque", blank=True)
    is_public = models.BooleanField("montrée au public", default=False)
    is_invented = models.BooleanField("données inventées", default=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            CheckConstraint(
                name="organisation_referrer_category_known",
                condition=REFERRER_CATEGORIES.known("referrer_category", or_empty=True),
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class Mandate(models.Model):
    """One thing an organisation is in the network, for a time: AERS is lead and branch (R3)."""

    row_owner = SHARED

    class Kind(models.TextChoices):
        LEAD = "lead", "Porteur du réseau"
        BRANCH = "branch", "Antenne"
        REFERRER = "referrer", "Orienteur"
        PARTNER = "partner", "Partenaire"
        FUNDER = "funder", "Financeur"
        AUTHORITY = "authority", "Autorité"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="mandates"
    )
    kind = models.CharField("mandat", max_length=12, choices=Kind.choices)
    starts_on = models.DateField("depuis le", default=date(2020, 10, 1))
    ends_on = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="mandate_kind_known",
                condition=Q(
                    kind__in=["lead", "branch", "referrer", "partner", "funder", "authority"]
                ),
            ),
            CheckConstraint(name="mandate_ends_after_it_starts", condition=dated()),
            UniqueConstraint(
                name="mandate_once_while_in_force",
                fields=["organisation", "kind"],
                condition=Q(ends_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} : {self.get_kind_display()}"


class Contact(models.Model):
    """A published way to reach an organisation, with its source and the day it was verified."""

    row_owner = SHARED

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="contacts"
    )
    kind = models.CharField(
        "moyen", max_length=12, choices=[("phone", "Téléphone"), ("email", "Courriel")]
    )
    value = models.CharField("valeur", max_length=120)
    label = models.CharField("libellé", max_length=120, blank=True)
    source = models.CharField("source", max_length=160)
    verified_on = models.DateField("vérifié le", null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(name="contact_kind_known", condition=Q(kind__in=["phone", "email"])),
            UniqueConstraint(fields=["organisation", "kind", "value"], name="contact_once"),
        ]

    def __str__(self) -> str:
        return self.value


class Site(models.Model):
    """A place of reception under one code, whatever its spellings and addresses (I52)."""

    row_owner = SHARED

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="sites")
    slug = models.SlugField("code", max_length=60)
    name = models.CharField("nom", max_length=120)
    aliases = models.JSONField("autres graphies", default=list, blank=True)
    is_protected = models.BooleanField("adresse protégée", default=False)
    starts_on = models.DateField("ouvert depuis", null=True, blank=True)
    ends_on = models.DateField("fermé le", null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            UniqueConstraint(fields=["organisation", "slug"], name="site_code_once"),
            CheckConstraint(name="site_ends_after_it_starts", condition=dated()),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def spellings(self) -> set[str]:
        """Every squashed spelling by which a spreadsheet may name this site."""
        return {squash(text) for text in (self.slug, self.name, *self.aliases)}


class SiteAddress(models.Model):
    """One door of a site; a protected one shows its town alone."""

    row_owner = SHARED

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField("lieu", max_length=160)
    town = models.CharField("commune", max_length=80)

    class Meta:
        constraints = [UniqueConstraint(fields=["site", "label"], name="address_once_a_site")]

    def __str__(self) -> str:
        return self.label


class Opening(models.Model):
    """When somebody receives: a weekday, perhaps of certain ranks in the month (R24–R39)."""

    row_owner = SHARED

    class HalfDay(models.TextChoices):
        MORNING = "morning", "matin"
        AFTERNOON = "afternoon", "après-midi"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="openings"
    )
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.CASCADE, related_name="openings"
    )
    address = models.ForeignKey(SiteAddress, null=True, blank=True, on_delete=models.SET_NULL)
    purpose = models.CharField("objet", max_length=120)
    weekday = models.PositiveSmallIntegerField("jour")
    half_day = models.CharField("demi-journée", max_length=10, blank=True, choices=HalfDay.choices)
    starts_at = models.TimeField("de", null=True, blank=True)
    ends_at = models.TimeField("à", null=True, blank=True)
    ranks = models.JSONField("rangs dans le mois", default=list, blank=True)
    valid_from = models.DateField("depuis", null=True, blank=True)
    valid_until = models.DateField("jusqu’au", null=True, blank=True)
    source = models.CharField("source", max_length=160)
    verified_on = models.DateField("vérifié le", null=True, blank=True)

    class Meta:
        ordering = ["site__name", "weekday", "half_day", "starts_at", "id"]
        constraints = [
            CheckConstraint(name="opening_weekday_known", condition=Q(weekday__lte=6)),
            CheckConstraint(
                name="opening_half_day_known",
                condition=Q(half_day__in=["morning", "afternoon", ""]),
            ),
            CheckConstraint(
                name="opening_hours_are_whole",
                condition=Q(starts_at__isnull=True, ends_at__isnull=True)
                | Q(starts_at__isnull=False, ends_at__isnull=False, ends_at__gt=F("starts_at")),
            ),
            CheckConstraint(
                name="opening_ends_after_it_starts", condition=dated("valid_from", "valid_until")
            ),
            CheckConstraint(
                name="opening_address_is_of_a_site",
                condition=Q(address__isnull=True) | Q(site__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site or self.organisation} ({self.weekday})"


class Agreement(models.Model):
    """A convention between two organisations; its start may not have been published (R18, R186)."""

    row_owner = SHARED

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="agreements"
    )
    partner = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    title = models.CharField("objet", max_length=200)
    starts_on = models.DateField("depuis le", null=True, blank=True)
    ends_on = models.DateField("jusqu’au", null=True, blank=True)
    source = models.CharField("source", max_length=160, blank=True)
    notice_days = models.PositiveSmallIntegerField(
        "absence signalée sous (jours)", null=True, blank=True
    )  # to tell the referrer of an absence (R80)

    class Meta:
        ordering = [F("starts_on").desc(nulls_last=True), "title"]
        constraints = [
            CheckConstraint(name="agreement_ends_after_it_starts", condition=dated()),
            CheckConstraint(
                name="agreement_is_between_two", condition=~Q(organisation=F("partner"))
            ),
            UniqueConstraint(
                fields=["organisation", "partner", "title"], name="agreement_once_a_title"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, on: date | None = None) -> "MembershipQuerySet":
        """Those in force on a day; one that was ended at once is not, from that moment on."""
        return self.filter(in_force(on or timezone.localdate()), ended_at__isnull=True)

    def visible_to(self, by) -> "MembershipQuerySet":
        """The accounts of one's own organisation on one's own side, for who manages them."""
        if not by.holds(Permission.ACCOUNT_MANAGE):
            return self.none()
        return self.filter(organisation=by.organisation_id, side=by.side)

    def usable(self) -> "MembershipQuerySet":
        """Of the `memberships` of somebody, those among which they choose the one they work under:
        each knows its user already, whom no query reads again."""
        return self.current().select_related("organisation")


class Membership(models.Model):
    """One person working for one organisation, on one side, in one role, for a time.

    It is the actor of every action (`by=`) and of every `visible_to`: whoever works on both sides
    works on one at a time.
    """

    row_owner = Rows(organisation="organisation_id", side_column="side", read_by_all=True)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships"
    )
    side = models.CharField("côté", max_length=12, choices=Side.choices)
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    starts_on = models.DateField("depuis le", default=timezone.localdate)
    ends_on = models.DateField("jusqu’au", null=True, blank=True)
    ended_at = models.DateTimeField("terminé le", null=True, blank=True)
    read_once: dict[Any, Any] | None = None  # what a page that only reads keeps while it does

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="membership_side_known", condition=Q(side__in=Side.values)),
            CheckConstraint(name="membership_role_known", condition=Q(role__in=Role.values)),
            CheckConstraint(name="membership_ends_after_it_starts", condition=dated()),
            UniqueConstraint(
                name="membership_once_while_open",
                fields=["user", "organisation", "side", "role"],
                condition=Q(ends_on__isnull=True, ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation} · {self.get_role_display()}"

    @property
    def organisation_slug(self) -> str:
        return self.organisation.slug

    @property
    def vault_owner(self) -> Owner:
        """Whose keys encrypt what is written under this membership."""
        return self.organisation_id, self.side

    @property
    def row_terms(self) -> dict[str, Any]:
        return {
            "membership": self.pk,
            "user": self.user_id,
            "organisations": self.organisation_id,
        }

    def hold(self) -> bool:
        """Whether it is in force still, and then until the end of the transaction (PostgreSQL): who
        ends it waits. Several hold it at once."""
        standing = type(self).objects.current().filter(pk=self.pk, user__is_active=True)
        sql, given = standing.values("pk").query.sql_with_params()
        table = connection.ops.quote_name(self._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} FOR SHARE OF {table}", given)  # waits, then asks again
            return cursor.fetchone() is not None

    def holds(self, permission: Permission) -> bool:
        return permission in GRANTS[self.side, self.role]

    @property
    def needs_second_factor(self) -> bool:
        return needs_second_factor(self.side, self.role)

    def clean(self) -> None:
        if (self.side, self.role) not in GRANTS:
            raise ValidationError("Ce rôle n’existe pas de ce côté.")


def works_today(by) -> bool:
    """Whether a membership is in force; whoever has the machine and its keys always works."""
    if not isinstance(by, Membership):
        return True
    return by.starts_on <= timezone.localdate() <= (by.ends_on or date.max)


def branches() -> Any:
    """The branches of the network today, in the order of their names."""
    return Organisation.objects.filter(
        in_force(timezone.localdate(), "mandates__starts_on", "mandates__ends_on"),
        mandates__kind=Mandate.Kind.BRANCH,
    ).distinct()


class CalendarFeed(models.Model):
    """One private address of one membership: read by an agenda, without a session, until it is
    closed or the membership ends. The address itself is not here, only its digest."""

    row_owner = Shared("SELECT, INSERT, UPDATE")  # found before anybody is known; names nobody

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    is_mine = models.BooleanField("les seules séances que j’anime")
    opened_at = models.DateTimeField("ouverte le", default=timezone.now)
    read_on = models.DateField("lue le", null=True, blank=True)
    closed_at = models.DateTimeField("fermée le", null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return str(self.pk)


class OneTimeCode(models.Model):
    """A code that opens one form once, to whoever holds it: kept as a digest, tied to nobody."""

    row_owner = Shared("SELECT, INSERT, UPDATE")  # found before anybody is known; names nobody

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    opens = models.CharField("ouvre", max_length=40)  # what the room that made it understands
    expires_on = models.DateField("jusqu’au")
    is_used = models.BooleanField("employé", default=False)

    def __str__(self) -> str:
        return str(self.pk)
