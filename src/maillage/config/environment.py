"""Every setting a host can give, read from the environment and from nowhere else."""

import json
import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

import environ

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
        "MAILLAGE_SECRET_KEY",
        "faite sur place en mode local",
        "signe les sessions et les formulaires",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_VAULT_KEYS",
        "faite sur place en mode local",
        "nom:clé,nom:clé… (32 octets en base64 pour URL) ; la première chiffre, toutes lisent",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_VAULT_INDEX_KEY",
        "faite sur place en mode local",
        "clé des index aveugles, 32 octets en base64 pour URL ; ne change jamais",
        is_secret=True,
    ),
    Variable(
        "MAILLAGE_BACKUP_KEY",
        "faite sur place en mode local",
        "clé publique des sauvegardes ; la privée, qui les lit, est gardée ailleurs",
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
    Variable("MAILLAGE_IDLE_MINUTES", "15", "minutes sans clic avant la fin d’une session"),
    Variable("MAILLAGE_GRIDS_DIR", "", "dossier de grilles ajoutées à celles qui sont fournies"),
    Variable("MAILLAGE_SILENT_MONTHS", "4", "mois sans contact avant qu’un dossier soit signalé"),
    Variable("MAILLAGE_UPLOAD_MAX_MB", "10", "taille d’une pièce ajoutée à un dossier, en Mo"),
    Variable("MAILLAGE_LOG_LEVEL", "WARNING", "ce qui est écrit sur la sortie d’erreur"),
)

env = environ.FileAwareEnv()

MODE = env.str("MAILLAGE_MODE", default="local")
IS_PRODUCTION = MODE == "production"
DATA_DIR = Path(env.str("MAILLAGE_DATA_DIR", default=str(PROJECT_DIR / "var"))).resolve()


def new_key() -> str:
    """Thirty-two random bytes, as the environment wants them."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def new_keys() -> dict[str, str]:
    """A fresh set of the three secrets of an installation."""
    return {
        "MAILLAGE_SECRET_KEY": secrets.token_urlsafe(50),
        "MAILLAGE_VAULT_KEYS": f"k1:{new_key()}",
        "MAILLAGE_VAULT_INDEX_KEY": new_key(),
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
    return json.loads(path.read_text())


def secret(name: str) -> str:
    """A secret of the environment; made up in local mode, empty (and refused later) otherwise."""
    given = env.str(name, default="")
    return given or ("" if IS_PRODUCTION else _local_keys()[name])
