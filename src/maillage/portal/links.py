"""The link by which an organisation keeps its own entry: signed, for thirty days, used once."""

from datetime import timedelta

from django.core import signing

from maillage.portal.models import Service

_SALT = "maillage.portal.entry"
LASTS = timedelta(days=30)


def make_link(service: Service) -> str:
    """A token bound to the version of the entry: once the entry changes, it opens nothing."""
    return signing.dumps([service.uid, service.version], salt=_SALT)


def service_of(token: str) -> Service | None:
    try:
        uid, version = signing.loads(token, salt=_SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    return Service.objects.published().filter(uid=uid, version=version).first()
