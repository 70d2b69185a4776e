"""What allauth's second factors ask of the house: where their secrets are kept, under what name."""

from allauth.mfa.adapter import DefaultMFAAdapter

from maillage.accounts.models import FactorSecret

KEPT = "sealed:"


class Adapter(DefaultMFAAdapter):
    """Secrets go to a sealed column, that the vault re-encrypts like any other."""

    def encrypt(self, text: str) -> str:
        return f"{KEPT}{FactorSecret.objects.create(secret=text).pk}"

    def decrypt(self, encrypted_text: str) -> str:
        return FactorSecret.objects.get(pk=encrypted_text.removeprefix(KEPT)).secret

    def _get_site_name(self) -> str:
        return "Maillage"


def forget_secrets(data: dict) -> None:
    """Erases what a removed factor rested on."""
    kept = [value for value in data.values() if isinstance(value, str) and value.startswith(KEPT)]
    FactorSecret.objects.filter(pk__in=[value.removeprefix(KEPT) for value in kept]).delete()
