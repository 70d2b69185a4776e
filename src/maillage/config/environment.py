"""Every setting a host can give, read from the environment and from nowhere else."""

import fcntl
import json
import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

PROJECT_DIR = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Variable:
    name: str
    default: str
    meaning: str
    is_secret: bool = False


VARIABLES = (
    Variable("MAILLAGE_MODE", "local", "local (une machine, clés faites sur place) ou production"),
    Variable("MAILLAGE_DATA_DIR", "var", "dossier de tout ce que le programme écrit"),
    Variable(
        "MAILLAGE_DATABASE_URL",
        "SQLite dans le dossier de données",
        "sqlite:///… ou postgres://…",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_MIGRATION_DATABASE_URL",
        "la même base, par le même rôle",
        "PostgreSQL : le rôle qui possède les tables, pour « migrate » et l’entretien",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_SECRET_KEY",
        "faite sur place en mode local",
        "signe les sessions et les formulaires",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_VAULT_KEYS",
        "faite sur place en mode local",
        "nom:clé,nom:clé… (32 octets en base64 pour URL) : ce qui enveloppe les clés des données ;"
        " la première enveloppe, toutes ouvrent",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_VAULT_COMMAND",
        "",
        "commande qui enveloppe les clés des données par un KMS : « commande wrap|unwrap »",
    ),
    Variable(
        "MAILLAGE_VAULT_DIR",
        "keys dans le dossier de données",
        "dossier des clés des données, hors de la base et de ses sauvegardes",
    ),
    Variable(
        "MAILLAGE_ANCHOR_KEY",
        "faite sur place en mode local",
        "signe les ancres du journal, 32 octets en base64 pour URL ; à garder hors du serveur web",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_BACKUP_KEY",
        "faite sur place en mode local",
        "clé publique des sauvegardes ; la privée, qui les lit, est gardée ailleurs",
    ),
    Variable("MAILLAGE_BACKUP_DIR", "", "dossier où l’entretien de la nuit écrit la sauvegarde"),
    Variable("MAILLAGE_BACKUP_KEEP", "14", "sauvegardes que ce dossier garde"),
    Variable(
        "MAILLAGE_ANCHORS_FILE",
        "anchors.txt dans le dossier de données",
        "fichier où s’ajoutent les ancres du journal ; à copier ailleurs",
    ),
    Variable("MAILLAGE_BACKUP_MAX_HOURS", "26", "heures sans sauvegarde avant une alerte"),
    Variable("MAILLAGE_ALLOWED_HOSTS", "127.0.0.1,localhost", "noms d’hôte servis"),
    Variable(
        "MAILLAGE_TRUSTED_ORIGINS", "", "origines https://… admises à envoyer des formulaires"
    ),
    Variable(
        "MAILLAGE_HTTPS",
        "actif en production",
        "témoins de connexion par HTTPS seul, HSTS, redirection",
    ),
    Variable(
        "MAILLAGE_EMAIL_URL",
        "écrit sur la sortie",
        "smtp+tls://…, par où partent invitations et avertissements, qui ne nomment personne",
        is_secret=True,
    ),
    Variable("MAILLAGE_EMAIL_FROM", "maillage@localhost", "adresse d’envoi des courriels"),
    Variable(
        "MAILLAGE_SMS_URL",
        "un dossier de cette machine",
        "https://… de l’opérateur à qui remettre les rappels par SMS",
    ),
    Variable(
        "MAILLAGE_SMS_KEY",
        "",
        "clé partagée avec cet opérateur : elle signe ce qu’il dit des messages",
        is_secret=True,
    ),
    Variable("MAILLAGE_REMINDER_DAYS", "2", "jours ouvrés entre un rappel et le rendez-vous"),
    Variable(
        "MAILLAGE_OIDC_ISSUER",
        "",
        "fournisseur d’identité des agents publics (OpenID Connect) ; vide : aucun",
    ),
    Variable("MAILLAGE_OIDC_CLIENT_ID", "", "nom de ce service chez ce fournisseur"),
    Variable(
        "MAILLAGE_OIDC_CLIENT_SECRET",
        "",
        "secret de ce service chez ce fournisseur",
        is_secret=True,
    ),
    Variable("MAILLAGE_OIDC_NAME", "votre compte d’agent public", "comment on le nomme à l’écran"),
    Variable(
        "MAILLAGE_OIDC_STRONG_ACR",
        "",
        "niveaux « acr » qui valent un second facteur, séparés par des virgules",
    ),
    Variable("MAILLAGE_IDLE_MINUTES", "15", "minutes sans clic avant la fin d’une session"),
    Variable(
        "MAILLAGE_EXCEPTIONAL_MINUTES",
        "60",
        "minutes qu’un dossier protégé reste ouvert en urgence",
    ),
    Variable("MAILLAGE_GRIDS_DIR", "", "dossier de grilles ajoutées à celles qui sont fournies"),
    Variable("MAILLAGE_SILENT_MONTHS", "4", "mois sans contact avant qu’un dossier soit signalé"),
    Variable("MAILLAGE_TRAIL_MONTHS", "36", "mois pendant lesquels les actes restent au journal"),
    Variable("MAILLAGE_READS_MONTHS", "12", "mois pendant lesquels les lectures y restent"),
    Variable("MAILLAGE_ALERT_FILES", "30", "dossiers ouverts à la suite qui font une alerte"),
    Variable("MAILLAGE_ALERT_MINUTES", "10", "… en autant de minutes"),
    Variable("MAILLAGE_ALERT_NIGHT", "22-6", "heures de Paris où une lecture fait une alerte"),
    Variable("MAILLAGE_ALERT_SEARCHES", "3", "recherches des mêmes mots qui font une alerte"),
    Variable("MAILLAGE_ALERT_SEARCH_DAYS", "7", "… en autant de jours"),
    Variable("MAILLAGE_UPLOAD_MAX_MB", "10", "taille d’une pièce ajoutée à un dossier, en Mo"),
    Variable("MAILLAGE_LOG_LEVEL", "WARNING", "ce qui est écrit sur la sortie d’erreur"),
)

