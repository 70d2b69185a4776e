"""What must be right before anything is served; `maillage doctor` and Django's checks read it."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db.utils import DatabaseError

from maillage.core import keys, rowlock, rowpolicies
from maillage.core.models import User


@register(Tags.security)
def secrets_are_given(app_configs, **kwargs):
    """Production never runs on keys that it made up or that cannot be read."""
    errors = []
    if settings.MODE not in ("local", "production"):
        errors.append(Error("MAILLAGE_MODE vaut local ou production.", id="maillage.E001"))
    errors += [
        Error(
            f"{name} manque : en production, chaque clé est donnée par l’environnement.",
            hint="« maillage doctor --new-keys » en propose.",
            id="maillage.E002",
        )
        for name in settings.MISSING_SECRETS
    ]
    if errors:
        return errors
    try:
        keys.check()
    except Exception as error:
        errors.append(Error(f"Les clés du coffre sont inutilisables : {error}", id="maillage.E003"))
    if settings.MODE == "production":
        if not settings.HTTPS:
            errors.append(
                Error("En production, MAILLAGE_HTTPS ne peut être coupé.", id="maillage.E004")
            )
        if "*" in settings.ALLOWED_HOSTS or set(settings.ALLOWED_HOSTS) <= {
            "127.0.0.1",
            "localhost",
        }:
            errors.append(
                Error("MAILLAGE_ALLOWED_HOSTS doit nommer les hôtes servis.", id="maillage.E005")
            )
        if len(settings.SECRET_KEY) < 50:
            errors.append(Error("MAILLAGE_SECRET_KEY a moins de 50 signes.", id="maillage.E006"))
    return errors


@register(Tags.security)
def forms_are_ours(app_configs, **kwargs):
    """Django's own check knows its protection against forged requests by its name alone."""
    if "maillage.core.middleware.OwnForms" in settings.MIDDLEWARE:
        return []
    return [Error("Rien ne refuse les formulaires d’un autre site.", id="maillage.E009")]


@register(Tags.security, deploy=True)
def keys_have_their_folder(app_configs, **kwargs):
    """The folder of the keys is made once, by hand: a lost one is not replaced by an empty one."""
    if keys.is_ready():
        return []
    return [
        Error(
            f"Le dossier des clés {settings.VAULT_DIR} manque : disque qui n’est pas monté ?",
            hint="À la première installation : « maillage vault init ».",
            id="maillage.E007",
        )
    ]


@register(Tags.security, deploy=True)
def the_second_lock_holds(app_configs, **kwargs):
    """Production does not serve as a role that the policies of PostgreSQL do not bind."""
    if settings.MODE != "production" or not rowlock.is_on():
        return []
    try:
        faults = [*rowpolicies.faults_of_role(), *rowpolicies.faults_of_tables()]
    except DatabaseError as error:
        faults = [f"La base de données ne répond pas : {error}"]
    return [Error(fault, id="maillage.E008") for fault in faults]


def faults_of_accounts() -> list[str]:
    """What the accounts make unsafe; reads the database, once its tables are there."""
    count = User.objects.filter(is_invented=True).count()
    if settings.MODE != "production" or not count:
        return []
    return [
        f"{count} compte(s) de démonstration, dont le mot de passe est public : en production, "
        "la base part de zéro."
    ]
