"""Second factors: what an account has, and whether what is given is right."""

import json
import time
from base64 import b32encode, b64encode
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac

from maillage.core.models import User, make_uid

TOTP, PASSKEY, RECOVERY, AGENT = "totp", "passkey", "recovery", "agent"
METHODS = {
    TOTP: "code de l’application",
    PASSKEY: "clé d’accès",
    RECOVERY: "code de secours",
    AGENT: "compte d’agent public",
}
_MALFORMED = (ValidationError, InvalidSignature, ValueError, TypeError, KeyError, AttributeError)


class Wrong(Exception):
    """What was given proves nothing."""


@dataclass(frozen=True)
class Factor:
    """One of the factors of an account, as its owner reads it."""

    pk: int
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


def _of(user: User):
    return Authenticator.objects.filter(user=user)


def has_factor(user: User) -> bool:
    """Whether a second factor can be asked; recovery codes alone are none."""
    return _of(user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def kinds_of(user: User) -> set[str]:
    return set(_of(user).values_list("type", flat=True))


def factors_of(user: User) -> list[Factor]:
    found = _of(user).exclude(type=Authenticator.Type.RECOVERY_CODES).order_by("pk")
    return [
        Factor(
            each.pk,
            TOTP if each.type == Authenticator.Type.TOTP else PASSKEY,
            "Application de codes" if each.type == Authenticator.Type.TOTP else each.wrap().name,
            each.created_at,
            each.last_used_at,
        )
        for each in found
    ]


def recovery_codes_of(user: User) -> RecoveryCodes | None:
    found = _of(user).filter(type=Authenticator.Type.RECOVERY_CODES).first()
    return found.wrap() if found else None


def _used_key(user: User, code: str) -> str:
    digest = salted_hmac("maillage.totp.used", f"{user.pk}:{code}", algorithm="sha256")
    return f"totp:{digest.hexdigest()}"


def _check_totp(user: User, code: str) -> bool:
    """A code is right once, for as long as it could be right (allauth forgets it too early)."""
    found = _of(user).filter(type=Authenticator.Type.TOTP).first()
    if found is None:
        return False
    secret = get_adapter().decrypt(found.data["secret"])
    if not totp.validate_totp_code(secret, code):
        return False
    lifetime = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    if not cache.add(_used_key(user, code), "used", lifetime):
        return False
    found.record_usage()
    return True


def _check_recovery(user: User, code: str) -> bool:
    codes = recovery_codes_of(user)
    return codes is not None and codes.validate_code(code)


def check_code(user: User, typed: str) -> str:
    """The kind of factor that a typed code is; raises `Wrong` where it is none."""
    code = "".join(letter for letter in typed if letter.isascii() and letter.isdigit())
    if len(code) == app_settings.TOTP_DIGITS and _check_totp(user, code):
        return TOTP
    if len(code) == app_settings.RECOVERY_CODE_DIGITS and _check_recovery(user, code):
        return RECOVERY
    raise Wrong


def passkey_options(user: User | None) -> dict:
    """What a browser asks of a passkey; its state stays in the session."""
    return webauthn.begin_authentication(user)


def check_passkey(user: User | None, answer: str) -> User:
    """Whose passkey answered; without a `user`, the key says who it is. Raises `Wrong`."""
    try:
        given = json.loads(answer)
        webauthn.parse_authentication_response(given)
        whose = user or webauthn.extract_user_from_response(given)
        found = webauthn.complete_authentication(whose, given)
    except _MALFORMED as error:
        raise Wrong from error
    if not whose.is_active:
        raise Wrong
    found.record_usage()
    return whose


def new_passkey_options(user: User) -> dict:
    """What a browser asks to make a passkey that can sign in alone, its holder verified."""
    return webauthn.begin_registration(user, passwordless=True)


def read_new_passkey(answer: str) -> dict:
    """The passkey that a browser made for the question of this session; raises `Wrong`."""
    try:
        given = json.loads(answer)
        webauthn.parse_registration_response(given)
        binding = webauthn.complete_registration(given)
    except _MALFORMED as error:
        raise Wrong from error
    if not binding.is_user_verified():
        raise Wrong
    return given


@dataclass(frozen=True)
class NewTotp:
    """A secret being shown: as a text, and as a picture that a telephone reads."""

    secret: str
    picture: str

    @property
    def in_groups(self) -> str:
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))

    def takes(self, typed: str) -> bool:
        return totp.validate_totp_code(self.secret, "".join(typed.split()))


def new_totp(user: User, session) -> NewTotp:
    """The same secret until it is taken or the session ends; kept nowhere: the key of the house
    and a word of the session make it."""
    word = session.setdefault("new_totp", make_uid() + make_uid())
    digest = salted_hmac("maillage.totp.new", f"{user.pk}:{word}", algorithm="sha256").digest()
    secret = b32encode(digest[:20]).decode()
    drawn = get_adapter().build_totp_svg(get_adapter().build_totp_url(user, secret))
    return NewTotp(secret, f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}")


def code_of_the_moment(user: User) -> str:
    """For an invented account on one's own machine: a code that was not used yet; else nothing."""
    if settings.MODE != "local" or not user.is_invented:
        return ""
    found = _of(user).filter(type=Authenticator.Type.TOTP).first()
    if found is None:
        return ""
    secret = get_adapter().decrypt(found.data["secret"])
    now = int(time.time()) // app_settings.TOTP_PERIOD
    codes = [totp.format_hotp_value(totp.hotp_value(secret, now + step)) for step in (0, 1, -1)]
    fresh = [code for code in codes if cache.get(_used_key(user, code)) is None]
    return (fresh or codes)[0]
