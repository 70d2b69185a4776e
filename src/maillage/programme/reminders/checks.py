"""What must be right of the carriers before anything is served."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, register

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SHORTEST_KEY = 16


@register(Tags.security)
def numbers_travel_sealed(app_configs, **kwargs):
    """A telephone number leaves by HTTPS alone, and only to who shares a key with us."""
    if not settings.SMS_URL:
        return []
    errors, asked = [], urlsplit(settings.SMS_URL)
    if asked.scheme != "https" and asked.hostname not in LOOPBACK:
        errors.append(Error("MAILLAGE_SMS_URL n’est pas en https.", id="maillage.E010"))
    if len(settings.SMS_KEY) < SHORTEST_KEY:
        errors.append(Error("MAILLAGE_SMS_KEY a moins de 16 signes.", id="maillage.E011"))
    return errors
