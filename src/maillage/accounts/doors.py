"""Opening a session: half of it by the password, the whole by the second factor."""

import time
from datetime import timedelta

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from maillage.accounts.models import UserSession
from maillage.core import stepup
from maillage.core.models import User
from maillage.network.actions import begin_work

HALF_MINUTES = 5
SEEN_EVERY = timedelta(minutes=1)
BACKEND = "django.contrib.auth.backends.ModelBackend"
BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(request: HttpRequest) -> str:
    """« Firefox sur Windows »: enough to recognise one's own, and no more."""
    told = request.META.get("HTTP_USER_AGENT", "")
    browser = next((word for sign, word in BROWSERS if sign in told), "Navigateur")
    system = next((word for sign, word in SYSTEMS if sign in told), "un appareil inconnu")
    return f"{browser} sur {system}"


def half_open(request: HttpRequest, user: User) -> None:
    """The password was right: the session knows for whom, and opens nothing yet."""
    request.session.flush()
    request.session["half"] = {
        "user": user.pk,
        "at": time.time(),
        "hash": user.get_session_auth_hash(),
    }


def half_opened_for(request: HttpRequest) -> User | None:
    """Whose second factor is waited for; nobody after five minutes or a new password."""
    half = request.session.get("half")
    if not half or time.time() - half["at"] > HALF_MINUTES * 60:
        return None
    user = User.objects.filter(pk=half["user"], is_active=True).first()
    if user is None or not constant_time_compare(half["hash"], user.get_session_auth_hash()):
        return None
    return user


def open_session(request: HttpRequest, user: User, method: str = "") -> None:
    """Signs somebody in; `method` is the second factor they gave, nothing where they have none."""
    auth.login(request, user, backend=BACKEND)
    for name in ("half", "membership"):
        request.session.pop(name, None)
    now = timezone.now()
    too_old = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    UserSession.objects.filter(user=user, signed_in_at__lt=too_old).delete()
    opened = UserSession.objects.create(user=user, device=device_of(request), method=method)
    request.session["door"] = opened.uid
    request.session["signed_in_at"] = request.session["seen"] = now.timestamp()
    if method:
        stepup.mark(request.session, method)
    usable = list(user.memberships.usable())
    if len(usable) == 1:
        request.session["membership"] = usable[0].pk
        begin_work(by=usable[0], method=method)


def give_second_factor(request: HttpRequest, method: str) -> None:
    """The second factor was given, in a session that is open already."""
    stepup.mark(request.session, method)
    UserSession.objects.filter(uid=request.session.get("door")).update(method=method)


def close_session(request: HttpRequest) -> None:
    UserSession.objects.filter(uid=request.session.get("door")).delete()
    auth.logout(request)


def is_open(request: HttpRequest) -> bool:
    """Whether nobody ended this session from elsewhere; writes now and then that it is used."""
    door = request.session.get("door", "")
    opened = UserSession.objects.filter(uid=door, user=request.user.pk).first()
    if opened is None:
        return False
    now = timezone.now()
    if now - opened.last_seen_at > SEEN_EVERY:
        UserSession.objects.filter(pk=opened.pk).update(last_seen_at=now)
    return True
