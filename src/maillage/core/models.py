"""People who sign in, what they did, what they looked at, what they had begun to type."""

import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Lower
from django.utils import timezone

from maillage.core.rows import SHARED, Rows, Shared
from maillage.core.vault import Owner, SealedTextField

UID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
UID_LENGTH = 12


def make_uid() -> str:
    """A random name for addresses, that tells nothing and cannot be guessed (59 bits)."""
    rest, letters = int.from_bytes(secrets.token_bytes(16)), []
    for _ in range(UID_LENGTH):
        rest, letter = divmod(rest, len(UID_ALPHABET))
        letters.append(UID_ALPHABET[letter])
    return "".join(letters)


def all_or_none(*fields: str) -> Q:
    """These columns are filled together or empty together."""
    return Q(**{f"{f}__isnull": True for f in fields}) | Q(
        **{f"{f}__isnull": False for f in fields}
    )


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who may sign in; what they may do is said by their memberships."""

    row_owner = SHARED  # read before signing in is over

    email = models.EmailField("adresse électronique", max_length=254, unique=True)
    name = models.CharField("nom affiché", max_length=120)
    is_active = models.BooleanField("actif", default=True)
    is_invented = models.BooleanField("compte de démonstration", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name


class TrailHead(models.Model):
    """The end of one chain of the trail: one organisation, one side, one month, acts or looks.

    Its row is locked by whoever adds an entry. Once the month is purged it is all that is left.
    """

    row_owner = Rows(slug="organisation", side_column="side", in_figures=True)

    class Kind(models.TextChoices):
        ACT = "act", "Actes"
        READ = "read", "Lectures"

    organisation = models.SlugField(max_length=60)
    side = models.CharField(max_length=12)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    month = models.CharField(max_length=7)
    position = models.PositiveBigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)
    purged_at = models.DateTimeField(null=True, blank=True)
    purged_by = models.CharField(max_length=60, blank=True)
    first_hash = models.BinaryField(max_length=32, null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["organisation", "side", "kind", "month"], name="trail_head_once"
            ),
            CheckConstraint(name="trail_head_kind_known", condition=Q(kind__in=["act", "read"])),
            CheckConstraint(
                name="trail_head_purge_is_whole",
                condition=Q(purged_at__isnull=True, first_hash__isnull=True, purged_by="")
                | (Q(purged_at__isnull=False, first_hash__isnull=False) & ~Q(purged_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}/{self.side}/{self.kind}/{self.month}: {self.position}"


class Link(models.Model):
    """One place in a chain; the database refuses that it is changed, or taken away alone."""

    chain = models.ForeignKey(TrailHead, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)
    at = models.DateTimeField(default=timezone.now)
    organisation = models.SlugField(max_length=60)
    side = models.CharField(max_length=12)

    class Meta:
        abstract = True


class TrailEntry(Link):
    """One act that changed something; written by actions in their own transaction."""

    row_owner = Rows(slug="organisation", side_column="side", append_only=True)

    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, blank=True)
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=40, blank=True)
    file = models.CharField(max_length=UID_LENGTH, blank=True)
    details = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "side", "-id"], name="trail_by_organisation"),
            models.Index(fields=["file", "-id"], name="trail_by_file"),
        ]
        constraints = [
            UniqueConstraint(fields=["chain", "position"], name="trail_entry_once_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.target}"


class ReadEntry(Link):
    """One look at a named file, kept apart from what changed (R: reads leave a trail too).

    Of a search, `digest` tells whether the same was asked before, and `flag` what was noticed of
    it; its words are kept nowhere.
    """

    row_owner = Rows(slug="organisation", side_column="side", append_only=True)

    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    what = models.CharField(max_length=30)
    file = models.CharField(max_length=UID_LENGTH, blank=True)
    count = models.PositiveIntegerField(default=1)
    digest = models.BigIntegerField(null=True, blank=True)
    flag = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["file", "-id"], name="reads_by_file"),
            models.Index(fields=["organisation", "side", "at"], name="reads_by_moment"),
        ]
        constraints = [
            UniqueConstraint(fields=["chain", "position"], name="read_entry_once_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what} {self.file}"


class Draft(models.Model):
    """What somebody had typed in a form and not sent yet; theirs alone, encrypted with the key of
    the organisation and the side they were working for."""

    # not of their author alone: whoever erases a file erases the drafts that colleagues left of it
    row_owner = Rows(organisation="organisation_id", side_column="side")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    organisation_id = models.BigIntegerField()
    side = models.CharField(max_length=12)
    form = models.CharField(max_length=120)
    data = SealedTextField()
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["user", "form"], name="draft_once_a_form"),
            CheckConstraint(condition=~Q(form=""), name="draft_names_its_form"),
        ]

    def __str__(self) -> str:
        return self.form

    @property
    def vault_owner(self) -> Owner:
        return self.organisation_id, self.side


class Seal(models.Model):
    """What anybody may read of a printed document: that its code is valid, and nothing else.

    Neither whose it is, nor which organisation's, nor of which day; the code itself is not here.
    """

    row_owner = Shared("SELECT, INSERT, UPDATE")

    digest = models.CharField(max_length=64, unique=True)
    is_valid = models.BooleanField(default=True)

    def __str__(self) -> str:
        return "valid" if self.is_valid else "revoked"


class Delivery(models.Model):
    """What a carrier said last of one message, by the receipt that it gave, which names nobody."""

    row_owner = Shared("SELECT, INSERT, UPDATE")  # told before anybody is signed in

    receipt = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10)  # a code of whoever sent the message
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.state
