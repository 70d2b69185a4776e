"""People who sign in, what they did, what they looked at, what they had begun to type."""

import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Lower
from django.utils import timezone

from maillage.core.vault import SealedTextField

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


class TrailEntry(models.Model):
    """One act that changed something; written by actions in their own transaction."""

    at = models.DateTimeField(default=timezone.now)
    organisation = models.SlugField(max_length=60)
    side = models.CharField(max_length=12)
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

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.target}"


class TrailHead(models.Model):
    """How many acts an organisation has done on one side; grows in the order of the commits."""

    organisation = models.SlugField(max_length=60)
    side = models.CharField(max_length=12)
    acts = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [UniqueConstraint(fields=["organisation", "side"], name="trail_head_once")]

    def __str__(self) -> str:
        return f"{self.organisation}/{self.side}: {self.acts}"


class ReadEntry(models.Model):
    """One look at a named file, kept apart from what changed (R: reads leave a trail too)."""

    at = models.DateTimeField(default=timezone.now)
    organisation = models.SlugField(max_length=60)
    side = models.CharField(max_length=12)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    what = models.CharField(max_length=30)
    file = models.CharField(max_length=UID_LENGTH, blank=True)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["file", "-id"], name="reads_by_file")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what} {self.file}"


class Draft(models.Model):
    """What somebody had typed in a form and not sent yet; theirs alone, encrypted."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
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