env = environ.FileAwareEnv()

MODE = env.str("MAILLAGE_MODE", default="local")
IS_PRODUCTION = MODE == "production"
DATA_DIR = Path(env.str("MAILLAGE_DATA_DIR", default=str(PROJECT_DIR / "var"))).resolve()
VAULT_DIR = Path(env.str("MAILLAGE_VAULT_DIR", default=str(DATA_DIR / "keys"))).resolve()


def new_key() -> str:
    """Thirty-two random bytes, as the environment wants them."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def new_keys() -> dict[str, str]:
    """A fresh set of the secrets of an installation."""
    return {
        "MAILLAGE_SECRET_KEY": secrets.token_urlsafe(50),
        "MAILLAGE_VAULT_KEYS": f"k1:{new_key()}",
        "MAILLAGE_ANCHOR_KEY": new_key(),
    }


def _local_keys() -> dict[str, str]:
    """Keys of a one-machine installation, made once and readable by its owner alone."""
    path = DATA_DIR / "keys.json"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"keys.{os.getpid()}.json")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(new_keys(), file)
        try:
            os.link(draft, path)  # the first of two processes wins, the other reads its keys
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept = json.loads(path.read_text())
    return kept if new_keys().keys() <= kept.keys() else _completed(path)


def _completed(path: Path) -> dict[str, str]:
    """Older keys, and those that were not needed then; replaced whole or not at all."""
    with path.with_name("keys.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        keys = new_keys() | json.loads(path.read_text())
        draft = path.with_name(f"keys.{os.getpid()}.json")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(keys, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    return keys


def secret(name: str) -> str:
    """A secret of the environment; made up in local mode, empty (and refused later) otherwise."""
    given = env.str(name, default="")
    return given or ("" if IS_PRODUCTION else _local_keys()[name])


def hours(name: str, default: str) -> tuple[int, int]:
    """« 22-6 »: from which hour until which."""
    start, _, end = env.str(name, default=default).partition("-")
    try:
        found = int(start), int(end)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} s’écrit 22-6.") from error
    if not all(0 <= hour <= 24 for hour in found):
        raise ImproperlyConfigured(f"{name}\u00a0: les heures vont de 0 à 24.")
    return found
