"""One's own second factors and sessions."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from maillage.accounts.adapter import forget_secrets
from maillage.accounts.models import UserSession
from maillage.core import rowlock, trail
from maillage.core.errors import Refused
from maillage.core.models import User

SPARE = Authenticator.Type.RECOVERY_CODES


def _lock(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _target(user: User) -> str:
    return f"user:{user.pk}"


def _give_spare_codes(user: User) -> None:
    """Recovery codes come with the first factor."""
    if not Authenticator.objects.filter(user=user, type=SPARE).exists():
        RecoveryCodes.activate(user)


@transaction.atomic
def add_totp(*, by, secret: str) -> None:
    user = _lock(by.user)
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        raise Refused("Une application de codes est déjà reliée à ce compte. Retirez-la d’abord.")
    TOTP.activate(user, secret)
    _give_spare_codes(user)
    trail.record("factor_added", by=by, target=_target(user), kind="totp")


@transaction.atomic
def add_passkey(*, by, name: str, credential: dict) -> None:
    user = _lock(by.user)
    WebAuthn.add(user, name, credential)
    _give_spare_codes(user)
    trail.record("factor_added", by=by, target=_target(user), kind="passkey")


@transaction.atomic
def remove_factor(*, by, pk: int) -> None:
    """The last one stays where a membership of its owner asks for one."""
    user = _lock(by.user)
    mine = Authenticator.objects.filter(user=user).exclude(type=SPARE)
    factor = mine.get(pk=pk)
    if not mine.exclude(pk=pk).exists():
        if any(each.needs_second_factor for each in user.memberships.usable()):
            raise Refused(
                "Votre rôle demande un second facteur et c’est le dernier\u00a0: ajoutez-en "
                "d’abord un autre."
            )
        erase_factors(user)
    else:
        forget_secrets(factor.data)
        factor.delete()
    trail.record("factor_removed", by=by, target=_target(user), kind=factor.type)


def erase_factors(user: User) -> None:
    """Every factor and recovery code of an account, with their secrets."""
    for each in Authenticator.objects.filter(user=user):
        forget_secrets(each.data)
        each.delete()


@transaction.atomic
def make_recovery_codes(*, by) -> None:
    """New codes; those that were printed before open nothing any more."""
    user = _lock(by.user)
    for old in Authenticator.objects.filter(user=user, type=SPARE):
        forget_secrets(old.data)
        old.delete()
    RecoveryCodes.activate(user)
    trail.record("recovery_codes_made", by=by, target=_target(user))


@transaction.atomic
def end_sessions(*, by, uid: str = "", but: str = "") -> int:
    """Ends one of one's own sessions, or all `but` one."""
    mine = UserSession.objects.select_for_update(no_key=True).filter(user=by.user)
    ending = mine.filter(uid=uid) if uid else mine.exclude(uid=but)
    count, _ = ending.delete()
    if count:
        trail.record("session_ended", by=by, target=_target(by.user), count=count)
    return count


@transaction.atomic
def change_password(*, by, password: str, but: str) -> User:
    """One's own new password; every session of the account ends `but` this one, each house is
    told."""
    user = _lock(by.user)
    user.set_password(password)
    user.save(update_fields=["password"])
    UserSession.objects.filter(user=user).exclude(uid=but).delete()
    for each in user.memberships.usable().order_by("pk"):
        with rowlock.acting(each):
            trail.record("password_changed", by=each, target=_target(user))
    return user


@transaction.atomic
def record_refused_factor(*, user: User) -> None:
    """Somebody who knows the password gave a wrong second factor: each house is told."""
    for membership in user.memberships.usable().order_by("pk"):
        with rowlock.acting(membership):
            trail.record("second_factor_refused", by=membership, target=_target(user))
