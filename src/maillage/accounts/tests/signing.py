"""Ready sessions, for tests and measures that are not about signing in."""

import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from maillage.accounts.doors import BACKEND
from maillage.accounts.models import UserSession
from maillage.core import stepup
from maillage.core.models import User
from maillage.network.models import Membership


def open_session(
    client: Client, user: User, backend: str | None = None, *, method: str = "totp"
) -> None:
    """Signs somebody in with both factors, or with the password alone where `method` is empty."""
    client._login(user, backend or BACKEND)
    session = client.session
    session["door"] = UserSession.objects.create(user=user, device="Essai", method=method).uid
    session["signed_in_at"] = time.time()
    if method:
        stepup.mark(session, method)
    session.save()


def sign_in(client: Client, membership: Membership, *, method: str = "totp") -> Client:
    """The same, working under one membership."""
    open_session(client, membership.user, method=method)
    session = client.session
    session["membership"] = membership.pk
    session.save()
    return client


def code_of(membership: Membership, *, steps: int = 0) -> str:
    """The code that the application of somebody shows now, or some steps of 30 seconds away."""
    found = Authenticator.objects.get(user=membership.user, type=Authenticator.Type.TOTP)
    return totp_now(get_adapter().decrypt(found.data["secret"]), steps)


def totp_now(secret: str, steps: int = 0) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))
