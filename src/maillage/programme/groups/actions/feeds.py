"""Private addresses of the calendar: opened by oneself, closed at once, never shown again."""

from hashlib import sha256
from secrets import token_urlsafe

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.network.models import CalendarFeed
from maillage.programme.intake import access

MOST = 5  # addresses open at a time: a telephone, a computer, and some left behind


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def open_feed(*, by, is_mine: bool) -> str:
    """The secret of a new address, told this once."""
    access.check_can_read(by)
    if CalendarFeed.objects.filter(membership=by, closed_at=None).count() >= MOST:
        raise Refused(f"Vous avez déjà {MOST} adresses ouvertes\u00a0: fermez-en une d’abord.")
    token = token_urlsafe(24)
    CalendarFeed.objects.create(membership=by, digest=digest_of(token), is_mine=is_mine)
    trail.record("calendar_opened", by=by, mine=is_mine)
    return token


@transaction.atomic
def close_feed(*, by, feed: CalendarFeed) -> None:
    """From now on its address is one that never was."""
    mine = CalendarFeed.objects.filter(membership=by, closed_at=None)
    if mine.filter(pk=feed.pk).update(closed_at=timezone.now()):
        trail.record("calendar_closed", by=by)
