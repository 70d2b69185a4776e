"""Open sessions, invitations, identities given by others, and the secrets of second factors."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.models import make_uid
from maillage.core.rows import SHARED
from maillage.core.vault import INSTALLATION, Owner, SealedTextField
from maillage.network.models import Membership, Organisation
from maillage.network.roles import Permission, Role, Side

_SIGNER = Signer(salt="maillage.invitation")


class FactorSecret(models.Model):
    """What a second factor rests on; allauth's own table holds only the number of this row."""

    row_owner = SHARED  # read before signing in is over

    secret = SealedTextField()

    def __str__(self) -> str:
        return f"secret {self.pk}"

    @property
    def vault_owner(self) -> Owner:
        """An account works for several organisations: its secrets are the installation's."""
        return INSTALLATION


class UserSessionQuerySet(models.QuerySet["UserSession"]):
    def open(self) -> "UserSessionQuerySet":
        """Those that a next request would still be let through."""
        now = timezone.now()
        return self.filter(
            signed_in_at__gt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE),
            last_seen_at__gt=now - timedelta(minutes=settings.IDLE_MINUTES + 1),
        )


class UserSession(models.Model):
    """One browser where somebody is signed in; without its row a session opens nothing."""

    row_owner = SHARED  # read before signing in is over

    uid = models.CharField(max_length=12, unique=True, default=make_uid)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="open_sessions"
    )
    device = models.CharField("appareil", max_length=60)
    method = models.CharField("second facteur", max_length=20, blank=True)
    signed_in_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    objects = UserSessionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.device


class Identity(models.Model):
    """Who somebody is for a provider of identities: by its issuer and subject, never an e-mail."""

    row_owner = SHARED  # read before signing in is over

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities"
    )
    issuer = models.CharField("fournisseur", max_length=240)
    subject = models.CharField("identifiant", max_length=255)
    linked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [UniqueConstraint(fields=["issuer", "subject"], name="identity_once")]

    def __str__(self) -> str:
        return self.issuer


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        return self.filter(
            used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=timezone.now()
        )

    def visible_to(self, by) -> "InvitationQuerySet":
        """Those of one's own organisation on one's own side, for who manages its accounts."""
        if not by.holds(Permission.ACCOUNT_MANAGE):
            return self.none()
        return self.filter(organisation=by.organisation_id, side=by.side)

    def of_token(self, token: str) -> "Invitation | None":
        """The invitation a link leads to, while it may be used."""
        try:
            uid = _SIGNER.unsign(token)
        except BadSignature:
            return None
        return self.open().filter(uid=uid).first()


class Invitation(models.Model):
    """A link that serves once: to join an organisation, or to choose a new password."""

    row_owner = SHARED  # read before signing in is over

    class Kind(models.TextChoices):
        JOIN = "join", "Invitation"
        PASSWORD = "password", "Nouveau mot de passe"

    uid = models.CharField(max_length=12, unique=True, default=make_uid)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    email = models.EmailField("adresse électronique", max_length=254)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    side = models.CharField("côté", max_length=12, choices=Side.choices)
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    until = models.DateField("rattachement jusqu’au")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(
                name="invitation_kind_known", condition=Q(kind__in=["join", "password"])
            ),
            CheckConstraint(name="invitation_side_known", condition=Q(side__in=Side.values)),
            CheckConstraint(name="invitation_role_known", condition=Q(role__in=Role.values)),
            CheckConstraint(
                name="invitation_ends_after_it_starts",
                condition=Q(expires_at__gt=F("created_at")),
            ),
            CheckConstraint(
                name="invitation_of_a_password_is_of_an_account",
                condition=~Q(kind="password") | Q(user__isnull=False),
            ),
            CheckConstraint(
                name="invitation_used_or_withdrawn_not_both",
                condition=Q(used_at__isnull=True) | Q(withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.uid}"

    @property
    def token(self) -> str:
        """What the link holds; made of the key of the installation, kept nowhere."""
        return _SIGNER.sign(self.uid)

    def membership_fields(self) -> dict[str, Any]:
        return {"organisation": self.organisation, "side": self.side, "role": self.role}


def holds_already(user, invitation: Invitation) -> bool:
    """Whether somebody already works there, on that side, in that role."""
    current = Membership.objects.current().filter(user=user, **invitation.membership_fields())
    return current.exists()
